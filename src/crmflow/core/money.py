"""Money: an exact decimal amount with its currency."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import attrs


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
        amount: Decimal, integer or decimal text, never a float; finite.
        currency: ISO 4217 code; yuan unless said otherwise.

    Raises:
        TypeError: *amount* is a float or no number.
        ValueError: *amount* is not finite or *currency* is no code.
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
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        """Return the exact difference."""
        return Money(self.amount - self._same(other), self.currency)

    def __lt__(self, other: Money) -> bool:
        """Say whether this is less than *other* of the same currency."""
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        """Say whether this is at most *other* of the same currency."""
        return self.amount <= self._same(other)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"
