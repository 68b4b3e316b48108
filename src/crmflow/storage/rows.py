"""
Rows: what a store keeps of an entity, encoded.

Instants are integer microseconds since 1970-01-01 UTC; bodies are bytes that the codec wrote.
"""

from __future__ import annotations

from enum import StrEnum

import attrs
from msgspec import Struct

from crmflow.core.ref import EntityRef


class EntityRow(Struct, frozen=True):
    """An entity's present row: version, state, instant, snapshot and chain head."""

    ref: EntityRef
    version: int
    state: str
    at: int
    snapshot: bytes
    head: bytes


class JournalRow(Struct, frozen=True):
    """
    One journal record; `hash` chains its bytes to the record before.

    Attributes:
        version: The entity's version afterwards, gapless from 1.
        at: The event's instant.
        recorded_at: Instant of the commit.
        entry: What it tells of (`decision`, `adoption`, ...).
        event: Name of the event.
        key: The caller's key, or None.
        body: The encoded record.
        hash: SHA-256 of the previous hash and the body.
    """

    version: int
    at: int
    recorded_at: int
    entry: str
    event: str
    key: str | None
    body: bytes
    hash: bytes


@attrs.frozen
class TimerRow:
    """A pending timer, an index of what the owner's snapshot says."""

    ref: EntityRef
    name: str
    due_at: int
    generation: int


@attrs.frozen
class TaskRow:
    """
    An open task, an index of what the owner's snapshot says.

    Attributes:
        ref: The owner.
        id: The task's id.
        name: Its name.
        role: Role whose holders may do it, or `@` and the id of the one person who may.
        opened_at: Microseconds UTC.
        due_at: Microseconds UTC, or None.
    """

    ref: EntityRef
    id: str
    name: str
    role: str
    opened_at: int
    due_at: int | None

    @property
    def place(self) -> TaskPlace:
        """Where it stands among the tasks."""
        return (self.due_at, self.ref.machine, self.ref.id, self.name)


TaskPlace = tuple[int | None, str, str, str]
"""A task's place among others: (due instant, machine, id, name); those without one come last."""


class DueRow(Struct, frozen=True):
    """
    An entity of which something is due.

    Attributes:
        due_at: When the first of its timers and tasks is due, microseconds UTC.
        row: The entity.
    """

    due_at: int
    row: EntityRow

    @property
    def place(self) -> DuePlace:
        """Where it stands among those of which something is due."""
        return (self.due_at, self.row.ref.machine, self.row.ref.id)


DuePlace = tuple[int, str, str]
"""An entity's place by what is due of it first: (due instant, machine, id)."""


Place = tuple[EntityRef, int, int]
"""A message's key: source, version and ordinal."""

Spot = tuple[str, str, int, int]
"""A message's place among those of its tenant: (machine, id, version, ordinal)."""


class MessageStatus(StrEnum):
    """Where a message stands; delivered ones leave the outbox."""

    WAITING = "waiting"
    PARKED = "parked"


@attrs.frozen
class MessageRow:
    """
    A message in the outbox, keyed by (source, version, ordinal).

    Attributes:
        source: The entity whose decision sent it.
        version: Version of that decision.
        ordinal: Place among the decision's messages.
        target: Whom it is for.
        body: The encoded message.
        at: Instant of that decision, microseconds UTC.
        sent_at: Instant of its commit, microseconds UTC.
        status: Waiting, or parked because its target refused it.
        detail: Why it is parked, or failed last, else empty.
        attempts: How often its delivery failed.
        not_before: It is not delivered before, microseconds UTC: somebody has it until then, or
            it failed and waits. 0 where neither ever was.
    """

    source: EntityRef
    version: int
    ordinal: int
    target: EntityRef
    body: bytes
    at: int
    sent_at: int
    status: MessageStatus = MessageStatus.WAITING
    detail: str = ""
    attempts: int = 0
    not_before: int = 0

    @property
    def place(self) -> Place:
        """What it is keyed by."""
        return (self.source, self.version, self.ordinal)

    @property
    def spot(self) -> Spot:
        """Where it stands in the outbox of its tenant."""
        return (self.source.machine, self.source.id, self.version, self.ordinal)

    @property
    def name(self) -> str:
        """What people call it by, within its tenant: `lead/L-1/4/0`."""
        return f"{self.source.machine}/{self.source.id}/{self.version}/{self.ordinal}"


@attrs.frozen
class Pruned:
    """
    What stands in place of journal records that were pruned: the journal goes on from it.

    Attributes:
        version: That of the last record that is gone.
        at: Its instant.
        hash: Its hash, to which the first record that is left is chained.
        snapshot: The entity after it.
        signature: Key and HMAC over all of this, or empty.
    """

    version: int
    at: int
    hash: bytes
    snapshot: bytes
    signature: bytes = b""


@attrs.frozen
class Checkpoint:
    """A snapshot kept beside the journal, so that as-of queries need not start at 1."""

    version: int
    at: int
    snapshot: bytes
