"""The index of a calendar: open intervals of whole years with running sums, searched by halving."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Self, TypeAlias

import attrs

from crmflow.core.hours import Hours
from crmflow.core.local_time import EPOCH, instant_of

_MIDNIGHT = time()
_MICROSECOND = timedelta(microseconds=1)
_MINUTE = timedelta(minutes=1) // _MICROSECOND
_DAY = timedelta(days=1) // _MICROSECOND

Intervals: TypeAlias = list[tuple[int, int]]


@attrs.frozen
class SpecialDays:
    """
    What is out of the ordinary in one year.

    Attributes:
        hours: Hours of the days that differ from their weekday: holidays whole or partial,
            make-up working days. Days of other years are not looked at.
        unknown_from: First day from which the rest of the year is an estimate, or None.
    """

    hours: Mapping[date, Hours] = attrs.field(factory=dict)
    unknown_from: date | None = None


def micros(at: datetime) -> int:
    """Return an aware instant as microseconds since 1970-01-01 UTC."""
    return (at - EPOCH) // _MICROSECOND


@attrs.define(eq=False)
class Index:
    """
    The open intervals of some years in a row; instants and lengths are in microseconds.

    Attributes:
        years: The years.
        begins: Instant at which the first of them begins in the calendar's zone.
        finishes: Instant at which the last of them ends.
        starts: Start of each interval.
        ends: End of each, not included.
        worked: Working time until the end of each, counted from somewhere.
        days: Ordinals of the working days.
        firsts: Place of each working day's first interval.
        unknown: (first instant, end, year) of each stretch that is an estimate.
    """

    years: range
    begins: int
    finishes: int
    starts: list[int] = attrs.field(factory=list)
    ends: list[int] = attrs.field(factory=list)
    worked: list[int] = attrs.field(factory=list)
    days: list[int] = attrs.field(factory=list)
    firsts: list[int] = attrs.field(factory=list)
    unknown: list[tuple[int, int, int]] = attrs.field(factory=list)

    def __add__(self, later: Self) -> Self:
        """Return the index of both; what was counted here stays as it was counted."""
        done = self.worked[-1] if self.worked else 0
        shift = done - (later.worked[0] - later.ends[0] + later.starts[0] if later.worked else 0)
        places = len(self.starts)
        return attrs.evolve(
            self,
            years=range(self.years.start, later.years.stop),
            finishes=later.finishes,
            starts=self.starts + later.starts,
            ends=self.ends + later.ends,
            worked=self.worked + [one + shift for one in later.worked],
            days=self.days + later.days,
            firsts=self.firsts + [one + places for one in later.firsts],
            unknown=self.unknown + later.unknown,
        )

    def next(self, at: int) -> int:
        """Return the place of the interval that *at* is in, else of the next one."""
        return bisect_right(self.ends, at)

    def sum(self, at: int) -> int:
        """Return the working time until *at*, counted as `worked` is."""
        place = self.next(at)
        return self.worked[place] - (self.ends[place] - max(at, self.starts[place]))

    def reach(self, worked: int) -> int:
        """Return the earliest instant by which so much working time has passed."""
        place = bisect_left(self.worked, worked)
        return self.ends[place] - (self.worked[place] - worked)

    def day(self, at: int) -> int:
        """Return the place of the working day that *at* is in, else of the next one."""
        return bisect_right(self.firsts, self.next(at)) - 1

    def after(self, ordinal: int) -> int:
        """Return the place of the first working day after a day."""
        return bisect_right(self.days, ordinal)

    def has(self, ordinal: int) -> bool:
        """Say whether a day is a working day."""
        place = self.after(ordinal) - 1
        return place >= 0 and self.days[place] == ordinal

    def on(self, zone: tzinfo, day: int, shown: timedelta) -> int:
        """
        Return when a working day's clock shows a time.

        Where that is not working time, it is the end of the interval before it, or the
        day's opening where there is none before.
        """
        at = micros(instant_of(zone, date.fromordinal(self.days[day]), shown))
        first = self.firsts[day]
        stop = self.firsts[day + 1] if day + 1 < len(self.firsts) else len(self.starts)
        place = bisect_right(self.starts, at, first, stop) - 1
        return self.starts[first] if place < first else min(at, self.ends[place])

    def unknown_year(self, start: int, end: int) -> int | None:
        """Return the first year whose estimated days lie between two instants, or None."""
        for begins, finishes, year in self.unknown:
            if finishes > start and (begins < end or begins <= start):
                return year
        return None


def index_of(
    zone: tzinfo,
    week: Sequence[Hours],
    special: Callable[[int], SpecialDays],
    years: range,
) -> Index:
    """
    Return the index of some years in a row.

    Args:
        zone: The calendar's zone.
        week: Hours of the weekdays, Monday first.
        special: What is out of the ordinary in a year.
        years: The years, at least one.
    """
    first, stop = (date(year, 1, 1).toordinal() for year in (years.start, years.stop))
    index = Index(years, _opening(zone, first), _opening(zone, stop))
    found = {year: special(year) for year in years}
    following = _offset(zone, first)
    for ordinal in range(first, stop):
        day = date.fromordinal(ordinal)
        offset, following = following, _offset(zone, ordinal + 1)
        hours = found[day.year].hours.get(day, week[day.weekday()])
        steady = offset if offset == following else None
        _append(index, ordinal, _intervals(zone, ordinal, hours, steady))
    for year, days in found.items():
        if days.unknown_from is not None:
            begins = _opening(zone, days.unknown_from.toordinal())
            index.unknown.append((begins, _opening(zone, date(year + 1, 1, 1).toordinal()), year))
    return index


def _offset(zone: tzinfo, ordinal: int) -> int:
    """Return what the zone's clock is ahead of UTC at a midnight, in microseconds."""
    found = datetime.combine(date.fromordinal(ordinal), _MIDNIGHT, zone).utcoffset()
    return (found or timedelta()) // _MICROSECOND


def _opening(zone: tzinfo, ordinal: int) -> int:
    return micros(instant_of(zone, date.fromordinal(ordinal), timedelta()))


def _intervals(zone: tzinfo, ordinal: int, hours: Hours, offset: int | None) -> Intervals:
    """Return a day's intervals; one that the clock skips is left out."""
    if offset is not None:
        base = (ordinal - EPOCH.toordinal()) * _DAY - offset
        return [(base + start * _MINUTE, base + end * _MINUTE) for start, end in hours.intervals]
    day = date.fromordinal(ordinal)
    edges = [
        tuple(micros(instant_of(zone, day, timedelta(minutes=edge))) for edge in interval)
        for interval in hours.intervals
    ]
    return [(start, end) for start, end in edges if start < end]


def _append(index: Index, ordinal: int, intervals: Intervals) -> None:
    if intervals:
        index.days.append(ordinal)
        index.firsts.append(len(index.starts))
    for start, end in intervals:
        index.worked.append((index.worked[-1] if index.worked else 0) + end - start)
        index.starts.append(start)
        index.ends.append(end)
