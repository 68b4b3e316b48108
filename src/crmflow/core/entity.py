"""The snapshot: all that is known of an entity at one version."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, TypeVar

import attrs
from msgspec import Struct

from crmflow.core.claim import Claim
from crmflow.core.hold import Hold
from crmflow.core.link import Link, Watcher
from crmflow.core.pause import Pause
from crmflow.core.ref import EntityRef
from crmflow.core.task import Task
from crmflow.core.timer import Timer

F = TypeVar("F")


class PolicyState(Struct, frozen=True):
    """What one policy remembers of an entity: a schema version and its own value."""

    policy: str
    schema: int
    value: object


@attrs.frozen
class Received:
    """The last message taken from one source: (source version, ordinal)."""

    source: EntityRef
    version: int
    ordinal: int


class Attached(Struct, frozen=True):
    """
    What hangs on an entity beside its facts; most entities share the empty one.

    Attributes:
        timers: Pending timers; these are the truth, stored rows an index.
        tasks: Open tasks.
        links: Mirrored facts of linked entities.
        watchers: Entities that mirror this one.
        claims: Unique values held.
        received: Last message taken, per source.
        holds: Events waiting for an approval.
        policies: State of each policy that has any.
        pauses: Why it stands still; empty while it does not.
        frozen: Timers that were pending when it came to stand still.
    """

    timers: tuple[Timer, ...] = ()
    tasks: tuple[Task, ...] = ()
    links: tuple[Link, ...] = ()
    watchers: tuple[Watcher, ...] = ()
    claims: tuple[Claim, ...] = ()
    received: tuple[Received, ...] = ()
    holds: tuple[Hold, ...] = ()
    policies: tuple[PolicyState, ...] = ()
    pauses: tuple[Pause, ...] = ()
    frozen: tuple[Timer, ...] = ()


NOTHING = Attached()


class Snapshot(Struct, Generic[F], frozen=True):
    """
    All that is known of an entity at one version.

    Attributes:
        ref: Which entity.
        state: Name of the state it is in; `UNBORN` before creation.
        version: Commits so far; 0 before creation.
        at: Aware UTC instant of the last decision; never decreases.
        entered_at: Aware UTC instant at which the state was entered.
        facts: Value of the machine's facts class; None before creation. `Former` where the
            definition is not that of today.
        attached: Timers, tasks, links and the like.
        definition: Version of the machine's definition that the facts and names are of.
    """

    ref: EntityRef
    state: str
    version: int
    at: datetime
    entered_at: datetime
    facts: F
    attached: Attached = NOTHING
    definition: int = 1

    @property
    def timers(self) -> tuple[Timer, ...]:
        """Pending timers."""
        return self.attached.timers

    @property
    def tasks(self) -> tuple[Task, ...]:
        """Open tasks."""
        return self.attached.tasks

    @property
    def links(self) -> tuple[Link, ...]:
        """Linked entities, as last heard of."""
        return self.attached.links

    def policy(self, name: str) -> Any:  # noqa: ANN401 - each policy knows its own state
        """Return the state value of the policy of that name, or None where it has none."""
        for kept in self.attached.policies:
            if kept.policy == name:
                return kept.value
        return None

    @property
    def paused_since(self) -> datetime | None:
        """Aware UTC instant since when it stands still, or None where it does not."""
        pauses = self.attached.pauses
        return pauses[0].since if pauses else None

    @property
    def holds(self) -> tuple[Hold, ...]:
        """Events waiting for an approval."""
        return self.attached.holds
