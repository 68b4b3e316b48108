"""Amounts of money that expressions give: the number, and what tells its currency."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import attrs

from crmflow.core.money import Money
from crmflow.expressions import Expression, Scope

Ask = Callable[[Expression[Any]], Any]
"""Asks an expression for its value of the entity or event at hand."""


@attrs.frozen
class Amount:
    """
    An amount of money.

    Attributes:
        value: How much.
        currencies: Currency of each amount it reads.
    """

    value: Expression[Decimal | None]
    currencies: tuple[Expression[str | None], ...]

    def of(self, ask: Ask, currency: str) -> Money | None:
        """
        Return the amount; None where something it is made of is missing.

        Args:
            ask: Asks its expressions.
            currency: Its currency, unless it reads amounts of another.
        """
        value: Decimal | None = ask(self.value)
        if value is None:
            return None
        told = [found for one in self.currencies if (found := ask(one)) is not None]
        others = [found for found in told if found != currency]
        return Money(value, others[0] if others else currency)


def amount_in(scope: Scope, text: str) -> Amount:
    """
    Return the amount an expression gives.

    Raises:
        FieldError: What is wrong with it.
    """
    value = scope.compile(text, Decimal)
    names = sorted(f"{name}_currency" for name in value.names)
    return Amount(value, tuple(scope.compile(one, str) for one in names if one in scope.names))
