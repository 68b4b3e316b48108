"""What is wrong with indicators: every fault, with its place."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from crmflow.core.checking import dated, known, readable
from crmflow.core.form import Fault
from crmflow.core.kinds import kinds_of
from crmflow.core.machine import Machine
from crmflow.core.tables import Tables
from crmflow.expressions import Scope
from crmflow.policies.kpi.rows import SHARES, Kpi, Sources, Statistic
from crmflow.policies.kpi.rows import Scope as About

_NUMBERS = frozenset(
    {Statistic.AVERAGE, Statistic.LOWEST, Statistic.HIGHEST, Statistic.SUM, Statistic.GROWTH}
)
_GROUPS = frozenset({Statistic.RETENTION, Statistic.CHURN})
_WENT_ON = frozenset({Sources.REACHED, Sources.SPANS})


def check_kpis(
    rows: Sequence[Kpi], tables: Tables, machines: Mapping[str, Machine]
) -> Iterator[Fault]:
    """Yield every fault of indicators."""
    for number, row in enumerate(rows):
        place = f"$.kpis[{number}]"
        yield from _target(place, row)
        yield from _made_of(place, row)
        machine = machines.get(row.entities or "")
        if machine is not None:
            yield from _read(place, row, machine, tables)


def _target(place: str, row: Kpi) -> Iterator[Fault]:
    if (row.target is None) != (row.direction is None):
        missing = "target" if row.target is None else "direction"
        yield Fault(f"{place}.{missing}", "missing", "a target and its direction, or neither")
    if row.step and row.base_year is None:
        yield Fault(f"{place}.base_year", "missing", "the first year of a target that rises")
    if row.step and row.cap is None:
        yield Fault(f"{place}.cap", "missing", "what a target that rises ends at")
    if row.cap is not None and row.target is not None and row.cap < row.target:
        yield Fault(f"{place}.cap", "order", f"at least the target, {row.target}")
    if row.statistic in SHARES and row.unit != "percent":
        yield Fault(f"{place}.unit", "choice", f"percent: {row.statistic} is a share")


def _made_of(place: str, row: Kpi) -> Iterator[Fault]:
    """Yield what a row lacks that its samples are made of."""
    if row.entities is None:
        return
    entities = row.source is Sources.ENTITIES
    if entities and row.statistic is Statistic.RATIO and row.out_of is None and row.meets is None:
        yield Fault(f"{place}.meets", "missing", "which entities meet what the ratio is of")
    if row.out_of is not None and row.value is None:
        yield Fault(f"{place}.value", "missing", "the number that is part of another")
    if entities and row.statistic in _NUMBERS and row.value is None:
        yield Fault(f"{place}.value", "missing", f"the number that {row.statistic} is made of")
    if not entities and row.state is None:
        yield Fault(f"{place}.state", "missing", "the state that is measured")
    if row.source in _WENT_ON and row.reaches is None:
        yield Fault(f"{place}.reaches", "missing", "the state that is reached then")
    if (row.statistic in _GROUPS or row.scope is About.ACCOUNT) and row.by is None:
        yield Fault(f"{place}.by", "missing", "the fact by which customers are told apart")


def _read(place: str, row: Kpi, machine: Machine, tables: Tables) -> Iterator[Fault]:
    """Yield what is wrong with what a row reads of its machine."""
    scope = Scope.about(machine, None, tables)
    kinds: tuple[tuple[str, str | None, type], ...] = (
        ("counts", row.counts, bool),
        ("meets", row.meets, bool),
        ("value", row.value, Decimal),
        ("out_of", row.out_of, Decimal),
    )
    for column, text, kind in kinds:
        yield from readable(f"{place}.{column}", functools.partial(scope.maybe, text, kind))
    states = [state.name for state in machine.states]
    yield from known(f"{place}.by", row.by, kinds_of(machine.facts))
    yield from known(f"{place}.state", row.state, states)
    yield from known(f"{place}.reaches", row.reaches, states)
    yield from dated(f"{place}.on", row.on, machine.facts)
