"""Amounts of money that expressions give."""

from __future__ import annotations

from decimal import Decimal

import attrs
import pytest

from crmflow.core.money import Money
from crmflow.core.reading import FieldError
from crmflow.expressions import Scope
from crmflow.expressions.amounts import amount_in


@attrs.frozen
class Trip:
    """What is known of a trip."""

    nights: int = 2
    fare: Money | None = None
    extra: Money | None = None


def amount(text: str, trip: Trip) -> Money | None:
    """Return what a trip costs by an expression, in CNY where nothing tells another."""
    return amount_in(Scope.of(Trip), text).of(lambda one: one(trip), "CNY")


def test_an_amount_has_the_currency_of_what_it_reads() -> None:
    """Plain numbers have that of the row; the first of another currency tells it."""
    assert amount("nights * 300", Trip()) == Money(600, "CNY")
    assert amount("fare", Trip(fare=Money("12.50", "EUR"))) == Money("12.50", "EUR")
    assert amount("fare * nights", Trip(fare=Money(5, "CNY"))) == Money(10, "CNY")
    mixed = Trip(fare=Money(5, "CNY"), extra=Money(1, "EUR"))
    assert amount("fare + extra", mixed) == Money(6, "EUR")


def test_what_is_missing_makes_no_amount() -> None:
    """Neither zero nor a part of the sum."""
    assert amount("fare + extra", Trip(fare=Money(5, "EUR"))) is None


def test_an_amount_is_a_number() -> None:
    """Anything else is refused when the row is loaded."""
    scope = Scope.of_names({"nights": Decimal})
    with pytest.raises(FieldError, match="a number"):
        amount_in(scope, "nights > 1")
