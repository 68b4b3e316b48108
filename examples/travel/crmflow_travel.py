"""
The machine `declaration`: a university's travel expense declarations, as a plugin of
crmflow. A chain of approvals with rejection and resubmission, and the payment at its end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum

import attrs

from crmflow import UNBORN, Kind, Machine, Row, State, Text, copied, hookimpl

__all__ = ["DECLARATION", "DeclarationFacts", "DeclarationState", "Expenses", "machines", "texts"]


class DeclarationState(StrEnum):
    """Where a declaration is."""

    SUBMITTED = "submitted"
    APPROVED_PRE = "approved_pre"
    APPROVED_ADMIN = "approved_admin"
    APPROVED_BUDGET = "approved_budget"
    FINAL = "final"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    PAYMENT_REQUESTED = "payment_requested"
    PAID = "paid"


@attrs.frozen
class DeclarationFacts:
    """
    What is known of a declaration.

    Attributes:
        amount: What was spent, without a currency: the published numbers are no euros.
        budget: Number of the budget that is to pay.
        role: In which role the last step was done.
    """

    amount: Decimal | None = None
    budget: str | None = None
    role: str | None = None


@attrs.frozen
class Expenses:
    """What an employee declares."""

    amount: Decimal
    budget: Text


S = DeclarationState
UNDER_REVIEW = (S.SUBMITTED, S.APPROVED_PRE, S.APPROVED_ADMIN, S.APPROVED_BUDGET)
APPROVERS = "administration budget_owner pre_approver supervisor"

DECLARATION = Machine(
    "declaration",
    DeclarationFacts,
    zh="差旅报销单",
    en="declaration",
    states=(
        State(S.SUBMITTED, "已提交", "submitted", Kind.INITIAL),
        State(S.APPROVED_PRE, "预审通过", "approved by the pre-approver"),
        State(S.APPROVED_ADMIN, "行政通过", "approved by the administration"),
        State(S.APPROVED_BUDGET, "预算通过", "approved by the budget owner"),
        State(S.FINAL, "终审通过", "finally approved"),
        State(S.REJECTED, "已驳回", "rejected"),
        State(S.WITHDRAWN, "已撤回", "withdrawn"),
        State(S.PAYMENT_REQUESTED, "已申请付款", "payment requested"),
        State(S.PAID, "已付款", "paid", Kind.FINAL),
    ),
    rows=(
        Row(
            UNBORN, "submit", S.SUBMITTED,
            form=Expenses, who="employee", sets=copied("amount", "budget"),
        ),
        Row(S.SUBMITTED, "pre_approve", S.APPROVED_PRE, who="pre_approver", vote="approve"),
        Row(
            S.SUBMITTED, "approve_as_administration", S.APPROVED_ADMIN,
            who="administration", vote="approve",
        ),
        Row(
            S.APPROVED_ADMIN, "approve_as_budget_owner", S.APPROVED_BUDGET,
            who="budget_owner", vote="approve",
        ),
        Row(UNDER_REVIEW, "approve_finally", S.FINAL, who="supervisor", vote="approve"),
        Row(UNDER_REVIEW, "reject", S.REJECTED, who=APPROVERS, vote="refuse"),
        Row(S.FINAL, "reject", S.REJECTED, who=f"{APPROVERS} desk"),
        Row(S.REJECTED, "withdraw", S.WITHDRAWN, who="employee"),
        Row((S.REJECTED, S.WITHDRAWN), "submit_again", S.SUBMITTED, who="employee"),
        Row(S.FINAL, "request_payment", S.PAYMENT_REQUESTED, who="system"),
        Row(S.PAYMENT_REQUESTED, "pay", S.PAID, who="system"),
    ),
)  # fmt: skip
"""The machine `declaration`."""


TEXTS: Mapping[str, Mapping[str, object]] = {
    "en": {
        "machine": {
            "declaration": {
                "events": {
                    "submit": "submit",
                    "pre_approve": "approve beforehand",
                    "approve_as_administration": "approve as administration",
                    "approve_as_budget_owner": "approve as budget owner",
                    "approve_finally": "approve finally",
                    "reject": "reject",
                    "withdraw": "withdraw",
                    "submit_again": "submit again",
                    "request_payment": "request payment",
                    "pay": "pay",
                },
                "fields": {
                    "amount": "amount",
                    "budget": "budget",
                    "role": "role of the last step",
                },
                "roles": {
                    "employee": "employee",
                    "pre_approver": "pre-approver",
                    "administration": "administration",
                    "budget_owner": "budget owner",
                    "supervisor": "supervisor",
                },
            },
        },
    },
    "zh": {
        "machine": {
            "declaration": {
                "events": {
                    "submit": "提交",
                    "pre_approve": "预审",
                    "approve_as_administration": "行政审批",
                    "approve_as_budget_owner": "预算审批",
                    "approve_finally": "终审",
                    "reject": "驳回",
                    "withdraw": "撤回",
                    "submit_again": "重新提交",
                    "request_payment": "申请付款",
                    "pay": "付款",
                },
                "fields": {
                    "amount": "金额",
                    "budget": "预算编号",
                    "role": "最后一步的角色",
                },
                "roles": {
                    "employee": "员工",
                    "pre_approver": "预审人",
                    "administration": "行政部门",
                    "budget_owner": "预算负责人",
                    "supervisor": "主管",
                },
            },
        },
    },
}
"""Labels by language, shaped like crmflow's own locale tables."""


@hookimpl
def machines() -> Sequence[Machine]:
    """Bring the machine `declaration`."""
    return (DECLARATION,)


@hookimpl
def texts(lang: str) -> Mapping[str, object]:
    """Bring the machine's labels."""
    return TEXTS.get(lang, {})
