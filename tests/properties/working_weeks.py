"""Working calendars walked through minute by minute: what the laws compare with."""

from __future__ import annotations

from datetime import date, datetime

from hypothesis import strategies as st

from crmflow.core.hours import DAY, Hours
from crmflow.core.working_time import WorkingCalendar
from crmflow.testing.strategies.calendars import MINUTE

minutes = st.integers(-1 * DAY, 6 * DAY) | st.integers(0, 2 * DAY)
lengths = st.integers(0, 30 * 60).map(lambda length: length * MINUTE)


def hours_on(calendar: WorkingCalendar, day: date) -> Hours:
    """Return the hours of a day, as the calendar was told them."""
    return calendar.special(day.year).hours.get(day, calendar.week[day.weekday()])


def shown_minutes(calendar: WorkingCalendar, start: datetime, count: int) -> list[datetime]:
    """
    Return what the clock showed at latest in each of many minutes, walking through them.

    A clock that is set back shows nothing new until it has caught up.
    """
    found, latest = [], datetime.min  # noqa: DTZ901 - a local time
    # It starts two hours earlier, so that a clock set back just before is known to be.
    for minute in range(-120, count):
        local = (start + minute * MINUTE).astimezone(calendar.zone).replace(tzinfo=None)
        latest = max(latest, local)
        if minute >= 0:
            found.append(latest)
    return found


def open_minutes(calendar: WorkingCalendar, start: datetime, count: int) -> list[bool]:
    """Return of each of many minutes whether it is working time, walking through them."""
    return [
        any(
            begins <= shown.hour * 60 + shown.minute < ends
            for begins, ends in hours_on(calendar, shown.date()).intervals
        )
        for shown in shown_minutes(calendar, start, count)
    ]
