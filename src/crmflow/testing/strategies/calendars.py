"""Working calendars: any week, holidays and make-up days, near the days on which clocks are set."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import attrs
from hypothesis import strategies as st

from crmflow.core.hours import ALL_DAY, CLOSED, DAY, Hours
from crmflow.core.working_index import SpecialDays
from crmflow.core.working_time import WorkingCalendar

MINUTE = timedelta(minutes=1)
STEP = 15
"""Minutes between the edges that hours may have."""

CHANGES: Mapping[str, tuple[int, int, int]] = {
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
class DrawnCalendar:
    """
    A calendar, and where to look at it.

    Attributes:
        calendar: The calendar.
        first: A day close to its special days, and to one on which its zone does something.
    """

    calendar: WorkingCalendar
    first: date

    def instant(self, minutes: int) -> datetime:
        """Return an aware UTC instant about so many minutes after the first day's beginning."""
        return datetime(self.first.year, self.first.month, self.first.day, tzinfo=UTC) + (
            minutes * MINUTE
        )


def _hours(edges: list[int]) -> Hours:
    pairs = zip(sorted(edges)[::2], sorted(edges)[1::2], strict=False)
    return Hours(tuple((start * STEP, end * STEP) for start, end in pairs))


HOURS: st.SearchStrategy[Hours] = (
    st.just(CLOSED)
    | st.just(ALL_DAY)
    | st.just(Hours.parse("09:00-12:00 13:00-18:00"))
    | st.lists(st.integers(0, DAY // STEP), max_size=6, unique=True).map(_hours)
)
"""Draws the hours of a day: closed, whole, with a lunch break, any."""

WEEKS = st.tuples(*[HOURS] * 7).filter(any)
"""Draws the hours of a week, of which one day has some."""


@st.composite
def calendars(draw: st.DrawFn) -> DrawnCalendar:
    """Draw a calendar with holidays and make-up days close to its first day."""
    zone = draw(st.sampled_from(sorted(CHANGES)))
    first = date(*CHANGES[zone])
    near = st.integers(-2, 12).map(lambda days: first + timedelta(days=days))
    special = draw(st.dictionaries(near, HOURS, max_size=6))
    calendar = WorkingCalendar(
        "drawn",
        version="1",
        zone=ZoneInfo(zone),
        week=draw(WEEKS),
        special=lambda _year: SpecialDays(special),
    )
    return DrawnCalendar(calendar, first)
