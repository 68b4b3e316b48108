"""What surveys found: overall and by item, each year beside the one before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import tzinfo
from fractions import Fraction
from typing import Any

import attrs

from crmflow.analysis.reports.told import Told, rounded
from crmflow.core.entity import Snapshot
from crmflow.policies.kpi.reports import SURVEY
from crmflow.texts import Texts

OVERALL = ""
"""Item of the line about all items together."""


@attrs.frozen
class Found:
    """
    Scores of an item in a year, counted from the lowest one of their scale.

    Attributes:
        answers: How many gave a score.
        points: What all are above the lowest score.
        most: What they could be above it.
    """

    answers: int = 0
    points: int = 0
    most: int = 0

    def __add__(self, other: Found) -> Found:
        """Return both together; surveys of different scales add up."""
        return Found(
            self.answers + other.answers, self.points + other.points, self.most + other.most
        )

    @property
    def percent(self) -> Fraction:
        """From 0, where all scores are lowest, to 100."""
        return Fraction(self.points * 100, self.most)


Years = Mapping[tuple[int, str], Found]


def found(surveys: Iterable[Snapshot[Any]], zone: tzinfo, texts: Texts) -> Told:
    """
    Return what surveys found, in percent: of all items (SUR-004), of each item (SUR-005), which
    are lowest (SUR-006), and by how much it is more than a year before (SUR-008).

    Args:
        surveys: Those that have not been analysed are left out, and items nobody answered.
        zone: The company's zone, by which a survey's year is told.
        texts: What the line about all items, and items with a label, are called.
    """
    years: dict[tuple[int, str], Found] = {}
    for snapshot in surveys:
        facts = snapshot.facts
        if facts.overall is not None:
            year = facts.issued_at.astimezone(zone).year
            low, high = facts.scale.ends
            for one in (tally for tally in facts.tallies if tally.count):
                scores = Found(one.count, one.total - low * one.count, (high - low) * one.count)
                for item in (OVERALL, one.item):
                    years[year, item] = years.get((year, item), Found()) + scores
    rows = [_row(year, item, years) for year, item in sorted(years)]
    columns = ("year", "item", "answers", "percent", "lowest", "year_before", "change")
    items = {item: _label(item, texts) for _, item in years}
    return Told(columns, tuple(rows), "year", ("percent",), "item", labels={"item": items})


def _label(item: str, texts: Texts) -> str:
    if item == OVERALL:
        return texts.text("fields", "overall", SURVEY)
    return texts.find("choices", item, SURVEY) or item


def _row(year: int, item: str, years: Years) -> Mapping[str, object]:
    now, then = years[year, item].percent, years.get((year - 1, item))
    items = [one.percent for (of, name), one in years.items() if of == year and name != OVERALL]
    return {
        "year": str(year),
        "item": item,
        "answers": years[year, item].answers,
        "percent": rounded(now),
        "lowest": item != OVERALL and now == min(items),
        "year_before": None if then is None else rounded(then.percent),
        "change": None if then is None else rounded(now - then.percent),
    }
