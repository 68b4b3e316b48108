"""What is known of a quote, and what its events must bring."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import attrs

from crmflow.core.form import Text
from crmflow.core.goods import Goods, Line, OrderClass
from crmflow.core.money import Money


class QuoteState(StrEnum):
    """Where a quote is."""

    RECEIVED = "received"
    CLASSIFIED = "classified"
    QUOTED = "quoted"
    ORDERED = "ordered"
    LAPSED = "lapsed"


class QuoteClass(StrEnum):
    """Classes of inquiries (QUO-001)."""

    NORMAL = "normal"
    URGENT = "urgent"


class Urgency(StrEnum):
    """How urgent an urgent inquiry is: it chooses the point of a range (AMB-20)."""

    HIGHEST = "highest"
    HIGH = "high"
    RAISED = "raised"


class InquiryChannel(StrEnum):
    """How an inquiry arrives (QUO-002)."""

    MAIL = "mail"
    PHONE = "phone"


class LapsedBecause(StrEnum):
    """Why nothing is ordered."""

    WITHDRAWN = "withdrawn"
    NO_ANSWER = "no_answer"
    CANNOT_BE_SUPPLIED = "cannot_be_supplied"


class Opens(StrEnum):
    """What an accepted quotation becomes (QUO-009)."""

    CONTRACT = "contract"
    ORDER = "order"


@attrs.frozen
class QuoteFacts:
    """
    What is known of a quote.

    Attributes:
        customer: Id of the customer record.
        request: What is asked for.
        channels: How the inquiry arrived.
        marked_urgent: Whether its mail is marked urgent.
        salesperson: The matching salesperson 对口销售.
        sales_assistant: Who has a copy.
        received_at: Aware UTC instant at which it arrived.
        lines, products: What is asked for, as far as it is known.
        quote_class: Normal or urgent.
        urgency: How urgent, where the company tells levels apart.
        price: What is quoted.
        promised_at: Aware UTC instant until which is shipped (QUO-006).
        technical_data: Product data that purchasing provided (QUO-008).
        quoted_at: Aware UTC instant of the quotation.
        opens: Whether a contract or an order came of it.
        order_class: How it is delivered, where an order came of it.
        cause: Why it lapsed.
        reason: The same in words.
    """

    customer: str = ""
    request: str = ""
    channels: tuple[InquiryChannel, ...] = ()
    marked_urgent: bool = False
    salesperson: str = ""
    sales_assistant: str = ""
    received_at: datetime | None = None
    lines: tuple[Line, ...] = ()
    products: tuple[str, ...] = ()
    quote_class: QuoteClass | None = None
    urgency: Urgency | None = None
    price: Money | None = None
    promised_at: datetime | None = None
    technical_data: str | None = None
    quoted_at: datetime | None = None
    opens: Opens | None = None
    order_class: OrderClass | None = None
    cause: LapsedBecause | None = None
    reason: str | None = None


@attrs.frozen(kw_only=True)
class Inquiry(Goods):
    """
    An inquiry, for its salesperson, with a copy to the assistant (QUO-002).

    Attributes:
        happened_at: Aware UTC instant at which it arrived; left out, the event's own.
    """

    customer: Text
    request: Text
    channels: tuple[InquiryChannel, ...]
    marked_urgent: bool = False
    salesperson: Text
    sales_assistant: Text
    happened_at: datetime | None = None


@attrs.frozen
class Classification:
    """
    The class of an inquiry.

    Attributes:
        quote_class: Normal or urgent.
        urgency: How urgent, where the company tells levels apart.
        phoned: Whether the customer has called the salesperson since (QUO-004).
    """

    quote_class: QuoteClass
    urgency: Urgency | None = None
    phoned: bool = False


@attrs.frozen(kw_only=True)
class Quotation(Goods):
    """The quotation 报价单, with the time at which is shipped (QUO-006)."""

    price: Money
    promised_at: datetime
    technical_data: Text | None = None


@attrs.frozen(kw_only=True)
class Ordering(Goods):
    """What the customer orders of what was quoted; left out, all of it."""

    opens: Opens
    order_class: OrderClass = OrderClass.NORMAL


@attrs.frozen
class Lapse:
    """Why nothing is ordered."""

    cause: LapsedBecause
    reason: Text
