"""Whether a scheme fits its machine: the facts, events, fields and calendars it names."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from enum import Enum

import attrs

from crmflow.core.checking import known
from crmflow.core.errors import did_you_mean
from crmflow.core.form import Fault
from crmflow.core.kinds import field_names, hints_of, kinds_of
from crmflow.core.machine import Machine
from crmflow.core.tables import Tables
from crmflow.expressions.kinds import Base, kind_of
from crmflow.policies.tiers.giving import giving_faults
from crmflow.policies.tiers.leading import lead_faults, placed_leads
from crmflow.policies.tiers.metrics import Measuring, Window
from crmflow.policies.tiers.scheme import Kind, Metric, Scheme, Value

_BASES: Mapping[Value, tuple[Base, ...]] = {
    Value.NUMBER: (Base.NUMBER, Base.SPAN, Base.DAY, Base.INSTANT),
    Value.TEXT: (Base.TEXT,),
    Value.FLAG: (Base.TRUTH,),
}
_DATED = (Base.DAY, Base.INSTANT)


def misfits(scheme: Scheme, machine: Machine, tables: Tables, path: str) -> Iterator[Fault]:
    """Yield what a scheme names that its machine does not have."""
    facts = _kinds(machine.facts)
    passing = False
    for index, metric in enumerate(scheme.metrics):
        here = f"{path}.metrics[{index}]"
        if metric.window is not None:
            yield from _window(metric.window, machine, f"{here}.window")
            passing |= metric.window.over is not None or metric.window.measure in _DAYS
        elif scheme.kind is not Kind.SHARES:
            yield from _fact(metric, facts, here)
            passing |= facts.get(metric.fact or metric.name) in _DATED
    if passing and scheme.recompute is None and scheme.kind is not Kind.SHARES:
        expected = "a measure such as '1d': what it measures changes by the mere passing of time"
        yield Fault(f"{path}.recompute", "missing", expected)
    if scheme.kind is Kind.STATED:
        yield from _choices(scheme, machine, f"{path}.tiers")
    if scheme.raises is not None:
        yield from _raised(scheme.raises, machine, f"{path}.raises")
    yield from lead_faults(scheme, machine, tables, path)
    yield from giving_faults(scheme, machine, path)
    for here, lead in placed_leads(scheme, path):
        if lead.event in machine.events:
            yield from _fillable(lead.event, machine, f"{here}.event")
    yield from _calendar(scheme, tables, path)


_DAYS = (Measuring.RECENCY, Measuring.TENURE)


@functools.cache
def _kinds(cls: type) -> Mapping[str, Base]:
    """Return what each fact is, worked out once: all schemes and starts ask the same."""
    hints = hints_of(cls)
    return {name: kind_of(hints[name]).base for name in field_names(cls)}


def _fact(metric: Metric, facts: Mapping[str, Base], path: str) -> Iterator[Fault]:
    name = metric.fact or metric.name
    yield from known(f"{path}.fact", name, facts)
    if name in facts and facts[name] not in _BASES[metric.value]:
        yield Fault(f"{path}.fact", "type", f"a fact that gives a {metric.value}")


def _choices(scheme: Scheme, machine: Machine, path: str) -> Iterator[Fault]:
    """Yield tiers that the fact of a stated scheme cannot name, and what it names beside them."""
    facts = kinds_of(machine.facts)
    stated = {
        str(one.value)
        for metric in scheme.metrics
        for kind in facts.get(metric.fact or metric.name, ())
        if isinstance(kind, type) and issubclass(kind, Enum)
        for one in kind
    }
    for index, name in enumerate(scheme.names):
        yield from known(f"{path}[{index}].name", name, stated or scheme.names)
    for name in sorted(stated - {*scheme.names}):
        yield Fault(path, "missing", f"a tier {name!r}, which the fact may name")


def _window(window: Window, machine: Machine, path: str) -> Iterator[Fault]:
    for column in ("events", "minus"):
        for event in getattr(window, column):
            yield from known(f"{path}.{column}", event, machine.events)
            if event in machine.events and window.amount is not None:
                yield from _amount(window.amount, event, machine, f"{path}.amount")


def _amount(field: str, event: str, machine: Machine, path: str) -> Iterator[Fault]:
    form = machine.form(event)
    kinds = {} if form is None else _kinds(form)
    if field not in kinds:
        yield Fault(path, "unknown", f"a field of {event!r}. {did_you_mean(field, kinds)}")
    elif kinds[field] is not Base.NUMBER:
        yield Fault(path, "type", f"a number or a sum of money in the form of {event!r}")


def _raised(event: str, machine: Machine, path: str) -> Iterator[Fault]:
    """Yield what keeps the policy from firing the event of a move."""
    yield from known(path, event, machine.events)
    if event in machine.events:
        fields = kinds_of(machine.form(event))
        if "tier" not in fields:
            expected = f"an event whose form has the field 'tier'; {event!r} has none"
            yield Fault(path, "form", expected)
        yield from _fillable(event, machine, path)


def _fillable(event: str, machine: Machine, path: str) -> Iterator[Fault]:
    """Yield the fields of an event that the policy does not fill in."""
    form, given = machine.form(event), {"tier", "scheme", "before", "reason"}
    for field in () if form is None else attrs.fields(form):
        if field.default is attrs.NOTHING and field.name not in given:
            yield Fault(path, "form", f"an event that needs no {field.name!r}: nobody fills it in")


def _calendar(scheme: Scheme, tables: Tables, path: str) -> Iterator[Fault]:
    name = scheme.calendar
    working = [m for m in (scheme.grace, scheme.recompute) if m is not None and m.working]
    if name is None and working:
        yield Fault(f"{path}.calendar", "missing", f"a calendar: {working[0]} is working time")
    yield from known(f"{path}.calendar", name, tables.calendars)
