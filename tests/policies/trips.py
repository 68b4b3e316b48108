"""A trip whose costs are limited: a machine small enough to show what budgets need of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import attrs

from crmflow.clock import Clock, ManualClock
from crmflow.config import Overlay
from crmflow.core.actor import Actor
from crmflow.core.dealing import Reason
from crmflow.core.form import Text
from crmflow.core.machine import ANY, KEEP, Kind, Machine, Row, State
from crmflow.core.money import Money
from crmflow.core.people import Person
from crmflow.core.ref import UNBORN
from crmflow.core.updates import copied
from crmflow.directory import ListedDirectory
from crmflow.engine.engine import Engine
from crmflow.storage.port import Store

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
ALICE = Actor("alice", {"salesperson"}, departments={"sales"})
BOB = Actor("bob", {"salesperson"})
FINANCE = Actor("fin-1", {"finance_manager"})
STAFF = ListedDirectory(
    (
        Person("alice", departments=("sales",)),
        Person("bob", departments=("service", "sales")),
        Person("fin-1", ("finance_manager",)),
    )
)


@attrs.frozen
class Trip:
    """What is known of a trip."""

    person: str
    amount: Money | None = None
    visitors: str | None = None
    ended_at: datetime | None = None
    ended_on: date | None = None
    paid: Money | None = None
    reason: str | None = None


@attrs.frozen
class Plan:
    """What a trip is applied for with."""

    person: Text
    amount: Money | None = None
    visitors: Text | None = None
    reason: Text | None = None


@attrs.frozen
class Cost:
    """An amount, and a reason where one is needed."""

    amount: Money
    reason: Text | None = None


@attrs.frozen
class End:
    """When a trip ended."""

    ended_at: datetime | None = None
    ended_on: date | None = None


TRIP = Machine(
    "trip",
    Trip,
    zh="出差",
    en="trip",
    states=(
        State("drafted", "已起草", "drafted", Kind.INITIAL),
        State("approved", "已批准", "approved"),
        State("travelled", "已出行", "travelled"),
        State("claimed", "已报销申请", "claimed"),
        State("paid", "已付", "paid", Kind.FINAL),
        State("refused", "已拒绝", "refused", Kind.FINAL),
        State("cancelled", "已取消", "cancelled", Kind.FINAL),
    ),
    rows=(
        Row(
            UNBORN, "apply", "drafted", form=Plan,
            sets=copied("person", "amount", "visitors", "reason"),
        ),
        Row("drafted", "approve", "approved"),
        Row("drafted", "waive", "approved"),
        Row("drafted", "correct", KEEP, form=Cost, sets=copied("amount")),
        Row("travelled", "claim", "claimed", form=Cost, sets=copied("amount", "reason")),
        Row(("approved", "travelled"), "travel", "travelled", form=End,
            sets=copied("ended_at", "ended_on")),
        Row("claimed", "pay", "paid", form=Cost,
            sets=lambda attempt: {"paid": attempt.form.amount}),
        Row("claimed", "settle", "paid"),
        Row(("drafted", "claimed"), "refuse", "refused", form=Reason, sets=copied("reason")),
        Row(ANY, "note", KEEP),
        Row(ANY, "cancel", "cancelled"),
    ),
)  # fmt: skip

TRAVEL: Mapping[str, object] = {
    "name": "travel",
    "machine": "trip",
    "event": "approve",
    "amount": "amount",
    "limit": "1000 CNY",
    "ledger": "travel",
    "per": ["month"],
    "spent_on": ["paid"],
    "rules": ["EXP-008"],
}
"""A budget for all trips of a month."""


def engine(
    store: str | Store = "memory:",
    *,
    clock: Clock | None = None,
    plugins: Sequence[object] = (),
    **tables: Sequence[Mapping[str, object]],
) -> Engine:
    """Return an engine of trips and ledgers with rows of its own, by the name of their table."""
    return engine_of(tables, store, clock=clock, plugins=plugins)


def engine_of(
    tables: Mapping[str, Sequence[Mapping[str, object]]],
    store: str | Store = "memory:",
    *,
    clock: Clock | None = None,
    plugins: Sequence[object] = (),
) -> Engine:
    """Return the same; the rows are given as a mapping."""
    return Engine(
        store,
        machines=[TRIP, "ledger"],
        plugins=["crmflow.policies.budgets", *plugins],
        config=Overlay({"company.zone": "Asia/Shanghai"}, tables),
        directory=STAFF,
        clock=clock or ManualClock(AT),
    )
