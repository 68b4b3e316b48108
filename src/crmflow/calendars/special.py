"""What is out of the ordinary in a year, of one row or of rows that follow each other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import attrs

from crmflow.calendars.days import hours_of
from crmflow.calendars.row import CalendarRow, Said
from crmflow.calendars.statutory import statutory_days
from crmflow.core.hours import CLOSED, Hours
from crmflow.core.working_index import SpecialDays

_DAY = timedelta(days=1)


@attrs.frozen
class Part:
    """A row and what it says; it gives the special days of a year as if always in force."""

    row: CalendarRow
    said: Said

    def __call__(self, year: int) -> SpecialDays:
        """Return what differs from the weekdays in a year."""
        hours: dict[date, Hours] = {}
        unknown_from = None
        if self.row.holidays is not None:
            complete = frozenset(self.row.known_years)
            found = statutory_days(self.row.holidays, year, complete)
            hours |= dict.fromkeys(found.closed, CLOSED)
            hours |= dict.fromkeys(found.make_up, self.said.make_up)
            unknown_from = found.unknown_from
        return SpecialDays({**hours, **hours_of(self.said.days, year)}, unknown_from)

    def hours(self, day: date, special: SpecialDays) -> Hours:
        """Return the hours of a day."""
        return special.hours.get(day, self.said.week[day.weekday()])


@attrs.frozen
class Parts:
    """Rows of one calendar, each in force on days of its own; else it is closed."""

    parts: Sequence[Part]

    def __call__(self, year: int) -> SpecialDays:
        """Return the hours of every day of a year."""
        special = [(part, part(year)) for part in self.parts]
        hours, unknown = dict[date, Hours](), set[date]()
        day = date(year, 1, 1)
        while day.year == year:
            hours[day] = CLOSED
            for part, days in special:
                if part.row.in_force(day):
                    hours[day] = part.hours(day, days)
                    if days.unknown_from is not None and days.unknown_from <= day:
                        unknown.add(day)
            day += _DAY
        return SpecialDays(hours, min(unknown, default=None))
