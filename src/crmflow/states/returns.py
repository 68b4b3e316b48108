"""
Return (退换货): goods that come back, exchanged only where a company does so (catalogue 3.14).

Until when there is a right of return stands in the table of windows, whether goods are
exchanged in the table of conditions. No reason is asked for (RET-007).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum

import attrs

from crmflow.core.dealing import KNOW_CUSTOMER, Reason, tell_customer
from crmflow.core.form import Some, Text
from crmflow.core.goods import Product
from crmflow.core.machine import Asked, Changes, Guard, Kind, Machine, Open, Row, State
from crmflow.core.money import Money
from crmflow.core.ref import UNBORN
from crmflow.core.updates import both, copied, stamped

__all__ = ["RETURN", "Condition", "ReturnFacts", "ReturnKind", "ReturnState", "SpecialProvision"]

SERVICE, SALES_SERVICE = "customer_service", "sales_service"
_EARLIEST_ZONE = timedelta(hours=14)
"""How far the earliest zone is ahead of UTC: nowhere has a later day begun."""


class ReturnState(StrEnum):
    """Where a return is."""

    REQUESTED = "requested"
    APPROVED = "approved"
    RECEIVED_BACK = "received_back"
    SETTLED = "settled"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class ReturnKind(StrEnum):
    """What the customer wants for the goods (RET-010)."""

    RETURN = "return"
    EXCHANGE = "exchange"


class Condition(StrEnum):
    """The condition that a refused return does not meet, or what speaks against it."""

    IN_TIME = "in_time"
    NORMAL_USE = "normal_use"
    PACKAGING = "packaging"
    QUANTITY = "quantity"
    RESALE = "resale"
    SPECIAL_PROVISION = "special_provision"
    PAPERS = "papers"
    EXCHANGE = "exchange"


S = ReturnState


@attrs.frozen
class SpecialProvision:
    """
    What contract or product say of returns, in place of the general right (RET-006).

    Attributes:
        text: The provision.
        excluded: Whether there is no return at all.
        until_on: Local day through which a return may be requested.
    """

    text: Text
    excluded: bool = False
    until_on: date | None = None


@attrs.frozen
class ReturnFacts:
    """
    What is known of a return.

    Attributes:
        customer: Id of the customer record.
        order: Id of the order the goods came with.
        product: What comes back.
        quantity: How many.
        purchased_on: Local day of the order, which is the day of the purchase (AMB-22).
        kind: Whether it is a return or an exchange.
        wish: What the customer says of it, where anything (RET-007).
        special: The special provision, where there is one.
        requested_at: Aware UTC instant of the request.
        condition: The condition that was not met.
        papers: The invoice and the papers that came back with the goods (RET-008).
        freight: What the customer paid for the way back (RET-009).
        refund: What was paid back.
        exchanged_for: What was given for it.
        settled_at: Aware UTC instant at which it was settled.
        reason: Why it was refused or withdrawn, in words.
    """

    customer: str = ""
    order: str | None = None
    product: Product = ""
    quantity: int = 1
    purchased_on: date | None = None
    kind: ReturnKind = ReturnKind.RETURN
    wish: str | None = None
    special: SpecialProvision | None = None
    requested_at: datetime | None = None
    condition: Condition | None = None
    papers: str | None = None
    freight: Money | None = None
    refund: Money | None = None
    exchanged_for: str | None = None
    settled_at: datetime | None = None
    reason: str | None = None


@attrs.frozen
class ReturnRequest:
    """Which goods of which purchase come back; why, the customer need not say (RET-007)."""

    customer: Text
    product: Product
    purchased_on: date
    order: Text | None = None
    quantity: Some = 1
    kind: ReturnKind = ReturnKind.RETURN
    wish: Text | None = None
    special: SpecialProvision | None = None


@attrs.frozen
class Inspection:
    """Whether the conditions of a return are met (RET-002, RET-003, RET-004, RET-005)."""

    normal_use: bool
    packaging_complete: bool
    quantity_correct: bool
    resaleable: bool


@attrs.frozen
class ReturnRefusal:
    """The condition that is not met, and more where more is to be said."""

    condition: Condition
    reason: Text | None = None


@attrs.frozen
class GoodsBack:
    """The goods as they came back, with invoice and papers (RET-003, RET-004, RET-005, RET-008)."""

    packaging_complete: bool
    quantity_correct: bool
    resaleable: bool
    invoice_returned: bool
    papers: Text


@attrs.frozen
class ReturnSettlement:
    """What the customer got for the goods, and paid for their way (RET-009, RET-010)."""

    freight_by_customer: bool
    freight: Money | None = None
    refund: Money | None = None
    exchanged_for: Product | None = None


def _said(field: str, reason: str, rules: str) -> Guard:
    """Return a guard that asks for a field of the form that says yes."""
    return Guard(lambda attempt: getattr(attempt.form, field), reason, needs="form", rules=rules)


def _purchased(attempt: Asked) -> bool:
    day: date = attempt.form.purchased_on
    return day <= (attempt.at + _EARLIEST_ZONE).date()


def _not_excluded(attempt: Asked) -> bool:
    special = attempt.facts.special
    return special is None or not special.excluded


def _gets_what_it_is_for(attempt: Asked) -> bool:
    form = attempt.form
    is_exchange = attempt.facts.kind is ReturnKind.EXCHANGE
    return (form.exchanged_for if is_exchange else form.refund) is not None


PURCHASED = Guard(_purchased, "in_future", needs="form")
NORMALLY_USED = _said("normal_use", "not_used_normally", "RET-002")
PACKAGED = _said("packaging_complete", "packaging_incomplete", "RET-003")
ALL_THERE = _said("quantity_correct", "quantity_wrong", "RET-004")
RESALEABLE = _said("resaleable", "not_resaleable", "RET-005")
NOT_EXCLUDED = Guard(_not_excluded, "return_excluded", rules="RET-006")
WITH_INVOICE = _said("invoice_returned", "no_invoice", "RET-008")
FREIGHT_BORNE = _said("freight_by_customer", "freight_not_borne", "RET-009")
REPAID = Guard(_gets_what_it_is_for, "nothing_given", needs="form", rules="RET-010")

ASKED_FOR = ("customer", "product", "purchased_on", "requested_at")


def told(attempt: Asked) -> Changes:
    """Return what the customer's file keeps of a settled return (REC-010)."""
    facts = attempt.facts
    return {"kind": "return", "detail": f"{facts.kind} {facts.quantity} {facts.product}"}


RETURN = Machine(
    "return",
    ReturnFacts,
    zh="退换货",
    en="return",
    shares="customer order product kind",
    states=(
        State(S.REQUESTED, "已申请", "requested", Kind.INITIAL, requires=ASKED_FOR),
        State(S.APPROVED, "已同意", "approved", Kind.WAITING, requires=ASKED_FOR),
        State(S.RECEIVED_BACK, "已收回", "received back", requires=(*ASKED_FOR, "papers")),
        State(
            S.SETTLED, "已结算", "settled", Kind.FINAL,
            requires=(*ASKED_FOR, "papers", "settled_at"),
        ),
        State(S.REFUSED, "已拒绝", "refused", Kind.FINAL, requires=("customer", "condition")),
        State(S.WITHDRAWN, "已撤回", "withdrawn", Kind.FINAL, requires=("customer", "reason")),
    ),
    rows=(
        Row(
            UNBORN, "request", S.REQUESTED, form=ReturnRequest, guards=(PURCHASED,),
            sets=both(
                copied(
                    "customer", "order", "product", "quantity", "purchased_on", "kind", "wish",
                    "special",
                ),
                stamped("requested_at"),
            ),
            tasks=(Open("inspect", SERVICE),), send=(KNOW_CUSTOMER,),
            rules="RET-007 RET-010",
        ),
        Row(
            S.REQUESTED, "approve", S.APPROVED, form=Inspection,
            guards=(NOT_EXCLUDED, NORMALLY_USED, PACKAGED, ALL_THERE, RESALEABLE),
            tasks=(Open("tell_freight", SERVICE), Open("receive_goods", SALES_SERVICE)),
            done="inspect",
            rules="RET-001 RET-002 RET-003 RET-004 RET-005 RET-006 RET-009 RET-010",
        ),
        Row(
            (S.REQUESTED, S.APPROVED), "refuse", S.REFUSED, form=ReturnRefusal,
            sets=copied("condition", "reason"),
            rules="RET-001 RET-002 RET-003 RET-004 RET-005 RET-006 RET-008 RET-010",
        ),
        Row(
            S.APPROVED, "receive_goods", S.RECEIVED_BACK, form=GoodsBack,
            guards=(PACKAGED, ALL_THERE, RESALEABLE, WITH_INVOICE), sets=copied("papers"),
            tasks=(Open("settle", SALES_SERVICE),), done="tell_freight receive_goods",
            rules="RET-003 RET-004 RET-005 RET-008",
        ),
        Row(
            S.RECEIVED_BACK, "settle", S.SETTLED, form=ReturnSettlement,
            guards=(FREIGHT_BORNE, REPAID),
            sets=both(copied("freight", "refund", "exchanged_for"), stamped("settled_at")),
            send=(tell_customer("note_dealing", told),),
            rules="REC-010 RET-009 RET-010",
        ),
        Row(
            (S.REQUESTED, S.APPROVED), "withdraw", S.WITHDRAWN, form=Reason,
            sets=copied("reason"),
        ),
    ),
)  # fmt: skip
"""The machine `return`."""
