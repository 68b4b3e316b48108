"""
Quote (询价报价): an inquiry and its quotation (catalogue 3.11).

Until when is quoted stands in the table of deadlines, for companies that promise it
(AMB-23), and who approves a quotation in the table of chains.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import attrs

from crmflow.core.dealing import HAPPENED, KNOW_CUSTOMER, tell_customer
from crmflow.core.form import Text
from crmflow.core.goods import Goods, Line, OrderClass, picked, products_of
from crmflow.core.machine import Asked, Changes, Guard, Kind, Machine, Open, Row, Send, State
from crmflow.core.money import Money
from crmflow.core.ref import UNBORN
from crmflow.core.updates import both, copied, stamped

__all__ = ["QUOTE", "InquiryChannel", "QuoteClass", "QuoteFacts", "QuoteState", "Urgency"]

SALES, SALES_SERVICE = "salesperson", "sales_service"


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


S = QuoteState


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


def channels(attempt: Asked) -> tuple[InquiryChannel, ...]:
    """Return how the customer has come with an inquiry, a later call included."""
    known = dict.fromkeys(attempt.facts.channels)
    if attempt.form.phoned:
        known[InquiryChannel.PHONE] = None
    return tuple(known)


def _is_urgent(attempt: Asked) -> bool:
    facts = attempt.facts
    return facts.marked_urgent and {*InquiryChannel} <= {*channels(attempt)}


ARRIVED = Guard(
    lambda attempt: bool(attempt.form.channels), "no_channel", needs="form", rules="QUO-002"
)
URGENT_BY_BOTH = Guard(
    lambda attempt: attempt.form.quote_class is not QuoteClass.URGENT or _is_urgent(attempt),
    "not_urgent", needs="form", rules="QUO-004",
)  # fmt: skip
PROMISE_AHEAD = Guard(
    lambda attempt: attempt.form.promised_at > attempt.at, "promise_in_past", needs="form",
    rules="QUO-006",
)  # fmt: skip
KNOWS_GOODS = Guard(
    lambda attempt: bool(attempt.form.picked or attempt.facts.lines), "no_products",
    needs="form", rules="CON-003",
)  # fmt: skip


def received(attempt: Asked) -> Changes:
    """Return the facts an inquiry begins with."""
    form = attempt.form
    given = copied("customer", "request", "marked_urgent", "salesperson", "sales_assistant")
    arrived = {"channels": tuple(dict.fromkeys(form.channels))}
    return {**given(attempt), **arrived, "received_at": form.happened_at or attempt.at}


def classified(attempt: Asked) -> Changes:
    """Return the class, and how the customer has come with it."""
    return {**copied("quote_class", "urgency")(attempt), "channels": channels(attempt)}


def told(attempt: Asked) -> Changes:
    """Return what the customer record is told of a quotation."""
    return {"kind": "quote", "detail": str(attempt.facts.price)}


def _opened(attempt: Asked) -> Changes:
    facts = attempt.facts
    return {
        "customer": facts.customer,
        "quote": attempt.snapshot.ref.id,
        "lines": facts.lines,
        "owner": facts.salesperson,
    }


def contract_request(attempt: Asked) -> Changes:
    """Return what a contract is opened with."""
    return {**_opened(attempt), "products": products_of(attempt.facts.lines)}


def order_request(attempt: Asked) -> Changes:
    """Return what an order is placed with."""
    facts = attempt.facts
    return {
        **_opened(attempt),
        "order_class": facts.order_class,
        "promised_at": facts.promised_at,
        "amount": facts.price,
    }


CONTRACT = Send(
    "contract", "create", contract_request, link="contract",
    when=lambda attempt: attempt.form.opens is Opens.CONTRACT,
)  # fmt: skip
ORDER = Send(
    "order", "place", order_request, link="order",
    when=lambda attempt: attempt.form.opens is Opens.ORDER,
)  # fmt: skip
ARRIVED_WITH = ("customer", "request", "channels", "salesperson", "sales_assistant", "received_at")
QUOTED = (*ARRIVED_WITH, "quote_class", "price", "promised_at", "quoted_at", "lines")

QUOTE = Machine(
    "quote",
    QuoteFacts,
    zh="询价报价",
    en="quote",
    shares="customer quote_class price promised_at",
    states=(
        State(S.RECEIVED, "已收到", "received", Kind.INITIAL, requires=ARRIVED_WITH),
        State(S.CLASSIFIED, "已分类", "classified", requires=(*ARRIVED_WITH, "quote_class")),
        State(S.QUOTED, "已报价", "quoted", Kind.WAITING, requires=QUOTED),
        State(S.ORDERED, "已下单", "ordered", Kind.FINAL, requires=(*QUOTED, "opens")),
        State(S.LAPSED, "已失效", "lapsed", Kind.FINAL, requires=("customer", "cause", "reason")),
    ),
    rows=(
        Row(
            UNBORN, "receive", S.RECEIVED, form=Inquiry, guards=(ARRIVED, HAPPENED),
            sets=both(received, picked),
            tasks=(Open("classify", SALES), Open("provide_data", "purchasing")),
            send=(KNOW_CUSTOMER,),
            rules="QUO-002 QUO-008",
        ),
        Row(
            S.RECEIVED, "classify", S.CLASSIFIED, form=Classification,
            guards=(URGENT_BY_BOTH,), sets=classified, tasks=(Open("quote", SALES),),
            done="classify",
            rules="QUO-001 QUO-003 QUO-004 QUO-005",
        ),
        Row(
            S.CLASSIFIED, "quote", S.QUOTED, form=Quotation,
            who="salesperson project_development", guards=(PROMISE_AHEAD, KNOWS_GOODS),
            sets=both(
                copied("price", "promised_at", "technical_data"), picked, stamped("quoted_at")
            ),
            tasks=(Open("get_answer", SALES),), done="quote provide_data",
            send=(tell_customer("note_dealing", told),),
            rules="QUO-006 QUO-007",
        ),
        Row(
            S.QUOTED, "order", S.ORDERED, form=Ordering, who=SALES_SERVICE,
            sets=both(copied("opens", "order_class"), picked), send=(CONTRACT, ORDER),
            rules="QUO-009",
        ),
        Row(
            (S.RECEIVED, S.CLASSIFIED, S.QUOTED), "lapse", S.LAPSED, form=Lapse,
            sets=copied("cause", "reason"),
        ),
    ),
)  # fmt: skip
"""The machine `quote`."""
