"""What a contract opens, and whom it tells."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from crmflow.core.dealing import tell_customer
from crmflow.core.machine import Asked, Changes, Send
from crmflow.states.contract.forms import OrderPlan

RECORD = (
    "method", "amount", "handler", "account", "delivery_state", "paid_at", "difference",
)  # fmt: skip


def _expectations(attempt: Asked) -> Sequence[Changes]:
    """Return what each payment of the terms is expected with (PAY-001)."""
    facts = attempt.facts
    shared = {
        "customer": facts.customer,
        "contract": attempt.snapshot.ref.id,
        "signed_at": facts.signed_at,
        "owner": facts.owner,
    }
    return [{**shared, **attrs.asdict(term, recurse=False)} for term in facts.payments]


def _orders(attempt: Asked) -> Sequence[Changes]:
    """Return what each delivery is ordered with (DLV-010)."""
    plans = attempt.form.orders or (OrderPlan(),)
    return [_order(attempt, plan) for plan in plans]


def _order(attempt: Asked, plan: OrderPlan) -> Changes:
    facts = attempt.facts
    return {
        "customer": facts.customer,
        "contract": attempt.snapshot.ref.id,
        "quote": facts.quote,
        "lines": plan.picked or facts.lines,
        "order_class": plan.order_class,
        "promised_at": plan.promised_at,
        "owner": facts.owner,
    }


def _record(attempt: Asked) -> Changes:
    """Return the payment record, with the orders it is for (PAY-002, PAY-003)."""
    form = attempt.form
    own = tuple(link.ref.id for link in attempt.linked("order"))
    record = {name: getattr(form, name) for name in RECORD}
    return {**record, "orders": form.orders or own or None}


def _update(attempt: Asked) -> Changes:
    """Return what the customer record changes by: the cooperation has ended (REC-029)."""
    facts = attempt.facts
    return {
        "customer": facts.customer,
        "kind": "cooperation_status",
        "change": f"contract {facts.number} terminated: {facts.reason}",
        "reported_by": "staff",
        "origin": str(attempt.snapshot.ref),
    }


def _ended(attempt: Asked) -> Changes:
    return {"cause": "contract_terminated", "reason": attempt.facts.reason}


def _told_deal(attempt: Asked) -> Changes:
    return {"reason": attempt.facts.reason, "contract": attempt.snapshot.ref.id}


def _deal(attempt: Asked) -> str | None:
    deal: str | None = attempt.facts.deal
    return deal


def _open(name: str, *states: str) -> Send:
    """Return what ends the orders or payments that are in one of these states."""

    def ids(attempt: Asked) -> Sequence[str]:
        return [link.ref.id for link in attempt.linked(name) if link.state in states]

    return Send(name, "cancel", _ended, ids)


EXPECT_PAYMENTS = Send("payment", "expect", _expectations, link="payment")
PLACE_ORDERS = Send("order", "place", _orders, link="order")
RECORD_PAYMENT = Send("payment", "record", _record, lambda attempt: str(attempt.form.payment))
RAISE_UPDATE = Send("record_update", "raise", _update, courtesy=True)
CANCEL_ORDERS = _open("order", "placed", "stock_checked")
CANCEL_PAYMENTS = _open("payment", "expected")
TELL_DEAL = Send("deal", "contract_terminated", _told_deal, _deal)
NOTE_PURCHASE = tell_customer("note_purchase", lambda attempt: {"amount": attempt.facts.amount})
