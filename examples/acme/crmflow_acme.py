"""
What the company Acme adds to crmflow: the machine `sample` for products lent to
customers, a policy about leads, and the texts of both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Any

import attrs

from crmflow import (
    KEEP,
    UNBORN,
    Answer,
    Attempt,
    Blank,
    Elapsed,
    Guard,
    Judge,
    Kind,
    Machine,
    Money,
    Open,
    Proposal,
    Row,
    Snapshot,
    Start,
    State,
    Text,
    Verdict,
    copied,
    hookimpl,
)

__all__ = ["SAMPLE", "Loan", "SampleFacts", "SampleState", "judge_for", "machines", "texts"]

RETURN_WITHIN = "acme.sample.return_within"
LIMIT = Money(1000)


class SampleState(StrEnum):
    """Where a sample is."""

    REQUESTED = "requested"
    LENT = "lent"
    RETURNED = "returned"
    SOLD = "sold"


@attrs.frozen
class SampleFacts:
    """
    What is known of a sample.

    Attributes:
        customer: Who may try it.
        product: What it is.
        worth: Its list price.
    """

    customer: str
    product: str
    worth: Money


@attrs.frozen
class Loan:
    """What a customer would like to try."""

    customer: Text
    product: Text
    worth: Money


def _is_small(attempt: Attempt[SampleFacts, Any]) -> bool:
    """Only the department head lends what is worth more than 1000 yuan (ACM-002)."""
    return attempt.facts.worth <= LIMIT or "department_head" in attempt.actor.roles


def _return_within(attempt: Attempt[SampleFacts, Any]) -> Elapsed:
    span = attempt.settings[RETURN_WITHIN]
    assert isinstance(span, timedelta)
    return Elapsed(span)


S = SampleState
SMALL = Guard(_is_small, "sample_too_dear", rules="ACM-002", roles="department_head")

SAMPLE = Machine(
    "sample",
    SampleFacts,
    zh="样品",
    en="sample",
    states=(
        State(S.REQUESTED, "已申请", "requested", Kind.INITIAL),
        State(S.LENT, "已借出", "lent", Kind.WAITING),
        State(S.RETURNED, "已归还", "returned", Kind.FINAL),
        State(S.SOLD, "已售出", "sold", Kind.FINAL),
    ),
    blanks=(
        Blank(RETURN_WITHIN, "duration", "How long a customer may keep a sample.", "ACM-003"),
    ),
    rows=(
        Row(
            UNBORN, "request", S.REQUESTED, form=Loan,
            sets=copied("customer", "product", "worth"), rules="ACM-001",
        ),
        Row(
            S.REQUESTED, "lend", S.LENT, who="salesperson department_head", guards=(SMALL,),
            start=(Start("return_due", "ask_back", _return_within),), rules="ACM-002 ACM-003",
        ),
        Row(
            S.LENT, "ask_back", KEEP, who="system",
            tasks=(Open("ask_back", "salesperson"),), rules="ACM-003",
        ),
        Row(S.LENT, "take_back", S.RETURNED, rules="ACM-001"),
        Row(S.LENT, "sell", S.SOLD, who="salesperson", rules="ACM-001"),
    ),
)  # fmt: skip
"""The machine `sample`."""


def _keeps_customers(before: Snapshot[Any], proposal: Proposal) -> Verdict | None:
    if before.facts.customer is None or "business_supervisor" in proposal.event.actor.roles:
        return None
    return Verdict(
        "acme_leads",
        Answer.REFUSE,
        "known_customer",
        rules=("ACM-004",),
        roles=("business_supervisor",),
    )


@hookimpl
def machines() -> Sequence[Machine]:
    """Bring the machine of samples."""
    return [SAMPLE]


@hookimpl
def judge_for(machine: Machine, event: str) -> Judge | None:
    """Leave it to the business supervisor to drop the lead of a known customer (ACM-004)."""
    return _keeps_customers if (machine.name, event) == ("lead", "drop") else None


_EN = {
    "reasons": {
        "known_customer": "only the business supervisor drops the lead of a known customer",
        "sample_too_dear": "only the department head lends what is worth more than 1000 yuan",
    },
    "fields": {"product": "product", "worth": "list price"},
    "machine": {
        "sample": {
            "events": {
                "request": "ask for a sample",
                "lend": "lend",
                "ask_back": "ask for it back",
                "take_back": "take back",
                "sell": "sell",
            },
            "tasks": {"ask_back": "ask for the sample back"},
            "timers": {"return_due": "sample due"},
        }
    },
}

_ZH = {
    "reasons": {
        "known_customer": "只有业务主管可以放弃已有客户的线索",
        "sample_too_dear": "价值超过一千元的样品只能由部门负责人借出",
    },
    "fields": {"product": "产品", "worth": "标价"},
    "machine": {
        "sample": {
            "events": {
                "request": "申请样品",
                "lend": "借出",
                "ask_back": "催还",
                "take_back": "收回",
                "sell": "售出",
            },
            "tasks": {"ask_back": "催还样品"},
            "timers": {"return_due": "样品到期"},
        }
    },
}


@hookimpl
def texts(lang: str) -> Mapping[str, object]:
    """Bring the texts of what is above."""
    return {"en": _EN, "zh": _ZH}.get(lang, {})
