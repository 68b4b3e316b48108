"""From what happens to what the flow is asked: the same for exploring and for replaying."""

from __future__ import annotations

from typing import Any, cast

from crmflow.analysis.happening import Happening
from crmflow.core.actor import SYSTEM
from crmflow.core.entity import Snapshot
from crmflow.core.event import Cause
from crmflow.core.form import structure
from crmflow.core.ref import EntityRef
from crmflow.core.reserved import MIRROR, Mirrored
from crmflow.flow.request import Request

__all__ = ["FROM", "mirrored", "request_of"]

FROM = "elsewhere"
"""Id of the entity that sends what comes by message."""


def mirrored(name: str, ref: EntityRef, state: str, facts: dict[str, object]) -> dict[str, object]:
    """Return the payload of a happening in which a linked entity tells of itself."""
    return {"name": name, "machine": ref.machine, "id": ref.id, "state": state, "facts": facts}


def request_of(before: Snapshot[Any], happening: Happening, payload: object = None) -> Request:
    """
    Return what the flow is asked.

    Args:
        before: The entity, or the unborn one.
        happening: What happens; not one in which only time passes.
        payload: The form as it is structured already, in place of the happening's.
    """
    creates, event = before.version == 0, happening.event
    given = happening.payload if payload is None else payload
    cause = None
    if event == MIRROR:
        given = _told(before, happening)
    elif happening.actor is SYSTEM:
        # It comes by message, each later than the one before.
        source = happening.sender or EntityRef(before.ref.tenant, before.ref.machine, FROM)
        cause = Cause(source=source, version=before.version + 1)
    return Request(
        before.ref, event, given, happening.actor, happening.at, creates, cause=cause, strict=True
    )


def _told(before: Snapshot[Any], happening: Happening) -> Mirrored:
    told = happening.payload
    source = EntityRef(before.ref.tenant, str(told["machine"]), str(told["id"]))
    facts = cast("dict[str, object]", told["facts"])
    version = before.version + 1
    return Mirrored(str(told["name"]), source, version, str(told["state"]), facts)


def form_of(form: type | None, payload: dict[str, object]) -> object:
    """Return the structured form of a sample; None where it does not fit, or there is none."""
    return None if form is None else structure(form, payload)[0]
