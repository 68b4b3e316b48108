"""Previewing: open entities, as they are and as they would be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import attrs

from crmflow.analysis.contrast import Topic, paired
from crmflow.analysis.preview.impact import Change, Effect, Impact
from crmflow.analysis.preview.people import People, concerned, roles_of
from crmflow.analysis.preview.present import Present, kept, shown
from crmflow.analysis.source import Source
from crmflow.core.entity import Snapshot
from crmflow.core.errors import CrmflowError, RequestError
from crmflow.core.plain import plain
from crmflow.core.ref import EntityRef
from crmflow.engine.attaching import snapshots
from crmflow.flow.options import present
from crmflow.flow.registry import Registry

__all__ = ["MovedSinceError", "preview"]


@attrs.define
class MovedSinceError(RequestError):
    """An entity has moved since the instant that is asked about."""

    ref: EntityRef
    at: datetime
    moved_at: datetime

    def __str__(self) -> str:
        return (
            f"{self.ref} has moved since {self.at.isoformat()}, at {self.moved_at.isoformat()}, "
            "and a preview is of what is open now. Give an instant that is not before that, "
            "or none."
        )


def preview(
    source: Source,
    other: Registry,
    *,
    machines: Iterable[str] = (),
    at: datetime | None = None,
) -> Iterator[Impact]:
    """
    Yield what a change of policies would do to each open entity, in order of (machine, id).

    One whose creation waits for approval is open.

    Each is shown to today's policies and to the others at the same instant; timers due by then
    fire under today's. A change reaches an entity with the next event of it, or at once where
    it is shown to the policy (`Engine.attach`).

    Args:
        source: Where the entities are; an `Engine` is one.
        other: The policies that would be, as `Policies.bound` gives them.
        machines: Of these machines only, by name; empty for all.
        at: Aware instant at which the change comes, no earlier than what last happened to any
            of them: what they were before is past. None for now; what happens to one while
            others are read is no error.

    Raises:
        MovedSinceError: Something has happened to one after *at*.
        UnknownMachineError: A machine is not switched on.
        StoreError: The store cannot be read.
    """
    registry = source.registry
    moment = source.clock.now() if at is None else at
    asks, roles = concerned(registry, other), roles_of(registry) | roles_of(other)
    sides = [(one, People.of(one, roles, moment) if asks else None) for one in (registry, other)]
    for name in sorted(set(machines) or registry.machines.keys() & other.machines.keys()):
        final = registry.machine(name).final
        for snapshot in snapshots(registry, source.store, name):
            # One whose creation waits for approval has no facts yet.
            is_there = snapshot.facts is not None or snapshot.holds
            if is_there and snapshot.state not in final:
                if at is not None and at < snapshot.at:
                    raise MovedSinceError(snapshot.ref, at, snapshot.at)
                yield _Preview(*sides[0], *sides[1], moment).impact(snapshot)


@attrs.frozen
class _Preview:
    """Both policy sets, with their people where the change may be about them."""

    registry: Registry
    people: People | None
    other: Registry
    others: People | None
    at: datetime

    def impact(self, snapshot: Snapshot[Any]) -> Impact:
        """Return what the change would do to an entity."""
        try:
            base = present(self.registry, snapshot, self.at)
            changes = tuple(self._changes(base))
        except CrmflowError as error:
            why = f"{type(error).__name__}: {error}"
            changes = (Change(Effect.FAILED, snapshot.ref.machine, why=why),)
        return Impact(snapshot.ref, snapshot.state, changes)

    def _changes(self, base: Snapshot[Any]) -> Iterator[Change]:
        at = max(self.at, base.at)
        then, now = (Present(one, shown(one, base, at), at) for one in (self.registry, self.other))
        olds, news = [*then.items()], [*now.items()]
        if self.people is not None and self.others is not None:
            olds += self.people.items(then)
            news += self.others.items(now)
        yield from (Change.of(pair) for pair in paired(olds, news))
        for run, why in kept(then, now):
            told = {"target": run.limit or run.target, "due_at": plain(run.due_at)}
            yield Change(Effect.KEPT_DEADLINE, run.definition, told, told, why)
        ways = [sum(one.topic is Topic.WAY for one in side) for side in (olds, news)]
        if ways[0] and not ways[1]:
            yield Change(Effect.STUCK, base.state)
