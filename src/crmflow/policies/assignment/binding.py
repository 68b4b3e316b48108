"""Rows of ownership, ready for one machine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs

from crmflow.core.machine import Machine
from crmflow.core.people import People
from crmflow.core.policy import Occurrence
from crmflow.core.tables import Tables
from crmflow.expressions import Expression, Scope
from crmflow.policies.assignment.limits import BoundLimit, BoundPool
from crmflow.policies.assignment.rows import Assignment, Pool


@attrs.frozen
class BoundAssignment:
    """An assignment, with its expression ready."""

    row: Assignment
    when: Expression[bool] | None = None

    def applies(self, seen: Occurrence) -> bool:
        """Say whether it is for an entity as it is after an event."""
        return self.when is None or self.when.after(seen)

    def candidates(self, people: People, at: datetime) -> tuple[str, ...]:
        """
        Return who may get an entity: those present, or all where everybody is away.

        Args:
            people: The directory at the instant.
            at: The instant.
        """
        row = self.row
        held = None if row.role is None else people.holders(row.role)
        found = held if row.department is None else people.members(row.department)
        both = [one for one in found or () if held is None or one in held]
        present = [one for one in both if not _is_away(people, one, at)]
        return tuple(present or both)


def _is_away(people: People, id: str, at: datetime) -> bool:  # noqa: A002 - the field's word
    person = people.person(id)
    return person is not None and person.absence(at) is not None


@attrs.frozen
class Rows:
    """
    All rows about one machine.

    Attributes:
        assignments: Assignments in the order of their files.
        pools: Pools; at most one is in force at a time.
        final: Final states of the machine.
        tables: Where days are told.
    """

    assignments: tuple[BoundAssignment, ...]
    pools: tuple[BoundPool, ...]
    final: frozenset[str]
    tables: Tables

    def pool(self, at: datetime) -> BoundPool | None:
        """Return the pool in force at an instant, or None."""
        day = self.tables.day(at)
        return next((one for one in self.pools if one.row.in_force(day)), None)

    def assignment(self, seen: Occurrence) -> BoundAssignment | None:
        """Return the first assignment in force that applies, or None."""
        day = self.tables.day(seen.event.at)
        rows = (one for one in self.assignments if one.row.in_force(day))
        return next((one for one in rows if one.applies(seen)), None)


def bound(machine: Machine, tables: Tables) -> Rows:
    """Return the rows about a machine, their expressions compiled."""
    scope = Scope.about(machine, None, tables)
    assignments = tuple(
        BoundAssignment(row, scope.maybe(row.when))
        for row in tables.about(machine, "assignments", Assignment)
    )
    pools = tuple(
        BoundPool(
            row,
            tuple(BoundLimit(limit, scope.maybe(limit.unless)) for limit in row.limits),
            scope.maybe(row.exempt),
            tables.calendar(row.calendar).planning(),
        )
        for row in tables.about(machine, "pools", Pool)
    )
    return Rows(assignments, pools, machine.final, tables)


def roles_of(rows: Rows, at: datetime) -> Sequence[str]:
    """Return the roles that may assign and lock at an instant, sorted."""
    pool, day = rows.pool(at), rows.tables.day(at)
    roles = {
        role for one in rows.assignments if one.row.in_force(day) for role in one.row.assigners
    }
    return sorted(roles | (set() if pool is None else {pool.row.role}))
