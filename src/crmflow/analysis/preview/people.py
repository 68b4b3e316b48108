"""Who could read an entity, and who could move it: everybody the directory knows, one by one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import attrs

from crmflow.analysis.contrast import Item, Topic
from crmflow.analysis.preview.present import Present
from crmflow.core.actor import Actor
from crmflow.core.tables import TableRow
from crmflow.directory import Directory
from crmflow.flow.options import OptionAnswer, options
from crmflow.flow.registry import Registry
from crmflow.policies.access import Access, is_on

__all__ = ["People", "concerned", "roles_of"]

UNCONCERNED = frozenset({"deadlines", "calendars", "schemes", "cadences", "kpis", "reports"})
"""Tables that decide nothing about who may do what."""


def concerned(then: Registry, now: Registry) -> bool:
    """Say whether a change may be about who may do what; asking everybody takes its time."""
    if _rest(then) != _rest(now) or not all(_told_apart(one) for one in _plugins(now)):
        return True
    names = {*then.tables.rows, *now.tables.rows} - UNCONCERNED
    return any(_rows(then, name) != _rows(now, name) for name in names)


def _rest(registry: Registry) -> tuple[object, ...]:
    """Return all but rows that may decide who may do what: people, settings, plugins, machines."""
    machines = {name: one.machine for name, one in registry.machines.items()}
    return registry.directory, registry.tables.settings, _plugins(registry), machines


def _plugins(registry: Registry) -> list[str]:
    """Return name and version of each plugin, as the policy set has them."""
    _, plugins = json.loads(registry.policy_set)
    return list(plugins)


def _told_apart(plugin: str) -> bool:
    """Say whether a plugin has a version; without one another may have the same name."""
    return not plugin.endswith(" ")


def _rows(registry: Registry, table: str) -> list[TableRow]:
    found = registry.tables.rows.get(table, ())
    return [attrs.evolve(row, origin="", version="") for row in found]


@attrs.frozen
class People:
    """
    Everybody whom a directory knows by a role of the machines or of their rows.

    Attributes:
        registry: The policy set.
        actors: They, in order of their ids.
        access: What reads the entities of a machine; those where everybody may are left out.
    """

    registry: Registry
    actors: tuple[Actor, ...]
    access: Mapping[str, Access]

    @classmethod
    def of(cls, registry: Registry, roles: Iterable[str], at: datetime) -> People:
        """
        Return the people of a policy set.

        Args:
            registry: The policy set.
            roles: Whom its directory is asked for: those of both sets that are compared, or who
                is known to one of them alone would seem to gain what both let anybody do.
            at: Aware UTC instant.
        """
        machines = [one.machine for one in registry.machines.values()]
        access = {
            one.name: Access.of(registry.tables, one)
            for one in machines
            if is_on(registry.tables, one)
        }
        return cls(registry, tuple(_actors(registry.directory, roles, at)), access)

    def items(self, present: Present) -> Iterator[Item]:
        """Yield what each may see of an entity, and by whom each event could be fired now."""
        machine = present.snapshot.ref.machine
        access = self.access.get(machine)
        if access is not None:
            for actor in self.actors:
                reading = access.read(present.snapshot, actor, present.at)
                if reading.allowed:
                    told = {"masked": list(reading.masked), "withheld": list(reading.withheld)}
                    yield Item(Topic.ACCESS, actor.id, present.at, told)
        for event, able in self.ways(present).items():
            yield Item(Topic.WAY, event, present.at, {"by": able})

    def ways(self, present: Present) -> dict[str, list[str]]:
        """Return who could fire each event now, as far as no form is needed to tell."""
        found: dict[str, list[str]] = {}
        for actor in self.actors:
            for one in options(self.registry, present.snapshot, actor, present.at):
                if one.answer is not OptionAnswer.REFUSED:
                    found.setdefault(one.event, []).append(actor.id)
        return dict(sorted(found.items()))


def roles_of(registry: Registry) -> set[str]:
    """Return the roles that machines and their rows name."""
    machines = (one.machine for one in registry.machines.values())
    roles = {role for machine in machines for row in machine.rows for role in row.who}
    return roles | {str(role) for role in _named(registry)}


def _actors(directory: Directory | None, roles: Iterable[str], at: datetime) -> Iterator[Actor]:
    if directory is None:
        return
    ids = {one for role in roles for one in directory.holders(role, at)}
    known = (directory.person(one, at) for one in sorted(ids))
    yield from (person.actor() for person in known if person is not None)


def _named(registry: Registry) -> Iterator[str]:
    """Yield the roles that rows name."""
    for rows in registry.tables.rows.values():
        for row in rows:
            roles = getattr(row, "roles", None) or ()
            yield from (roles.split() if isinstance(roles, str) else roles)
    yield from (row.name for row in registry.tables.of("roles", TableRow))
