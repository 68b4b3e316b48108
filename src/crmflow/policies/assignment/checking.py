"""What is wrong with rows of ownership: every fault, with its place."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

import attrs

from crmflow.core.checking import all_known, dated, known, placed, readable
from crmflow.core.form import Fault
from crmflow.core.kinds import kinds_of
from crmflow.core.machine import KEEP, Machine
from crmflow.core.tables import Tables
from crmflow.expressions import Scope
from crmflow.policies.assignment.rows import OWNER, Assignment, Limit, Pool

Machines = Mapping[str, Machine]
_BROUGHT = ("owner", "reason")


def check_assignments(
    rows: Sequence[Assignment], tables: Tables, machines: Machines
) -> Iterator[Fault]:
    """Yield every fault of assignments."""
    for place, row, machine in placed("assignments", rows, machines):
        yield from _owned(place, machine)
        yield from _through(f"{place}.through", row.through, machine)
        yield from _compiles(f"{place}.when", row.when, machine, tables)
        if row.role is None and row.department is None:
            yield Fault(f"{place}.role", "missing", "a role or a department to choose from")


def check_pools(rows: Sequence[Pool], tables: Tables, machines: Machines) -> Iterator[Fault]:
    """Yield every fault of pools."""
    for place, row, machine in placed("pools", rows, machines):
        yield from _owned(place, machine)
        yield from _through(f"{place}.through", row.through, machine)
        yield from _compiles(f"{place}.exempt", row.exempt, machine, tables)
        yield from known(f"{place}.calendar", row.calendar, tables.calendars)
        states = [state.name for state in machine.states]
        yield from all_known(f"{place}.exempt_states", row.exempt_states, states)
        if ":" in row.name:
            yield Fault(f"{place}.name", "type", "a name without a colon: it is part of claims")
        if not row.limits:
            yield Fault(f"{place}.limits", "empty", "at least one limit")
        for number, limit in enumerate(row.limits):
            yield from _limit(f"{place}.limits[{number}]", limit, machine, tables)
            if limit.name in {one.name for one in row.limits[:number]}:
                yield Fault(f"{place}.limits[{number}].name", "doubled", "a name of its own")
    yield from _overlapping(rows)


def _overlapping(rows: Sequence[Pool]) -> Iterator[Fault]:
    for (_, first), (number, then) in itertools.combinations(enumerate(rows), 2):
        if first.machine == then.machine and first.overlaps(then):
            expected = f"days apart from those of {first.name!r}: an entity has one pool"
            yield Fault(f"$.pools[{number}].from_on", "doubled", expected)


def _limit(place: str, limit: Limit, machine: Machine, tables: Tables) -> Iterator[Fault]:
    yield from _compiles(f"{place}.unless", limit.unless, machine, tables)
    for number, fact in enumerate(limit.since):
        yield from dated(f"{place}.since[{number}]", fact, machine.facts)
    yield from all_known(f"{place}.by", limit.by, machine.events)


def _owned(place: str, machine: Machine) -> Iterator[Fault]:
    if OWNER not in kinds_of(machine.facts):
        expected = f"a machine with a fact {OWNER!r}; {machine.name!r} has none"
        yield Fault(f"{place}.machine", "choice", expected)


def _through(path: str, event: str, machine: Machine) -> Iterator[Fault]:
    """Yield what is wrong with the event by which owners change: it moves nothing else."""
    faults = list(known(path, event, machine.events))
    yield from faults
    if faults:
        return
    if any(row.to != KEEP for row in machine.rows if row.event == event):
        expected = "an event that keeps the state: passing time closes nothing"
        yield Fault(path, "ends", expected)
    form = machine.form(event)
    fields = {} if form is None else attrs.fields_dict(form)
    lacking = [name for name in _BROUGHT if name not in fields]
    more = [n for n, one in fields.items() if one.default is attrs.NOTHING and n not in _BROUGHT]
    if lacking or more:
        yield Fault(path, "form", "an event whose form is an owner and a reason")


def _compiles(path: str, text: str | None, machine: Machine, tables: Tables) -> Iterator[Fault]:
    scope = Scope.about(machine, None, tables)
    yield from readable(path, lambda: scope.maybe(text))
