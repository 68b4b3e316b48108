"""Holders: roles, departments and people that rows count on, and whom the directory lacks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs

from crmflow.analysis.checking.present import Present
from crmflow.analysis.checking.subject import Placed, Subject
from crmflow.analysis.fault import Fault, FaultKind
from crmflow.core.kinds import field_names
from crmflow.core.machine import Machine
from crmflow.core.tables import MachineRow
from crmflow.policies.approvals.rows import NONE, Chain
from crmflow.policies.outputs.rows import Output

__all__ = ["held"]

ROLES = frozenset({"role", "notify", "fallback", "superiors_up_to"})
"""Columns that name the one role that something needs."""

_KINDS = {
    "role": FaultKind.UNHELD_ROLE,
    "department": FaultKind.EMPTY_DEPARTMENT,
    "person": FaultKind.UNKNOWN_PERSON,
}


@attrs.frozen
class Needed:
    """A role, department or person that something counts on; *fault* tells where."""

    what: str
    name: str
    fault: Fault

    def there(self, people: Present) -> bool:
        """Say whether the directory has anybody."""
        if self.what == "person":
            return people.person(self.name) is not None
        found = people.holders if self.what == "role" else people.members
        return bool(found(self.name))


def held(subject: Subject) -> Iterator[Fault]:
    """Yield the roles nobody has, the departments nobody is in, the people nobody knows."""
    wanted = list(_wanted(subject))
    told: set[tuple[str, str, str]] = set()
    for people in subject.people:
        for one in wanted:
            key = (one.what, one.name, one.fault.where)
            if key not in told and not one.there(people):
                told.add(key)
                values = {one.what: one.name, "day": people.at.date()}
                yield attrs.evolve(one.fault, values=values)


def _wanted(subject: Subject) -> Iterator[Needed]:
    for table in subject.tables.rows:
        for one, _ in subject.about(table, MachineRow):
            yield from _of_row(one)
    for machine in subject.machines.values():
        yield from _of_machine(machine)


def _of_row(one: Placed[MachineRow]) -> Iterator[Needed]:
    for what, name, path in _named(one.row, ""):
        yield Needed(what, name, one.fault(_KINDS[what], path))
    for path, name in _listed(one.row):
        if name != NONE:
            yield Needed("role", name, one.fault(FaultKind.UNHELD_ROLE, path))


def _listed(row: MachineRow) -> Iterator[tuple[str, str]]:
    """Yield the roles that a row names in a list, of which each is needed."""
    if isinstance(row, Chain):
        yield from ((".roles", name) for name in (row.roles or "").split())
    elif isinstance(row, Output):
        told = ((f".to[{n}]", one.partition(":")) for n, one in enumerate(row.to))
        yield from ((path, name) for path, (kind, _, name) in told if kind == "role")


def _named(value: object, path: str) -> Iterator[tuple[str, str, str]]:
    """Yield (what, name, path) of each role, department and person that a row names alone."""
    kind: type = type(value)
    for field in field_names(kind):
        inner, here = getattr(value, field), f"{path}.{field}"
        what = "role" if field in ROLES else field
        if isinstance(inner, str) and what in _KINDS:
            if inner != NONE:
                yield what, inner, here
        elif isinstance(inner, tuple):
            for number, part in enumerate(inner):
                yield from _named(part, f"{here}[{number}]")
        else:
            yield from _named(inner, here)


def _of_machine(machine: Machine) -> Iterator[Needed]:
    for row in machine.rows:
        for role in _roles(task.role for task in row.tasks):
            where = f"{machine.name}: {row.name}"
            fault = Fault(FaultKind.UNHELD_ROLE, where, machine=machine.name, rules=row.rules)
            yield Needed("role", role, fault)


def _roles(given: Iterable[object]) -> Iterator[str]:
    return (role for role in given if isinstance(role, str))
