"""Indicators against their targets, beside last year's, with advice and outlook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import attrs

from crmflow.analysis.reports.told import Told, rounded
from crmflow.core.entity import Snapshot
from crmflow.core.journal import JournalRecord
from crmflow.core.trend import trend
from crmflow.policies.kpi import (
    Kpi,
    Measured,
    Outcome,
    Period,
    Sample,
    Sources,
    Statistic,
    change,
    outcomes,
)
from crmflow.policies.kpi import tallies as added_up
from crmflow.policies.kpi.rows import HOURS

COLUMNS = (
    "kpi",
    "period",
    "group",
    "value",
    "target",
    "met",
    "count",
    "year_before",
    "change",
    "advice",
)
FORECAST = "forecast"

Life = tuple[Snapshot[Any], Iterable[JournalRecord]]
"""An entity, and its journal, which is read only where an indicator needs it."""


def samples(measures: Sequence[Measured], lives: Iterable[Life]) -> dict[str, list[Sample]]:
    """
    Return the samples of entities of one machine, by indicator; each entity is read once.

    Args:
        measures: The indicators of the machine.
        lives: Its entities.
    """
    found: dict[str, list[Sample]] = {one.kpi.name: [] for one in measures}
    past = any(one.kpi.source is not Sources.ENTITIES for one in measures)
    for snapshot, records in lives:
        journal = list(records) if past else []
        for one in measures:
            found[one.kpi.name] += one.of_journal(snapshot, journal)
    return found


def told_of(
    kpis: Sequence[Kpi], found: Mapping[str, Sequence[Sample]], lang: str, ahead: int = 0
) -> Told:
    """
    Return the report of indicators.

    Args:
        kpis: The indicators, in the order they are told.
        found: Their samples by name; an indicator without any is told without a number.
        lang: Language of titles and advice.
        ahead: How many periods to come are told by the trend of those there are.
    """
    rows = [row for kpi in kpis for row in _rows(kpi, found.get(kpi.name, ()), lang, ahead)]
    columns = (*COLUMNS, FORECAST) if ahead else COLUMNS
    titles = {kpi.name: kpi.title(lang) for kpi in kpis}
    return Told(
        columns, tuple(rows), "period", ("value",), "group", panel="kpi", labels={"kpi": titles}
    )


def _rows(
    kpi: Kpi, found: Sequence[Sample], lang: str, ahead: int
) -> Iterator[Mapping[str, object]]:
    told = list(outcomes(kpi, added_up(kpi, found)))
    if not told:
        yield {"kpi": kpi.name, "count": 0, FORECAST: False}
    by_period = {(one.period, one.group): one for one in told}
    for one in told:
        then = by_period.get((one.period.year_before(), one.group))
        yield {**_row(one, then, lang), FORECAST: False}
    for group in dict.fromkeys(one.group for one in told):
        yield from _outlook(kpi, [one for one in told if one.group == group], group, ahead)


def _row(one: Outcome, then: Outcome | None, lang: str) -> Mapping[str, object]:
    moved = None if then is None else change(one, then)
    return {
        "kpi": one.kpi.name,
        "period": str(one.period),
        "group": one.group,
        "value": one.shown() or None,
        "target": rounded(one.target),
        "met": one.met,
        "count": one.count,
        "year_before": None if then is None else then.shown() or None,
        "change": rounded(moved),
        "advice": one.kpi.advice(lang) if one.met is False else None,
    }


def _outlook(
    kpi: Kpi, told: Sequence[Outcome], group: str, ahead: int
) -> Iterator[Mapping[str, object]]:
    known = [(one.period, one.value) for one in told if one.value is not None]
    if not known:
        return
    line = trend([value for _, value in known])
    period: Period = known[-1][0]
    for step in range(ahead):
        period = period.after()
        value = _possible(kpi, line(len(known) + step))
        shown = attrs.evolve(told[-1], value=value).shown()
        yield {
            "kpi": kpi.name,
            "period": str(period),
            "group": group,
            "value": shown,
            FORECAST: True,
        }


_WHOLE = Fraction(100)
_PARTS = frozenset({Statistic.RATIO, Statistic.RETENTION, Statistic.CHURN})


def _possible(kpi: Kpi, value: Fraction) -> Fraction:
    """Return the nearest value that there can be: a part of a whole, counts and times from zero."""
    if kpi.statistic in _PARTS:
        return min(max(value, Fraction(0)), _WHOLE)
    never_less = kpi.statistic is Statistic.COUNT or kpi.unit == HOURS
    return max(value, Fraction(0)) if never_less else value
