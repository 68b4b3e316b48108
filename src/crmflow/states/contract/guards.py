"""What a contract's rows ask and change."""

from __future__ import annotations

from datetime import datetime
from functools import reduce
from operator import add

from crmflow.core.claim import Claim
from crmflow.core.dealing import first_owner
from crmflow.core.goods import picked
from crmflow.core.link import Link
from crmflow.core.machine import Asked, Changes, Guard
from crmflow.core.money import Money
from crmflow.core.numbers import number_of
from crmflow.core.updates import both, copied
from crmflow.states.contract.forms import PaymentTerm

CHAIN = "contract.approval_chain"
NO_CHAIN = "none"
DELIVERED = frozenset({"delivered", "closed"})
PAID = frozenset({"recorded", "settled"})


def _is_chain_none(attempt: Asked) -> bool:
    return attempt.settings[CHAIN] == NO_CHAIN


def _parts(attempt: Asked, name: str) -> tuple[Link, ...]:
    """Return the orders or payments that were not cancelled."""
    return tuple(link for link in attempt.linked(name) if link.state != "cancelled")


def are_all(attempt: Asked, name: str, count: int, states: frozenset[str]) -> bool:
    """
    Say whether all linked entities of a name are in some states, one of them at least.

    Args:
        attempt: About the contract.
        name: `order` or `payment`.
        count: How many were opened: until each of them has told, nothing is known.
        states: States that count as done; cancelled ones are left out.
    """
    parts = _parts(attempt, name)
    told = len(attempt.linked(name)) >= count
    return told and bool(parts) and all(link.state in states for link in parts)


def _all_delivered(attempt: Asked) -> bool:
    return are_all(attempt, "order", attempt.facts.orders, DELIVERED)


def _adds_up(attempt: Asked) -> bool:
    amounts: list[Money] = [term.amount for term in attempt.form.payments]
    amount: Money = attempt.form.amount
    if not amounts:
        return True
    of_one = {one.currency for one in amounts} == {amount.currency}
    return of_one and reduce(add, amounts) == amount


def _is_own_payment(attempt: Asked) -> bool:
    own = {link.ref.id: link.state for link in attempt.linked("payment")}
    return own.get(attempt.form.payment) == "expected"


def _may_deliver(attempt: Asked) -> bool:
    facts = attempt.facts
    return not facts.payment_first or are_all(attempt, "payment", len(facts.payments), PAID)


BOTH_AGREE = Guard(
    lambda attempt: attempt.form.agreed_by_us and attempt.form.agreed_by_customer,
    "not_agreed", needs="form", rules="CON-008",
)  # fmt: skip
CHAIN_SET = Guard(lambda attempt: not _is_chain_none(attempt), "no_approval_chain", rules="CON-011")
CHAIN_NONE = Guard(_is_chain_none, "needs_approval_chain", rules="CON-011")
UNDECIDED = Guard(
    lambda attempt: attempt.facts.approved_at is None, "already_approved", rules="CON-011"
)
APPROVED = Guard(
    lambda attempt: attempt.facts.approved_at is not None, "not_approved", rules="CON-011"
)
LASTS = Guard(
    lambda attempt: attempt.form.starts_at < attempt.form.ends_at, "ends_before_start",
    needs="form", rules="CON-001",
)  # fmt: skip
ADDS_UP = Guard(_adds_up, "payments_do_not_add_up", needs="form", rules="PAY-001")
PAID_FIRST = Guard(_may_deliver, "payment_first", rules="PAY-001")
OWN_PAYMENT = Guard(_is_own_payment, "no_such_payment", needs="form", rules="PAY-003")
ALL_DELIVERED = Guard(_all_delivered, "orders_not_delivered", rules="DLV-009")
ALL_PAID = Guard(
    lambda attempt: are_all(
        attempt, "payment", len(attempt.facts.payments), frozenset({"settled"})
    ),
    "payments_open", rules="PAY-001",
)  # fmt: skip


def _number(attempt: Asked) -> str:
    own: str | None = attempt.form.number
    return own or number_of(attempt.snapshot.ref, "K")


def drafted(attempt: Asked) -> Changes:
    """Return the facts a contract begins with."""
    given = copied("customer", "deal", "quote", "agreement")
    own = {"owner": first_owner(attempt), "number": _number(attempt)}
    return {**both(given, picked)(attempt), **own}


def number_taken(attempt: Asked) -> tuple[Claim, ...]:
    """Return the claim on the contract's number."""
    return (Claim("contract_number", attempt.facts.number),)


def sent_back(attempt: Asked) -> Changes:
    """Return what no longer holds of a contract that is drawn up again."""
    return {"reason": attempt.form.reason, "approved_at": None}


def signed(attempt: Asked) -> Changes:
    """Return the facts of the signature; without terms of payment all is due at the end."""
    form = attempt.form
    known = copied("signatory", "starts_at", "ends_at", "amount", "main_terms", "attachment")
    remind_at: datetime = form.ends_at if form.notice is None else form.ends_at - form.notice
    payments = form.payments or (PaymentTerm(form.amount, form.ends_at),)
    return {
        **known(attempt), "payments": payments, "remind_at": remind_at, "signed_at": attempt.at
    }  # fmt: skip


def ordered(attempt: Asked) -> Changes:
    """Return the count of orders with those that are opened now."""
    return {"orders": attempt.facts.orders + len(attempt.form.orders or (None,))}
