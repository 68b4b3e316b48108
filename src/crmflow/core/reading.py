"""Readers: from what a payload says to the value of one field, or what would be right."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any, TypeVar

import attrs

from crmflow.core.money import Money

E = TypeVar("E", bound=Enum)

_DIGITS = 1000
"""Before the point of a decimal, and behind it, at most; most uses take fewer."""


@attrs.define
class FieldError(ValueError):
    """A field's value that does not fit: the code and what would be right."""

    code: str
    expected: str

    def __str__(self) -> str:
        return f"{self.code}{hint_opening(self.code, ': ')}{self.expected}"


def hint_opening(code: str, mark: str = ", ") -> str:
    """Return what stands between a fault's code and what would be right: a hint is a sentence."""
    return ". " if code == "unknown" else f"{mark}expected "


def _text(value: object, kind: type) -> str | Enum:
    # A StrEnum is a str to cattrs' dispatch.
    if issubclass(kind, Enum):
        return _choice(value, kind)
    if not isinstance(value, str):
        raise FieldError("type", "text")
    try:
        value.encode()
    except UnicodeEncodeError:  # half a pair of surrogates, as JSON may spell it
        raise FieldError("type", "text of whole characters") from None
    return value


def _flag(value: object, _type: object) -> bool:
    if not isinstance(value, bool):
        raise FieldError("type", "true or false")
    return value


def _whole(value: object, kind: type) -> int | Enum:
    # As of text: an IntEnum is an int to cattrs' dispatch.
    if issubclass(kind, Enum):
        return _choice(value, kind)
    if isinstance(value, bool) or not isinstance(value, int):
        raise FieldError("type", "a whole number")
    return value


def _number(value: object, _type: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise FieldError("type", "a finite number; for amounts use a decimal")
    return float(value)


def _decimal(value: object, _type: object) -> Decimal:
    if isinstance(value, float | bool) or not isinstance(value, Decimal | int | str):
        raise FieldError("type", "a decimal as text, such as '12.50'")
    try:
        amount = Decimal(value)
    except InvalidOperation:
        amount = Decimal("nan")
    if not amount.is_finite():
        raise FieldError("type", "a decimal as text, such as '12.50'")
    if abs(amount.adjusted()) > _DIGITS:  # '1e999999999' is short, and fills a memory
        raise FieldError("size", f"a decimal of at most {_DIGITS} digits")
    return amount


def read_money(value: object, _type: object) -> Money:
    """Return an amount: given as such, as text such as '12.50 CNY', or as its two fields."""
    if isinstance(value, Money):
        return value
    try:
        if isinstance(value, Mapping) and set(value) <= {"amount", "currency"}:
            return Money(**value)
        if isinstance(value, str):
            amount, _, currency = value.partition(" ")
            return Money(amount, currency or "CNY")
        if isinstance(value, Decimal | int):
            return Money(value)
    except (TypeError, ValueError) as error:
        raise FieldError("type", "an amount such as '12.50 CNY'") from error
    raise FieldError("type", "an amount such as '12.50 CNY'")


def instant(value: object) -> datetime:
    """
    Return an aware UTC instant.

    Args:
        value: Aware datetime, or ISO 8601 text with an offset.

    Raises:
        FieldError: *value* is neither, or names no offset.
    """
    expected = "an instant with its offset, such as '2026-03-01T09:00:00+08:00'"
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        if isinstance(moment, datetime) and moment.utcoffset() is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):  # the first and last day of all lack a UTC instant
        raise FieldError("type", expected) from None
    raise FieldError("type", expected)


def _day(value: object, _type: object) -> date:
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        day = None
    if not isinstance(day, date) or isinstance(day, datetime):
        raise FieldError("type", "a date such as '2026-03-01'")
    return day


def span(value: object) -> timedelta:
    """
    Return a length of elapsed time.

    Args:
        value: timedelta, or text such as '90s', '30min', '48h' or '10d'.

    Raises:
        FieldError: *value* is neither, shorter than a second or longer than any calendar.
    """
    units = {"s": 1, "min": 60, "h": 3600, "d": 86400}
    found = value if isinstance(value, timedelta) else None
    if isinstance(value, str):
        number = value.rstrip("abcdefghijklmnopqrstuvwxyz")
        unit = value[len(number) :]
        if unit in units and number.isascii() and number.isdigit():
            found = timedelta(seconds=min(float(number) * units[unit], 1e12))
    if found is None or not timedelta(seconds=1) <= found < timedelta(days=1_000_000):
        raise FieldError("type", "a duration such as '30min', '48h' or '10d'")
    return found


def _choice(value: object, kind: type[E]) -> E:
    try:
        # 1 == 1.0 == True to Python, not to who fills in a form.
        found = None if isinstance(value, float | bool) else kind(value)
    except ValueError:
        found = None
    if found is None:
        known = [str(member.value) for member in kind]
        raise FieldError("choice", f"one of {', '.join(known)}")
    return found


READERS: Mapping[type, Callable[[Any, Any], object]] = {
    str: _text,
    Enum: _choice,
    bool: _flag,
    int: _whole,
    float: _number,
    Decimal: _decimal,
    datetime: lambda value, _type: instant(value),
    date: _day,
    timedelta: lambda value, _type: span(value),
}
"""The reader of each type a field may have, but for money, lists and mappings."""
