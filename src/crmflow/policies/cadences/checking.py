"""What is wrong with rows of care: every fault, with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs

from crmflow.core.checking import all_known, dated, known, placed, readable
from crmflow.core.form import Fault
from crmflow.core.kinds import kinds_of
from crmflow.core.machine import Machine
from crmflow.core.ref import UNBORN
from crmflow.core.tables import Tables
from crmflow.expressions import Scope
from crmflow.policies.cadences.anniversary import anniversary
from crmflow.policies.cadences.rows import Cadence, Care, ContactLimit, Dormancy

Machines = Mapping[str, Machine]


def check_cadences(rows: Sequence[Cadence], tables: Tables, machines: Machines) -> Iterator[Fault]:
    """Yield every fault of cadences."""
    for place, row, machine in placed("cadences", rows, machines):
        yield from _care(place, row, tables, machine)
        if row.tier is not None:
            yield from known(f"{place}.tier", "tier", kinds_of(machine.facts))
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
                yield from dated(f"{place}.on[{number}]", fact, machine.facts)


def check_limits(
    rows: Sequence[ContactLimit], tables: Tables, machines: Machines
) -> Iterator[Fault]:
    """Yield every fault of contact limits."""
    for place, row, machine in placed("contact_limits", rows, machines):
        yield from all_known(f"{place}.counts", row.counts, machine.events)


def check_dormancy(rows: Sequence[Dormancy], tables: Tables, machines: Machines) -> Iterator[Fault]:
    """Yield every fault of rows of dormancy."""
    for place, row, machine in placed("dormancy", rows, machines):
        yield from _care(place, row, tables, machine)
        for number, fact in enumerate(row.since):
            yield from dated(f"{place}.since[{number}]", fact, machine.facts)
        if not (row.months or row.days) and row.when is None:
            expected = "after how many months or days, or by which expression at once"
            yield Fault(f"{place}.months", "missing", expected)
        if row.months and row.days:
            yield Fault(f"{place}.days", "doubled", "either months or days")


def _care(place: str, row: Care, tables: Tables, machine: Machine) -> Iterator[Fault]:
    states, scope = [one.name for one in machine.states], Scope.of(machine.facts, zone=tables.zone)
    yield from known(f"{place}.calendar", row.calendar, tables.calendars)
    yield from all_known(f"{place}.states", row.states, states)
    yield from known(f"{place}.assignee", row.assignee, kinds_of(machine.facts))
    yield from readable(f"{place}.when", lambda: scope.maybe(row.when))
    if row.task is None and row.opens is None and row.raises is None:
        yield Fault(f"{place}.task", "missing", "a task, an entity to open or an event to raise")
    if row.task is not None and row.role is None:
        yield Fault(f"{place}.role", "missing", "the role that may do the task")
    if row.raises is not None:
        yield from _raised(f"{place}.raises", row.raises, machine)


def _raised(path: str, event: str, machine: Machine) -> Iterator[Fault]:
    """Yield what is wrong with an event that time alone raises: it ends nothing."""
    yield from known(path, event, machine.events)
    rows = [row for row in machine.rows if row.event == event]
    if any(row.to in machine.final or UNBORN in row.source for row in rows):
        yield Fault(path, "ends", "an event that neither creates nor ends the entity: time only")
    form = rows[0].form if rows else None
    if form is not None and any(one.default is attrs.NOTHING for one in attrs.fields(form)):
        yield Fault(path, "form", "an event whose form may be left out")
