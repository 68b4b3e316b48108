"""What was, as laws are fitted to it: when cases began, from which state to which, how long."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import attrs

from crmflow.analysis.simulation.agenda import MINUTE
from crmflow.analysis.simulation.rows import HistoryRow
from crmflow.core.working_time import WorkingCalendar

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)


@attrs.frozen
class Life:
    """
    One case as it was.

    Attributes:
        steps: (aware UTC instant, state entered), in order.
        facts: What was known at first, as plain values.
    """

    steps: Sequence[tuple[datetime, str]]
    facts: Mapping[str, object]


@attrs.frozen
class History:
    """
    What was.

    Attributes:
        began: Aware UTC instant at which each case began, in order.
        facts: What was known of each at first.
        stays: (state, state it was left for) -> minutes.
        weeks: How many weeks they came in.
    """

    began: Sequence[datetime]
    facts: Sequence[Mapping[str, object]]
    stays: Mapping[tuple[str, str], Sequence[float]]
    weeks: float

    def between(self, states: Iterable[str], to: str) -> list[float]:
        """Return the minutes of all stays in some states that ended with another state."""
        return [one for state in states for one in self.stays.get((state, to), ())]


def history_of(lives: Iterable[Life], row: HistoryRow, calendar: WorkingCalendar) -> History:
    """
    Return what lives tell together; those that began outside the row's days are left out.

    Args:
        lives: The lives, each with a step at least.
        row: Which of them count.
        calendar: On whose hours stays are counted.

    Raises:
        ValueError: None began in the row's days.
    """
    began: list[tuple[datetime, Mapping[str, object]]] = []
    stays: dict[tuple[str, str], list[float]] = defaultdict(list)
    for life in lives:
        first = life.steps[0][0]
        if not _counts(row, first):
            continue
        began.append((first, life.facts))
        for (since, state), (at, to) in zip(life.steps, life.steps[1:], strict=False):
            stays[state, to].append(calendar.elapsed(since, max(since, at)) / MINUTE)
    if not began:
        raise ValueError(f"history {row.name!r}: no {row.machine} began in its days")
    began.sort(key=lambda one: one[0])
    return History(
        [at for at, _ in began], [facts for _, facts in began], dict(stays), _weeks(row, began)
    )


def _weeks(row: HistoryRow, began: Sequence[tuple[datetime, object]]) -> float:
    """Return how many weeks the row's days are, or what lies between the first and the last."""
    if row.from_on is not None and row.until_on is not None:
        return (row.until_on - row.from_on + DAY) / WEEK
    return max(1.0, (began[-1][0] - began[0][0]) / WEEK)


def _counts(row: HistoryRow, at: datetime) -> bool:
    day = at.astimezone(UTC).date()
    return (row.from_on is None or row.from_on <= day) and (
        row.until_on is None or day <= row.until_on
    )


Histories = Mapping[str, History]
"""What was, by name."""
