"""Requests to move: the event, and the attempt to fire it on a snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Generic, TypeVar

import attrs
from msgspec import Struct

from crmflow.core.actor import Actor
from crmflow.core.entity import Snapshot
from crmflow.core.link import Link
from crmflow.core.ref import EntityRef

F = TypeVar("F")
P = TypeVar("P")


@attrs.frozen
class Cause:
    """
    Why an event happened by itself: a timer, a message of another entity, or a policy.

    Attributes:
        timer: Name of the timer that fired.
        source: The sender of the message; with version and ordinal its key.
        version: The sender's version.
        ordinal: Place among the messages of that version.
        link: Name under which the sender watches the entity it creates.
        policy: Policy that raised the event.
        approved_by: Ids of those who approved it, where it was held.
    """

    timer: str | None = None
    source: EntityRef | None = None
    version: int = 0
    ordinal: int = 0
    link: str | None = None
    policy: str | None = None
    approved_by: tuple[str, ...] = ()


class Event(Struct, Generic[P], frozen=True):
    """
    A request to move.

    Attributes:
        name: Imperative name (`accept`).
        actor: Who asks.
        at: Aware UTC instant; the only 'now' that guards and policies know.
        form: Value of the event's form class, or None where it has none.
        key: Makes resending harmless.
        cause: The timer or message behind it, or None for a caller.
    """

    name: str
    actor: Actor
    at: datetime
    form: P
    key: str | None = None
    cause: Cause | None = None

    @property
    def timer(self) -> str | None:
        """Name of the timer that fired it, or None where none did."""
        return None if self.cause is None else self.cause.timer

    @property
    def raised_by(self) -> str | None:
        """Name of the policy that raised it, or None where none did."""
        return None if self.cause is None else self.cause.policy


class Attempt(Struct, Generic[F, P], frozen=True):
    """
    What a guard, update or effect sees.

    Attributes:
        snapshot: The entity before the event.
        event: The event asked for.
        settings: Values of the machine's blanks, by key.
        facts: For guards and updates what is known before the event; for timers,
            tasks, messages and claims what is known after it.
    """

    snapshot: Snapshot[F]
    event: Event[P]
    settings: Mapping[str, object]
    facts: F

    @property
    def form(self) -> P:
        """What the event brings."""
        return self.event.form

    @property
    def actor(self) -> Actor:
        """Who asks."""
        return self.event.actor

    @property
    def at(self) -> datetime:
        """Aware UTC instant of the event."""
        return self.event.at

    def linked(self, name: str) -> tuple[Link, ...]:
        """Return the linked entities of that name, as last heard of."""
        return tuple(link for link in self.snapshot.links if link.name == name)
