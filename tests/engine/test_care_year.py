"""A year of care under the shipped rows: what each tier gets, what is missed, who is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest

from crmflow.clock import ManualClock
from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.entity import Snapshot
from crmflow.core.people import Person
from crmflow.core.ref import EntityRef
from crmflow.directory import ListedDirectory
from crmflow.engine.engine import Engine
from tests.states.customers import BUYER, PAYLOADS

ZONE = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 1, 5, 9, 30, tzinfo=ZONE)
DAY = timedelta(days=1)
SALES, KEEPER = Actor("sales-1", {"salesperson"}), Actor("keeper-1", {"file_keeper"})
ANYBODY = Actor(
    "service-1", {"salesperson", "customer_service", "marketing_department", "senior_management"}
)
ADMIN = Actor("admin-1", {"administrator"})
PEOPLE = (
    Person("sales-1", ("salesperson",), superior="head-1"),
    Person("head-1", ("business_supervisor",)),
    Person("keeper-1", ("file_keeper",)),
)
STRATEGIC = {"annual_turnover": "2000000 CNY", "profit_margin": "20", "potential": "8"}
CORE = {"annual_turnover": "300000 CNY", "profit_margin": "9", "cooperation_since": "2020-01-01"}
ORDINARY = {"annual_turnover": "1000 CNY", "profit_margin": "9", "potential": "5"}
DORMANT = {**ORDINARY, "potential": "1"}


@attrs.define
class Care:
    """A company that keeps customer records and cares for them, on a clock of its own."""

    engine: Engine
    clock: ManualClock

    def customer(
        self, name: str, known: Mapping[str, str] | None = None, number: int = 0
    ) -> tuple[str, str]:
        """Bring a customer of these facts as far as active."""
        buyer = {**BUYER, "mobile": f"1380000000{number}"}
        payload = {**PAYLOADS["collect"], "name": name, "contacts": [buyer], **(known or {})}
        payload |= {"business_type": "retail"}
        del payload["tax_id"]
        ref = ("customer", name)
        self.engine.create("customer", payload, actor=SALES, id=name).require()
        for event, actor in (("confirm", SALES), ("enter", SALES), ("check_logic", KEEPER)):
            self.engine.fire(ref, event, PAYLOADS[event], actor=actor).require()
        self.engine.run_due()
        return ref

    def tell(self, ref: tuple[str, str], event: str, **payload: object) -> None:
        """Tell a customer record something, as another entity would."""
        form = {"origin": "order O-1", **payload}
        self.engine.fire(ref, event, form, actor=SYSTEM).require()
        self.engine.run_due()

    def wait(self, days: int, step: int = 1) -> None:
        """Let days pass, the worker looking in every so many of them."""
        until = self.clock.now() + days * DAY
        while self.clock.now() < until:
            self.clock.set(min(self.clock.now() + step * DAY, until))
            assert self.engine.run_due().errors == ()

    def opened(self, machine: str, customer: str) -> list[Snapshot[Any]]:
        """Return what was opened for a customer."""
        found = (self.engine.get(row.ref) for row in self.engine.find(machine))
        return [one for one in found if one.facts.customer == customer]

    def cadences(self, customer: str) -> Counter[str]:
        """Return how many care tasks of each cadence there were for a customer."""
        return Counter(one.facts.cadence for one in self.opened("care_task", customer))

    def care(self, customer: str, cadence: str, *states: str) -> list[EntityRef]:
        """Return the care tasks of a cadence in these states, in the order they were due."""
        found = [
            one
            for one in self.opened("care_task", customer)
            if one.facts.cadence == cadence and one.state in states
        ]
        return [one.ref for one in sorted(found, key=lambda one: one.facts.due_at)]

    def stage(self, name: str) -> str:
        """Return the state of a customer's lifecycle."""
        return self.engine.get(("lifecycle", name)).state


@pytest.fixture
def care() -> Iterator[Care]:
    """Return a company under the shipped rows."""
    clock = ManualClock(AT)
    machines = ["customer", "lifecycle", "care_task", "churn_case", "record_update"]
    with Engine(
        "memory:", machines=machines, profile="demo", clock=clock,
        directory=ListedDirectory(PEOPLE),
    ) as engine:  # fmt: skip
        yield Care(engine, clock)
        parked = [one for one in engine.outbox() if one.status == "parked"]
        assert [one for one in parked if one.target.machine != "record_update"] == []


YEAR = [
    (STRATEGIC, 0, "strategic", {"strategic_visit": 11, "strategic_review": 3}),
    (CORE, 0, "core", {"core_call": 25, "core_needs_survey": 11, "core_holiday_gift": 3}),
    (ORDINARY, 0, "ordinary", {"ordinary_news": 11, "ordinary_questionnaire": 3}),
    (DORMANT, 215, "dormant", {"dormant_promotion": 3, "dormant_invitation": 3}),
]


@pytest.mark.slow
@pytest.mark.parametrize(("known", "asleep", "tier", "wanted"), YEAR)
def test_a_year_of_a_tier(
    care: Care, known: dict[str, str], asleep: int, tier: str, wanted: dict[str, int]
) -> None:
    """
    Each tier gets its own care, and everybody greetings and briefings.

    TIE-006, TIE-007, TIE-008, TIE-009, TIE-010, TIE-011, TIE-013, TIE-014, TIE-015, TIE-016,
    TIE-017, TIE-018, TIE-019, TIE-020, TIE-021, TIE-024, AMB-39: gifts on festivals are for core
    customers, those with greetings wait to be switched on.
    """
    ref = care.customer("C-1", {**known, "birthday": "1980-06-18"})
    care.tell(ref, "note_dealing", kind="service")
    care.wait(asleep, step=5)
    assert care.engine.get(ref).facts.tier == tier
    before = care.cadences("C-1")
    # A worker that comes once a week makes the same plans.
    care.wait(360, step=1 if tier == "strategic" else 7)
    found = care.cadences("C-1") - before
    own = {name: count for name, count in found.items() if name.startswith(f"{tier}_")}
    assert own == wanted
    assert (found["birthday_greeting"], found["festival_greeting"]) == (1, 3)
    assert found["industry_briefing"] >= 10
    assert "regular_contact" not in found
    greetings = [one.facts for one in care.opened("care_task", "C-1")]
    for one in greetings:
        if one.kind == "greeting" and tier == "strategic":
            begins, ends = one.due_at.astimezone(ZONE), one.until_at.astimezone(ZONE)
            assert begins.date() <= ends.date() < one.due_on, one.cadence


def test_who_has_no_tier_is_contacted_regularly(care: Care) -> None:
    """Every customer is contacted, to prevent that it leaves (TIE-036, LIF-011)."""
    care.customer("C-1")
    care.wait(100)
    assert care.cadences("C-1")["regular_contact"] == 3


def test_a_missed_visit_and_one_that_was_made(care: Care) -> None:
    """What is missed goes to the owner's superior; what is done opens the next all the same."""
    care.customer("C-1", STRATEGIC)
    care.wait(45)
    [missed] = care.care("C-1", "strategic_visit", "missed")
    tasks = {task.name: task.assignee for task in care.engine.get(missed).tasks}
    assert tasks == {"do_care": None, "see_to_missed_care": "head-1"}
    care.wait(15)
    [due] = care.care("C-1", "strategic_visit", "due")
    assert care.care("C-1", "strategic_visit", "cancelled") == [missed]
    care.engine.fire(due, "do", {"result": "wants more"}, actor=ANYBODY).require()
    care.engine.run_due()
    assert care.engine.get(("customer", "C-1")).facts.last_contact == "wants more"
    care.wait(40)
    assert care.care("C-1", "strategic_visit", "due", "missed")


def test_important_customers_come_first(care: Care) -> None:
    """TIE-037: the queue of a role goes by tier, then by what is due first."""
    care.customer("C-1", number=1)
    care.customer("C-2", CORE, 2)
    care.customer("C-3", STRATEGIC, 3)
    care.customer("C-4", ORDINARY, 4)
    care.wait(45)
    collected = {**PAYLOADS["collect"], **STRATEGIC, "name": "C-5"}
    care.engine.create("customer", collected, actor=SALES, id="C-5").require()
    rows = care.engine.queue()
    found = [care.engine.get(row.ref) for row in rows]
    named = [getattr(one.facts, "customer", one.ref.id) for one in found]
    order = ["C-3", "C-5", "C-2", "C-4", "C-1"]
    assert set(named) == set(order)
    ranks = [max(order.index(name), 1) for name in named]
    assert ranks == sorted(ranks)
    assert len({row.ref for row in rows}) < len(rows), "some have a superior's task too"
    assert care.engine.tasks() != rows
    assert sorted(care.engine.tasks(), key=str) == sorted(rows, key=str)


def test_another_tier_is_other_care(care: Care) -> None:
    """TIE-035: a better tier counts at once; its care begins, that of the old one is cancelled."""
    ref = care.customer("C-1", CORE)
    care.wait(15)
    [call] = care.care("C-1", "core_call", "due")
    change = {"values": STRATEGIC, "update": "U-1", "operator": "clerk-1", "content": "grown"}
    care.engine.fire(ref, "apply_update", change, actor=SYSTEM).require()
    care.engine.run_due()
    assert care.engine.get(ref).facts.tier == "strategic"
    assert care.engine.get(call).state == "cancelled"
    assert care.engine.get(call).facts.reason == "cause_ended"
    care.wait(45)
    found = care.cadences("C-1")
    assert (found["core_call"], found["strategic_visit"]) == (1, 1)


def test_who_buys_nothing_is_called(care: Care) -> None:
    """After six months, as the company chose; a purchase makes the call pointless (LIF-010)."""
    ref = care.customer("C-1", ORDINARY)
    care.wait(200, step=5)
    [call] = care.care("C-1", "check_call", "due", "missed")
    care.tell(ref, "note_purchase", amount="100 CNY")
    assert care.engine.get(call).state == "cancelled"
    assert care.engine.get(call).facts.reason == "heard_of"


def churned(care: Care, name: str) -> EntityRef:
    """Return the case of a customer, with measures taken."""
    [case] = [one.ref for one in care.opened("churn_case", name) if one.state == "warned"]
    care.engine.fire(case, "analyse", {"cause": "late deliveries"}, actor=SALES).require()
    measures = {"measures": ["own stock"], "owner": "sales-1", "marketing_plan": "new"}
    care.engine.fire(case, "act", measures, actor=SALES).require()
    return case


def loyal(care: Care, name: str) -> tuple[str, str]:
    """Return a customer who has bought four times."""
    ref = care.customer(name, CORE)
    assert care.stage(name) == "potential"
    for count in range(4):
        care.tell(ref, "note_purchase", amount="100 CNY")
        assert care.stage(name) == ("loyal" if count == 3 else "first_purchase")
    return ref


def test_stages_follow_what_is_bought(care: Care) -> None:
    """LIF-003: the scheme changes stages, and brings their strategies along (LIF-002)."""
    ref = loyal(care, "C-1")
    facts = care.engine.get(("lifecycle", "C-1")).facts
    assert (facts.strategy, facts.reason) == ("deepen_and_reward", "raised")
    assert facts.service_plan == "regular_contact_and_recommendations"
    assert care.engine.get(ref).facts.lifecycle_stage == "loyal"
    care.wait(100)
    assert care.cadences("C-1")["loyal_contact"] == 1, "LOY-007: regular contact"


def test_a_warning_that_ends_in_a_loss(care: Care) -> None:
    """Low satisfaction warns (LIF-013, LIF-014); who is given up is lost, until it buys again."""
    ref = loyal(care, "C-1")
    care.tell(ref, "note_satisfaction", score="40")
    care.wait(1)
    case = churned(care, "C-1")
    assert care.engine.get(case).facts.signal == "satisfaction"
    assert care.engine.get(case).facts.strategy == "solve_and_apologise"
    care.engine.fire(case, "give_up", {"result": "left"}, actor=SALES).require()
    care.engine.run_due()
    assert care.stage("C-1") == "lost"
    assert care.engine.get(ref).facts.lifecycle_stage == "lost"
    care.wait(1)
    care.tell(ref, "note_purchase", amount="100 CNY")
    assert care.stage("C-1") == "loyal", "first purchase anew, and by all it has bought loyal"


def test_a_loss_that_is_won_back(care: Care) -> None:
    """Who buys nothing for more than a year is lost (LIF-017) and may be won back (LIF-016)."""
    ref = loyal(care, "C-1")
    care.wait(300, step=10)
    [warned] = care.opened("churn_case", "C-1")
    assert warned.facts.signal == "behaviour"
    case = churned(care, "C-1")
    care.wait(70, step=10)
    assert care.stage("C-1") == "lost"
    care.engine.fire(case, "retain", {"result": "new contract"}, actor=SALES).require()
    care.engine.run_due()
    assert care.stage("C-1") == "loyal"
    assert care.engine.get(ref).facts.lifecycle_stage == "loyal"
    care.wait(30, step=10)
    assert care.stage("C-1") == "loyal", "the winning back counts as activity"


def test_promotions_reach_archived_customers(care: Care) -> None:
    """AMB-12: promotions are sent from basic data; all other care of them ends."""
    ref = care.customer("C-1", DORMANT)
    care.tell(ref, "note_dealing", kind="service")
    care.wait(400, step=10)
    judged = {"no_potential_need": True, "reason": "moved to steam"}
    care.engine.fire(ref, "mark_dormant", judged, actor=SALES).require()
    care.engine.fire(ref, "archive", actor=KEEPER).require()
    care.engine.run_due()
    before = care.cadences("C-1")
    care.wait(100, step=10)
    more = care.cadences("C-1") - before
    assert more == {"dormant_promotion": 1}


def test_what_comes_again_for_the_company() -> None:
    """
    Team weeks twice a year, regular training, member events by interval, holiday and anniversary.

    TRN-004, TRN-011, LOY-004, LOY-005, AMB-49.
    """
    clock = ManualClock(AT)
    with Engine(
        "memory:", machines=["company", "training", "member_event"], profile="demo", clock=clock
    ) as engine:
        opened = {"name": "Harbour Shop", "opened_on": "2001-05-20"}
        engine.create("company", opened, actor=ADMIN, id="shop-1").require()
        for _ in range(53):
            clock.advance(7 * DAY)
            assert engine.run_due().errors == ()
        trainings = [engine.get(row.ref) for row in engine.find("training")]
        weeks = [one.facts for one in trainings if one.facts.kind == "whole_team"]
        assert [one.days for one in weeks] == [2, 2]
        assert {one.company for one in weeks} == {"shop-1"}
        services = [one.facts for one in trainings if one.facts.kind == "post"]
        assert len(services) == 4
        assert {one.plan for one in services} == {("professionalism", "communication")}
        events = [engine.get(row.ref).facts for row in engine.find("member_event")]
        assert Counter(one.occasion for one in events) == {
            "interval": 4, "holiday": 4, "anniversary": 1,
        }  # fmt: skip
        assert {one.shop for one in events} == {"shop-1"}
        [party] = [one for one in events if one.occasion == "anniversary"]
        assert party.due_on.isoformat() == "2026-05-20"
        assert [one for one in engine.outbox() if one.status == "parked"] == []
        ref = ("company", "shop-1")
        engine.fire(ref, "correct", {"opened_on": "2001-06-20"}, actor=ADMIN).require()
        engine.fire(ref, "close", {"reason": "moved"}, actor=ADMIN).require()
        assert engine.get(ref).timers == ()
