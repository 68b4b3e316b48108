"""The table of reports: what is told together, of which entities, drawn how."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum

import attrs

from crmflow.core.checking import all_known, known, readable
from crmflow.core.form import Count, Fault, Text
from crmflow.core.kinds import kinds_of
from crmflow.core.machine import Machine
from crmflow.core.tables import Table, TableRow, Tables
from crmflow.expressions import Scope
from crmflow.expressions.kinds import Base, kind_of
from crmflow.policies.kpi.rows import Kpi


class Telling(StrEnum):
    """
    What a report tells.

    `indicators`: indicators against their targets, each beside the same period a year before.
    `stays`: how long entities were in each state. `steps`: how many reached each of some states.
    `deadlines`: how deadlines were kept. `groups`: entities counted and added up by facts.
    `ranking`: the entities by a number, with their share of the whole. `satisfaction`: what
    surveys found, overall and by item, each year beside the one before (SUR-004 to SUR-008).
    """

    INDICATORS = "indicators"
    STAYS = "stays"
    STEPS = "steps"
    DEADLINES = "deadlines"
    GROUPS = "groups"
    RANKING = "ranking"
    SATISFACTION = "satisfaction"


class Drawn(StrEnum):
    """How a report is drawn."""

    BARS = "bars"
    LINES = "lines"


NEEDS_MACHINE = frozenset(Telling) - {Telling.INDICATORS, Telling.DEADLINES}
_COUNTED = frozenset({Base.NUMBER, Base.DAY, Base.INSTANT})


@attrs.frozen(kw_only=True)
class Report(TableRow):
    """
    A report.

    Attributes:
        title_en: What it is called, in English.
        title_zh: What it is called, in Chinese.
        tells: What it tells.
        drawn: How it is drawn.
        machine: Whose entities; of deadlines left out, all that have some.
        kpis: Names of the indicators; left out, all that are measured.
        forecast: How many periods to come are told of each indicator, by its trend (ANA-011).
        states: The states that are reached one after the other.
        by: Facts by which entities are grouped; of deadlines `machine`, `definition`, `tier`,
            `holder` and `month`.
        bands: Of a fact in `by` that is a number, where each further group begins; of a day,
            how many whole years ago it is: an age (ANA-001).
        where: Expression over the facts: which entities count; left out, all.
        value: Expression over the facts that gives the number added up or ranked by.
        top: How many of a ranking are told; left out, all.
    """

    title_en: Text
    title_zh: Text
    tells: Telling
    drawn: Drawn = Drawn.BARS
    machine: Text | None = None
    kpis: tuple[Text, ...] = ()
    forecast: Count = 0
    states: tuple[Text, ...] = ()
    by: tuple[Text, ...] = ()
    bands: Mapping[Text, tuple[Decimal, ...]] = attrs.field(factory=dict)
    where: Text | None = None
    value: Text | None = None
    top: Count | None = None

    def title(self, lang: str) -> str:
        """Return what it is called in a language, `en` or `zh`."""
        return self.title_zh if lang == "zh" else self.title_en


SURVEY = "survey"
"""The machine of satisfaction surveys."""

DEADLINE_COLUMNS = ("machine", "definition", "tier", "holder", "month")


def check_reports(
    rows: Sequence[Report], tables: Tables, machines: Mapping[str, Machine]
) -> Iterator[Fault]:
    """Yield every fault of reports."""
    indicators = [row.name for row in tables.of("kpis", Kpi)]
    for number, row in enumerate(rows):
        place = f"$.reports[{number}]"
        if row.tells in NEEDS_MACHINE and row.machine is None:
            yield Fault(f"{place}.machine", "missing", f"whose entities {row.tells} are told of")
        if row.tells is Telling.RANKING and row.value is None:
            yield Fault(f"{place}.value", "missing", "the number that is ranked by")
        if row.tells is Telling.SATISFACTION and row.machine not in (None, SURVEY):
            yield Fault(f"{place}.machine", "choice", f"{SURVEY}: what is asked of customers")
        if row.tells is Telling.STEPS and not row.states:
            yield Fault(f"{place}.states", "missing", "the states, one after the other")
        if row.tells is Telling.GROUPS and not row.by:
            yield Fault(f"{place}.by", "missing", "the facts by which entities are grouped")
        yield from all_known(f"{place}.kpis", row.kpis, indicators)
        machine = machines.get(row.machine or "")
        if row.tells is Telling.DEADLINES:
            yield from all_known(f"{place}.by", row.by, DEADLINE_COLUMNS)
        elif machine is not None:
            yield from _read(place, row, machine, tables)


def _read(place: str, row: Report, machine: Machine, tables: Tables) -> Iterator[Fault]:
    """Yield what is wrong with what a row reads of its machine."""
    scope = Scope.about(machine, None, tables)
    kinds: tuple[tuple[str, str | None, type], ...] = (
        ("where", row.where, bool),
        ("value", row.value, Decimal),
    )
    for column, text, kind in kinds:
        yield from readable(f"{place}.{column}", functools.partial(scope.maybe, text, kind))
    states = [state.name for state in machine.states]
    yield from all_known(f"{place}.states", row.states, states)
    for number, name in enumerate(row.by):
        yield from known(f"{place}.by[{number}]", name, (*kinds_of(machine.facts), "state"))
    for name, begins in row.bands.items():
        yield from _banded(f"{place}.bands.{name}", name, begins, row, machine)


def _banded(
    place: str, name: str, begins: Sequence[Decimal], row: Report, machine: Machine
) -> Iterator[Fault]:
    """Yield what is wrong with the groups that a fact's numbers fall into."""
    yield from known(place, name, row.by)
    kinds = {kind_of(kind).base for kind in kinds_of(machine.facts).get(name, ())}
    if not kinds <= _COUNTED:
        yield Fault(place, "type", "a fact that is a number, a day or an instant")
    if not begins or list(begins) != sorted(set(begins)):
        yield Fault(place, "order", "numbers that rise, one at least")


REPORTS = Table("reports", Report, check_reports)
"""The table of reports."""
