"""Checks of the table `rewards`: bands without gap or overlap, a prize for each, one currency."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import get_args, get_origin

import attrs

from crmflow.core.checking import known, placed, readable
from crmflow.core.form import Fault
from crmflow.core.kinds import kinds_of
from crmflow.core.machine import Machine
from crmflow.core.money import Money
from crmflow.core.tables import Tables
from crmflow.expressions import Scope
from crmflow.policies.rewards.scheme import Grade, PrizeKind, Scheme

Faults = Iterator[Fault]


def check(rows: Sequence[Scheme], tables: Tables, machines: Mapping[str, Machine]) -> Faults:
    """Yield every fault of the table."""
    for place, row, machine in placed("rewards", rows, machines):
        faults = tuple(_amounts(place, row))
        yield from faults or _bands(place, row)
        yield from _prizes(place, row)
        if row.repeat_count < 2:  # noqa: PLR2004 - several are two at least
            yield Fault(f"{place}.repeat_count", "too_few", "two or more: several suggestions")
        yield from _names(place, row, machine, tables)


def _amounts(place: str, row: Scheme) -> Faults:
    """Yield amounts that are negative or of another currency."""
    given: list[tuple[str, Money]] = [
        (name, getattr(row, name))
        for name in ("not_accepted", "repeat_not_accepted", "repeat_held", "below")
        if getattr(row, name) is not None
    ]
    given += [(f"prizes.{name}.amount", prize.amount) for name, prize in row.prizes.items()]
    for number, grade in enumerate(row.grades):
        given.append((f"grades[{number}].min", grade.min))
        given += [] if grade.max is None else [(f"grades[{number}].max", grade.max)]
    for path, amount in given:
        if amount.currency != row.currency:
            yield Fault(f"{place}.{path}", "currency", f"an amount in {row.currency}")
        elif amount < Money(0, row.currency):
            yield Fault(f"{place}.{path}", "negative", "an amount of zero or more")


def _bands(place: str, row: Scheme) -> Faults:
    """Yield gaps and overlaps: every value from zero has one grade, or lies below all."""
    bands = sorted(enumerate(row.grades), key=lambda pair: pair[1].min.amount)
    if not bands:
        yield Fault(f"{place}.grades", "empty", "at least one grade")
        return
    for number, grade in bands:
        if grade.max is not None and grade.max <= grade.min:
            expected = f"more than {grade.min}, where the grade begins"
            yield Fault(f"{place}.grades[{number}].max", "order", expected)
    for (number, lower), (_, upper) in pairwise(bands):
        yield from _joint(f"{place}.grades[{number}].max", lower, upper)
    number, highest = bands[-1]
    if highest.max is not None:
        expected = "nothing: the highest grade has no upper limit"
        yield Fault(f"{place}.grades[{number}].max", "gap", expected)
    lowest = bands[0][1]
    if lowest.min != Money(0, row.currency) and row.below is None:
        expected = f"the reward of accepted suggestions worth less than {lowest.min}"
        yield Fault(f"{place}.below", "gap", expected)


def _joint(path: str, lower: Grade, upper: Grade) -> Faults:
    if lower.max is None or upper.min < lower.max:
        yield Fault(path, "overlap", f"{upper.min}, where grade {upper.name} begins")
    elif lower.max < upper.min:
        yield Fault(path, "gap", f"{upper.min}, where grade {upper.name} begins")


def _prizes(place: str, row: Scheme) -> Faults:
    names = [grade.name for grade in row.grades]
    for number, name in enumerate(names):
        if name in names[:number]:
            yield Fault(f"{place}.grades[{number}].name", "double", "a name of its own")
        elif name not in row.prizes:
            yield Fault(f"{place}.prizes.{name}", "missing", f"the reward of grade {name}")
    for name in row.prizes:
        yield from known(f"{place}.prizes.{name}", name, names)
    kinds = {name: prize.kind for name, prize in row.prizes.items()}
    if kinds and PrizeKind.MATERIAL not in kinds.values():
        expected = "one material reward at least: material before moral (SUG-025)"
        yield Fault(f"{place}.prizes", "only_moral", expected)


def _names(place: str, row: Scheme, machine: Machine, tables: Tables) -> Faults:
    yield from known(f"{place}.event", row.event, machine.events)
    for number, name in enumerate(row.needed_by):
        yield from known(f"{place}.needed_by[{number}]", name, machine.events)
    if row.event not in machine.events:
        return
    form = machine.form(row.event)
    scope = Scope.about(machine, form, tables)
    yield from readable(f"{place}.value", lambda: scope.compile(row.value, Decimal))
    yield from readable(f"{place}.outcome", lambda: scope.compile(row.outcome, str))
    if row.earlier is not None:
        name = row.earlier.removeprefix("form.")
        yield from _earlier(place, name, machine.facts if name == row.earlier else form)


def _earlier(place: str, name: str, cls: type | None) -> Faults:
    """Yield that earlier suggestions are no list of what has an instant and an outcome."""
    kinds = kinds_of(cls)
    yield from known(f"{place}.earlier", name, kinds)
    if name not in kinds:
        return
    (kind, *_) = kinds[name]
    item: Iterable[object] = get_args(kind)[:1] if get_origin(kind) is tuple else ()
    fields = {f.name for one in item if isinstance(one, type) and attrs.has(one)
              for f in attrs.fields(one)}  # fmt: skip
    if not {"at", "outcome"} <= fields:
        yield Fault(f"{place}.earlier", "type", "a list of what has `at` and `outcome`")
