"""Bringing all entities of a machine to its definition of today, or telling what that would do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from crmflow.core.compiled import Compiled
from crmflow.core.entity import Snapshot
from crmflow.core.ref import EntityRef
from crmflow.flow.commits import snapshot_of
from crmflow.flow.migrating import drafted, is_former
from crmflow.flow.registry import Registry
from crmflow.storage.port import PAGE, Store, every
from crmflow.storage.query import Find


@attrs.frozen
class Impact:
    """
    What a migration does to entities alike.

    Attributes:
        definition: Version of the definition they are of.
        state: State they are in.
        to: State they are in afterwards.
        lost: Names of facts that today's definition does not have.
        gone: Timers and tasks that end, such as `timer remind`.
        faults: Why they cannot be migrated; empty where they can.
    """

    definition: int
    state: str
    to: str
    lost: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


@attrs.frozen
class Affected:
    """How many entities an impact is about, and the first of them by id."""

    entities: int
    first: EntityRef


@attrs.frozen
class Migrating:
    """
    What migrating a machine's entities does, or would do.

    Attributes:
        machine: Name of the machine.
        version: Version of its definition of today.
        seen: How many entities there are.
        impacts: What happens to those of other versions.
        migrated: How many were brought to today's definition by this call.
    """

    machine: str
    version: int
    seen: int = 0
    impacts: dict[Impact, Affected] = attrs.field(factory=dict)
    migrated: int = 0

    @property
    def failing(self) -> int:
        """How many entities cannot be migrated."""
        return sum(found.entities for one, found in self.impacts.items() if one.faults)

    def plus(self, found: list[tuple[EntityRef, Impact | None]], migrated: int) -> Migrating:
        """Return it with one more batch of entities; those of today have no impact."""
        impacts = dict(self.impacts)
        for ref, impact in found:
            if impact is not None:
                before = impacts.get(impact, Affected(0, ref))
                impacts[impact] = Affected(before.entities + 1, before.first)
        seen = self.seen + len(found)
        return attrs.evolve(self, seen=seen, impacts=impacts, migrated=self.migrated + migrated)


def pages(
    registry: Registry, store: Store, machine: str
) -> Iterator[list[tuple[EntityRef, Impact | None]]]:
    """Yield the entities of a machine in batches, each with what a migration does to it."""
    compiled = registry.machine(machine)
    batch = list[tuple[EntityRef, Impact | None]]()
    for row in every(store, Find(registry.tenant, machine, limit=PAGE)):
        snapshot = snapshot_of(registry.codec, row)
        batch.append((row.ref, _impact(registry, compiled, snapshot)))
        if len(batch) == PAGE:
            yield batch
            batch = []
    yield batch


def _impact(registry: Registry, compiled: Compiled, snapshot: Snapshot[Any]) -> Impact | None:
    if not is_former(compiled, snapshot):
        return None
    draft = drafted(registry, compiled, snapshot)
    return Impact(
        snapshot.definition, snapshot.state, draft.state, draft.lost, draft.gone, draft.faults
    )
