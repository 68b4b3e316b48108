"""Working calendars that tests share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from crmflow.core.hours import CLOSED, Hours
from crmflow.core.working_index import SpecialDays
from crmflow.core.working_time import WorkingCalendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")

OFFICE_HOURS = Hours.parse("09:00-12:00 13:00-18:00")
OFFICE_WEEK = (*(OFFICE_HOURS,) * 5, CLOSED, CLOSED)


def office(days: Mapping[date, Hours] | None = None, zone: ZoneInfo = SHANGHAI) -> WorkingCalendar:
    """Return an office open from Monday to Friday, with some special days."""
    special = SpecialDays(days or {})
    return WorkingCalendar(
        "office", version="1", zone=zone, week=OFFICE_WEEK, special=lambda _year: special
    )


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    """Return the aware UTC instant of a local time such as '2026-03-02 09:00'."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)
