"""A small machine for the planted faults: a claim of money that is drafted, approved and paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

import attrs

from crmflow import KEEP, UNBORN, Attempt, Kind, Machine, Money, Row, State, hookimpl


class Category(StrEnum):
    """What the money is for."""

    MEAL = "meal"
    TRAVEL = "travel"
    GIFT = "gift"


@attrs.frozen
class Claim:
    """What is known of a claim."""

    amount: Money
    category: Category
    urgent: bool = False
    tier: str | None = None
    owner: str | None = None
    handed_in_at: datetime | None = None


@attrs.frozen
class HandOver:
    """Who looks after it from now on, and why."""

    owner: str
    reason: str


@attrs.frozen
class Payment:
    """What is paid."""

    paid: Money
    by_cash: bool


def told(attempt: Attempt[Claim, Claim]) -> Mapping[str, object]:
    """Give what the draft says."""
    return attrs.asdict(attempt.event.form, recurse=False)


def handed_over(attempt: Attempt[Claim, HandOver]) -> Mapping[str, object]:
    """Give the new owner."""
    return {"owner": attempt.event.form.owner}


CLAIM = Machine(
    "claim",
    Claim,
    zh="报销单",
    en="claim",
    states=(
        State("drafted", "已起草", "drafted", Kind.INITIAL),
        State("approved", "已批准", "approved"),
        State("on_hold", "暂缓", "on hold"),
        State("paid", "已付款", "paid", Kind.FINAL),
        State("dropped", "已放弃", "dropped", Kind.FINAL),
    ),
    rows=(
        Row(UNBORN, "draft", "drafted", form=Claim, sets=told),
        Row("drafted", "approve", "approved", who="employee"),
        Row("approved", "pay", "paid", form=Payment, who="finance"),
        Row("approved", "hold", "on_hold"),
        Row("on_hold", "drop", "dropped"),
        Row(("drafted", "approved"), "hand_over", KEEP, form=HandOver, sets=handed_over),
    ),
)


@hookimpl
def machines() -> Sequence[Machine]:
    """Bring the machine of claims."""
    return [CLAIM]
