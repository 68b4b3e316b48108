"""Days with hours of their own: single ones, those of each year, and stretches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Self

import attrs

from crmflow.core.hours import Hours
from crmflow.core.reading import FieldError

_EACH_YEAR = re.compile(r"(\d\d)-(\d\d)")
_LEAP = 2000
_EXPECTED = "a day such as '2026-12-31', '12-31' (each year) or '2026-08-03..2026-08-14'"


@attrs.frozen(order=True)
class Stretch:
    """
    Days that have the same hours; of two that meet, the greater one wins.

    Attributes:
        rank: 0 for a day of each year, 1 for a stretch, 2 for a single day.
        first: First day; for one of each year its year says nothing.
        last: Last day, included.
    """

    rank: int
    first: date
    last: date

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Return the days a text names; `FieldError` where it names none.

        Args:
            text: '2026-12-31', '12-31' for each year, or '2026-08-03..2026-08-14'.
        """
        yearly = _EACH_YEAR.fullmatch(text)
        if yearly is not None:
            text = f"{_LEAP}-{text}"
        begins, dots, ends = text.partition("..")
        try:
            first = date.fromisoformat(begins)
            last = date.fromisoformat(ends) if dots else first
        except ValueError:
            raise FieldError("type", _EXPECTED) from None
        if last < first:
            raise FieldError("order", f"a last day that is not before {first}")
        return cls(0 if yearly else 1 if dots else 2, first, last)

    def of(self, year: int) -> Iterator[date]:
        """Yield its days in a year; the 29th of February only where there is one."""
        if not self.rank:
            try:
                yield self.first.replace(year=year)
            except ValueError:
                return
        day, last = max(self.first, date(year, 1, 1)), min(self.last, date(year, 12, 31))
        while day <= last:
            yield day
            day += timedelta(days=1)


def hours_of(days: dict[Stretch, Hours], year: int) -> dict[date, Hours]:
    """Return the hours of the days of a year; the most special of what meets wins."""
    return {day: days[stretch] for stretch in sorted(days) for day in stretch.of(year)}
