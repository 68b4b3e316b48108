"""What is wrong with rows of care: every fault, with its place."""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Union, get_args, get_origin, get_type_hints

import attrs

from crmflow.core.errors import did_you_mean
from crmflow.core.form import Fault
from crmflow.core.machine import Kind, Machine
from crmflow.core.reading import FieldError
from crmflow.core.ref import UNBORN
from crmflow.core.tables import Tables
from crmflow.expressions import Scope
from crmflow.policies.cadences.anniversary import anniversary
from crmflow.policies.cadences.rows import Cadence, Care, ContactLimit, Dormancy

Machines = Mapping[str, Machine]


def check_cadences(rows: Sequence[Cadence], tables: Tables, machines: Machines) -> Iterator[Fault]:
    """Yield every fault of cadences."""
    for place, row, machine in _placed("cadences", rows, machines):
        yield from _care(place, row, tables, machine)
        if row.tier is not None:
            yield from _known(f"{place}.tier", "tier", _facts(machine))
        if (row.every is None) == (not row.on):
            expected = "either how often it comes or days of the year"
            yield Fault(f"{place}.every", "missing" if row.every is None else "doubled", expected)
        if row.earliest < row.latest:
            expected = f"at least {row.latest}, the days before at which the window ends"
            yield Fault(f"{place}.earliest", "order", expected)
        if row.every is not None and (row.earliest or row.latest):
            expected = "nothing: only days of the year have a window before them"
            yield Fault(f"{place}.earliest", "unknown", expected)
        for number, text in enumerate(row.on):
            if fact := anniversary(text).fact:
                yield from _dated(f"{place}.on[{number}]", fact, machine)


def check_limits(
    rows: Sequence[ContactLimit], tables: Tables, machines: Machines
) -> Iterator[Fault]:
    """Yield every fault of contact limits."""
    for place, row, machine in _placed("contact_limits", rows, machines):
        yield from _all_known(f"{place}.counts", row.counts, machine.events)


def check_dormancy(rows: Sequence[Dormancy], tables: Tables, machines: Machines) -> Iterator[Fault]:
    """Yield every fault of rows of dormancy."""
    for place, row, machine in _placed("dormancy", rows, machines):
        yield from _care(place, row, tables, machine)
        for number, fact in enumerate(row.since):
            yield from _dated(f"{place}.since[{number}]", fact, machine)
        if not row.months and row.when is None:
            expected = "after how many months, or by which expression at once"
            yield Fault(f"{place}.months", "missing", expected)


def _placed(
    table: str, rows: Sequence[Any], machines: Machines
) -> Iterator[tuple[str, Any, Machine]]:
    """Yield each row of a machine that is on, with its place."""
    for number, row in enumerate(rows):
        if row.machine in machines:
            yield f"$.{table}[{number}]", row, machines[row.machine]


def _care(place: str, row: Care, tables: Tables, machine: Machine) -> Iterator[Fault]:
    yield from _known(f"{place}.calendar", row.calendar, tables.calendars)
    yield from _all_known(f"{place}.states", row.states, [state.name for state in machine.states])
    if row.assignee is not None:
        yield from _known(f"{place}.assignee", row.assignee, _facts(machine))
    if row.when is not None:
        try:
            Scope.of(machine.facts, zone=tables.zone).compile(row.when)
        except FieldError as error:
            yield Fault(f"{place}.when", error.code, error.expected)
    if row.task is None and row.opens is None and row.raises is None:
        yield Fault(f"{place}.task", "missing", "a task, an entity to open or an event to raise")
    if row.task is not None and row.role is None:
        yield Fault(f"{place}.role", "missing", "the role that may do the task")
    if row.raises is not None:
        yield from _raised(f"{place}.raises", row.raises, machine)


def _raised(path: str, event: str, machine: Machine) -> Iterator[Fault]:
    """Yield what is wrong with an event that time alone raises: it ends nothing."""
    yield from _known(path, event, machine.events)
    final = {state.name for state in machine.states if state.kind is Kind.FINAL}
    rows = [row for row in machine.rows if row.event == event]
    if any(row.to in final or UNBORN in row.source for row in rows):
        yield Fault(path, "ends", "an event that neither creates nor ends the entity: time only")
    form = rows[0].form if rows else None
    if form is not None and any(one.default is attrs.NOTHING for one in attrs.fields(form)):
        yield Fault(path, "form", "an event whose form may be left out")


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


def _all_known(path: str, given: Sequence[str], known: Iterable[str]) -> Iterator[Fault]:
    names = list(known)
    for number, name in enumerate(given):
        yield from _known(f"{path}[{number}]", name, names)
