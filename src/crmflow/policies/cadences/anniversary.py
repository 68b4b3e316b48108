"""
Anniversaries: birthdays and festivals, by the sun or by the moon (TIE-020, TIE-021).

`10-01` is a day of every year, `lunar 1-1` one of every lunar year (Spring Festival),
`fact birthday` a date that is known of the entity and `lunar fact birthday` the lunar
day on which that date fell. A day that a year lacks is the last one before it: the
29th of February in common years, the 30th of a lunar month of 29 days. A birth in a
leap month is kept in the month of the same number.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime
from typing import Annotated, Any

import attrs

from crmflow.core.form import Check

_DAY = re.compile(r"(?P<lunar>lunar )?(?:fact (?P<fact>[a-z_]\w*)|(?P<month>\d\d?)-(?P<day>\d\d?))")
_MONTHS = 12
_LUNAR_DAYS = 30
_LEAP_YEAR = 2024


@attrs.frozen
class Anniversary:
    """
    A day of every year.

    Attributes:
        lunar: Whether it goes by the lunar calendar.
        fact: Name of the fact that holds the date, or empty.
        month: Month where no fact says it.
        day: Day of the month where no fact says it.
    """

    lunar: bool = False
    fact: str = ""
    month: int = 0
    day: int = 0

    def after(self, facts: object, day: date) -> date | None:
        """
        Return its first day later than *day*.

        Args:
            facts: What is known of the entity.
            day: A local day.

        Returns:
            The day; None where the fact is not known.
        """
        month, number = self.month, self.day
        if self.fact:
            known = getattr(facts, self.fact)
            if known is None:
                return None
            month, number = _lunar(known) if self.lunar else (known.month, known.day)
        place = lunar_day if self.lunar else solar_day
        years = range(day.year - 1, day.year + 3)
        return next(found for year in years if (found := place(year, month, number)) > day)


def solar_day(year: int, month: int, day: int) -> date:
    """Return a day of a year, or the month's last one where it is shorter."""
    return date(year, month, min(day, monthrange(year, month)[1]))


def lunar_day(year: int, month: int, day: int) -> date:
    """
    Return the date of a day of a lunar year, or of the month's last day where it is shorter.

    Raises:
        ImportError: The extra `calendar` is not installed.
    """
    calendar = _calendar()
    length: int = calendar.LunarMonth.fromYm(year, month).getDayCount()
    found = calendar.Lunar.fromYmd(year, month, min(day, length)).getSolar()
    return date(found.getYear(), found.getMonth(), found.getDay())


def _lunar(known: date | datetime) -> tuple[int, int]:
    found = _calendar().Solar.fromYmd(known.year, known.month, known.day).getLunar()
    # Months of a leap month are told by negative numbers.
    return abs(found.getMonth()), found.getDay()


def _calendar() -> Any:  # noqa: ANN401 - the package has no types
    try:
        import lunar_python  # type: ignore[import-untyped]
    except ImportError as error:
        message = "lunar days need lunar-python: pip install 'crmflow[calendar]'"
        raise ImportError(message) from error
    return lunar_python


def anniversary(text: str) -> Anniversary:
    """
    Return the anniversary a text says.

    Raises:
        ValueError: It says none.
    """
    found = _DAY.fullmatch(text)
    if found is None:
        raise ValueError(EXPECTED)
    lunar, fact = found["lunar"] is not None, found["fact"] or ""
    if fact:
        return Anniversary(lunar, fact)
    month, day = int(found["month"]), int(found["day"])
    longest = _LUNAR_DAYS if lunar else monthrange(_LEAP_YEAR, month)[1]
    if not (1 <= month <= _MONTHS and 1 <= day <= longest):
        raise ValueError(EXPECTED)
    return Anniversary(lunar, "", month, day)


EXPECTED = "a day of the year such as '10-01', 'lunar 1-1', 'fact birthday', 'lunar fact birthday'"


def _is_day(value: object) -> bool:
    try:
        anniversary(str(value))
    except ValueError:
        return False
    return True


YearDay = Annotated[str, Check("anniversary", _is_day, EXPECTED)]
"""Text that says an anniversary; `anniversary` reads it."""
