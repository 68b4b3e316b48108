"""What a quote's rows ask, change and tell."""

from __future__ import annotations

from crmflow.core.dealing import tell_customer
from crmflow.core.goods import products_of
from crmflow.core.machine import Asked, Changes, Guard, Send
from crmflow.core.updates import copied
from crmflow.states.quote.forms import InquiryChannel, Opens, QuoteClass


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
NOTE_QUOTE = tell_customer("note_dealing", told)
