"""The machine `machine_pause`: which machines are paused, one entity per machine."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import attrs

from crmflow.core.form import Text
from crmflow.core.machine import Asked, Changes, Kind, Machine, Row, State
from crmflow.core.ref import UNBORN, EntityRef

NAME = "machine_pause"


class PauseState(StrEnum):
    """Whether a machine stands still."""

    PAUSED = "paused"
    LIFTED = "lifted"


@attrs.frozen
class PauseFacts:
    """
    The last change.

    Attributes:
        by: Id of who paused the machine, or lifted its pause.
        reason: Why.
        since_at: Aware UTC instant since when; also that of every entity's own record.
    """

    by: str
    reason: str
    since_at: datetime


@attrs.frozen
class Change:
    """A machine is paused, or goes on: by whom and why."""

    by: Text
    reason: Text


def _changed(attempt: Asked) -> Changes:
    form = attempt.form
    return {"by": form.by, "reason": form.reason, "since_at": attempt.at}


def pause_of(ref: EntityRef) -> EntityRef:
    """Return what tells whether the machine of an entity is paused; its id is the name of it."""
    return EntityRef(ref.tenant, NAME, ref.machine)


PAUSED, LIFTED = PauseState

MACHINE_PAUSE = Machine(
    NAME,
    PauseFacts,
    zh="流程暂停",
    en="pause of a machine",
    states=(
        State(PAUSED, "已暂停", "paused", Kind.INITIAL, requires=("by", "reason")),
        State(LIFTED, "已恢复", "lifted"),
    ),
    rows=(
        Row(UNBORN, "pause", PAUSED, form=Change, who="system", sets=_changed),
        Row(
            PauseState.LIFTED, "pause", PauseState.PAUSED, form=Change, who="system", sets=_changed
        ),
        Row(
            PauseState.PAUSED,
            "unpause",
            PauseState.LIFTED,
            form=Change,
            who="system",
            sets=_changed,
        ),
    ),
)
"""The machine `machine_pause`; the engine alone fires its events, once the right is asked for."""
