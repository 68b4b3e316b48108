"""The plan: the rows of a scenario with their laws made, fitted ones to what was."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from crmflow.analysis.simulation.arriving import Flow, flow_of
from crmflow.analysis.simulation.case_rows import Doing
from crmflow.analysis.simulation.fitting import Family, Fitted, fit
from crmflow.analysis.simulation.history import Histories
from crmflow.analysis.simulation.law_rows import Kind, LawRow, SimpleLaw, minutes_of
from crmflow.analysis.simulation.laws import (
    Constant,
    Empirical,
    Exponential,
    Gamma,
    Law,
    Lognormal,
    Mixture,
    Weibull,
)
from crmflow.analysis.simulation.rows import ScenarioRows, Voting
from crmflow.core.measure import Measure
from crmflow.core.tables import Tables
from crmflow.core.working_time import WorkingCalendar


@attrs.frozen
class Course:
    """
    A doing, ready.

    Attributes:
        row: As the scenario has it.
        weight: How often it is drawn among those of its choice.
        after, takes, again: Its laws, or None.
        calendar: On whose hours `after` counts, or None for the clock.
    """

    row: Doing
    weight: float
    after: Law | None
    takes: Law | None
    again: Law | None
    calendar: WorkingCalendar | None = attrs.field(eq=False)


@attrs.frozen
class Plan:
    """
    All that is to be simulated, ready.

    Attributes:
        courses: (machine, state) -> what begins when it is entered, by what is chosen among.
        flows: The arrivals.
        voting: Who answers how, with how long it takes.
        histories: What was, by name.
        fits: Laws that were fitted: (name of the doing, law).
    """

    courses: Mapping[tuple[str, str], Sequence[Sequence[Course]]]
    flows: Sequence[Flow]
    voting: Sequence[tuple[Voting, Law]]
    histories: Histories
    fits: Sequence[tuple[str, Fitted]]


def plan_of(rows: ScenarioRows, tables: Tables, histories: Histories) -> Plan:
    """
    Return the plan of a scenario that was checked.

    Args:
        rows: The scenario.
        tables: Calendars, and the company's zone.
        histories: What was.

    Raises:
        ValueError: A law is to be fitted to what never was, or no hour of arrivals has a weight.
    """
    fits: list[tuple[str, Fitted]] = []
    courses = [_course(row, tables, histories, fits) for row in rows.doings]
    return Plan(
        _by_state(courses),
        [flow_of(row, tables, histories) for row in rows.arrivals],
        [(row, law_of(row.takes)) for row in rows.voting],
        histories,
        fits,
    )


def _by_state(courses: Sequence[Course]) -> Mapping[tuple[str, str], Sequence[Sequence[Course]]]:
    found: dict[tuple[str, str], dict[str, list[Course]]] = {}
    for course in courses:
        row = course.row
        for state in row.states:
            # A choice never has the name of a doing that stands for itself.
            group = f"choice {row.choice}" if row.choice else row.name
            found.setdefault((row.machine, state), {}).setdefault(group, []).append(course)
    return {place: list(groups.values()) for place, groups in found.items()}


def _course(
    row: Doing, tables: Tables, histories: Histories, fits: list[tuple[str, Fitted]]
) -> Course:
    weight = row.weight or 1.0

    def fitted(law: SimpleLaw) -> Law:
        nonlocal weight
        seen = histories[str(law.history)].between(row.states, str(row.to))
        if not seen:
            raise ValueError(f"doing {row.name!r}: nothing ever left {row.states} for {row.to!r}")
        found = fit(seen, law.family or Family.BEST)
        fits.append((row.name, found))
        weight = row.weight or float(len(seen))
        return found.law

    after, takes, again = (
        None if one is None else law_of(one, fitted) for one in (row.after, row.takes, row.again)
    )
    calendar = None if row.calendar is None else tables.calendar(row.calendar).planning()
    return Course(row, weight, after, takes, again, calendar)


def law_of(row: SimpleLaw, fitted: Callable[[SimpleLaw], Law] | None = None) -> Law:
    """
    Return the law that a row says.

    Args:
        row: The row.
        fitted: Fits a law of kind `fit`.
    """
    if isinstance(row, LawRow) and row.parts:
        return Mixture([(part.weight, law_of(part, fitted)) for part in row.parts])
    if row.law is Kind.FIT and fitted is not None:
        return fitted(row)
    made: Callable[..., Law] = _MADE[row.law]
    given = (getattr(row, name) for name in _COLUMNS[row.law])
    return made(*(minutes_of(one) if isinstance(one, Measure) else one for one in given))


def _seen(quantiles: Sequence[Measure]) -> Law:
    return Empirical(tuple(map(minutes_of, quantiles)))


_MADE: Mapping[Kind, Any] = {
    Kind.CONSTANT: Constant,
    Kind.EXPONENTIAL: Exponential,
    Kind.LOGNORMAL: Lognormal,
    Kind.GAMMA: Gamma,
    Kind.WEIBULL: Weibull,
    Kind.EMPIRICAL: _seen,
}
_COLUMNS: Mapping[Kind, Sequence[str]] = {
    Kind.CONSTANT: ("value",),
    Kind.EXPONENTIAL: ("mean",),
    Kind.LOGNORMAL: ("median", "sigma"),
    Kind.GAMMA: ("mean", "shape"),
    Kind.WEIBULL: ("scale", "shape"),
    Kind.EMPIRICAL: ("quantiles",),
}
