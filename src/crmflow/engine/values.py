"""What callers give an engine and get from it, beside decisions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs

from crmflow.core.actor import Actor
from crmflow.core.decision import Decision
from crmflow.core.errors import CrmflowError, RequestError
from crmflow.core.ref import EntityRef
from crmflow.storage.rows import MessageRow

Entity = EntityRef | tuple[str, str]
"""An entity as a caller names it: its ref, or (machine, id)."""


@attrs.frozen
class Firing:
    """
    One member of `Engine.fire_many`.

    Args:
        entity: Ref, or (machine, id).
        event: Name of the event.
        payload: What its form needs, or None.
        actor: Who asks: an `Actor`, or an id that the directory knows.
        key: Makes resending harmless.
        at: Aware instant, or None for now.
        version: Version the caller read, or None for whatever it is.
    """

    entity: Entity
    event: str
    payload: Mapping[str, object] | None = None
    actor: Actor | str = attrs.field(kw_only=True)
    key: str | None = attrs.field(default=None, kw_only=True)
    at: datetime | None = attrs.field(default=None, kw_only=True)
    version: int | None = attrs.field(default=None, kw_only=True)


@attrs.frozen
class Adopting:
    """
    One member of `Engine.adopt_many`.

    Args:
        entity: Ref, or (machine, id); it may exist.
        state: Where it is placed.
        facts: What is known of it, as a form would bring it.
        reason: Why it does not come by its events; journaled.
        incomplete: Whether facts that the state requires may be missing; a task to
            complete them is opened then, unless the state is final.
        at: Aware instant, or None for now.
        key: Makes resending harmless.
    """

    entity: Entity
    state: str
    facts: Mapping[str, object]
    reason: str = attrs.field(kw_only=True)
    incomplete: bool = attrs.field(default=False, kw_only=True)
    at: datetime | None = attrs.field(default=None, kw_only=True)
    key: str | None = attrs.field(default=None, kw_only=True)


@attrs.frozen
class Observed:
    """
    One row of an imported log, for `Engine.observe_many`.

    Args:
        entity: Ref, or (machine, id); the first row creates it.
        label: The log's own word for what happened.
        state: State the log shows afterwards.
        at: Aware instant of the row.
        actor: Who the log says did it.
        facts: What the row tells of the entity.
    """

    entity: Entity
    label: str
    state: str
    at: datetime
    actor: str
    facts: Mapping[str, object] = attrs.field(factory=dict)


@attrs.frozen
class Due:
    """
    What `Engine.run_due` did.

    Attributes:
        fired: Decisions of timers that were due.
        applied: Entities that took a message.
        parked: Messages that were refused for good.
        waiting: How many messages wait for their machine.
        errors: Failures; what they are about is tried again at the next run.
        backups: Paths of backups that were made.
        pruned: How many journals lost records that need not be kept.
    """

    fired: tuple[Decision, ...] = ()
    applied: tuple[EntityRef, ...] = ()
    parked: tuple[MessageRow, ...] = ()
    waiting: int = 0
    errors: tuple[CrmflowError, ...] = ()
    backups: tuple[str, ...] = ()
    pruned: int = 0


@attrs.define
class UnknownActorError(RequestError):
    """The directory does not know who asks."""

    actor: str

    def __str__(self) -> str:
        return f"nobody knows {self.actor!r}: give an Actor, or a directory that lists the id."


@attrs.define
class UnknownMessageError(RequestError):
    """The outbox has no message of a name, or none that is parked where only such ones count."""

    names: tuple[str, ...]

    def __str__(self) -> str:
        return f"no such message: {', '.join(self.names)}. `crmflow outbox status` names them."
