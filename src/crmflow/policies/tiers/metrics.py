"""Metrics over windows of time: totals, frequency, recency and tenure from dated amounts."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import attrs

from crmflow.core.form import Check, Names, Text
from crmflow.policies.tiers.bands import EXACT

_SPAN = re.compile(r"([1-9]\d{0,3})(d|mo|y)")
_MONTHS = 12


@attrs.frozen
class Span:
    """
    A length of whole calendar days or months.

    Attributes:
        months: Calendar months; from a day that a month lacks, its last.
        days: Calendar days.
    """

    months: int = 0
    days: int = 0

    @classmethod
    def parse(cls, text: str) -> Span:
        """Return the span of text such as '90d', '12mo' or '2y'; ValueError where it is none."""
        found = _SPAN.fullmatch(text)
        if found is None:
            message = f"{text!r} is no span such as '90d', '12mo' or '2y'"
            raise ValueError(message)
        number, unit = int(found[1]), found[2]
        if unit == "d":
            return cls(days=number)
        return cls(months=number * (_MONTHS if unit == "y" else 1))

    def before(self, on: date) -> date:
        """Return the day that lies this long before *on*; a window begins on the day after it."""
        months = on.year * _MONTHS + on.month - 1 - self.months
        year, month = max(divmod(months, _MONTHS), (1, 0))
        last = calendar.monthrange(year, month + 1)[1]
        start = date(year, month + 1, min(on.day, last))
        return start - min(timedelta(days=self.days), start - date.min)


def _is_span(value: object) -> bool:
    return _SPAN.fullmatch(str(value)) is not None


class Measuring(StrEnum):
    """What is made of dated amounts."""

    TOTAL = "total"
    COUNT = "count"
    RECENCY = "recency"
    TENURE = "tenure"


@attrs.frozen(kw_only=True)
class Window:
    """
    Dated amounts of events, and what is made of them.

    Attributes:
        measure: The sum of the amounts, how often, whole days since the last one, or
            whole days since the first one.
        events: Events that bring an amount.
        minus: Events whose amount is taken off; they count neither as often nor as last.
        amount: Field of the events' forms; needed for a total.
        over: How far back total and count look, such as '12mo'; left out, to the first.
    """

    measure: Measuring
    events: Names
    minus: tuple[Text, ...] = ()
    amount: Text | None = None
    over: Annotated[str, Check("span", _is_span, "a span such as '90d' or '12mo'")] | None = None

    @property
    def span(self) -> Span | None:
        """How far back it looks, or None."""
        return None if self.over is None else Span.parse(self.over)

    @property
    def source(self) -> str:
        """What its amounts are told from others by; windows of one source share them."""
        return f"{'+'.join(self.events)}-{'-'.join(self.minus)} {self.amount or ''}".strip()


@attrs.frozen
class Day:
    """The amounts of one day: their sum and how many they were."""

    on: date
    total: Decimal
    count: int


@attrs.frozen
class Series:
    """
    Dated amounts of one source, as much of them as windows need: bounded by their longest.

    Attributes:
        source: What they are told from others by.
        total: Sum of all there ever were.
        count: How many there ever were.
        first_on: Day of the first one.
        last_on: Day of the last one.
        days: Sums by day within the longest window, the oldest first.
    """

    source: str
    total: Decimal = Decimal(0)
    count: int = 0
    first_on: date | None = None
    last_on: date | None = None
    days: tuple[Day, ...] = ()

    def added(
        self, on: date, amount: Decimal, *, keep: tuple[Span, ...] = (), count: int = 1
    ) -> Series:
        """
        Return the series with one more.

        Args:
            on: Its day; not before the day of one added earlier.
            amount: Its amount; negative where it is taken off.
            keep: How far back windows look; days before all of them are forgotten.
            count: How often it counts: 0 where it is taken off.
        """
        return Series(
            self.source,
            EXACT.add(self.total, amount),
            self.count + count,
            self.first_on or (on if count else None),
            on if count else self.last_on,
            self._days(Day(on, amount, count), min(s.before(on) for s in keep)) if keep else (),
        )

    def _days(self, new: Day, start: date) -> tuple[Day, ...]:
        kept = tuple(day for day in self.days if day.on > start)
        if kept and kept[-1].on == new.on:
            last = kept[-1]
            merged = Day(new.on, EXACT.add(last.total, new.total), last.count + new.count)
            return (*kept[:-1], merged)
        return (*kept, new)

    def read(self, window: Window, on: date) -> Decimal | None:
        """
        Return what a window shows at the end of a day; None where nothing ever happened.

        Args:
            window: What is asked.
            on: The day, the last one of the window.
        """
        measure, span = window.measure, window.span
        if measure is Measuring.RECENCY:
            return None if self.last_on is None else Decimal((on - self.last_on).days)
        if measure is Measuring.TENURE:
            return None if self.first_on is None else Decimal((on - self.first_on).days)
        if span is None:
            return self.total if measure is Measuring.TOTAL else Decimal(self.count)
        start = span.before(on)
        within = [day for day in self.days if start < day.on <= on]
        if measure is Measuring.COUNT:
            return Decimal(sum(day.count for day in within))
        total = Decimal(0)
        for day in within:
            total = EXACT.add(total, day.total)
        return total


class Tally:
    """
    Metrics of one customer at the end of a day, from amounts in any order; keeps no amount.

    Args:
        windows: Window by the name of its metric; events and fields do not matter here.
        on: The day.
    """

    __slots__ = ("_counts", "_first", "_last", "_on", "_starts", "_totals", "_windows")

    def __init__(self, windows: Mapping[str, Window], on: date) -> None:
        self._windows, self._on = windows, on
        self._starts = {
            n: date.min if w.span is None else w.span.before(on) for n, w in windows.items()
        }
        self._totals = dict.fromkeys(windows, Decimal(0))
        self._counts = dict.fromkeys(windows, 0)
        self._first: date | None = None
        self._last: date | None = None

    def add(self, on: date, amount: Decimal, *, count: int = 1) -> None:
        """
        Take one amount in; one after the day of the tally is passed over.

        Args:
            on: Its day.
            amount: The amount; negative where it is taken off.
            count: How often it counts: 0 for a further line of the same order.
        """
        if on > self._on:
            return
        for name, start in self._starts.items():
            if on > start:
                self._totals[name] = EXACT.add(self._totals[name], amount)
                self._counts[name] += count
        if count:
            self._first = on if self._first is None else min(on, self._first)
            self._last = on if self._last is None else max(on, self._last)

    def metrics(self) -> dict[str, Decimal | None]:
        """Return the value of each window; None for days since what never was."""
        return {name: self._read(name, window.measure) for name, window in self._windows.items()}

    def _read(self, name: str, measure: Measuring) -> Decimal | None:
        if measure is Measuring.TOTAL:
            return self._totals[name]
        if measure is Measuring.COUNT:
            return Decimal(self._counts[name])
        since = self._last if measure is Measuring.RECENCY else self._first
        return None if since is None else Decimal((self._on - since).days)
