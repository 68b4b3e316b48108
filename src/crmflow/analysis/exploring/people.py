"""Who acts while a machine is explored."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from datetime import datetime

import attrs

from crmflow.core.actor import Actor
from crmflow.core.machine import Machine, Row
from crmflow.core.people import Person
from crmflow.flow.registry import Registry

__all__ = ["Everybody", "cast", "known_actor", "specialists"]

ASKER, OTHER, HEAD, STRANGER = "asker-1", "other-1", "head-1", "stranger-1"


@attrs.frozen
class Everybody:
    """
    A directory for where there is none: three people who have every role, in all departments.

    Attributes:
        roles: The roles there are.
    """

    roles: tuple[str, ...]

    def person(self, id: str, at: datetime) -> Person | None:  # noqa: A002 - the port's word
        """Return one of the three; the head stands above the others."""
        _ = at
        if id not in (ASKER, OTHER, HEAD):
            return None
        return Person(id, self.roles, (), None if id == HEAD else HEAD)

    def holders(self, role: str, at: datetime) -> Sequence[str]:
        """Return all three, whatever the role."""
        _ = role, at
        return (ASKER, HEAD, OTHER)

    def members(self, department: str, at: datetime) -> Sequence[str]:
        """Return all three, whatever the department."""
        return self.holders(department, at)


def _roles_of(machine: Machine) -> Iterator[str]:
    """Yield the roles that a machine asks for or gives tasks to."""
    for row in machine.rows:
        yield from row.who
        for guard in row.guards:
            yield from guard.roles
        yield from (task.role for task in row.tasks if isinstance(task.role, str))


def cast(
    registry: Registry, machine: Machine, named: Container[str], at: datetime
) -> tuple[Actor, ...]:
    """
    Return who acts on a machine: of people who have the same roles and departments two.

    One asks, and the other is there to decide. Without a directory both have every role that
    the machine asks for, or a row about it names.

    Args:
        registry: Its directory is asked.
        machine: The machine; people without any of its roles are left out.
        named: Words of the rows about it.
        at: Aware UTC instant.
    """
    directory = registry.directory
    wanted = sorted({*_roles_of(machine)} - {"system"})
    if directory is None or isinstance(directory, Everybody):
        known = () if directory is None else directory.roles
        roles = (*wanted, *(role for role in known if role in named))
        return tuple(Actor(one, roles) for one in (ASKER, OTHER))
    alike: dict[tuple[frozenset[str], frozenset[str]], list[Actor]] = {}
    for one in dict.fromkeys(one for role in wanted for one in directory.holders(role, at)):
        actor = known_actor(registry, one, at)
        alike.setdefault((actor.roles, actor.departments), []).append(actor)
    return tuple(actor for actors in alike.values() for actor in actors[:2])


def specialists(rows: Sequence[Row]) -> Iterator[Actor]:
    """
    Yield who has one role alone, and who has none, where that decides which row is taken.

    Args:
        rows: The rows of one event in one state, in order.
    """
    asked = [row.who.union(*(guard.roles for guard in row.guards)) for row in rows]
    if len(set(asked)) > 1 or any(guard.roles for row in rows for guard in row.guards):
        for role in sorted(frozenset().union(*asked) - {"system"}):
            yield Actor(f"{role}-1", {role})
        yield Actor(STRANGER)


def known_actor(registry: Registry, id: str, at: datetime) -> Actor:  # noqa: A002 - the port's word
    """Return somebody as the directory knows them; a stranger has no roles."""
    person = None if registry.directory is None else registry.directory.person(id, at)
    return Actor(id) if person is None else person.actor()
