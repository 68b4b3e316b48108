"""
Outage plan (停电检修计划): a planned outage, with advice from the customers (catalogue 3.28).

What reliability and voltage must be kept at are conditions of the profile `power`.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import attrs

from crmflow.core.dealing import Reason
from crmflow.core.form import Check, Text
from crmflow.core.machine import Asked, Changes, Guard, Kind, Machine, Open, Row, State
from crmflow.core.ref import UNBORN
from crmflow.core.updates import copied, stamped
from crmflow.states.power.notices import NoticeWay, Subscriber

__all__ = ["OUTAGE_PLAN", "Advising", "Draft", "OutageFacts", "OutageState", "Restored"]

TECHNOLOGY = "production_technology"
STAFF = "key_account_manager power_inside power_field"


class OutageState(StrEnum):
    """Where an outage plan is."""

    DRAFTED = "drafted"
    ADVISED = "advised"
    ISSUED = "issued"
    EXECUTED = "executed"
    CLOSED = "closed"
    CANCELLED = "cancelled"


S = OutageState


def _is_percent(value: object) -> bool:
    return isinstance(value, Decimal) and 0 <= value <= 100  # noqa: PLR2004 - percent


Percent = Annotated[Decimal, Check("percent", _is_percent, "a number from 0 to 100")]


@attrs.frozen
class Considered:
    """A customer's production, and the outage that disturbs it least (PWR-031)."""

    customer: Text
    production: Text
    advice: Text


@attrs.frozen
class OutageFacts:
    """
    What is known of an outage plan.

    Attributes:
        work: What is repaired.
        customers: Ids of the customers who are without power.
        by_sms, by_web, by_phone: Those who subscribed to notices that way (PWR-041).
        starts_at, ends_at: Aware UTC instants of the outage.
        reliability, voltage: What supply reliability and voltage conformity come to with it:
            as planned, at the close as measured; in percent (PWR-029, PWR-030).
        considered: Production of each customer, with advice.
        issued_at, executed_at, restored_at: Aware UTC instants.
        reason: Why it was cancelled.
    """

    work: str
    customers: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    reliability: Decimal
    voltage: Decimal
    by_sms: tuple[str, ...] = ()
    by_web: tuple[str, ...] = ()
    by_phone: tuple[str, ...] = ()
    considered: tuple[Considered, ...] = ()
    issued_at: datetime | None = None
    executed_at: datetime | None = None
    restored_at: datetime | None = None
    reason: str | None = None


@attrs.frozen
class Draft:
    """What is repaired, when, who is without power, and what the indicators come to."""

    work: Text
    customers: Annotated[tuple[Subscriber, ...], Check("empty", bool, "at least one entry")]
    starts_at: datetime
    ends_at: datetime
    reliability: Percent
    voltage: Percent


@attrs.frozen
class Advising:
    """What was learnt of the production of every customer; another time, where that is better."""

    considered: tuple[Considered, ...]
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@attrs.frozen
class Restored:
    """When power was back, and what the indicators came to."""

    restored_at: datetime
    reliability: Percent
    voltage: Percent


def _is_to_come(attempt: Asked) -> bool:
    form, facts = attempt.form, attempt.facts
    starts_at = form.starts_at or facts.starts_at
    ends_at = form.ends_at or facts.ends_at
    return bool(attempt.at <= starts_at < ends_at)


def _are_considered(attempt: Asked) -> bool:
    return {*attempt.facts.customers} == {one.customer for one in attempt.form.considered}


TO_COME = Guard(_is_to_come, "outage_not_in_order", needs="form", rules="PWR-014")
CONSIDERED = Guard(_are_considered, "production_not_considered", needs="form", rules="PWR-031")
HAS_BEGUN = Guard(
    lambda attempt: attempt.facts.starts_at <= attempt.at, "outage_not_begun", rules="PWR-014"
)
IS_RESTORED = Guard(
    lambda attempt: attempt.facts.executed_at <= attempt.form.restored_at <= attempt.at,
    "not_restored", needs="form", rules="PWR-029",
)  # fmt: skip


def drafted(attempt: Asked) -> Changes:
    """Return the plan, and who is told by which way."""
    customers = attempt.form.customers
    told = {
        f"by_{way}": tuple(one.customer for one in customers if way in one.ways)
        for way in NoticeWay
    }
    names = ("work", "starts_at", "ends_at", "reliability", "voltage")
    known = tuple(dict.fromkeys(one.customer for one in customers))
    return {**copied(*names)(attempt), **told, "customers": known}


DRAFTED = ("work", "customers", "starts_at", "ends_at", "reliability", "voltage")
ISSUED = (*DRAFTED, "considered", "issued_at")

OUTAGE_PLAN = Machine(
    "outage_plan",
    OutageFacts,
    zh="停电检修计划",
    en="outage plan",
    states=(
        State(S.DRAFTED, "已拟定", "drafted", Kind.INITIAL, requires=DRAFTED),
        State(S.ADVISED, "已征求意见", "advised", requires=(*DRAFTED, "considered")),
        State(S.ISSUED, "已发布", "issued", requires=ISSUED),
        State(S.EXECUTED, "已执行", "executed", requires=(*ISSUED, "executed_at")),
        State(
            S.CLOSED, "已关闭", "closed", Kind.FINAL,
            requires=(*ISSUED, "executed_at", "restored_at"),
        ),
        State(S.CANCELLED, "已取消", "cancelled", Kind.FINAL, requires=(*DRAFTED, "reason")),
    ),
    rows=(
        Row(
            UNBORN, "draft", S.DRAFTED, form=Draft, who=TECHNOLOGY, guards=(TO_COME,),
            sets=drafted, tasks=(Open("consider_production", "key_account_manager"),),
            rules="PWR-014 PWR-029 PWR-030",
        ),
        Row(
            S.DRAFTED, "advise", S.ADVISED, form=Advising, who=STAFF,
            guards=(CONSIDERED, TO_COME), sets=copied("considered", "starts_at", "ends_at"),
            tasks=(Open("issue_plan", TECHNOLOGY),), done="consider_production",
            rules="PWR-031",
        ),
        Row(
            S.ADVISED, "issue", S.ISSUED, who=TECHNOLOGY, sets=stamped("issued_at"),
            done="issue_plan",
            rules="PWR-041",
        ),
        Row(
            S.ISSUED, "execute", S.EXECUTED, who=f"{TECHNOLOGY} repair_crew dispatch_office",
            guards=(HAS_BEGUN,), sets=stamped("executed_at"),
            rules="PWR-014",
        ),
        Row(
            S.EXECUTED, "close", S.CLOSED, form=Restored,
            who=f"{TECHNOLOGY} repair_crew dispatch_office", guards=(IS_RESTORED,),
            sets=copied("restored_at", "reliability", "voltage"),
            rules="PWR-029",
        ),
        Row(
            (S.DRAFTED, S.ADVISED, S.ISSUED), "cancel", S.CANCELLED, form=Reason, who=TECHNOLOGY,
            sets=copied("reason"), done="consider_production issue_plan",
            rules="PWR-041",
        ),
    ),
)  # fmt: skip
"""The machine `outage_plan`."""
