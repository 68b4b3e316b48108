"""Stories: what happens to one entity, one thing after the other, so that it can happen again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs

from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.ref import EntityRef

__all__ = ["Happening", "Story"]


@attrs.frozen
class Happening:
    """
    One thing that happens to an entity.

    Attributes:
        at: Aware UTC instant.
        event: Name of the event; the creating one comes first. Empty where only time passes:
            timers due by *at* fire.
        actor: Who asks; `SYSTEM` for a message of another entity.
        payload: What the event's form needs; in a story as plain values.
        sender: The entity whose message it is; None where a person asks, or any may have sent it.
    """

    at: datetime
    event: str = ""
    actor: Actor = SYSTEM
    payload: Mapping[str, object] = attrs.field(factory=dict)
    sender: EntityRef | None = None


@attrs.frozen
class Story:
    """
    A way from nothing into a situation.

    Attributes:
        machine: Name of the entity's machine.
        happenings: What happens, in order; none before the entity is there.
        state: State it is in afterwards.
    """

    machine: str
    happenings: tuple[Happening, ...]
    state: str
