"""A limit as history suggests it; the company decides (EXP-009, AMB-30)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal

from crmflow.core.money import Money
from crmflow.policies.budgets.ledger_facts import nothing, total

_CONTEXT = Context(prec=91)


def suggested_limit(spent: Sequence[Money], *, step: Decimal = Decimal("0.01")) -> Money:
    """
    Return the historical average of what was spent, as a limit to think about.

    Args:
        spent: What each of some past periods cost, of one currency; at least one.
        step: To what the average is rounded, half to even.

    Raises:
        ValueError: *spent* is empty, or of several currencies.

    Rules: EXP-009
    """
    if not spent:
        raise ValueError("an average needs at least one period")
    currency = spent[0].currency
    whole = total(spent, nothing(currency)).amount
    average = _CONTEXT.divide(whole, Decimal(len(spent)))
    steps = _CONTEXT.divide(average, step).to_integral_value(ROUND_HALF_EVEN)
    return Money(_CONTEXT.multiply(steps, step), currency)
