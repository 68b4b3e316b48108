"""
Statutory days: what the `holidays` library knows of a place's public holidays.

Some states move working days to weekends, by a notice for each year (China's 调休). For a
year whose notice is not out the library gives the dates the law names and no make-up days,
and does not say so; here such a year is told as unknown. The library is imported when the
first year is asked for.
"""

from __future__ import annotations

import difflib
import functools
from collections.abc import Iterable
from datetime import date
from types import ModuleType
from typing import TYPE_CHECKING

import attrs

from crmflow.core.errors import ConfigurationError, did_you_mean
from crmflow.core.reading import FieldError

if TYPE_CHECKING:
    from holidays import HolidayBase

_LAST_WEEK = 25
"""Day of December from which the notice for the next year may still move days."""


@attrs.frozen
class StatutoryDays:
    """
    The days of one year that the law takes out of the ordinary.

    Attributes:
        closed: Public holidays and days off in lieu; what it says of other years is nothing.
        make_up: Days of a weekend on which one works; the same.
        unknown_from: First day from which the rest is an estimate, or None.
    """

    closed: frozenset[date]
    make_up: frozenset[date]
    unknown_from: date | None


def _library() -> ModuleType:
    try:
        import holidays
    except ImportError:
        fault = "statutory holidays need the package holidays: pip install 'crmflow[calendar]'"
        raise ConfigurationError("calendars", (fault,)) from None
    return holidays


def library_version() -> str:
    """Return the version of the library; `ConfigurationError` where it is not installed."""
    return str(_library().__version__)


def check_place(place: str) -> None:
    """
    Check that the library knows a place.

    Args:
        place: ISO 3166 code of a country, or of its subdivision, such as 'CN' or 'DE-BY'.

    Raises:
        FieldError: It does not.
        ConfigurationError: The library is not installed.
    """
    country, _, part = place.partition("-")
    codes = set(_library().registry.EntityLoader.get_country_codes(include_aliases=False))
    if country not in codes:
        hint = nearest(country.upper(), codes)
        raise FieldError("place", f"the ISO 3166 code of a country the library knows{hint}")
    # Asked only where needed: it loads every country.
    parts = _library().list_supported_countries()[country] if part else []
    if part and part not in parts:
        raise FieldError("place", f"a part of {country}. {did_you_mean(part, parts)}")


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint naming the nearest of many known words, or nothing where none is near."""
    near = difflib.get_close_matches(word, known, n=1)
    return f". Did you mean {near[0]!r}?" if near else ""


@functools.cache
def statutory_days(place: str, year: int, complete: frozenset[int]) -> StatutoryDays:
    """
    Return what is known of a year.

    Args:
        place: A place that passes `check_place`.
        year: The year.
        complete: Years that a company completed itself, so that nothing is missing.

    Raises:
        ConfigurationError: The library is not installed.
    """
    country, _, part = place.partition("-")
    found = _library().country_holidays(country, subdiv=part or None, years=year, expand=False)
    return StatutoryDays(
        closed=frozenset(found),
        make_up=frozenset(found.weekend_workdays),
        unknown_from=_unknown_from(found, year, complete),
    )


def _unknown_from(found: HolidayBase, year: int, complete: frozenset[int]) -> date | None:
    if not _is_known(found, year, complete):
        return date(year, 1, 1)
    if found.has_substituted_holidays and not _is_known(found, year + 1, complete):
        return date(year, 12, _LAST_WEEK)
    return None


def _is_known(found: HolidayBase, year: int, complete: frozenset[int]) -> bool:
    if year in complete:
        return True
    if not found.start_year <= year <= found.end_year:
        return False
    if found.has_substituted_holidays:
        told: dict[int, object] = found.special_public_holidays
        return min(told) <= year <= max(told)
    return not any(_is_estimated(found, day) for day in found)


def _is_estimated(found: HolidayBase, day: date) -> bool:
    """Say whether the library expects a day without being sure: some depend on the moon seen."""
    labels = (getattr(found, f"{kind}estimated_label", "") for kind in ("", "observed_"))
    ends = tuple(found.tr(label).rpartition("%s")[2] for label in labels if label)
    return bool(ends) and found[day].endswith(ends)
