"""The desk of a plugin: one engine with it, from which others are made, with less or watched."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import attrs

from crmflow.clock import ManualClock
from crmflow.codec import Codec
from crmflow.core.evolving import BoundEvolve
from crmflow.core.judging import BoundJudge
from crmflow.core.machine import Machine
from crmflow.core.policy import Policy
from crmflow.core.ref import EntityRef
from crmflow.engine.engine import Engine
from crmflow.engine.sealing import searching_in_use
from crmflow.flow.registry import Registry
from crmflow.storage.memory import MemoryStore
from crmflow.storage.port import Store
from crmflow.testing.bench import rehoused
from crmflow.testing.policy_stories import BEGIN, ID, Telling

B = TypeVar("B", BoundEvolve, BoundJudge)

ROLES = frozenset({"administrator", "boss"})
"""Roles that whoever tells a story has, besides those of the machine."""


@attrs.frozen
class Desk:
    """
    What a plugin is tested with.

    Attributes:
        engine: An engine with the plugin, over a store that is never written to.
        plugin: Name of the plugin, as the engine knows it.
        machine: The machine that stories are about.
    """

    engine: Engine
    plugin: str
    machine: Machine

    @property
    def policies(self) -> Mapping[str, Policy]:
        """The plugin's policies of the machine, by name."""
        bound = [
            *(one for some in self.engine.registry.evolvers.values() for one in some),
            *self.engine.registry.reserved.values(),
        ]
        own = {one.policy.name for one in bound if one.plugin == self.plugin}
        here = self.engine.registry.policies[self.machine.name]
        return {one.name: one for one in here if one.name in own}

    @property
    def forms(self) -> Mapping[str, type | None]:
        """Reserved events of those policies, with the form of each."""
        return {name: form for one in self.policies.values() for name, form in one.reserved.items()}

    def telling(self, change: Callable[[Registry], Registry] = lambda found: found) -> Telling:
        """
        Return an engine to tell a story to, over a store of its own.

        Args:
            change: Gives what it runs, of what the desk's own engine does.
        """
        clock = ManualClock(BEGIN)
        engine = _with(self.engine, change(self.engine.registry), MemoryStore(), clock)
        return Telling(engine, clock, EntityRef(engine.registry.tenant, self.machine.name, ID))

    def retold(
        self, other: Telling, change: Callable[[Registry], Registry], retiring: Iterable[str] = ()
    ) -> Telling:
        """Return another engine over the store of one that a story was told to."""
        store, found = other.engine.store, change(self.engine.registry)
        engine = _with(self.engine, found, store, other.clock, retiring)
        return Telling(engine, other.clock, other.ref)

    def without(self, registry: Registry) -> Registry:
        """Return what an engine runs, with nothing that the plugin judges or remembers."""
        evolvers = {of: self._others(some) for of, some in registry.evolvers.items()}
        reserved = {of: one for of, one in registry.reserved.items() if one.plugin != self.plugin}
        gone = self.policies
        policies = {
            name: tuple(one for one in some if one.name not in gone)
            for name, some in registry.policies.items()
        }
        vault = registry.codec.vault
        machines = {name: one.machine for name, one in registry.machines.items()}
        return attrs.evolve(
            registry,
            judges={of: self._others(some) for of, some in registry.judges.items()},
            evolvers=evolvers,
            reserved=reserved,
            policies=policies,
            codec=Codec(machines, policies, vault),
            searching=searching_in_use(vault, machines, policies, registry.tenant),
        )

    def _others(self, some: Iterable[B]) -> tuple[B, ...]:
        return tuple(one for one in some if one.plugin != self.plugin)


def reversed_(registry: Registry) -> Registry:
    """Return what an engine runs, plugins asked in the opposite order."""
    return attrs.evolve(
        registry,
        judges={of: some[::-1] for of, some in registry.judges.items()},
        evolvers={of: some[::-1] for of, some in registry.evolvers.items()},
    )


def _with(
    engine: Engine,
    registry: Registry,
    store: Store,
    clock: ManualClock,
    retiring: Iterable[str] = (),
) -> Engine:
    # Tellings go on beside each other, and a vault opens what one store has.
    codec = copy.copy(registry.codec)
    codec.vault = attrs.evolve(codec.vault)
    other = copy.copy(engine)
    other.registry = attrs.evolve(registry, codec=codec)
    return rehoused(other, store, clock, retiring)
