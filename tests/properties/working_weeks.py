"""Working calendars drawn at random, near the days on which clocks are changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import attrs
from hypothesis import strategies as st

from crmflow.core.hours import ALL_DAY, CLOSED, DAY, Hours
from crmflow.core.working_index import SpecialDays
from crmflow.core.working_time import WorkingCalendar

MINUTE = timedelta(minutes=1)
STEP = 15

CHANGES = {
    "Asia/Shanghai": (2026, 2, 14),
    "Asia/Kathmandu": (2026, 12, 30),
    "Europe/Berlin": (2026, 10, 24),  # 03:00 back to 02:00 on the 25th
    "Europe/London": (2026, 3, 28),  # 01:00 forward to 02:00 on the 29th
    "America/New_York": (2026, 11, 1),
    "America/Havana": (2026, 3, 7),  # midnight forward to 01:00 on the 8th
    "America/Sao_Paulo": (2018, 2, 17),  # midnight back to 23:00 of the day before
    "America/St_Johns": (2010, 11, 6),  # 00:01 back to 23:01 of the day before
    "Australia/Lord_Howe": (2026, 4, 4),  # half an hour
    "Pacific/Apia": (2011, 12, 28),  # the 30th is skipped
    "Africa/Casablanca": (2026, 2, 14),
}
"""Zones, each with a day close to something unusual."""


@attrs.frozen
class Drawn:
    """A calendar and the first day of the days it is looked at."""

    calendar: WorkingCalendar
    first: date

    def instant(self, minutes: int) -> datetime:
        """Return an instant so many minutes after the first day's beginning, about."""
        return datetime(self.first.year, self.first.month, self.first.day, tzinfo=UTC) + (
            minutes * MINUTE
        )


def _hours(edges: list[int]) -> Hours:
    pairs = zip(sorted(edges)[::2], sorted(edges)[1::2], strict=False)
    return Hours(tuple((start * STEP, end * STEP) for start, end in pairs))


hours = (
    st.just(CLOSED)
    | st.just(ALL_DAY)
    | st.just(Hours.parse("09:00-12:00 13:00-18:00"))
    | st.lists(st.integers(0, DAY // STEP), max_size=6, unique=True).map(_hours)
)
weeks = st.tuples(*[hours] * 7).filter(any)


@st.composite
def calendars(draw: st.DrawFn) -> Drawn:
    """Draw a calendar with special days close to its first day."""
    zone = draw(st.sampled_from(sorted(CHANGES)))
    first = date(*CHANGES[zone])
    near = st.integers(-2, 12).map(lambda days: first + timedelta(days=days))
    special = draw(st.dictionaries(near, hours, max_size=6))
    calendar = WorkingCalendar(
        "drawn",
        version="1",
        zone=ZoneInfo(zone),
        week=draw(weeks),
        special=lambda _year: SpecialDays(special),
    )
    return Drawn(calendar, first)


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
