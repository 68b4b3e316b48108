"""Money: an exact decimal amount with its currency."""

from __future__ import annotations

from decimal import Context, Decimal, Inexact, InvalidOperation

import attrs

_WHOLE, _BROKEN = 30, 60
"""Digits before and after the decimal point: no amount of a business has more."""

# A context of its own: a host that rounds by its own does not change a decision.
_EXACT = Context(prec=_WHOLE + _BROKEN + 1, traps=[Inexact])


def _exact(value: Decimal | int | str) -> Decimal:
    if isinstance(value, float | bool) or not isinstance(value, Decimal | int | str):
        message = f"an amount is a Decimal, an integer or decimal text, not {value!r}"
        raise TypeError(message)
    try:
        amount = Decimal(value)
    except InvalidOperation:
        message = f"{value!r} is not a decimal amount such as '12.50'"
        raise ValueError(message) from None
    if not amount.is_finite():
        message = f"{value!r} is not a finite amount"
        raise ValueError(message)
    _, digits, exponent = amount.as_tuple()
    if len(digits) + int(exponent) > _WHOLE or int(exponent) < -_BROKEN:
        message = f"an amount has at most {_WHOLE} digits before the point and {_BROKEN} after it"
        raise ValueError(message)
    return amount


def _currency(_money: Money, _field: object, value: str) -> None:
    if not (len(value) == 3 and value.isascii() and value.isalpha() and value.isupper()):  # noqa: PLR2004 - ISO 4217 codes have three letters
        message = f"a currency is an ISO 4217 code such as 'CNY', not {value!r}"
        raise ValueError(message)


@attrs.frozen
class Money:
    """
    An amount of one currency; sums and comparisons only within a currency.

    Args:
        amount: Decimal, integer or decimal text, never a float; finite, with at most 30
            digits before the decimal point and 60 after it, so that sums are exact.
        currency: ISO 4217 code; yuan unless said otherwise.

    Raises:
        TypeError: *amount* is a float or no number.
        ValueError: *amount* is not finite or too long, or *currency* is no code.
    """

    amount: Decimal = attrs.field(converter=_exact)
    currency: str = attrs.field(default="CNY", validator=_currency)

    def _same(self, other: Money) -> Decimal:
        if other.currency != self.currency:
            message = f"{self} and {other} are of different currencies"
            raise ValueError(message)
        return other.amount

    def __add__(self, other: Money) -> Money:
        """Return the exact sum."""
        return Money(_EXACT.add(self.amount, self._same(other)), self.currency)

    def __sub__(self, other: Money) -> Money:
        """Return the exact difference."""
        return Money(_EXACT.subtract(self.amount, self._same(other)), self.currency)

    def __lt__(self, other: Money) -> bool:
        """Say whether this is less than *other* of the same currency."""
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        """Say whether this is at most *other* of the same currency."""
        return self.amount <= self._same(other)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"
