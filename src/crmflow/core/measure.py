"""Measures: lengths of time that say how they are counted, such as '30min', '4wh' or '2wd'."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Self

import attrs

from crmflow.core.hours import clock, clock_text
from crmflow.core.local_time import aware, instant_of, local_of
from crmflow.core.reading import FieldError
from crmflow.core.timer import Duration
from crmflow.core.working_time import WorkingCalendar


class Unit(StrEnum):
    """How a measure counts."""

    SECONDS = "s"
    MINUTES = "min"
    HOURS = "h"
    DAYS = "d"
    MONTHS = "mo"
    WORKING_MINUTES = "wmin"
    WORKING_HOURS = "wh"
    WORKING_DAYS = "wd"


_LENGTH = {
    Unit.SECONDS: timedelta(seconds=1),
    Unit.MINUTES: timedelta(minutes=1),
    Unit.HOURS: timedelta(hours=1),
    Unit.WORKING_MINUTES: timedelta(minutes=1),
    Unit.WORKING_HOURS: timedelta(hours=1),
}
"""Length of one, of those units that have the same length always."""

_LONGEST = timedelta(days=1_000_000)
_NOMINAL = {Unit.DAYS: 1, Unit.WORKING_DAYS: 1, Unit.MONTHS: 31}
_WORKING = {Unit.WORKING_MINUTES, Unit.WORKING_HOURS, Unit.WORKING_DAYS}
_WHOLE_DAY = timedelta(days=1)
_SHAPE = re.compile(
    r"(?P<through>through )?(?:by (?P<by>\S+) in )?(?P<amount>0|[1-9][0-9]{0,11})(?P<unit>[a-z]+)"
)
_EXPECTED = (
    "a measure such as '30min', '48h', '4wh' (working hours), '2wd' (working days), '10d', "
    "'3mo', 'through 7d' or 'by 18:00 in 1wd'"
)


@attrs.frozen
class Measure:
    """
    A length of time and how it is counted.

    Attributes:
        amount: How many units; only `by` and `through` take none at all.
        unit: What is counted.
        by: Minutes since local midnight by which, on the working day reached; or None.
        through: Whether the day reached counts to its end.
    """

    amount: int
    unit: Unit
    by: int | None = None
    through: bool = False

    @classmethod
    def parse(cls, text: object) -> Self:
        """
        Return the measure a text says.

        Args:
            text: Such as '90s', '30min', '48h' (elapsed); '90wmin', '4wh' (working time);
                '2wd' (the same local time, so many working days later); '10d' (the same
                local time); '3mo' (the same day and time, or the end of a month too short
                for it); 'through 7d' (the end of that local day, today being day 0);
                'by 18:00 in 1wd' (on that working day after today; 0wd is today, if the
                time is still ahead).

        Raises:
            FieldError: *text* says none, or one longer than any calendar.

        Rules: AMB-19, AMB-22
        """
        found = _SHAPE.fullmatch(text) if isinstance(text, str) else None
        if found is None or found["unit"] not in set(Unit):
            raise FieldError("type", _EXPECTED)
        by, through = found["by"], found["through"] is not None
        measure = cls(
            int(found["amount"]), Unit(found["unit"]), None if by is None else clock(by), through
        )
        if not measure._is_sensible():
            raise FieldError("type", _EXPECTED)
        return measure

    def _is_sensible(self) -> bool:
        one = _LENGTH.get(self.unit) or timedelta(days=_NOMINAL[self.unit])
        fits = (self.through, self.by is not None, self.unit) in {
            (True, False, Unit.DAYS),
            (False, True, Unit.WORKING_DAYS),
            (False, False, self.unit),
        }
        least = 0 if self.through or self.by is not None else 1
        return fits and least <= self.amount < _LONGEST // one

    def __str__(self) -> str:
        before = "through " if self.through else ""
        if self.by is not None:
            before = f"by {clock_text(self.by)} in "
        return f"{before}{self.amount}{self.unit}"

    @property
    def working(self) -> bool:
        """Whether it needs a working calendar; else a zone is enough."""
        return self.unit in _WORKING

    def due_at(self, start_at: datetime, calendar: WorkingCalendar) -> datetime:
        """
        Return the instant by which the measure has passed.

        Args:
            start_at: Aware instant, any zone.
            calendar: Whose zone and, for a working measure, whose hours count.

        Returns:
            Aware UTC instant; later or the same for a later start or a greater amount. Of a
            working measure it is never inside closed hours.

        Raises:
            ValueError: *start_at* is naive, or what is due lies beyond any calendar.
            ConfigurationError: Working days in between are not known yet.
        """
        try:
            if self.unit in _LENGTH:
                length = self.amount * _LENGTH[self.unit]
                return calendar.add(start_at, length) if self.working else aware(start_at) + length
            if self.by is not None:
                return calendar.by(start_at, timedelta(minutes=self.by), self.amount)
            if self.working:
                return calendar.add_days(start_at, self.amount)
            return self._local(aware(start_at), calendar)
        except OverflowError as error:
            raise ValueError(f"{self} after {start_at} is beyond any calendar") from error

    def _local(self, start_at: datetime, calendar: WorkingCalendar) -> datetime:
        day, shown = local_of(calendar.zone, start_at)
        if self.unit is Unit.MONTHS:
            day, shown = _months_later(day, shown, self.amount)
        else:
            day += timedelta(days=self.amount)
        return instant_of(calendar.zone, day, _WHOLE_DAY if self.through else shown)

    def elapsed(self, start_at: datetime, end_at: datetime, calendar: WorkingCalendar) -> timedelta:
        """
        Return the time between two aware instants: working time for a working measure.

        Raises:
            ValueError: An instant is naive, or *end_at* before *start_at*.
            ConfigurationError: Working days in between are not known yet.
        """
        if self.working:
            return calendar.elapsed(start_at, end_at)
        passed = aware(end_at) - aware(start_at)
        if passed < timedelta():
            raise ValueError(f"{end_at.isoformat()} is before {start_at.isoformat()}")
        return passed

    def on(self, calendar: WorkingCalendar) -> Duration:
        """Return the measure as a duration, counted on a calendar."""
        return Counted(self, calendar)


@attrs.frozen
class Counted:
    """A measure on a calendar: a `Duration`, such as `Start.after` takes."""

    measure: Measure
    calendar: WorkingCalendar

    def due_at(self, start_at: datetime) -> datetime:
        """Return the aware UTC instant by which the measure has passed since *start_at*."""
        return self.measure.due_at(start_at, self.calendar)


def counted_on(duration: Duration) -> str:
    """Return the name of the calendar whose working time a duration is; empty for clock time."""
    if isinstance(duration, Counted) and duration.measure.working:
        return duration.calendar.name
    return ""


def _months_later(day: date, shown: timedelta, amount: int) -> tuple[date, timedelta]:
    """Return the day with the same number and the time; without one, the month's very end."""
    year, month = divmod(day.year * 12 + day.month - 1 + amount, 12)
    if not date.min.year <= year <= date.max.year:
        raise OverflowError(year)
    _, last = monthrange(year, month + 1)
    if day.day > last:
        # At the end of the day: else the 31st at 09:00 were due before the 30th at 10:00.
        return date(year, month + 1, last), _WHOLE_DAY
    return date(year, month + 1, day.day), shown


def read_measure(value: object, _type: object) -> Measure:
    """Return a measure, given as such or as its text; see `Measure.parse`."""
    return value if isinstance(value, Measure) else Measure.parse(value)
