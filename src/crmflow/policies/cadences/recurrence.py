"""
Recurrences: on which days something comes again, counted from a first day.

A period is counted from its first day each time, never from the day before, so a
month that begins on the 31st is due on the last day of a short month and on the 31st
again after it. All days are days of the calendar's zone: naive, without hours.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import MAXYEAR, date, datetime, time, timedelta
from typing import Annotated, Any, Protocol

import attrs

from crmflow.core.form import Check

YEAR = 12
"""Months of a year."""

_PERIOD = re.compile(r"(?P<count>[1-9][0-9]{0,3})(?P<unit>d|w|mo|y)")
_NAMED: Mapping[str, str] = {
    "daily": "1d",
    "weekly": "1w",
    "monthly": "1mo",
    "quarterly": "3mo",
    "quarter": "3mo",
    "half-yearly": "6mo",
    "half_year": "6mo",
    "yearly": "1y",
}
_FREQUENCIES = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}
_PARTS = {"INTERVAL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "BYYEARDAY", "BYWEEKNO", "WKST"}
_SHORTEST = 28
"""Days of the shortest month."""

_TRIAL = date(MAXYEAR - 39, 1, 1)
"""Rules are tried at the end of all years: what never comes is not looked for longer."""


class Recurrence(Protocol):
    """Days that come again."""

    def after(self, origin: date, day: date) -> date | None:
        """Return the first occurrence later than *day* of what began on *origin*, or None."""
        ...


def months_later(day: date, months: int) -> date:
    """Return the same day of a later month, or that month's last day where it is shorter."""
    years, month = divmod(day.month - 1 + months, YEAR)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


@attrs.frozen
class Period:
    """
    Every so many days or months.

    Attributes:
        days: Days between two occurrences; 0 where months are counted.
        months: Months between two occurrences; 0 where days are counted.
    """

    days: int = 0
    months: int = 0

    def nth(self, origin: date, n: int) -> date:
        """Return the n-th occurrence; the 0th is the origin itself."""
        if self.days:
            return origin + timedelta(days=self.days * n)
        return months_later(origin, self.months * n)

    def after(self, origin: date, day: date) -> date:
        """Return the first occurrence later than *day*, and later than the origin."""
        if self.days:
            passed = (day - origin).days // self.days
        else:
            passed = ((day.year - origin.year) * YEAR + day.month - origin.month) // self.months
        n = max(passed, 1)
        while (found := self.nth(origin, n)) <= day:
            n += 1
        return found


@attrs.frozen
class Rule:
    """
    A recurrence rule of RFC 5545, such as `FREQ=MONTHLY;BYDAY=1MO`.

    Attributes:
        text: The rule, without the leading `RRULE:`.
    """

    text: str

    def after(self, origin: date, day: date) -> date | None:
        """Return the first day of the rule later than *day*, or None where there is none."""
        found: datetime | None = _rule(self.text, origin).after(datetime.combine(day, time()))
        return None if found is None else found.date()


def _rule(text: str, origin: date) -> Any:  # noqa: ANN401 - the package has no types
    try:
        from dateutil.rrule import rrulestr  # type: ignore[import-untyped]
    except ImportError as error:
        message = "an RRULE needs python-dateutil: pip install 'crmflow[calendar]'"
        raise ImportError(message) from error
    return rrulestr(text, dtstart=datetime.combine(origin, time()))


def recurrence(text: str) -> Recurrence:
    """
    Return the recurrence a text says.

    Args:
        text: `10d`, `2w`, `1mo`, `1y`; `daily`, `weekly`, `monthly`, `quarterly`,
            `half-yearly`, `yearly`; or an RRULE whose days all exist every month.

    Raises:
        ValueError: It says none; the message tells what would be right.
        ImportError: It is an RRULE and the extra `calendar` is not installed.
    """
    period = _PERIOD.fullmatch(_NAMED.get(text, text))
    if period is not None:
        count = int(period["count"])
        match period["unit"]:
            case "mo" | "y" as unit:
                return Period(months=count * (YEAR if unit == "y" else 1))
            case unit:
                return Period(days=count * (7 if unit == "w" else 1))
    return _ruled(text.removeprefix("RRULE:"))


def _ruled(text: str) -> Recurrence:
    parts = dict(part.partition("=")[::2] for part in text.split(";"))
    frequency = parts.pop("FREQ", "")
    if frequency not in _FREQUENCIES:
        raise ValueError(EXPECTED)
    if unknown := sorted(set(parts) - _PARTS):
        message = f"a rule without {', '.join(unknown)}: effective dates end a row, tasks have days"
        raise ValueError(message)
    interval = int(parts.get("INTERVAL", "1"))
    if interval < 1:
        raise ValueError(EXPECTED)
    if set(parts) <= {"INTERVAL", "WKST"} and frequency in {"MONTHLY", "YEARLY"}:
        return Period(months=interval * (YEAR if frequency == "YEARLY" else 1))
    days = [int(day) for day in parts.get("BYMONTHDAY", "1").split(",")]
    if "BYSETPOS" not in parts and max(days) > _SHORTEST:
        message = "BYMONTHDAY up to 28, or -1 for a month's last day: short months were skipped"
        raise ValueError(message)
    if not _comes(text):
        message = f"a rule that ever comes, not {text!r}"
        raise ValueError(message)
    return Rule(text)


def _comes(text: str) -> bool:
    """Say whether a rule comes within forty years; ValueError where it is none."""
    return Rule(text).after(_TRIAL, _TRIAL) is not None


EXPECTED = "a recurrence such as '2w', '1mo', 'quarterly' or 'FREQ=MONTHLY;BYDAY=1MO'"


def _is_recurrence(value: object) -> bool:
    try:
        recurrence(str(value))
    except (ValueError, TypeError):
        return False
    return True


Every = Annotated[str, Check("recurrence", _is_recurrence, EXPECTED)]
"""Text that says a recurrence; `recurrence` reads it."""
