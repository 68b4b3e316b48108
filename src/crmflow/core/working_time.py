"""
Working time: how long a calendar has been open, and when so much of it has passed.

A calendar is a value; its version names its content. The index behind it is built from the
years that are asked about, each once, and extended by as many years as it has, so that
adding costs the logarithm of the span it crosses and not the days in it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, tzinfo
from typing import Self

import attrs

from crmflow.core.errors import ConfigurationError
from crmflow.core.hours import ALL_DAY, WEEKDAYS, Hours
from crmflow.core.local_time import EPOCH, aware, instant_of, local_of
from crmflow.core.working_index import Index, SpecialDays, index_of, micros

FIRST_YEAR, LAST_YEAR = 2, 9998
"""Years a calendar may speak of: those whose every instant there is in every zone."""

_MICROSECOND = timedelta(microseconds=1)
_BARREN = 16
"""So many years at least without an opening, and a calendar is taken to stay closed."""


def _ordinary(year: int) -> SpecialDays:
    return SpecialDays()


def _opens(_calendar: WorkingCalendar, _field: object, week: tuple[Hours, ...]) -> None:
    if len(week) != len(WEEKDAYS) or not any(week):
        raise ValueError("a week has seven days, and one of them is open")


@attrs.frozen
class WorkingCalendar:
    """
    When there is working time, in one zone; intervals include their start and not their end.

    Attributes:
        name: Its name in the tables.
        version: What names its content; verdicts record it.
        zone: Zone whose clock the hours mean.
        week: Hours of the weekdays, Monday first.
        special: Pure: year -> what is out of the ordinary in it.
        estimates: Whether results may rest on days that are not known yet; where not,
            asking for them raises.

    Raises:
        ValueError: *week* has not seven days or is never open.
    """

    name: str
    version: str = attrs.field(kw_only=True)
    zone: tzinfo = attrs.field(kw_only=True)
    week: tuple[Hours, ...] = attrs.field(kw_only=True, validator=_opens)
    special: Callable[[int], SpecialDays] = attrs.field(
        default=_ordinary, kw_only=True, eq=False, repr=False
    )
    estimates: bool = attrs.field(default=False, kw_only=True)
    _index: list[Index | None] = attrs.field(
        factory=lambda: [None], init=False, eq=False, repr=False
    )

    @classmethod
    def always(cls, zone: tzinfo) -> Self:
        """Return the calendar that never closes, for measures that need a zone only."""
        return cls("always", version="1", zone=zone, week=(ALL_DAY,) * len(WEEKDAYS))

    def planning(self) -> Self:
        """Return the calendar as plans are made by it: days not known yet are estimated."""
        return attrs.evolve(self, estimates=True)

    def add(self, start_at: datetime, working: timedelta) -> datetime:
        """
        Return the instant by which *working* time has passed.

        Args:
            start_at: Aware instant, any zone.
            working: Working time, zero or more.

        Returns:
            Aware UTC instant, never inside closed hours: the earliest at which so much has
            passed, which may be a closing edge; for nothing off-hours, the next opening.

        Raises:
            ValueError: *start_at* is naive, *working* negative, or the calendar ends before.
            ConfigurationError: Days in between are not known, and estimates not allowed.

        Rules: CMP-007, CMP-010
        """
        length = working // _MICROSECOND
        if length < 0:
            raise ValueError(f"working time is zero or more, not {working}")
        start = micros(aware(start_at))
        index = self._at(start)
        if not length:
            return self._instant(index, start, max(start, index.starts[index.next(start)]))
        until = index.sum(start) + length
        index = self._grown(index, lambda one: one.worked[-1] >= until)
        return self._instant(index, start, index.reach(until))

    def elapsed(self, start_at: datetime, end_at: datetime) -> timedelta:
        """
        Return the working time between two aware instants.

        Raises:
            ValueError: An instant is naive, or *end_at* before *start_at*.
            ConfigurationError: Days in between are not known, and estimates not allowed.
        """
        start, end = micros(aware(start_at)), micros(aware(end_at))
        if end < start:
            raise ValueError(f"{end_at.isoformat()} is before {start_at.isoformat()}")
        index = self._at(start)
        if index.ends[-1] <= end:
            index = self._grown(index, lambda one: one.ends[-1] > end)
        self._vouch(index, start, end)
        return timedelta(microseconds=index.sum(end) - index.sum(start))

    def add_days(self, start_at: datetime, days: int) -> datetime:
        """
        Return the same local time, so many working days later.

        A start off-hours counts as made at the next opening. Where the day reached is not
        open at that time, it is the closing before it, or the opening where none is before.

        Args:
            start_at: Aware instant, any zone.
            days: Working days, zero or more.

        Raises:
            ValueError: As for `add`.
            ConfigurationError: As for `add`.

        Rules: CMP-007, CMP-010
        """
        start, index = self._counting(start_at, days)
        opening = max(start, index.starts[index.next(start)])
        day = index.day(start) + days
        index = self._grown(index, lambda one: len(one.days) > day)
        _, shown = local_of(self.zone, _moment(opening))
        return self._instant(index, start, index.on(self.zone, day, shown))

    def by(self, start_at: datetime, shown: timedelta, days: int) -> datetime:
        """
        Return when a clock shows a time on a working day after the local day of a start.

        Where that day is not open then, it is the closing before that time, or the opening
        where none is before.

        Args:
            start_at: Aware instant, any zone.
            shown: What the clock shows, since midnight, up to 24 hours.
            days: Which working day after that day; 0 is that day itself where it is a
                working day and the time still ahead, else the next one.

        Raises:
            ValueError: As for `add`.
            ConfigurationError: As for `add`.
        """
        start, index = self._counting(start_at, days)
        today = self.day(_moment(start)).toordinal()
        if not days and index.has(today):
            found = index.on(self.zone, index.after(today) - 1, shown)
            if found > start:
                return self._instant(index, start, found)
        later = max(days, 1) - 1
        index = self._grown(index, lambda one: one.after(today) + later < len(one.days))
        return self._instant(index, start, index.on(self.zone, index.after(today) + later, shown))

    def day(self, at: datetime) -> date:
        """Return the local day of an aware instant, working or not."""
        local = at.astimezone(self.zone)
        # Only in a doubled hour does it matter how the clock is read.
        return local_of(self.zone, at)[0] if local.fold else local.date()

    def next_opening(self, at: datetime) -> datetime:
        """Return an aware instant itself where the calendar is open, else its next opening."""
        return self.add(at, timedelta())

    def is_open(self, at: datetime) -> bool:
        """Say whether there is working time at an aware instant."""
        return self.next_opening(at) == at

    def is_working_day(self, day: date) -> bool:
        """Say whether a local day has any working time; what the clock skips has none."""
        begins = micros(instant_of(self.zone, day, timedelta()))
        index = self._at(begins)
        self._vouch(index, begins, begins)
        return index.has(day.toordinal())

    def unknown_year(self, start_at: datetime, end_at: datetime) -> int | None:
        """
        Return the first year between two aware instants whose days are an estimate, or None.

        Whether estimates are allowed does not matter here. ValueError where one is naive.
        """
        start, end = micros(aware(start_at)), micros(aware(end_at))
        return self._grown(self._at(start), lambda one: one.ends[-1] > end).unknown_year(start, end)

    def is_estimate(self, at: datetime) -> bool:
        """Say whether an aware instant lies in days that are an estimate."""
        return self.unknown_year(at, at) is not None

    def _counting(self, start_at: datetime, days: int) -> tuple[int, Index]:
        if days < 0:
            raise ValueError(f"working days are zero or more, not {days}")
        start = micros(aware(start_at))
        return start, self._at(start)

    def _at(self, at: int) -> Index:
        """Return an index in which an instant is, and an opening after it."""
        index = self._index[0]
        if index is None or not index.begins <= at < index.finishes:
            index = self._widened(index, _moment(at).astimezone(self.zone).year)
        if index.ends and index.ends[-1] > at:
            return index
        return self._grown(index, lambda one: bool(one.ends) and one.ends[-1] > at)

    def _widened(self, index: Index | None, year: int) -> Index:
        """Return the index with a year in it, and all between."""
        if index is None:
            return self._keep(self._of(range(year, year + 1)))
        if year < index.years.start:
            return self._keep(self._of(range(year, index.years.start)) + index)
        return self._keep(index + self._of(range(index.years.stop, year + 1)))

    def _grown(self, index: Index, enough: Callable[[Index], bool]) -> Index:
        """Return the index with as many years more as it takes."""
        while not enough(index):
            years = range(index.years.stop, index.years.stop + len(index.years))
            more = self._of(range(years.start, min(years.stop, LAST_YEAR + 1)))
            if len(years) >= _BARREN and not more.days:
                raise ValueError(f"calendar {self.name!r} does not open after {years.start}")
            index = self._keep(index + more)
        return index

    def _of(self, years: range) -> Index:
        if not years or years.start < FIRST_YEAR or years.stop > LAST_YEAR + 1:
            raise ValueError(
                f"calendar {self.name!r} speaks of the years {FIRST_YEAR} to {LAST_YEAR} only"
            )
        return index_of(self.zone, self.week, self.special, years)

    def _keep(self, index: Index) -> Index:
        # Replaced whole: who reads meanwhile has the one before, which is right as well.
        self._index[0] = index
        return index

    def _instant(self, index: Index, start: int, found: int) -> datetime:
        self._vouch(index, start, found)
        return _moment(found)

    def _vouch(self, index: Index, start: int, end: int) -> None:
        if not self.estimates and (year := index.unknown_year(start, end)) is not None:
            fault = (
                f"the working days of {year} are not all known yet: update the package that "
                "knows the holidays, complete the year by hand, or allow estimates"
            )
            raise ConfigurationError(f"calendar {self.name!r}", (fault,))


def _moment(at: int) -> datetime:
    return EPOCH + timedelta(microseconds=at)
