"""From values to what JSON can say; `form.structure` reads it back."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum

import attrs

from crmflow.core.measure import Measure
from crmflow.core.money import Money


def _is_finite(value: object) -> bool:
    # JSON has no other numbers: what is not finite would come back as nothing.
    return isinstance(value, float) and math.isfinite(value)


def plain(value: object) -> object:  # noqa: PLR0911 - a line for each kind of value
    """
    Return *value* as text, numbers, booleans, lists and mappings.

    Of attrs classes the fields that their constructors take: a form gives the others itself.

    Args:
        value: A form, facts, or anything that may be in them.

    Raises:
        TypeError: *value* is of a kind no form can have.
    """
    if value is None or isinstance(value, bool | int) or _is_finite(value):
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, str | Decimal | Money | Measure):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        minutes, rest = divmod(value, timedelta(minutes=1))
        return f"{value // timedelta(seconds=1)}s" if rest else f"{minutes}min"
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, frozenset):
        return sorted(map(str, value))
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    kind: type = type(value)
    if attrs.has(kind):
        fields = attrs.fields(kind)
        return {
            field.name: plain(found)
            for field in fields
            if field.init and (found := getattr(value, field.name)) is not None
        }
    message = f"{value!r} cannot be put in a message: give text, numbers, lists or mappings"
    raise TypeError(message)


def leaves(value: object) -> Iterator[object]:
    """Yield every text, number, flag in a plain value, however deep; nothing of what is None."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from leaves(one)
    elif value is not None:
        yield value
