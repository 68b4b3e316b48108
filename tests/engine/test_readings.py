"""Readings that a company turns round: each switch changes what the engine answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crmflow.clock import ManualClock
from crmflow.config import Overlay, Profiles
from crmflow.core.actor import Actor
from crmflow.core.decision import Decision
from crmflow.core.errors import UnknownMachineError
from crmflow.core.people import Person
from crmflow.core.ref import EntityRef
from crmflow.directory import ListedDirectory
from crmflow.engine.engine import Engine
from crmflow.engine.values import Adopting
from crmflow.states import MACHINES, power
from tests.states.test_quote import INQUIRY

AT = datetime(2026, 3, 2, 1, tzinfo=UTC)  # Monday, nine in the morning in Shanghai
ADMIN, SALES = Actor("admin-1", {"administrator"}), Actor("sales-1", {"salesperson"})
SERVICE = Actor("serv-1", {"customer_service"})
Rows = Mapping[str, list[dict[str, object]]]


def company(rows: Rows | None = None, profile: Profiles = "demo", *machines: str) -> Engine:
    """Return an engine of a company with rows of its own."""
    own = None if rows is None else Overlay({}, rows)
    clock = ManualClock(AT)
    return Engine("memory:", machines=machines, profile=profile, config=own, clock=clock)


def customer(engine: Engine, **facts: object) -> EntityRef:
    """Place an active customer record."""
    known = {"name": "Harbour Mill", "source": "exhibition", "collected_at": AT, **facts}
    placed = Adopting(("customer", "C-1"), "active", known, reason="taken over", incomplete=True)
    return engine.adopt(placed, actor=ADMIN).require().entity


# ---- The point of a range (AMB-20) -------------------------------------------------------------

SIX_HOURS = [
    {"match": {"quote_class": "urgent", "urgency": "high"}, "target": "6h", "limit": "7h"},
    {"target": "24h", "limit": "48h"},
]


@pytest.mark.parametrize(
    ("rows", "hours"), [(None, 6), ({"deadlines": [{"name": "quote", "targets": SIX_HOURS}]}, 7)]
)
def test_the_point_of_a_range_is_the_company_s(rows: Rows | None, hours: int) -> None:
    """Which level of urgency has which hours stands in the targets of the row (AMB-20, QUO-005)."""
    with company(rows, ("demo", "key_account"), "quote") as engine:
        form = {**INQUIRY, "channels": ["mail", "phone"], "marked_urgent": True}
        quote = engine.create("quote", form, actor=SALES).require().entity
        urgent = {"quote_class": "urgent", "urgency": "high"}
        engine.fire(quote, "classify", urgent, actor=SALES).require()
        (run,) = (one for one in engine.get(quote).policy("sla").runs if one.open)
        assert run.due_at == AT + timedelta(hours=hours)


# ---- One application per person and month (AMB-29) ---------------------------------------------

APPLY = {
    "purpose": "tour", "guests": 6, "amount": "900", "visitor_class": "general",
    "visit_at": "2026-03-20T09:00:00+08:00",
}  # fmt: skip


def applied(engine: Engine, reception: str, actor: Actor, **more: object) -> Decision:
    """Apply for the expenses of a reception."""
    form = {**APPLY, "reception": reception, **more}
    return engine.create("expense_claim_reception", form, actor=actor)


def quota(**columns: object) -> Rows:
    """Return the company's own quota of applications."""
    return {"quotas": [{"name": "reception_application", **columns}]}


@pytest.mark.parametrize(("rows", "accepted"), [(None, True), (quota(hard=True), False)])
def test_a_second_application_may_be_forbidden(rows: Rows | None, *, accepted: bool) -> None:
    """As shipped a reason lifts it; hard, nothing does (EXP-010, AMB-29)."""
    with company(rows, "demo", "expense_claim_reception") as engine:
        assert applied(engine, "V-1", SALES).accepted
        assert not applied(engine, "V-2", SALES).accepted
        assert applied(engine, "V-3", SALES, reason="two fairs").accepted is accepted


@pytest.mark.parametrize(
    ("rows", "accepted"),
    [(None, (True, False)), (quota(per=["form.visitor_class", "month"]), (False, True))],
)
def test_whom_applications_are_counted_by_is_the_company_s(
    rows: Rows | None, accepted: tuple[bool, bool]
) -> None:
    """By the applicant as shipped, or by whom they are for (EXP-010, AMB-29)."""
    with company(rows, "demo", "expense_claim_reception") as engine:
        assert applied(engine, "V-1", SALES).accepted
        other = applied(engine, "V-2", SERVICE).accepted
        same = applied(engine, "V-3", SALES, visitor_class="key_account").accepted
        assert (other, same) == accepted


# ---- Who sees what (AMB-24, AMB-53) ------------------------------------------------------------

STRICT = {"access_limits": [{"name": "customer_class_a", "owners": []}]}
SENSITIVE = {"access_masks": [{"name": "customer_persons", "fields": ["last_contact", "hobbies"]}]}


@pytest.mark.parametrize(("rows", "seen"), [(None, True), (STRICT, False)])
@pytest.mark.parametrize("file_class", ["A", "B"])
def test_the_rank_may_bind_owners_too(rows: Rows | None, file_class: str, *, seen: bool) -> None:
    """Class A alone: of other classes owners see their customers as before (ACC-003, AMB-53)."""
    with company(rows, "demo", "customer", "record_update") as engine:
        ref = customer(engine, owner="sales-1", file_class=file_class)
        assert engine.read(ref, actor=SALES).allowed is (seen or file_class == "B")
        manager = Actor("boss-1", {"marketing_manager"})
        assert engine.read(ref, actor=manager).allowed


@pytest.mark.parametrize(("rows", "masked"), [(None, False), (SENSITIVE, True)])
def test_what_was_said_may_be_sensitive(rows: Rows | None, *, masked: bool) -> None:
    """Service staff see communication records, unless these are masked too (ACC-007, AMB-24)."""
    with company(rows, "demo", "customer", "record_update") as engine:
        ref = customer(engine, owner="sales-1", file_class="B", last_contact="phone")
        told = engine.read(ref, actor=SERVICE)
        assert told.allowed
        assert ("last_contact" in told.masked) is masked
        assert (told.facts["last_contact"] == "phone") is not masked


# ---- How the limit of a serious case is counted (AMB-19) ---------------------------------------

CALENDAR_DAYS = [
    {"match": {"grade": "general"}, "target": "1d"},
    {"match": {"grade": "serious"}, "target": "2d"},
    {"target": "3d"},
]


@pytest.mark.parametrize(
    ("rows", "due"),
    [
        (None, "2026-03-10"),  # Friday; two working days later
        ({"deadlines": [{"name": "complaint_limit", "targets": CALENDAR_DAYS}]}, "2026-03-08"),
    ],
)
def test_each_limit_states_its_unit(rows: Rows | None, due: str) -> None:
    """Working days pass over the weekend, calendar days do not (CMP-010, AMB-19)."""
    with company(rows, "demo", "complaint") as engine:
        assert isinstance(engine.clock, ManualClock)
        engine.clock.advance(timedelta(days=4))
        received = {"customer": "C-1", "channel": "phone"}
        case = engine.create("complaint", received, actor=SERVICE).require().entity
        facts = {"problem_type": "product defect", "demand": "repair", "mood": "calm"}
        engine.fire(case, "record", facts, actor=SERVICE).require()
        engine.fire(case, "grade", {"grade": "serious"}, actor=SERVICE).require()
        runs = {one.definition: one for one in engine.get(case).policy("sla").runs if one.open}
        assert runs["complaint_limit"].due_at.date().isoformat() == due


# ---- A settlement, and the flows of lost charts ------------------------------------------------


def test_a_settlement_is_checked_then_signed_then_paid() -> None:
    """By customer service, its manager and finance, in this order (EXP-013, EXP-015, AMB-31)."""
    people = [
        Person("serv-2", ("customer_service",)), Person("head-1", ("service_manager",)),
        Person("money-1", ("finance_manager",)), Person("fin-1", ("finance",)),
    ]  # fmt: skip
    clock, on = ManualClock(AT), "expense_claim_reception"
    staff = ListedDirectory(tuple(people))
    with Engine("memory:", machines=[on], profile="demo", clock=clock, directory=staff) as engine:
        ref = applied(engine, "V-1", SERVICE, visitor_class="important").require().entity

        def do(event: str, who: str | Actor = SERVICE, **form: object) -> Decision:
            return engine.fire(ref, event, form, actor=who)

        do("approve_service", "head-1").require()
        do("approve_finance", "money-1").require()
        do("draw", amount="800").require()
        lunch = {"item": "lunch", "amount": "700", "purpose": "talks"}
        do("spend", expenses=[lunch]).require()
        papers: dict[str, Any] = {
            "slip": "S-1",
            "vouchers": ["B-1"],
            "receipts": ["R-1"],
            "ended_at": AT,
        }
        assert not do("submit", **{**papers, "slip": " "}).accepted
        do("submit", **papers).require()
        fine: dict[str, Any] = {"effective": True, "complete": True}
        assert not do("sign", "head-1", **fine).accepted  # it is not checked yet
        do("sign", "serv-2", **fine).require()
        assert not do("settle", "fin-1", amount="700").accepted  # it is not signed yet
        do("sign", "head-1", **fine).require()
        assert not do("settle", "head-1", amount="700").accepted
        assert do("settle", "fin-1", amount="700").accepted


def test_flows_of_lost_charts_are_proposals() -> None:
    """Of charts that are lost only the names are used: off unless asked for (PWR-015, AMB-47)."""
    names = {machine.name for machine in power.machines()}
    assert names.isdisjoint(MACHINES)
    with pytest.raises(UnknownMachineError):
        company(None, "demo", "alert")
    on = sorted(names)
    with Engine("memory:", machines=on, profile=("demo", "power"), plugins=[power]) as engine:
        assert set(engine.registry.machines) >= names


# ---- One record for all departments ------------------------------------------------------------


def test_marketing_and_service_work_on_one_record() -> None:
    """What one enters the other sees, in data and in what follows (INT-006, INT-002)."""
    with company(None, "demo", "customer", "record_update", "complaint") as engine:
        ref = customer(engine, owner="sales-1", file_class="B", tier="core")
        received = {"customer": "C-1", "channel": "phone"}
        case = engine.create("complaint", received, actor=SERVICE).require().entity
        (link,) = (one for one in engine.get(case).links if one.name == "customer")
        assert (link.facts["name"], link.facts["tier"]) == ("Harbour Mill", "core")
        told = engine.read(ref, actor=Actor("market-1", {"marketing_manager"}))
        assert told.facts["last_dealing"] == "complaint"
        assert told.facts["last_dealing_at"] == AT.isoformat()
