"""Reading: what the facts and dated amounts of an entity say of a scheme's metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum

import attrs

from crmflow.core.money import Money
from crmflow.core.tables import Tables
from crmflow.policies.tiers.bands import EXACT, sized
from crmflow.policies.tiers.metrics import Series, Span, Window
from crmflow.policies.tiers.scheme import Metric, Scheme, Value

_DAY = timedelta(days=1)
Known = Decimal | str | bool | None


def read_value(metric: Metric, value: object, currency: str, on: date, tables: Tables) -> Known:
    """
    Return a fact as the value of a metric; None where it says nothing of it.

    Args:
        metric: The metric.
        value: The fact.
        currency: Currency of the scheme; a sum in another says nothing.
        on: The company's day, up to which days are counted.
        tables: Tells the day of an instant.
    """
    if metric.value is Value.NUMBER:
        found = _number(value, currency, on, tables.day)
        return found if found is not None and sized(found) else None
    if metric.value is Value.FLAG:
        return value if isinstance(value, bool) else None
    said = value.value if isinstance(value, Enum) else value
    return said if isinstance(said, str) and said else None


def _number(
    value: object, currency: str, on: date, day: Callable[[datetime], date]
) -> Decimal | None:
    if isinstance(value, timedelta):
        return Decimal(value // _DAY)
    if isinstance(value, datetime):
        return Decimal((on - day(value)).days)
    if isinstance(value, date):
        return Decimal((on - value).days)
    return _amount(value, currency)


def _amount(value: object, currency: str) -> Decimal | None:
    if isinstance(value, Money):
        return value.amount if value.currency == currency else None
    plain = isinstance(value, Decimal | int) and not isinstance(value, bool)
    return Decimal(value) if plain else None  # type: ignore[arg-type]


@attrs.frozen
class Source:
    """
    Dated amounts that windows of a machine share.

    Attributes:
        name: What they are told from others by.
        window: One of the windows; all have the same events, minus and field.
        keep: How far back they look; none where all look back to the first.
        currency: Currency of the amounts.
    """

    name: str
    window: Window
    keep: tuple[Span, ...]
    currency: str

    def counts(self, event: str) -> bool:
        """Say whether an event brings an amount."""
        return event in self.window.events or event in self.window.minus

    def gathered(self, series: Series, event: str, form: object, on: date) -> Series:
        """Return the series with what an event brings; the same where it brings nothing."""
        less = event in self.window.minus
        amount: Decimal | None = Decimal(0)
        if self.window.amount is not None:
            amount = _amount(getattr(form, self.window.amount, None), self.currency)
        if amount is None or not sized(amount):
            return series
        signed = EXACT.minus(amount) if less else amount
        return series.added(on, signed, keep=self.keep, count=0 if less else 1)


def source_name(scheme: Scheme, window: Window) -> str:
    """Return the name of the dated amounts that a window of a scheme reads."""
    return f"{window.source} {scheme.currency}"


def sources_of(schemes: Iterable[Scheme]) -> tuple[Source, ...]:
    """Return the dated amounts that the windows of schemes need, and how far back each."""
    found: dict[str, Source] = {}
    for scheme in schemes:
        for window in (metric.window for metric in scheme.metrics if metric.window):
            name, span = source_name(scheme, window), window.span
            before = found.get(name) or Source(name, window, (), scheme.currency)
            # Which of two spans is the longer depends on the day: all of them are kept.
            kept = (*before.keep, *(() if span is None else (span,)))
            found[name] = attrs.evolve(before, keep=tuple(dict.fromkeys(kept)))
    return tuple(found.values())


def read_metrics(
    scheme: Scheme, facts: object, series: Mapping[str, Series], on: date, tables: Tables
) -> dict[str, Known]:
    """
    Return the metrics of an entity.

    Args:
        scheme: What is measured.
        facts: What is known.
        series: Dated amounts by name.
        on: The company's day.
        tables: Tells the day of an instant.
    """
    found: dict[str, Known] = {}
    for metric in scheme.metrics:
        if metric.window is None:
            fact = getattr(facts, metric.fact or metric.name, None)
            found[metric.name] = read_value(metric, fact, scheme.currency, on, tables)
        else:
            name = source_name(scheme, metric.window)
            found[metric.name] = series.get(name, Series(name)).read(metric.window, on)
    return found
