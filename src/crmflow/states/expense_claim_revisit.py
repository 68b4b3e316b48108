"""
Expense claim of a revisit (回访费用): what a revisit cost (catalogue 3.18).

The limit stands in the table of budgets: what is over it when the claim is signed is marked
for the specialist, and is not paid.
"""

from __future__ import annotations

from enum import StrEnum

import attrs

from crmflow.core.dealing import KNOW_CUSTOMER, Reason
from crmflow.core.form import Names, Text
from crmflow.core.machine import Asked, Changes, Guard, Kind, Machine, Open, Row, State
from crmflow.core.money import Money
from crmflow.core.ref import UNBORN
from crmflow.core.updates import copied

__all__ = ["EXPENSE_CLAIM_REVISIT", "Costs", "Payment", "RevisitClaimFacts", "RevisitClaimState"]


class RevisitClaimState(StrEnum):
    """Where a claim is."""

    DRAFTED = "drafted"
    SIGNED = "signed"
    PAID = "paid"
    REFUSED = "refused"


S = RevisitClaimState


@attrs.frozen
class RevisitClaimFacts:
    """
    What is known of a claim.

    Attributes:
        revisit: Id of the revisit.
        specialist: Id of who made it, who bears what is over the limit (REV-028).
        amount: What it cost.
        vouchers: Numbers of the vouchers (REV-025).
        customer: Id of the customer record.
        paid: What the company pays.
        excess: What is over the limit and borne by the specialist.
        reason: Why it was refused.
    """

    revisit: str
    specialist: str
    amount: Money
    vouchers: tuple[str, ...]
    customer: str | None = None
    paid: Money | None = None
    excess: Money | None = None
    reason: str | None = None


@attrs.frozen
class Costs:
    """
    What a revisit cost, with its vouchers.

    Attributes:
        revisit: Id of the revisit.
        amount: The sum.
        vouchers: Numbers of the vouchers (REV-025).
        specialist: Who made the revisit; left out, who asks.
        customer: Id of the customer record.
    """

    revisit: Text
    amount: Money
    vouchers: Names
    specialist: Text | None = None
    customer: Text | None = None


@attrs.frozen
class Payment:
    """How much is paid."""

    amount: Money


def _is_at_most(attempt: Asked) -> bool:
    paid: Money = attempt.form.amount
    amount: Money = attempt.facts.amount
    return paid.currency == amount.currency and paid <= amount


AT_MOST_COSTS = Guard(_is_at_most, "more_than_it_cost", needs="form", rules="REV-026")


def submitted(attempt: Asked) -> Changes:
    """Return the facts a claim begins with."""
    specialist = attempt.form.specialist or attempt.actor.id
    return {
        **copied("revisit", "amount", "vouchers", "customer")(attempt),
        "specialist": specialist,
    }


def paid(attempt: Asked) -> Changes:
    """Return what is paid, and what is left for the specialist."""
    amount = attempt.form.amount
    return {"paid": amount, "excess": attempt.facts.amount - amount}


SUBMITTED = ("revisit", "specialist", "amount", "vouchers")

EXPENSE_CLAIM_REVISIT = Machine(
    "expense_claim_revisit",
    RevisitClaimFacts,
    zh="回访费用",
    en="revisit expense claim",
    states=(
        State(S.DRAFTED, "已提交", "drafted", Kind.INITIAL, requires=SUBMITTED),
        State(S.SIGNED, "已签字", "signed", requires=SUBMITTED),
        State(S.PAID, "已支付", "paid", Kind.FINAL, requires=(*SUBMITTED, "paid", "excess")),
        State(S.REFUSED, "已拒绝", "refused", Kind.FINAL, requires=(*SUBMITTED, "reason")),
    ),
    rows=(
        Row(
            UNBORN, "submit", S.DRAFTED, form=Costs, sets=submitted, send=(KNOW_CUSTOMER,),
            rules="REV-025",
        ),
        Row(
            S.DRAFTED, "sign", S.SIGNED, who="service_supervisor", vote="approve",
            tasks=(Open("pay", "finance"),),
            rules="REV-026 REV-027 REV-028",
        ),
        Row(
            S.DRAFTED, "refuse", S.REFUSED, form=Reason, who="service_supervisor",
            vote="refuse", sets=copied("reason"),
            rules="REV-026",
        ),
        Row(
            S.SIGNED, "pay", S.PAID, form=Payment, who="finance", guards=(AT_MOST_COSTS,),
            sets=paid,
            rules="REV-026 REV-028",
        ),
    ),
)  # fmt: skip
"""The machine `expense_claim_revisit`."""
