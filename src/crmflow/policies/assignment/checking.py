"""What is wrong with rows of ownership: every fault, with its place."""

from __future__ import annotations

import itertools
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Union, get_args, get_origin, get_type_hints

import attrs

from crmflow.core.errors import did_you_mean
from crmflow.core.form import Fault
from crmflow.core.machine import KEEP, Machine
from crmflow.core.reading import FieldError
from crmflow.core.tables import Tables
from crmflow.expressions import Scope
from crmflow.policies.assignment.rows import OWNER, Assignment, Limit, Pool

Machines = Mapping[str, Machine]
_BROUGHT = ("owner", "reason")


def check_assignments(
    rows: Sequence[Assignment], tables: Tables, machines: Machines
) -> Iterator[Fault]:
    """Yield every fault of assignments."""
    for place, row, machine in _placed("assignments", rows, machines):
        yield from _owned(place, machine)
        yield from _through(f"{place}.through", row.through, machine)
        yield from _compiles(f"{place}.when", row.when, machine, tables)
        if row.role is None and row.department is None:
            yield Fault(f"{place}.role", "missing", "a role or a department to choose from")


def check_pools(rows: Sequence[Pool], tables: Tables, machines: Machines) -> Iterator[Fault]:
    """Yield every fault of pools."""
    for place, row, machine in _placed("pools", rows, machines):
        yield from _owned(place, machine)
        yield from _through(f"{place}.through", row.through, machine)
        yield from _compiles(f"{place}.exempt", row.exempt, machine, tables)
        yield from _known(f"{place}.calendar", row.calendar, tables.calendars)
        states = [state.name for state in machine.states]
        for number, name in enumerate(row.exempt_states):
            yield from _known(f"{place}.exempt_states[{number}]", name, states)
        if ":" in row.name:
            yield Fault(f"{place}.name", "type", "a name without a colon: it is part of claims")
        if not row.limits:
            yield Fault(f"{place}.limits", "empty", "at least one limit")
        for number, limit in enumerate(row.limits):
            yield from _limit(f"{place}.limits[{number}]", limit, machine, tables)
            if limit.name in {one.name for one in row.limits[:number]}:
                yield Fault(f"{place}.limits[{number}].name", "doubled", "a name of its own")
    yield from _overlapping(rows)


def _placed(
    table: str, rows: Sequence[Any], machines: Machines
) -> Iterator[tuple[str, Any, Machine]]:
    """Yield each row of a machine that is on, with its place."""
    for number, row in enumerate(rows):
        if row.machine in machines:
            yield f"$.{table}[{number}]", row, machines[row.machine]


def _overlapping(rows: Sequence[Pool]) -> Iterator[Fault]:
    for (_, first), (number, then) in itertools.combinations(enumerate(rows), 2):
        apart = _ends(first) < _begins(then) or _ends(then) < _begins(first)
        if first.machine == then.machine and not apart:
            expected = f"days apart from those of {first.name!r}: an entity has one pool"
            yield Fault(f"$.pools[{number}].from_on", "doubled", expected)


def _begins(row: Pool) -> date:
    return row.from_on or date.min


def _ends(row: Pool) -> date:
    return row.until_on or date.max


def _limit(place: str, limit: Limit, machine: Machine, tables: Tables) -> Iterator[Fault]:
    yield from _compiles(f"{place}.unless", limit.unless, machine, tables)
    for number, fact in enumerate(limit.since):
        yield from _dated(f"{place}.since[{number}]", fact, machine)
    for number, event in enumerate(limit.by):
        yield from _known(f"{place}.by[{number}]", event, machine.events)


def _owned(place: str, machine: Machine) -> Iterator[Fault]:
    if OWNER not in _facts(machine):
        expected = f"a machine with a fact {OWNER!r}; {machine.name!r} has none"
        yield Fault(f"{place}.machine", "choice", expected)


def _through(path: str, event: str, machine: Machine) -> Iterator[Fault]:
    """Yield what is wrong with the event by which owners change: it moves nothing else."""
    faults = list(_known(path, event, machine.events))
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
    if text is not None:
        try:
            Scope.of(machine.facts, zone=tables.zone).compile(text)
        except FieldError as error:
            yield Fault(path, error.code, error.expected)


def _facts(machine: Machine) -> list[str]:
    return [field.name for field in attrs.fields(machine.facts)]


def _dated(path: str, fact: str, machine: Machine) -> Iterator[Fault]:
    """Yield what is wrong with a fact that must hold a day or an instant."""
    faults = list(_known(path, fact, _facts(machine)))
    yield from faults
    if not faults:
        kind = get_type_hints(machine.facts)[fact]
        kinds = get_args(kind) if get_origin(kind) in {Union, types.UnionType} else (kind,)
        if not {date, datetime}.intersection(kinds):
            yield Fault(path, "type", "a fact that holds a date or an instant")


def _known(path: str, name: str, known: Iterable[str]) -> Iterator[Fault]:
    names = list(known)
    if name not in names:
        yield Fault(path, "choice", did_you_mean(name, names))
