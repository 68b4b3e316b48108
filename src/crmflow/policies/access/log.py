"""The machine `access_log`: who read what, one entity per entity read (ACC-010)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import attrs

from crmflow.core.form import Text
from crmflow.core.machine import KEEP, Asked, Changes, Kind, Machine, Row, State
from crmflow.core.ref import UNBORN, EntityRef


class LogState(StrEnum):
    """Where a log is: it is kept for good."""

    KEPT = "kept"


@attrs.frozen
class LogFacts:
    """
    What a log says at a glance; every read is in its journal.

    Attributes:
        machine: Machine of the entity read.
        entity: Its id.
        reads: How often it was read.
        denials: How often a read was refused.
        last_reader: Id of who asked last.
        last_at: Aware UTC instant then.
        last_granted: Whether that read was allowed.
    """

    machine: str
    entity: str
    reads: int = 0
    denials: int = 0
    last_reader: str = ""
    last_at: datetime | None = None
    last_granted: bool = False


@attrs.frozen
class Note:
    """
    One read, or the refusal of one.

    Attributes:
        machine: Machine of the entity.
        entity: Its id.
        reader: Id of who asked.
        purpose: What for, as far as it was said.
        granted: Whether it was allowed.
        fields: Facts that were shown, masked ones included.
        grant: Name of the access request that opened it.
        reasons: Codes of why it was refused.
    """

    machine: Text
    entity: Text
    reader: str
    purpose: str
    granted: bool
    fields: tuple[Text, ...] = ()
    grant: Text | None = None
    reasons: tuple[Text, ...] = ()


def log_id(ref: EntityRef) -> str:
    """Return the id of an entity's log; no name of a machine has a dot."""
    return f"{ref.machine}.{ref.id}"


def _noted(attempt: Asked) -> Changes:
    known, form = attempt.facts, attempt.form
    return {
        "machine": form.machine,
        "entity": form.entity,
        "reads": (known.reads if known else 0) + form.granted,
        "denials": (known.denials if known else 0) + (not form.granted),
        "last_reader": form.reader,
        "last_at": attempt.at,
        "last_granted": form.granted,
    }


ACCESS_LOG = Machine(
    "access_log",
    LogFacts,
    zh="查阅记录",
    en="access log",
    states=(State(LogState.KEPT, "留存", "kept", Kind.INITIAL, requires=("machine", "entity")),),
    rows=(
        Row(UNBORN, "note", LogState.KEPT, form=Note, who="system", sets=_noted, rules="ACC-010"),
        Row(LogState.KEPT, "note", KEEP, form=Note, who="system", sets=_noted, rules="ACC-010"),
    ),
    serves="access access_requests access_journals",
)
"""The machine `access_log`; nobody but the engine itself notes anything."""
