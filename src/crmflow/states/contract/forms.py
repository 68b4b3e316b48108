"""What is known of a contract, and what its events must bring."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

import attrs

from crmflow.core.form import Text
from crmflow.core.goods import Agreement, Goods, Line, OrderClass, PaymentRecord
from crmflow.core.money import Money


class ContractState(StrEnum):
    """Where a contract is."""

    DRAFT = "draft"
    TERMS_AGREED = "terms_agreed"
    AWAITING_APPROVAL = "awaiting_approval"
    SIGNED = "signed"
    EXECUTING = "executing"
    SETTLING = "settling"
    COMPLETED = "completed"
    TERMINATED = "terminated"
    CANCELLED = "cancelled"


@attrs.frozen
class PaymentTerm:
    """One payment of the terms: how much, and until which aware instant."""

    amount: Money
    due_at: datetime | None = None


@attrs.frozen
class ContractFacts:
    """
    What is known of a contract.

    Attributes:
        customer: Id of the customer record.
        deal, quote: Ids of what it comes from.
        number: Its number (CON-001).
        owner: Who looks after it.
        lines, products: What is bought (CON-003, CON-005).
        agreement: The cooperation agreement it is drawn up from.
        project_plan, budget, schedule: What the signing stage fixes (CON-009).
        payment_first: Whether it is paid before it is delivered (AMB-36).
        approved_at: Aware UTC instant at which the chain approved it (CON-011).
        signatory: Who signed for the customer.
        starts_at, ends_at: Aware UTC instants between which it holds.
        amount: What it is worth.
        main_terms: Its main terms.
        payments: When how much is paid.
        attachment: Where the electronic contract is (CON-002).
        remind_at: Aware UTC instant of its end, or of the agreed notice before it.
        signed_at: Aware UTC instant at which it was signed.
        service_standard: The standard its execution follows (CON-010).
        orders: Number of orders opened.
        end_reached_at: Aware UTC instant at which its end was told.
        reason: Why it was sent back, terminated or cancelled.
    """

    customer: str = ""
    deal: str | None = None
    quote: str | None = None
    number: str = ""
    owner: str | None = None
    lines: tuple[Line, ...] = ()
    products: tuple[str, ...] = ()
    agreement: Agreement | None = None
    project_plan: str | None = None
    budget: Money | None = None
    schedule: str | None = None
    payment_first: bool = False
    approved_at: datetime | None = None
    signatory: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    amount: Money | None = None
    main_terms: str | None = None
    payments: tuple[PaymentTerm, ...] = ()
    attachment: str | None = None
    remind_at: datetime | None = None
    signed_at: datetime | None = None
    service_standard: str | None = None
    orders: int = 0
    end_reached_at: datetime | None = None
    reason: str | None = None


@attrs.frozen(kw_only=True)
class Draft(Goods):
    """Customer and goods of a contract; left without a number, it gets one (CON-001, CON-003)."""

    customer: Text
    deal: Text | None = None
    quote: Text | None = None
    number: Text | None = None
    owner: Text | None = None
    agreement: Agreement | None = None


@attrs.frozen(kw_only=True)
class Terms(Goods):
    """
    What both sides agree on before it is signed (CON-008, CON-009).

    Attributes:
        agreed_by_us, agreed_by_customer: Whether each side agrees.
        project_plan, schedule: What is done, and when.
        budget: What it may cost.
        payment_first: Whether it is paid before it is delivered (AMB-36).
    """

    agreed_by_us: bool
    agreed_by_customer: bool
    project_plan: Text
    budget: Money
    schedule: Text
    payment_first: bool = False


@attrs.frozen
class Approval:
    """What an approver says (CON-011)."""

    comment: Text | None = None


@attrs.frozen
class Signature:
    """
    The signed contract (CON-001, CON-002).

    Attributes:
        signatory: Who signed for the customer.
        starts_at, ends_at: Aware instants between which it holds.
        amount: What it is worth.
        main_terms: Its main terms.
        payments: When how much is paid; left out, all of it at its end.
        notice: How long before its end notice is given.
        attachment: Where the electronic contract is.
    """

    signatory: Text
    starts_at: datetime
    ends_at: datetime
    amount: Money
    main_terms: Text
    payments: tuple[PaymentTerm, ...] = ()
    notice: timedelta | None = None
    attachment: Text | None = None


@attrs.frozen(kw_only=True)
class OrderPlan(Goods):
    """One delivery; without goods of its own, all that was bought."""

    order_class: OrderClass = OrderClass.NORMAL
    promised_at: datetime | None = None


@attrs.frozen
class Start:
    """The service standard, and in which deliveries it is executed; left out, in one (CON-010)."""

    service_standard: Text
    orders: tuple[OrderPlan, ...] = ()


@attrs.frozen
class FurtherOrders:
    """Further deliveries, such as in place of one that was cancelled (CON-005)."""

    orders: tuple[OrderPlan, ...]


@attrs.frozen
class Received(PaymentRecord):
    """
    A payment on the contract, with its record; orders left out, it pays for all (PAY-003).

    Attributes:
        payment: Id of the payment, one of the contract's.
    """

    payment: Text = attrs.field(kw_only=True)
