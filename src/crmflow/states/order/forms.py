"""What is known of an order, and what its events must bring."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import attrs

from crmflow.core.form import Count, Text
from crmflow.core.goods import DeliveryState, Goods, Line, OrderClass
from crmflow.core.money import Money


class OrderState(StrEnum):
    """Where an order is."""

    PLACED = "placed"
    STOCK_CHECKED = "stock_checked"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class CancelledBecause(StrEnum):
    """Why an order is not delivered."""

    BY_CUSTOMER = "by_customer"
    CONTRACT_TERMINATED = "contract_terminated"
    CANNOT_BE_SUPPLIED = "cannot_be_supplied"


@attrs.frozen
class OrderFacts:
    """
    What is known of an order.

    Attributes:
        customer: Id of the customer record.
        contract, quote: Ids of what it is delivered on.
        lines, products: What is bought (CON-003, CON-005).
        order_class: How it is delivered (DLV-006).
        amount: What it costs, where that is known.
        owner: Who looks after it.
        placed_at: Aware UTC instant of the order: the day of the purchase (AMB-22).
        promised_at: Aware UTC instant until which is shipped, as the quotation says (DLV-004).
        is_in_stock: Whether the goods were in stock.
        safety_stock: Pieces of the customer's safety stock that are left (DLV-005).
        shipped_at: Aware UTC instant of the shipment.
        is_express: Whether it was sent as an express item (DLV-008).
        shipping_missed_at, arrival_missed_at: Aware UTC instants of missed promises.
        delivery_state: How much was delivered (DLV-009).
        delivered_at: Aware UTC instant of the delivery.
        is_accurate: Whether what came was what was ordered (DLV-002).
        advice: The last technical advice (DLV-011).
        closed_at: Aware UTC instant at which it was closed.
        cause: Why it was cancelled.
        reason: The same in words.
    """

    customer: str = ""
    contract: str | None = None
    quote: str | None = None
    lines: tuple[Line, ...] = ()
    products: tuple[str, ...] = ()
    order_class: OrderClass = OrderClass.NORMAL
    amount: Money | None = None
    owner: str | None = None
    placed_at: datetime | None = None
    promised_at: datetime | None = None
    is_in_stock: bool | None = None
    safety_stock: int | None = None
    shipped_at: datetime | None = None
    is_express: bool = False
    shipping_missed_at: datetime | None = None
    arrival_missed_at: datetime | None = None
    delivery_state: DeliveryState | None = None
    delivered_at: datetime | None = None
    is_accurate: bool | None = None
    advice: str | None = None
    closed_at: datetime | None = None
    cause: CancelledBecause | None = None
    reason: str | None = None


@attrs.frozen(kw_only=True)
class Placing(Goods):
    """Customer, goods and class of an order (CON-003, CON-005, DLV-006)."""

    customer: Text
    order_class: OrderClass
    contract: Text | None = None
    quote: Text | None = None
    amount: Money | None = None
    promised_at: datetime | None = None
    owner: Text | None = None


@attrs.frozen
class StockCheck:
    """
    Whether the goods are there.

    Attributes:
        is_in_stock: Whether they can be shipped today.
        promised_at: Until when they are shipped else, where no quotation has said it.
        safety_stock: Pieces of the customer's safety stock that are left after this order,
            for customers that have one (DLV-005).
    """

    is_in_stock: bool
    promised_at: datetime | None = None
    safety_stock: Count | None = None


@attrs.frozen
class Shipment:
    """That the content was checked against the order, and how it is sent (DLV-002, DLV-008)."""

    content_checked: bool
    is_express: bool = False
    happened_at: datetime | None = None


@attrs.frozen
class Delivery:
    """How much arrived, and whether it was what was ordered (DLV-002, DLV-009)."""

    delivery_state: DeliveryState
    is_accurate: bool
    happened_at: datetime | None = None


@attrs.frozen
class Advice:
    """Technical advice, with the dangers of wrong use and who is liable (DLV-011, DLV-012)."""

    advice: Text
    dangers: Text
    liability: Text


@attrs.frozen
class Cancelling:
    """Why it is not delivered."""

    cause: CancelledBecause
    reason: Text
