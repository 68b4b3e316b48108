"""Periods: the months, quarters, half-years and years by which indicators are told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Self

import attrs

from crmflow.policies.kpi.rows import Span

_YEAR = 12
_MONTHS: Mapping[Span, int] = {
    Span.MONTH: 1,
    Span.QUARTER: 3,
    Span.HALF_YEAR: 6,
    Span.YEAR: _YEAR,
}


@attrs.frozen(order=True)
class Period:
    """
    One period.

    Attributes:
        year: Calendar year.
        number: Which of the year's, from 1.
        span: How long it is.
    """

    year: int
    number: int
    span: Span

    @classmethod
    def of(cls, day: date, span: Span) -> Self:
        """Return the period a local day lies in."""
        return cls(day.year, (day.month - 1) // _MONTHS[span] + 1, span)

    @property
    def starts_on(self) -> date:
        """Its first day."""
        return date(self.year, (self.number - 1) * _MONTHS[self.span] + 1, 1)

    def before(self) -> Self:
        """Return the period just before it."""
        return type(self).of(self.starts_on - timedelta(days=1), self.span)

    def after(self) -> Self:
        """Return the period just after it."""
        months = self.number * _MONTHS[self.span]  # those of its year until its end
        return type(self).of(date(self.year + months // _YEAR, months % _YEAR + 1, 1), self.span)

    def year_before(self) -> Self:
        """Return the same period of the year before."""
        return attrs.evolve(self, year=self.year - 1)

    def __str__(self) -> str:
        if self.span is Span.YEAR:
            return str(self.year)
        mark = {Span.MONTH: "", Span.QUARTER: "Q", Span.HALF_YEAR: "H"}[self.span]
        return f"{self.year}-{mark}{self.number}" if mark else f"{self.year}-{self.number:02}"
