"""Visits and their money through the whole engine: chains, budgets, quotas, windows, tiers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import attrs
import pytest

from crmflow.clock import ManualClock
from crmflow.core.decision import Decision
from crmflow.core.money import Money
from crmflow.core.people import Person
from crmflow.core.ref import EntityRef
from crmflow.core.verdict import Answer, Verdict
from crmflow.directory import ListedDirectory
from crmflow.engine.engine import Engine
from crmflow.flow.telling import tell_verdicts
from crmflow.states import load
from crmflow.texts import Texts

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
STAFF = (
    Person("sales-1", ("salesperson",)),
    Person("host-1", ("reception",)),
    Person("admin-1", ("administration",)),
    Person("manager-1", ("service_manager",)),
    Person("money-1", ("finance_manager",)),
    Person("finance-1", ("finance",)),
    Person("gm-1", ("general_manager",)),
    Person("serv-1", ("customer_service",)),
    Person("serv-2", ("customer_service",)),
    Person("super-1", ("service_supervisor",)),
)
MACHINES = ("reception", "expense_claim_reception", "expense_claim_revisit")
VISIT = {
    "invited_by": "sales-1",
    "group": "Harbour Mill",
    "visitors": 6,
    "purpose": "see the press",
    "visit_at": "2026-03-20T09:00:00+08:00",
}
FORM = {"purpose": "tour", "guests": 6, "amount": "900", "visit_at": VISIT["visit_at"]}
PASS = {"valid_from": "2026-03-20T00:00:00+08:00", "valid_until": "2026-03-21T00:00:00+08:00"}
READY = {"catering": ["refreshments"], "souvenirs": 6, "guide": "host-1"}
WELCOME = {"photographs": False, "rule_explained": True, "greeted": True, "excused": True}
HANDED = {"slip": "S-1", "vouchers": ["B-1"], "receipts": ["R-1"]}
IN_ORDER = {"effective": True, "complete": True}


def told(verdict: Verdict, lang: str) -> str:
    """Return what people read of a verdict on a visit."""
    return "; ".join(tell_verdicts([verdict], load("reception"), Texts(lang)))


@attrs.frozen
class House:
    """A company that receives guests."""

    engine: Engine
    clock: ManualClock

    def new(self, machine: str, payload: Mapping[str, object], by: str, id: str) -> EntityRef:  # noqa: A002 - the field's word
        """Create an entity."""
        return self.engine.create(machine, payload, actor=by, id=id).require().entity

    def do(self, ref: EntityRef, event: str, by: str, **payload: object) -> Decision:
        """Fire an event that must not be refused."""
        return self.engine.fire(ref, event, payload, actor=by).require()

    def why(self, ref: EntityRef, event: str, by: str, **payload: object) -> set[str]:
        """Return the reasons of a refusal by policies."""
        decision = self.engine.fire(ref, event, payload, actor=by)
        assert decision.refusal is not None, event
        refusing = [one for one in decision.verdicts if one.answer is Answer.REFUSE]
        return {one.reason for one in refusing} or {decision.refusal.because}

    def wait(self, span: timedelta) -> None:
        """Let time pass."""
        self.clock.advance(span)
        self.engine.run_due()

    def visit(self, visitor_class: str, id: str = "V-1") -> EntityRef:  # noqa: A002 - the same
        """Return a visit that is classified and permitted."""
        ref = self.new("reception", VISIT, "sales-1", id)
        self.do(ref, "classify", "host-1", visitor_class=visitor_class, treated_alike=True)
        self.do(ref, "$approve", "manager-1")
        return ref

    def made_ready(self, ref: EntityRef) -> EntityRef:
        """Return the visit with its pass and all that is prepared."""
        self.do(ref, "report_plan", "host-1", departments=["production"], programme="tour")
        self.do(ref, "issue_pass", "host-1", photography=True, **PASS)
        self.do(ref, "$approve", "admin-1")
        self.do(ref, "prepare", "host-1", **READY)
        return ref

    def claim(self, visitor_class: str, **changes: object) -> EntityRef:
        """Return a claim whose money is drawn."""
        payload = {**FORM, "reception": "V-1", "visitor_class": visitor_class, **changes}
        ref = self.new("expense_claim_reception", payload, "serv-1", "E-1")
        self.do(ref, "approve_service", "manager-1")
        self.do(ref, "approve_finance", "money-1")
        self.do(ref, "draw", "serv-1", amount="800")
        return ref

    def spent(self, ref: EntityRef, amount: str) -> None:
        """Record one expense."""
        lunch = {"item": "lunch", "amount": amount, "purpose": "talks"}
        self.do(ref, "spend", "serv-1", expenses=[lunch])

    def signed(self, ref: EntityRef, **changes: object) -> None:
        """Hand in, check and sign."""
        self.do(ref, "submit", "serv-1", **{**HANDED, **changes})
        self.do(ref, "sign", "serv-2", **IN_ORDER)
        self.do(ref, "sign", "manager-1", **IN_ORDER)


@pytest.fixture
def house() -> Iterator[House]:
    """Return a company with the example values."""
    clock = ManualClock(AT)
    with Engine(
        "memory:", machines=MACHINES, profile="demo", directory=ListedDirectory(STAFF), clock=clock
    ) as engine:
        yield House(engine, clock)


def test_a_visit_from_invitation_to_settlement(house: House) -> None:
    """
    Permission, booking, pass, welcome; application, advance, vouchers, two signatures.

    Rules: RCP-002 RCP-005 RCP-006 RCP-017 RCP-018 RCP-020 EXP-002 EXP-003 EXP-008 EXP-014 EXP-015
    """
    visit = house.visit("important")
    assert house.engine.get(visit).facts.authorised_by == ("manager-1",)
    claim = house.claim("important")
    assert house.engine.get(claim).state == "drawn"
    assert house.engine.get(visit).facts.claim == "E-1"
    booking = {"contact": "buyer", "phone": "1380000", "visitors": 6, "guide": "host-1"}
    house.do(visit, "book", "host-1", visit_at=VISIT["visit_at"], **booking)
    house.made_ready(visit)
    assert house.engine.get(visit).facts.pass_issued_by == ("admin-1",)
    house.wait(datetime(2026, 3, 20, 1, tzinfo=UTC) - AT)
    house.do(visit, "receive", "host-1", **WELCOME)
    house.do(visit, "finish", "host-1")
    facts = house.engine.get(claim).facts
    assert facts.reception_ended_at == house.clock.now()
    house.spent(claim, "700")
    house.signed(claim)
    house.do(claim, "settle", "finance-1", amount="700")
    facts = house.engine.get(claim).facts
    assert (facts.paid, facts.balance) == (Money(700), Money(-100))
    ledger = house.engine.get(EntityRef("main", "ledger", "reception:2026-03")).facts
    assert (ledger.spent, ledger.available) == (Money(700), Money(19300))


def test_nobody_invites_or_gives_out_passes_alone(house: House) -> None:
    """Until the permission is there nothing else can happen (RCP-019, RCP-020, EXP-017)."""
    ref = house.new("reception", VISIT, "sales-1", "V-1")
    held = house.do(ref, "classify", "host-1", visitor_class="general", treated_alike=True)
    assert held.held
    assert house.why(ref, "report_plan", "host-1", departments=["a"], programme="b") == {"no_row"}
    house.do(ref, "$refuse", "manager-1", reason="not now")
    assert house.engine.get(ref).state == "requested"
    house.do(ref, "refuse", "host-1", reason="nobody permitted it")


def test_the_pass_waits_for_who_issues_it(house: House) -> None:
    """The reception department applies, the configured role issues (RCP-017)."""
    ref = house.visit("general")
    house.do(ref, "report_plan", "host-1", departments=["production"], programme="tour")
    assert house.do(ref, "issue_pass", "host-1", **PASS).held
    house.do(ref, "$approve", "admin-1")
    assert house.engine.get(ref).state == "pass_issued"


def test_small_groups_need_a_reason(house: House) -> None:
    """Five are enough; of fewer it is said why (RCP-003, AMB-27)."""
    ref = house.new("reception", {**VISIT, "visitors": 4}, "sales-1", "V-1")
    form = {"visitor_class": "general", "treated_alike": True}
    assert house.why(ref, "classify", "host-1", **form) == {"condition_soft"}
    assert house.do(ref, "classify", "host-1", reason="old friends", **form).held
    five = house.new("reception", {**VISIT, "visitors": 5}, "sales-1", "V-2")
    assert house.do(five, "classify", "host-1", **form).held
    other = house.new("reception", {**VISIT, "visitors": 1}, "sales-1", "V-3")
    assert house.do(other, "classify", "host-1", visitor_class="authority", treated_alike=True).held


def test_important_customers_book_in_time(house: House) -> None:
    """Three working days ahead, as configured; later is refused (RCP-005)."""
    ref = house.visit("important")
    booking = {"contact": "buyer", "phone": "1380000", "visitors": 6, "guide": "host-1"}
    house.clock.advance(datetime(2026, 3, 17, 2, tzinfo=UTC) - AT)
    late = house.engine.fire(
        ref, "book", {**booking, "visit_at": VISIT["visit_at"]}, actor="host-1"
    )
    [verdict] = [one for one in late.verdicts if one.reason == "too_early"]
    assert (verdict.row, verdict.rules) == ("reception_booking", ("RCP-005",))
    assert "may not be before 2026-03-20T02:00" in told(verdict, "en")
    house.do(ref, "book", "host-1", visit_at="2026-03-20T10:00:00+08:00", **booking)
    general = house.visit("general", "V-2")
    house.do(general, "book", "host-1", visit_at=VISIT["visit_at"], **booking)


@pytest.mark.parametrize(
    ("visitor_class", "catering", "missing"),
    [
        ("general", ["biscuits"], "refreshments"),
        ("authority", ["biscuits"], "refreshments"),
        ("key_account", ["pastries", "meals"], "drinks"),
    ],
)
def test_each_class_gets_what_its_scheme_says(
    house: House, visitor_class: str, catering: list[str], missing: str
) -> None:
    """
    Refreshments for all, pastries and drinks for key accounts.

    Rules: RCP-008 RCP-011 RCP-013
    """
    ref = house.visit(visitor_class)
    house.do(ref, "report_plan", "host-1", departments=["production"], programme="tour")
    house.do(ref, "issue_pass", "host-1", **PASS)
    house.do(ref, "$approve", "admin-1")
    sessions = [{"kind": kind, "topic": "the mill"} for kind in ("briefing", "training")]
    ready = {
        **READY, "informed_by": "sales", "needs": "capacity", "sessions": sessions,
        "companion": "gm-1", "meals": ["lunch", "dinner"],
    }  # fmt: skip
    refused = house.engine.fire(ref, "prepare", {**ready, "catering": catering}, actor="host-1")
    [verdict] = refused.verdicts
    assert (verdict.reason, verdict.row) == ("tier_not_given", "visitor_class")
    assert verdict.values["missing"] == missing
    assert missing in told(verdict, "zh")
    house.do(ref, "prepare", "host-1", **{**ready, "catering": [*catering, missing]})


def test_photographs_need_special_permission(house: House) -> None:
    """Who takes some waits for it; who takes none does not (RCP-021)."""
    ref = house.made_ready(house.visit("general"))
    other = house.made_ready(house.visit("general", "V-2"))
    house.wait(datetime(2026, 3, 20, 1, tzinfo=UTC) - AT)
    assert house.do(ref, "receive", "host-1", **{**WELCOME, "photographs": True}).held
    house.do(ref, "$approve", "gm-1")
    facts = house.engine.get(ref).facts
    assert (facts.photography, facts.photographs_permitted_by) == (True, ("gm-1",))
    assert not house.do(other, "receive", "host-1", **WELCOME).held


def test_an_application_needs_both_managers(house: House) -> None:
    """Each for themselves and nobody for their own; either may refuse it (EXP-002)."""
    payload = {**FORM, "reception": "V-1", "visitor_class": "general"}
    ref = house.new("expense_claim_reception", payload, "serv-1", "E-1")
    house.do(ref, "approve_service", "manager-1")
    assert house.why(ref, "approve_finance", "manager-1") == {"rows"}
    house.do(ref, "refuse_application", "money-1", reason="too much")
    assert house.engine.get(ref).state == "refused"


def test_one_application_per_person_and_month(house: House) -> None:
    """
    A further one needs a reason, and who approves it sees a warning; the next month is free.

    Rules: EXP-010 AMB-29
    """
    first = {**FORM, "reception": "V-1", "visitor_class": "general"}
    house.new("expense_claim_reception", first, "serv-1", "E-1")
    more = {**first, "reception": "V-2"}
    denied = house.engine.create("expense_claim_reception", more, actor="serv-1")
    assert denied.refusal is not None
    assert "quota.reception_application" in denied.refusal.detail
    house.new("expense_claim_reception", more, "serv-2", "E-2")
    again = {**more, "reception": "V-3", "reason": "two fairs"}
    ref = house.new("expense_claim_reception", again, "serv-1", "E-3")
    shown = house.engine.explain(ref, "approve_service", actor="manager-1")
    assert [line.code for line in shown.lines if "two fairs" in str(line)] == ["quota_further"]
    assert "WARNING" in str(shown)
    house.do(EntityRef("main", "expense_claim_reception", "E-2"), "cancel", "serv-2", reason="off")
    house.new("expense_claim_reception", {**more, "reception": "V-4"}, "serv-2", "E-4")
    house.wait(30 * DAY)
    april = {**first, "reception": "V-5", "visit_at": "2026-04-20T09:00:00+08:00"}
    house.new("expense_claim_reception", april, "serv-1", "E-5")


def test_the_budget_of_the_month_is_not_overspent(house: House) -> None:
    """What is more than it has left stays unapproved (EXP-008, EXP-009)."""
    payload = {**FORM, "reception": "V-1", "visitor_class": "general", "amount": "20000.01"}
    ref = house.new("expense_claim_reception", payload, "serv-1", "E-1")
    house.do(ref, "approve_service", "manager-1")
    house.do(ref, "approve_finance", "money-1")
    assert house.engine.get(ref).state == "service_approved"
    verdicts = [one for record in house.engine.journal(ref) for one in record.verdicts]
    assert "budget_exceeded" in {one.reason for one in verdicts}


def test_what_is_over_the_standard_is_reduced(house: House) -> None:
    """General visitors have 500 yuan: more is neither settled nor left at more than that."""
    claim = house.claim("general")
    house.spent(claim, "620")
    house.signed(claim, ended_at=AT.isoformat())
    assert house.why(claim, "settle", "finance-1", amount="620") == {"budget_exceeded"}  # EXP-016
    house.do(claim, "mark_misuse", "serv-2", misuse="over_standard", item="lunch")
    over = {"amount": "500.01", "reason": "over the standard"}
    assert house.why(claim, "reduce", "manager-1", **over) == {"budget_exceeded"}  # EXP-018
    house.do(claim, "reduce", "manager-1", **{**over, "amount": "500"})
    facts = house.engine.get(claim).facts
    assert (facts.paid, facts.balance) == (Money(500), Money(-300))
    ledger = house.engine.get(EntityRef("main", "ledger", "reception:2026-03")).facts
    assert ledger.spent == Money(500)


def test_late_vouchers_need_a_reason(house: House) -> None:
    """On day 15 they are in time; on day 16 the manager has heard, and a reason is needed."""
    visit = house.made_ready(house.visit("general"))
    claim = house.claim("general")
    house.wait(datetime(2026, 3, 20, 1, tzinfo=UTC) - AT)
    house.do(visit, "receive", "host-1", **WELCOME)
    house.do(visit, "finish", "host-1")
    house.spent(claim, "300")
    house.wait(16 * DAY)
    tasks = {task.name: task.role for task in house.engine.get(claim).tasks}
    assert tasks["overdue_settlement"] == "service_manager"  # EXP-014
    assert house.why(claim, "submit", "serv-1", **HANDED) == {"late_needs_reason"}
    house.signed(claim, reason="the printer was out of order")
    house.do(claim, "settle", "finance-1", amount="300")


def test_a_visit_called_off_ends_its_claim(house: House) -> None:
    """The money that is only approved goes back to the budget, the month is free (EXP-010)."""
    visit = house.visit("general")
    payload = {**FORM, "reception": "V-1", "visitor_class": "general"}
    claim = house.new("expense_claim_reception", payload, "serv-1", "E-1")
    house.do(claim, "approve_service", "manager-1")
    house.do(claim, "approve_finance", "money-1")
    house.do(visit, "cancel", "sales-1", reason="the mill stands still")
    assert house.engine.get(claim).state == "cancelled"
    ledger = house.engine.get(EntityRef("main", "ledger", "reception:2026-03")).facts
    assert ledger.available == Money(20000)
    house.new("expense_claim_reception", {**payload, "reception": "V-2"}, "serv-1", "E-2")


def test_what_a_revisit_costs_over_its_limit_is_borne_by_the_specialist(house: House) -> None:
    """
    Signed with the excess marked, paid up to the limit and no further.

    Rules: REV-026 REV-027 REV-028
    """
    costs = {"revisit": "R-1", "amount": "340", "vouchers": ["B-1"]}
    ref = house.new("expense_claim_revisit", costs, "serv-1", "E-1")
    house.do(ref, "sign", "super-1")
    shown = str(house.engine.explain(ref, "pay", actor="finance-1"))
    assert "40 CNY" in shown
    assert house.why(ref, "pay", "finance-1", amount="300.01") == {"budget_exceeded"}
    house.do(ref, "pay", "finance-1", amount="300")
    assert house.engine.get(ref).facts.excess == Money(40)
