"""
Arrivals: a Poisson process whose rate changes with the hour of the week, the month and the year.

It is thinned from one of the greatest rate there may be, so its chance is the same whatever the
company does.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime

import attrs

from crmflow.analysis.simulation.agenda import MINUTE
from crmflow.analysis.simulation.case_rows import YEAR, Arrivals
from crmflow.analysis.simulation.history import Histories, History
from crmflow.analysis.simulation.streams import Stream
from crmflow.core.tables import Tables
from crmflow.core.working_time import WorkingCalendar

HOURS = 168
_HOUR = 60
_DAY = 24 * _HOUR


@attrs.frozen
class Flow:
    """
    Arrivals, ready.

    Attributes:
        row: As the scenario has them.
        per_minute: Cases in a minute of an ordinary week.
        week: Factor of each hour of a week, 1 on the average over when anything may come in.
        calendar: Outside whose hours nothing comes in, or None.
        tables: Has the zone of the hours.
    """

    row: Arrivals
    per_minute: float
    week: Sequence[float]
    calendar: WorkingCalendar | None = attrs.field(eq=False)
    tables: Tables = attrs.field(eq=False)

    def instants(self, begin: datetime, end: datetime, stream: Stream) -> Iterator[datetime]:
        """
        Yield when cases come in.

        Args:
            begin: Aware instant from which they do; growth counts from it.
            end: Aware instant until which they do.
            stream: Two numbers of it for each that may come in.
        """
        greatest = max(self.week) * self.row.grows(end - begin)
        at, count = begin, 0
        while greatest > 0 and count != self.row.limit:
            pause = -math.log1p(-stream.uniform()) / (self.per_minute * greatest)
            if pause * MINUTE.total_seconds() > (end - at).total_seconds():
                return
            at += pause * MINUTE
            if stream.uniform() * greatest < self.factor(begin, at):
                count += 1
                yield at

    def factor(self, begin: datetime, at: datetime) -> float:
        """Return by which factor more cases come in at an instant than in an ordinary week."""
        if self.calendar is not None and not self.calendar.is_open(at):
            return 0.0
        local = at.astimezone(self.tables.zone)
        season = self.row.season.get(f"{local.month:02}", 1.0)
        grown = math.pow(1 + self.row.growth, (at - begin) / YEAR)
        return self.week[hour_of_week(local)] * season * grown


def hour_of_week(local: datetime) -> int:
    """Return the hour of the week of a local time, 0 for Monday's first."""
    return local.weekday() * 24 + local.hour


def flow_of(row: Arrivals, tables: Tables, histories: Histories) -> Flow:
    """
    Return arrivals, ready.

    Args:
        row: As the scenario has them.
        tables: Calendars, and the company's zone.
        histories: What was.

    Raises:
        ValueError: No hour has a weight.
    """
    calendar = None if row.during is None else tables.calendar(row.during).planning()
    per_week, week = row.per_week, _weights(row)
    if row.history is not None:
        counted, week = _counted(histories[row.history], tables)
        per_week = per_week or counted
    # Nothing comes in at other times, so more does while it is open.
    open_ = [1.0] * HOURS if calendar is None else _open_parts(calendar)
    mean = sum(map(float.__mul__, map(float, week), open_)) / HOURS
    if not mean:
        raise ValueError(f"arrivals {row.name!r}: no hour in which any may come in has a weight")
    per_minute = (per_week or 0.0) / (HOURS * _HOUR)
    return Flow(row, per_minute, [one / mean for one in week], calendar, tables)


def _weights(row: Arrivals) -> Sequence[float]:
    """Return the weight of each hour of a week."""
    return row.week or [day * hour for day in row.weekdays for hour in row.hours]


def _open_parts(calendar: WorkingCalendar) -> Sequence[float]:
    """Return which part of each hour of an ordinary week is open."""
    return [
        sum(max(0, min(end, begin + _HOUR) - max(start, begin)) for start, end in day.intervals)
        / _HOUR
        for day in calendar.week
        for begin in range(0, _DAY, _HOUR)
    ]


def _counted(history: History, tables: Tables) -> tuple[float, Sequence[float]]:
    """Return how many began in a week, and how many in each of its hours."""
    week = [0.0] * HOURS
    for at in history.began:
        week[hour_of_week(at.astimezone(tables.zone))] += 1
    return len(history.began) / history.weeks, week
