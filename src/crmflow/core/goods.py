"""
Goods: products and lines, and what quotes, contracts, orders, payments and returns agree about
them.

Machines do not know each other, so what they have in common stands here.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import attrs

from crmflow.core.form import Check, Names, Some, Text
from crmflow.core.machine import Asked, Changes, Guard
from crmflow.core.money import Money


@attrs.frozen
class NamesProduct:
    """The mark of a field that names a product, by which a catalogue finds it (CON-006)."""


Product = Annotated[Text, NamesProduct()]
"""Name of a product; one of the company's catalogue, where it keeps one."""

Products = Annotated[tuple[Product, ...], Check("empty", bool, "at least one product")]
"""At least one product."""


@attrs.frozen
class Line:
    """
    One line of a quote, contract or order (CON-005).

    Attributes:
        product: What is bought.
        quantity: How many.
        price: Of one, where it is agreed.
    """

    product: Product
    quantity: Some = 1
    price: Money | None = None


@attrs.frozen(kw_only=True)
class Goods:
    """
    What is bought: lines, or products of which one each is meant (CON-003, CON-005).

    Attributes:
        products: Names of products.
        lines: Lines; a product that stands in one is not meant once more.
    """

    products: tuple[Product, ...] = ()
    lines: tuple[Line, ...] = ()

    @property
    def picked(self) -> tuple[Line, ...]:
        """All lines, those of bare products last."""
        in_lines = {line.product for line in self.lines}
        bare = (name for name in dict.fromkeys(self.products) if name not in in_lines)
        return (*self.lines, *map(Line, bare))


@attrs.frozen
class Agreement:
    """The cooperation agreement 合作协议: every topic settled (DEA-004, DEA-005)."""

    content: Text
    price: Money
    delivery_time: Text
    after_sales: Text
    other: Text | None = None
    products: Products | None = None


class OrderClass(StrEnum):
    """How an order is delivered: normally, or as an urgent repair part (DLV-006)."""

    NORMAL = "normal"
    SPECIAL_REGULAR = "special_regular"
    SPECIAL_NON_REGULAR = "special_non_regular"


class DeliveryState(StrEnum):
    """How much has been delivered (DLV-009, PAY-002)."""

    NOT_DELIVERED = "not_delivered"
    PARTLY_DELIVERED = "partly_delivered"
    DELIVERED = "delivered"


@attrs.frozen
class PaymentRecord:
    """
    The payment record 回款记录 (PAY-002).

    Attributes:
        method: How it was paid.
        amount: What was paid.
        handler: Who handled it.
        account: The account it came in on.
        delivery_state: How much has been delivered.
        paid_at: Aware UTC instant; left out, the event's own.
        difference: Why the amount is another than expected.
        orders: Ids of the orders it pays for.
    """

    method: Text
    amount: Money
    handler: Text
    account: Text
    delivery_state: DeliveryState
    paid_at: datetime | None = None
    difference: Text | None = None
    orders: Names | None = None


HAS_PRODUCTS = Guard(
    lambda attempt: bool(attempt.form.picked), "no_products", needs="form", rules="CON-003"
)
"""At least one product is named; for forms that are `Goods`."""


def products_of(lines: tuple[Line, ...]) -> tuple[str, ...]:
    """Return the products of lines, each once."""
    return tuple(dict.fromkeys(line.product for line in lines))


def picked(attempt: Asked) -> Changes:
    """Return lines and products of a form that names any."""
    lines = attempt.form.picked
    return {"lines": lines, "products": products_of(lines)} if lines else {}
