"""Money: exact sums within a currency, no floats."""

from __future__ import annotations

import decimal
from decimal import Decimal
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.core.money import Money

amounts = st.decimals("-1e25", "1e25", allow_nan=False, allow_infinity=False, places=4) | (
    st.decimals("-1", "1", allow_nan=False, allow_infinity=False, places=40)
)
sums = amounts.map(Money)


@given(sums, sums, sums)
def test_sums_are_associative_and_commute(one: Money, two: Money, three: Money) -> None:
    """In which order amounts are added does not show."""
    assert (one + two) + three == one + (two + three)
    assert one + two == two + one


@given(sums, sums)
def test_a_difference_undoes_a_sum(one: Money, two: Money) -> None:
    """Nothing is lost by adding and taking away."""
    assert (one + two) - two == one


def test_sums_keep_their_currency() -> None:
    """Dollars and dollars are dollars, whatever is meant where nothing is said."""
    one, two = Money("2.50", "USD"), Money(1, "USD")
    assert one + two == Money("3.50", "USD")
    assert one - two == Money("1.50", "USD")


@pytest.mark.parametrize("text", ["9" * 30, "1E+29", "1E-60", "-" + "9" * 30 + "." + "9" * 60])
def test_the_longest_amounts_are_amounts(text: str) -> None:
    """Thirty digits before the point and sixty after it are not too many."""
    assert Money(text).amount == Decimal(text)


@given(sums, sums)
def test_a_host_that_rounds_does_not_change_a_sum(one: Money, two: Money) -> None:
    """The host's decimal context has no say."""
    with decimal.localcontext(prec=2):
        rounded = one + two, one - two
    assert rounded == (one + two, one - two)


@given(sums, sums)
def test_order_is_that_of_the_amounts(one: Money, two: Money) -> None:
    """Comparisons compare amounts, whichever side is asked."""
    assert (one < two) == (one.amount < two.amount)
    assert (one <= two) == (one.amount <= two.amount)
    assert (one > two) == (two < one)
    assert (one >= two) == (two <= one)


@given(sums)
def test_text_reads_back(money: Money) -> None:
    """An amount survives its text."""
    amount, currency = str(money).split()
    assert Money(amount, currency) == money


@pytest.mark.parametrize("value", [1.5, True, None, [], float("nan")])
def test_no_floats(value: object) -> None:
    """An amount that is not exact is no amount."""
    with pytest.raises(TypeError, match="a Decimal, an integer or decimal text"):
        Money(cast("Decimal", value))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("twelve", "'twelve' is not a decimal amount such as '12.50'"),
        ("NaN", "'NaN' is not a finite amount"),
        (Decimal("Infinity"), "is not a finite amount"),
        ("1E+30", "at most 30 digits before the point and 60 after it"),
        ("1E-61", "at most 30 digits before the point and 60 after it"),
        (10**40, "at most 30 digits before the point and 60 after it"),
    ],
)
def test_bad_amounts(value: Decimal | int | str, text: str) -> None:
    """The error says what is wrong with an amount."""
    with pytest.raises(ValueError, match=text.replace("(", r"\(")):
        Money(value)


@pytest.mark.parametrize("currency", ["", "cny", "CN", "CNYX", "ÅBC", "12A"])
def test_bad_currencies(currency: str) -> None:
    """A currency is three capital letters."""
    with pytest.raises(ValueError, match="a currency is an ISO 4217 code such as 'CNY'"):
        Money("1", currency)


def test_currencies_do_not_mix() -> None:
    """Neither sums nor comparisons cross currencies."""
    yuan, dollars = Money(1), Money(1, "USD")
    assert yuan != dollars
    for mix in (
        lambda: yuan + dollars,
        lambda: yuan - dollars,
        lambda: yuan < dollars,
        lambda: yuan <= dollars,
    ):
        with pytest.raises(ValueError, match="1 CNY and 1 USD are of different currencies"):
            mix()
