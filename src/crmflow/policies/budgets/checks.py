"""Checks of the tables: every fault of every row, with its place and what would be right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import attrs

from crmflow.core.errors import did_you_mean
from crmflow.core.form import Fault
from crmflow.core.machine import Machine
from crmflow.core.measure import Measure
from crmflow.core.money import Money
from crmflow.core.reading import FieldError
from crmflow.core.tables import Tables
from crmflow.expressions import Scope
from crmflow.policies.budgets.binding import (
    amount_in,
    could_spend,
    part_in,
    scope_of,
)
from crmflow.policies.budgets.ledger import LEDGER_NAME, nothing
from crmflow.policies.budgets.rows import Budget, Late, Over, Quota, Window
from crmflow.policies.budgets.windows import since_in

Faults = Iterator[Fault]


def check_budgets(
    rows: Sequence[Budget], tables: Tables, machines: Mapping[str, Machine]
) -> Faults:
    """Yield every fault of the table `budgets`."""
    for index, row in enumerate(rows):
        place, machine = f"$.budgets[{index}]", machines[row.machine]
        yield from _limits(place, row)
        yield from _ledger(place, row, machines)
        yield from _measure(f"{place}.expires", row.expires, row.calendar, tables)
        yield from _names(f"{place}.spent_on", row.spent_on, machine)
        yield from _names(f"{place}.released_on", row.released_on, machine)
        if row.event not in machine.events:
            yield _unknown(f"{place}.event", row.event, machine.events)
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


def _ledger(place: str, row: Budget, machines: Mapping[str, Machine]) -> Faults:
    if row.ledger is None:
        for name in ("per", "spent_on", "released_on", "spent", "expires"):
            if getattr(row, name):
                expected = "nothing: without a ledger a limit holds for each event by itself"
                yield Fault(f"{place}.{name}", "no_ledger", expected)
    elif LEDGER_NAME not in machines:
        yield Fault(f"{place}.ledger", "off", f"the machine {LEDGER_NAME!r} switched on")
    if row.ledger is not None and not row.spent_on:
        expected = "events or states by which it is spent: else all of it is given back"
        yield Fault(f"{place}.spent_on", "missing", expected)


def _amounts(place: str, row: Budget, machine: Machine, tables: Tables) -> Faults:
    scope = scope_of(machine, row.event, tables)
    yield from _compiles(f"{place}.amount", amount_in, scope, row.amount)
    yield from _compiles(f"{place}.by", _text_in, scope, row.by)
    yield from _parts(place, row.per, scope, tables)
    for event in machine.events:
        if could_spend(row, machine, event):
            scope = scope_of(machine, event, tables)
            yield from _compiles(f"{place}.spent", amount_in, scope, row.spent)


def _reduces(place: str, row: Budget, machine: Machine) -> Faults:
    """Yield that only a field of the form can be reduced: facts are what they are."""
    if row.over is not Over.REDUCE:
        return
    form = machine.form(row.event)
    kinds = (
        {} if form is None else {f.name: f.type for f in attrs.fields(attrs.resolve_types(form))}
    )
    if kinds.get(row.field or "") is not Money:
        expected = "'form.<field>', an amount of money the event must bring, to be reduced"
        yield Fault(f"{place}.amount", "not_reducible", expected)
    if row.spent is not None:
        yield Fault(f"{place}.over", "not_reducible", "refuse or bear, where `spent` is told apart")


def check_quotas(rows: Sequence[Quota], tables: Tables, machines: Mapping[str, Machine]) -> Faults:
    """Yield every fault of the table `quotas`."""
    for index, row in enumerate(rows):
        place, machine = f"$.quotas[{index}]", machines[row.machine]
        if " " in row.name:
            yield Fault(f"{place}.name", "spaces", "a name without spaces: claims bear it")
        if not row.per:
            yield Fault(f"{place}.per", "empty", "at least one part, such as 'month'")
        yield from _names(f"{place}.released_on", row.released_on, machine)
        if row.event not in machine.events:
            yield _unknown(f"{place}.event", row.event, machine.events)
            continue
        yield from _parts(place, row.per, scope_of(machine, row.event, tables), tables)
        if not row.hard:
            yield from _reason(place, row.reason, row.event, machine)


def check_windows(
    rows: Sequence[Window], tables: Tables, machines: Mapping[str, Machine]
) -> Faults:
    """Yield every fault of the table `windows`."""
    for index, row in enumerate(rows):
        place, machine = f"$.windows[{index}]", machines[row.machine]
        yield from _measure(f"{place}.within", row.within, row.calendar, tables)
        if row.event not in machine.events:
            yield _unknown(f"{place}.event", row.event, machine.events)
            continue
        scope = scope_of(machine, row.event, tables)
        yield from _compiles(f"{place}.since", since_in, scope, row.since)
        if row.late is Late.REASON:
            yield from _reason(place, row.reason, row.event, machine)


def _reason(place: str, field: str, event: str, machine: Machine) -> Faults:
    form = machine.form(event)
    fields = () if form is None else tuple(one.name for one in attrs.fields(form))
    if field not in fields:
        yield _unknown(f"{place}.reason", field, fields)


def _parts(place: str, per: Iterable[str], scope: Scope, tables: Tables) -> Faults:
    def reads(scope: Scope, text: str) -> object:
        return part_in(scope, text, tables)

    for number, text in enumerate(per):
        yield from _compiles(f"{place}.per[{number}]", reads, scope, text)


def _text_in(scope: Scope, text: str) -> object:
    return scope.compile(text, str)


def _compiles(
    path: str, reads: Callable[[Scope, str], object], scope: Scope, text: str | None
) -> Faults:
    """Yield what is wrong with an expression, where a row has it."""
    try:
        if text is not None:
            reads(scope, text)
    except FieldError as error:
        yield Fault(path, error.code, error.expected)


def _measure(path: str, measure: Measure | None, calendar: str | None, tables: Tables) -> Faults:
    place = path.rpartition(".")[0]
    if calendar is not None and calendar not in tables.calendars:
        yield _unknown(f"{place}.calendar", calendar, tables.calendars)
    elif measure is not None and measure.working and calendar is None:
        yield Fault(f"{place}.calendar", "missing", f"a working calendar, which {measure} needs")


def _names(path: str, names: Iterable[str], machine: Machine) -> Faults:
    known = (*machine.events, *(state.name for state in machine.states))
    for number, name in enumerate(names):
        if name not in known:
            yield _unknown(f"{path}[{number}]", name, known)


def _unknown(path: str, name: str, known: Iterable[str]) -> Fault:
    return Fault(path, "unknown", did_you_mean(name, tuple(known)))
