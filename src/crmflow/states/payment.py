"""
Payment (回款): one payment on a contract, from expected to settled (catalogue 3.13).

Until when it is expected stands in the contract's terms; the table of deadlines fires
`fall_due` when that has passed.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import attrs

from crmflow.core.dealing import KNOW_CUSTOMER, tell_customer
from crmflow.core.form import Names, Text
from crmflow.core.goods import DeliveryState, PaymentRecord
from crmflow.core.machine import KEEP, Asked, Changes, Guard, Kind, Machine, Open, Row, State
from crmflow.core.money import Money
from crmflow.core.ref import UNBORN
from crmflow.core.updates import copied

__all__ = ["PAYMENT", "PaymentFacts", "PaymentState"]

SALES_SERVICE = "sales_service"


class PaymentState(StrEnum):
    """Where a payment is."""

    EXPECTED = "expected"
    RECORDED = "recorded"
    SETTLED = "settled"
    CANCELLED = "cancelled"


class CancelledBecause(StrEnum):
    """Why a payment is not expected any more."""

    CONTRACT_TERMINATED = "contract_terminated"
    ORDER_CANCELLED = "order_cancelled"


S = PaymentState


@attrs.frozen
class PaymentFacts:
    """
    What is known of a payment.

    Attributes:
        customer: Id of the customer record.
        contract: Id of the contract it is on.
        amount: What is expected.
        signed_at: Aware UTC instant at which the contract was signed.
        due_at: Aware UTC instant until which it is expected by the terms.
        owner: Who looks after the customer.
        overdue_at: Aware UTC instant at which it was found overdue.
        method: How it was paid (PAY-002).
        paid: What was paid.
        paid_at: Aware UTC instant of the payment.
        handler: Who handled it 经手人.
        account: The account it came in on.
        delivery_state: How much was delivered then (DLV-009).
        difference: Why what was paid is not what was expected.
        orders: Ids of the orders it pays for (PAY-003).
        invoice: Number of the invoice (PAY-004).
        cause: Why it was cancelled.
        reason: The same in words.
    """

    customer: str = ""
    contract: str = ""
    amount: Money | None = None
    signed_at: datetime | None = None
    due_at: datetime | None = None
    owner: str | None = None
    overdue_at: datetime | None = None
    method: str | None = None
    paid: Money | None = None
    paid_at: datetime | None = None
    handler: str | None = None
    account: str | None = None
    delivery_state: DeliveryState | None = None
    difference: str | None = None
    orders: tuple[str, ...] = ()
    invoice: str | None = None
    cause: CancelledBecause | None = None
    reason: str | None = None


@attrs.frozen
class Expectation:
    """What is expected on which contract, and when that was signed (PAY-001)."""

    customer: Text
    contract: Text
    amount: Money
    signed_at: datetime
    due_at: datetime | None = None
    owner: Text | None = None


@attrs.frozen
class Invoice:
    """Number of the invoice (PAY-004)."""

    invoice: Text


@attrs.frozen
class Settlement:
    """Ids of the orders that were paid, where the payment does not know them (PAY-003)."""

    orders: Names | None = None


@attrs.frozen
class PaymentEnd:
    """Why it is not expected any more."""

    cause: CancelledBecause
    reason: Text


def _expected_amount(attempt: Asked) -> bool:
    form = attempt.form
    return form.amount == attempt.facts.amount or form.difference is not None


def _paid_already(attempt: Asked) -> bool:
    at: datetime | None = attempt.form.paid_at
    return at is None or at <= attempt.at


CONTRACT_SIGNED = Guard(
    lambda attempt: attempt.form.signed_at <= attempt.at, "contract_not_signed", needs="form",
    rules="PAY-001",
)  # fmt: skip
AS_EXPECTED = Guard(_expected_amount, "other_amount", needs="form")
PAID = Guard(_paid_already, "in_future", needs="form")
LINKED = Guard(
    lambda attempt: bool(attempt.facts.contract and (attempt.form.orders or attempt.facts.orders)),
    "not_linked", needs="form", rules="PAY-003",
)  # fmt: skip


def recorded(attempt: Asked) -> Changes:
    """Return the facts of the payment record."""
    form = attempt.form
    known = copied("method", "handler", "account", "delivery_state", "difference", "orders")
    return {**known(attempt), "paid": form.amount, "paid_at": form.paid_at or attempt.at}


def told(attempt: Asked) -> Changes:
    """Return what the customer record is told of a settled payment."""
    return {"kind": "payment", "detail": str(attempt.facts.paid)}


BEFORE_PAID = ("customer", "contract", "amount", "signed_at")
RECORD = (*BEFORE_PAID, "method", "paid", "paid_at", "handler", "account", "delivery_state")

PAYMENT = Machine(
    "payment",
    PaymentFacts,
    zh="回款",
    en="payment",
    shares="customer contract amount paid due_at",
    states=(
        State(S.EXPECTED, "待回款", "expected", Kind.INITIAL, requires=BEFORE_PAID),
        State(S.RECORDED, "已登记", "recorded", requires=RECORD),
        State(S.SETTLED, "已结款", "settled", Kind.FINAL, requires=(*RECORD, "orders")),
        State(
            S.CANCELLED, "已取消", "cancelled", Kind.FINAL,
            requires=("customer", "contract", "cause", "reason"),
        ),
    ),
    rows=(
        Row(
            UNBORN, "expect", S.EXPECTED, form=Expectation, guards=(CONTRACT_SIGNED,),
            sets=copied("customer", "contract", "amount", "signed_at", "due_at", "owner"),
            tasks=(Open("collect", SALES_SERVICE),), send=(KNOW_CUSTOMER,),
            rules="PAY-001",
        ),
        Row(
            S.EXPECTED, "fall_due", KEEP, who="system",
            sets=lambda attempt: {"overdue_at": attempt.at},
            tasks=(Open("collect_overdue", SALES_SERVICE), Open("remind_customer", "salesperson")),
            rules="PAY-001",
        ),
        Row(
            S.EXPECTED, "record", S.RECORDED, form=PaymentRecord, guards=(AS_EXPECTED, PAID),
            sets=recorded, tasks=(Open("settle", SALES_SERVICE),),
            done="collect collect_overdue remind_customer",
            rules="PAY-002",
        ),
        Row(
            (S.EXPECTED, S.RECORDED), "invoice", KEEP, form=Invoice, who=SALES_SERVICE,
            sets=copied("invoice"),
            rules="PAY-004",
        ),
        Row(
            S.RECORDED, "settle", S.SETTLED, form=Settlement, who=SALES_SERVICE,
            guards=(LINKED,), sets=copied("orders"), send=(tell_customer("note_dealing", told),),
            rules="PAY-003 PAY-004",
        ),
        Row(S.EXPECTED, "cancel", S.CANCELLED, form=PaymentEnd, sets=copied("cause", "reason")),
    ),
)  # fmt: skip
"""The machine `payment`."""
