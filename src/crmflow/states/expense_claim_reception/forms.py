"""What is known of a claim of reception money, and what its events must bring."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import attrs

from crmflow.core.dealing import VisitorClass
from crmflow.core.form import Check, Names, Some, Text
from crmflow.core.money import Money


class ClaimState(StrEnum):
    """Where a claim is."""

    DRAFTED = "drafted"
    SERVICE_APPROVED = "service_approved"
    APPROVED = "approved"
    DRAWN = "drawn"
    SPENT = "spent"
    SUBMITTED = "submitted"
    SIGNED = "signed"
    SETTLED = "settled"
    REDUCED = "reduced"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class Misuse(StrEnum):
    """What speaks against an expense (EXP-018)."""

    OFF_PURPOSE = "off_purpose"  # EXP-004
    AGAINST_GOALS = "against_goals"  # EXP-005
    OVER_STANDARD = "over_standard"  # EXP-016
    UNAUTHORISED = "unauthorised"  # EXP-017


def _is_positive(value: object) -> bool:
    return isinstance(value, Money) and value.amount > 0


Sum = Annotated[Money, Check("amount", _is_positive, "an amount above zero")]
"""An amount of money that is something."""


@attrs.frozen
class Expense:
    """
    One expense.

    Attributes:
        item: What was paid for.
        amount: How much.
        purpose: What it was for in the reception (EXP-004).
        misuse: What speaks against it, where it is known already.
    """

    item: Text
    amount: Sum
    purpose: Text
    misuse: Misuse | None = None


Expenses = Annotated[
    tuple[Expense, ...],
    Check("empty", lambda value: isinstance(value, tuple) and bool(value), "at least one entry"),
]


@attrs.frozen
class Mark:
    """
    What speaks against the claim.

    Attributes:
        misuse: What.
        item: The expense it is about.
        marked_by: Id of who found it.
    """

    misuse: Misuse
    item: str
    marked_by: str


@attrs.frozen
class Application:
    """
    The reception application form 客户接待申请表 (EXP-001).

    Attributes:
        reception: Id of the visit.
        purpose: What the money is for.
        guests: How many are received.
        amount: How much is applied for.
        visitor_class: Their class, whose spending standard counts (EXP-016).
        visit_at: Aware UTC instant at which they are expected.
        customer: Id of the customer record.
        reason: Why it is a further application of this person in this month (AMB-29).
    """

    reception: Text
    purpose: Text
    guests: Some
    amount: Sum
    visitor_class: VisitorClass
    visit_at: datetime
    customer: Text | None = None
    reason: Text | None = None


@attrs.frozen
class Advance:
    """How much of the approved amount is drawn (EXP-003)."""

    amount: Sum


@attrs.frozen
class Spending:
    """Each expense with its purpose (EXP-004)."""

    expenses: Expenses


@attrs.frozen
class Instruction:
    """What the head of customer service says to the case and the way of receiving (EXP-007)."""

    instruction: Text


@attrs.frozen
class Marking:
    """What speaks against an expense, and against which."""

    misuse: Misuse
    item: Text


@attrs.frozen
class Handing:
    """
    What is handed in for settlement (EXP-013, EXP-014).

    Attributes:
        slip: The running-number slip 流水单.
        vouchers: Numbers of the vouchers.
        receipts: Numbers of the receipts.
        ended_at: Aware UTC instant at which the reception ended, where the visit itself did
            not tell.
        reason: Why it comes late, where it does.
    """

    slip: Text
    vouchers: Names
    receipts: Names
    ended_at: datetime | None = None
    reason: Text | None = None


@attrs.frozen
class Review:
    """
    The reviewer's checklist.

    Attributes:
        effective: Form and purpose were weighed, the money was used effectively (EXP-006).
        complete: Slip, vouchers and receipts are complete and agree (EXP-014).
    """

    effective: bool
    complete: bool


@attrs.frozen
class Payment:
    """How much is paid in all, the advance included."""

    amount: Sum


@attrs.frozen
class Reduction:
    """To how much the claim is reduced, and why (EXP-018)."""

    amount: Sum
    reason: Text


@attrs.frozen
class Cancellation:
    """Why the reception was called off, and the money that is given back."""

    reason: Text
    returned: Money | None = None


@attrs.frozen
class ReceptionCard:
    """The reception card 顾客接待卡 of an important customer (EXP-011)."""

    interests: Text
    hobbies: Text
    characteristics: Text


@attrs.frozen
class ReceptionEnd:
    """When the visit ended, and the class of the visitors as it was found there."""

    ended_at: datetime
    visitor_class: VisitorClass | None = None


@attrs.frozen
class CallingOff:
    """When and why the visit was called off."""

    ended_at: datetime
    reason: Text


@attrs.frozen
class ClaimFacts:
    """
    What is known of a claim.

    Attributes:
        reception, purpose, guests, amount, visitor_class, visit_at, customer: The application.
        applicant: Id of who applied.
        advance: What was drawn.
        drawn_at: Aware UTC instant of that.
        expenses: Each expense.
        spent: Their sum.
        marks: What speaks against them.
        instruction: What the head of customer service said.
        reception_ended_at: Aware UTC instant at which the visit ended or was called off;
            the 15 days count from it (EXP-014).
        slip, vouchers, receipts: What was handed in.
        submitted_at, signed_at: Aware UTC instants.
        card: The reception card.
        paid: What the company bears in the end.
        balance: What is paid out beyond the advance; below zero, what is taken back.
        returned: What of the advance was given back when the visit was called off.
        reason: Why it is a further one, comes late, is reduced, refused or cancelled.
    """

    reception: str
    purpose: str
    guests: int
    amount: Money
    visitor_class: VisitorClass
    visit_at: datetime
    applicant: str
    customer: str | None = None
    advance: Money | None = None
    drawn_at: datetime | None = None
    expenses: tuple[Expense, ...] = ()
    spent: Money | None = None
    marks: tuple[Mark, ...] = ()
    instruction: str | None = None
    reception_ended_at: datetime | None = None
    slip: str | None = None
    vouchers: tuple[str, ...] = ()
    receipts: tuple[str, ...] = ()
    submitted_at: datetime | None = None
    signed_at: datetime | None = None
    card: ReceptionCard | None = None
    paid: Money | None = None
    balance: Money | None = None
    returned: Money | None = None
    reason: str | None = None
