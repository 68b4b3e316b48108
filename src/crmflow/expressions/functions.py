"""The few functions that expressions may call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any

import attrs

from crmflow.expressions.kinds import Base

_DAY = timedelta(days=1)


@attrs.frozen
class Function:
    """
    A function that expressions may call.

    Attributes:
        usage: How it is called, told where it is called otherwise.
        results: What it gives, by the bases of what it is given.
        compute: (the company's zone, values) -> value; no value is None.
    """

    usage: str
    results: Mapping[tuple[Base, ...], Base]
    compute: Callable[..., object]

    def result_of(self, given: tuple[Base, ...]) -> Base | None:
        """Return what it gives for values of these bases, or None where it takes none such."""
        return self.results.get(given)

    def bound(self, zone: tzinfo) -> Callable[..., object]:
        """Return the function in a zone."""
        compute = self.compute
        return lambda *values: compute(zone, *values)


def _days_between(_zone: tzinfo, start: Any, end: Any) -> int:  # noqa: ANN401 - days or instants
    return int((end - start) // _DAY)


def _day(zone: tzinfo, at: datetime) -> object:
    return at.astimezone(zone).date()


FUNCTIONS: Mapping[str, Function] = {
    "days_between": Function(
        "days_between(two days or two instants): whole days from the first to the second",
        {(Base.DAY, Base.DAY): Base.NUMBER, (Base.INSTANT, Base.INSTANT): Base.NUMBER},
        _days_between,
    ),
    "day": Function("day(an instant): its day", {(Base.INSTANT,): Base.DAY}, _day),
    "lower": Function(
        "lower(a text): its letters small",
        {(Base.TEXT,): Base.TEXT},
        lambda _zone, text: str(text).lower(),
    ),
    "length": Function(
        "length(a text or a list): how much is in it",
        {(Base.TEXT,): Base.NUMBER, (Base.LIST,): Base.NUMBER},
        lambda _zone, value: len(value),
    ),
}
