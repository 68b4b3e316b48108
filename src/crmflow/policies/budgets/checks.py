"""Checks of the tables: every fault of every row, with its place and what would be right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

from crmflow.core.checking import all_known, known, placed, readable
from crmflow.core.form import Fault
from crmflow.core.kinds import kinds_of
from crmflow.core.machine import Machine
from crmflow.core.measure import Measure
from crmflow.core.money import Money
from crmflow.core.tables import Tables
from crmflow.expressions import Scope
from crmflow.expressions.amounts import amount_in
from crmflow.policies.budgets.binding import (
    could_spend,
    part_in,
    scope_of,
)
from crmflow.policies.budgets.ledger_facts import nothing
from crmflow.policies.budgets.rows import Budget, Late, Over, Quota, Window
from crmflow.policies.budgets.windows import since_in

Faults = Iterator[Fault]


def check_budgets(
    rows: Sequence[Budget], tables: Tables, machines: Mapping[str, Machine]
) -> Faults:
    """Yield every fault of the table `budgets`."""
    for place, row, machine in placed("budgets", rows, machines):
        yield from _limits(place, row)
        yield from _ledger(place, row)
        yield from _measure(f"{place}.expires", row.expires, row.calendar, tables)
        yield from _names(f"{place}.spent_on", row.spent_on, machine)
        yield from _names(f"{place}.released_on", row.released_on, machine)
        if row.event not in machine.events:
            yield from known(f"{place}.event", row.event, machine.events)
            continue
        yield from _amounts(place, row, machine, tables)
        yield from _reduces(place, row, machine)


def _limits(place: str, row: Budget) -> Faults:
    if (row.limit is None) == (not row.limits):
        yield Fault(f"{place}.limit", "missing", "either one limit, or limits by what `by` gives")
    if (row.by is None) != (not row.limits):
        yield Fault(f"{place}.by", "missing", "an expression for which of the limits holds")
    given = [] if row.limit is None else [("limit", row.limit)]
    given += [(f"limits.{name}", limit) for name, limit in row.limits.items()]
    for name, limit in given:
        if limit < nothing(limit.currency):
            yield Fault(f"{place}.{name}", "negative", "an amount of zero or more")
    if len({limit.currency for _, limit in given}) > 1:
        yield Fault(f"{place}.limits", "currency", "limits of one currency")


def _ledger(place: str, row: Budget) -> Faults:
    if row.ledger is None:
        for name in ("per", "spent_on", "released_on", "spent", "expires"):
            if getattr(row, name):
                expected = "nothing: without a ledger a limit holds for each event by itself"
                yield Fault(f"{place}.{name}", "no_ledger", expected)
    elif not row.spent_on:
        expected = "events or states by which it is spent: else all of it is given back"
        yield Fault(f"{place}.spent_on", "missing", expected)


def _amounts(place: str, row: Budget, machine: Machine, tables: Tables) -> Faults:
    scope = scope_of(machine, row.event, tables)
    yield from _compiles(f"{place}.amount", amount_in, scope, row.amount)
    yield from readable(f"{place}.by", partial(scope.maybe, row.by, str))
    yield from _parts(place, row.per, scope, tables)
    for event in machine.events:
        if could_spend(row, machine, event):
            scope = scope_of(machine, event, tables)
            yield from _compiles(f"{place}.spent", amount_in, scope, row.spent)


def _reduces(place: str, row: Budget, machine: Machine) -> Faults:
    """Yield that only a field of the form can be reduced: facts are what they are."""
    if row.over is not Over.REDUCE:
        return
    if kinds_of(machine.form(row.event)).get(row.field or "") != (Money,):
        expected = "'form.<field>', an amount of money the event must bring, to be reduced"
        yield Fault(f"{place}.amount", "not_reducible", expected)
    if row.spent is not None:
        yield Fault(f"{place}.over", "not_reducible", "refuse or bear, where `spent` is told apart")


def check_quotas(rows: Sequence[Quota], tables: Tables, machines: Mapping[str, Machine]) -> Faults:
    """Yield every fault of the table `quotas`."""
    for place, row, machine in placed("quotas", rows, machines):
        if " " in row.name:
            yield Fault(f"{place}.name", "spaces", "a name without spaces: claims bear it")
        if not row.per:
            yield Fault(f"{place}.per", "empty", "at least one part, such as 'month'")
        yield from _names(f"{place}.released_on", row.released_on, machine)
        if row.event not in machine.events:
            yield from known(f"{place}.event", row.event, machine.events)
            continue
        yield from _parts(place, row.per, scope_of(machine, row.event, tables), tables)
        if not row.hard:
            yield from known(f"{place}.reason", row.reason, kinds_of(machine.form(row.event)))


def check_windows(
    rows: Sequence[Window], tables: Tables, machines: Mapping[str, Machine]
) -> Faults:
    """Yield every fault of the table `windows`."""
    for place, row, machine in placed("windows", rows, machines):
        yield from _measure(f"{place}.within", row.within, row.calendar, tables)
        if row.event not in machine.events:
            yield from known(f"{place}.event", row.event, machine.events)
            continue
        scope = scope_of(machine, row.event, tables)
        yield from readable(f"{place}.when", partial(scope.maybe, row.when))
        yield from _compiles(f"{place}.since", since_in, scope, row.since)
        yield from _compiles(f"{place}.at", since_in, scope, row.at)
        if row.late is Late.REASON:
            yield from known(f"{place}.reason", row.reason, kinds_of(machine.form(row.event)))


def _parts(place: str, per: Iterable[str], scope: Scope, tables: Tables) -> Faults:
    def reads(scope: Scope, text: str) -> object:
        return part_in(scope, text, tables)

    for number, text in enumerate(per):
        yield from _compiles(f"{place}.per[{number}]", reads, scope, text)


def _compiles(
    path: str, reads: Callable[[Scope, str], object], scope: Scope, text: str | None
) -> Faults:
    """Yield what is wrong with an expression, where a row has it."""
    if text is not None:
        yield from readable(path, lambda: reads(scope, text))


def _measure(path: str, measure: Measure | None, calendar: str | None, tables: Tables) -> Faults:
    place = path.rpartition(".")[0]
    yield from known(f"{place}.calendar", calendar, tables.calendars)
    if measure is not None and measure.working and calendar is None:
        yield Fault(f"{place}.calendar", "missing", f"a working calendar, which {measure} needs")


def _names(path: str, names: Iterable[str], machine: Machine) -> Faults:
    yield from all_known(path, names, (*machine.events, *(one.name for one in machine.states)))
