"""Key accounts through the whole engine: criteria, the list's approver, reviews, profiles."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from crmflow.clock import ManualClock
from crmflow.config import Overlay
from crmflow.core.decision import Decision
from crmflow.core.people import Person
from crmflow.core.ref import EntityRef
from crmflow.core.verdict import Answer
from crmflow.directory import ListedDirectory
from crmflow.engine.engine import Engine
from crmflow.storage.rows import MessageStatus
from tests.states.customers import PAYLOADS as RECORD
from tests.states.test_key_account import PAYLOADS

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
STAFF = (
    Person("dept-1", ("key_account_department",)),
    Person("kam-1", ("key_account_manager",)),
    Person("gm-1", ("general_manager",)),
    Person("board-1", ("key_account_board",)),
    Person("sales-1", ("salesperson",)),
    Person("keeper-1", ("file_keeper",)),
    Person("after-1", ("after_sales",)),
)
NOBODY = Overlay({"key_account.list_approver": "none"})


def started(*profiles: str, config: Overlay | None = None, clock: ManualClock) -> Engine:
    """Return a company with key accounts, the example values in the blanks."""
    return Engine(
        "memory:", machines=["key_account"], profile=[*profiles, "demo"], config=config,
        directory=ListedDirectory(STAFF), clock=clock,
    )  # fmt: skip


@pytest.fixture
def clock() -> ManualClock:
    """Return the clock."""
    return ManualClock(AT)


@pytest.fixture
def engine(clock: ManualClock) -> Iterator[Engine]:
    """Return a company with the default rows."""
    with started(clock=clock) as opened:
        yield opened


def nominated(engine: Engine) -> EntityRef:
    """Return a candidate."""
    return (
        engine.create("key_account", PAYLOADS["nominate"], actor="dept-1", id="K-1")
        .require()
        .entity
    )


def do(engine: Engine, ref: EntityRef, event: str, by: str = "kam-1") -> Decision:
    """Fire an event with its payload."""
    return engine.fire(ref, event, PAYLOADS.get(event), actor=by)


def listed(engine: Engine, by: str = "gm-1") -> EntityRef:
    """Return an account on the list."""
    ref = nominated(engine)
    do(engine, ref, "propose").require()
    do(engine, ref, "approve", by).require()
    return ref


def reasons(decision: Decision) -> set[str]:
    """Return why an event was refused."""
    assert decision.refusal is not None
    refusing = (one for one in decision.refusal.verdicts if one.answer is Answer.REFUSE)
    return {f"{one.row}: {one.reason}" for one in refusing}


def test_the_companys_definition_decides(engine: Engine) -> None:
    """
    A predicate over the figures says what a key account is (KAM-002, KAM-004).

    It is required configuration; the example takes profit or sales.
    """
    poor = {**PAYLOADS["nominate"], "annual_sales": "999", "profit_contribution": "7"}
    denied = engine.create("key_account", poor, actor="dept-1")
    assert reasons(denied) == {"key_account_criteria: condition"}
    assert engine.create(
        "key_account", {**poor, "annual_sales": "1000000"}, actor="dept-1"
    ).accepted


@pytest.mark.parametrize(
    ("predicate", "figures"),
    [
        pytest.param("form.purchases >= 12 and form.potential_value >= 7",
                     {"purchases": 14, "potential_value": "8"}, id="KAM-003"),
        pytest.param("form.market_influence > 6", {"market_influence": "7"}, id="KAM-004"),
        pytest.param("form.registered_capital > 8 and form.customer_sales > 1",
                     {"registered_capital": "9", "customer_sales": "2"}, id="KAM-005 money"),
        pytest.param("form.employees > 200", {"employees": 201}, id="KAM-005 people"),
        pytest.param("form.industry_rank <= 3 and form.market_share > 12",
                     {"industry_rank": 3, "market_share": "12.5"}, id="KAM-006"),
        pytest.param("form.demand_volume > 30 and form.growth_rate > 5",
                     {"demand_volume": "40", "growth_rate": "8"}, id="KAM-007"),
        pytest.param("form.credit_rating in ['AA', 'AAA'] and form.ability_to_pay > 8",
                     {"credit_rating": "AA", "ability_to_pay": "9"}, id="KAM-008"),
        pytest.param("form.share_of_sales > 5 and form.strategic_fit > 6",
                     {"share_of_sales": "6", "strategic_fit": "7"}, id="KAM-009"),
        pytest.param("form.need_kind == 'presses' and form.industry == 'mills'",
                     {"need_kind": "presses", "industry": "mills"}, id="TIE-031"),
    ],
)  # fmt: skip
def test_a_definition_may_measure_every_criterion(
    predicate: str, figures: dict[str, object], clock: ManualClock
) -> None:
    """Who lacks the figures is no key account (KAM-003 to KAM-009, TIE-031)."""
    own = Overlay({"key_account.criteria.nomination": predicate})
    with started(config=own, clock=clock) as company:
        names = {"market_influence", *figures}
        bare = {name: one for name, one in PAYLOADS["nominate"].items() if name not in names}
        denied = company.create("key_account", bare, actor="dept-1")
        assert reasons(denied) == {"key_account_criteria: condition"}
        assert company.create("key_account", {**bare, **figures}, actor="dept-1").accepted


def test_the_list_has_an_approver(engine: Engine) -> None:
    """The configured role approves or declines; who proposed does not (KAM-002, KAM-031)."""
    ref = nominated(engine)
    do(engine, ref, "propose").require()
    assert do(engine, ref, "approve", "kam-1").refusal is not None
    do(engine, ref, "decline", "gm-1").require()
    assert engine.get(ref).state == "candidate"
    do(engine, ref, "propose").require()
    do(engine, ref, "approve", "gm-1").require()
    assert engine.get(ref).facts.manager == "kam-1"


def test_a_company_may_state_that_nobody_approves(clock: ManualClock) -> None:
    """Then the department itself takes accounts on the list and off it (KAM-002, AMB-57)."""
    with started(config=NOBODY, clock=clock) as engine:
        ref = listed(engine, "dept-1")
        assert engine.get(ref).state == "approved"
        do(engine, ref, "remove", "dept-1").require()
        assert engine.get(ref).state == "removed"


def test_who_still_meets_the_criteria_stays(engine: Engine) -> None:
    """Unless the relation has ended; the approver is asked in any case (KAM-002)."""
    ref = listed(engine)
    gone = {"because": "criteria_not_met", "reason": "small by now"}
    assert reasons(engine.fire(ref, "remove", gone, actor="kam-1")) == {
        "key_account_removal: condition"
    }
    assert do(engine, ref, "remove").require().held
    engine.fire(ref, "$approve", {}, actor="gm-1").require()
    assert engine.get(ref).state == "removed"


def test_the_power_companys_board_approves(clock: ManualClock) -> None:
    """
    The manager draws the list up, the leading group approves it (PWR-002).

    Without capacity, annual use and second supply there is nothing to draw it up from (PWR-001).
    """
    figures = {"capacity_kva": "1000", "annual_kwh": "400000", "dual_supply": False}
    with started("power", clock=clock) as engine:
        bare = do(engine, nominated(engine), "propose")
        assert {one.partition(":")[0] for one in reasons(bare)} == {"large_customer_figures"}
        payload = {**PAYLOADS["nominate"], **figures}
        ref = engine.create("key_account", payload, actor="dept-1").require().entity
        do(engine, ref, "propose").require()
        assert do(engine, ref, "approve", "gm-1").refusal is not None
        do(engine, ref, "approve", "board-1").require()
        assert engine.get(ref).state == "approved"


def test_reviews_and_meetings_come_again(engine: Engine, clock: ManualClock) -> None:
    """
    Half a year after the start the strategy is due; meetings, monitoring and the system too.

    Rules: KAM-020 KAM-026 KAM-029 KAM-038
    """
    ref = listed(engine)
    for event in ("analyse", "set_strategy", "execute"):
        do(engine, ref, event).require()
    early = {**PAYLOADS["evaluate:due"]}
    assert engine.fire(ref, "evaluate", early, actor="kam-1").refusal is not None
    clock.advance(timedelta(days=100))
    engine.run_due()
    assert "survey_satisfaction" in work(engine, ref)
    clock.advance(timedelta(days=90))
    engine.run_due()
    assert {"review_strategy", "hold_meeting", "evaluate"} <= work(engine, ref)
    clock.advance(timedelta(days=185))
    engine.run_due()
    assert "review_system" in work(engine, ref)
    engine.fire(ref, "evaluate", early, actor="kam-1").require()
    assert engine.get(ref).state == "evaluated"


def work(engine: Engine, ref: EntityRef) -> set[str]:
    """Return the codes of the open tasks."""
    return {task.name.partition(":")[0] for task in engine.get(ref).tasks}


def customer(engine: Engine) -> EntityRef:
    """Return an active customer record."""
    ref = engine.create("customer", RECORD["collect"], actor="sales-1", id="C-1").require().entity
    for event, by in (("confirm", "sales-1"), ("enter", "sales-1"), ("check_logic", "keeper-1")):
        engine.fire(ref, event, RECORD[event], actor=by).require()
    return ref


def test_the_customer_record_knows_its_key_account(clock: ManualClock) -> None:
    """
    It is told of grade and manager, of needs and of satisfaction, and asked what it knows.

    Rules: KAM-001 KAM-033 KAM-044 SUR-017
    """
    machines = ["customer", "record_update", "lifecycle", "key_account", "survey"]
    with Engine(
        "memory:", machines=machines, profile="demo", directory=ListedDirectory(STAFF), clock=clock
    ) as engine:
        record, ref = customer(engine), listed(engine)
        (link,) = engine.get(ref).links
        assert (link.name, link.state) == ("customer", "active")
        facts = engine.get(record).facts
        assert (facts.is_key_account, facts.key_account_grade) == (True, "A")
        do(engine, ref, "analyse").require()
        do(engine, ref, "update_needs").require()
        (update,) = engine.find("record_update")
        assert engine.get(update.ref).facts.kind == "need"
        plan = {"purpose": "satisfaction", "scope": "customer", "customer": "C-1"}
        survey = engine.create("survey", plan, actor="after-1").require().entity
        form = {"method": "interview", "scale": "zero_to_ten"}
        engine.fire(survey, "issue", form, actor="after-1").require()
        answer = {"respondent": "buyer", "scores": [{"item": "quality", "score": 4}]}
        engine.fire(survey, "add_answer", answer, actor="after-1").require()
        assert engine.get(record).facts.satisfaction == 40
        assert list(engine.outbox(status=MessageStatus.PARKED)) == []


UNIT = [
    {"person": f"serv-{number}", "duty": "representative", "chosen_for": "ten years of claims"}
    for number in range(8)
]
STATIONED = {
    "team": UNIT,
    "stationed_at": "the customer's main plant",
    "equipment": ["car", "camera"],
    "contacts": ["top management", "unit management"],
}
SERVICES = (
    "issuing policies", "collecting premiums", "taking reports", "surveys", "acceptance",
    "calculating claims", "payout",
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "row"),
    [
        ({"team": UNIT[:7]}, "insurance_unit"),
        ({"stationed_at": None}, "insurance_unit"),
        ({"equipment": []}, "insurance_unit"),
        ({"contacts": ["unit management"]}, "insurance_contacts"),
        ({"contacts": ["top management"]}, "insurance_contacts"),
    ],
)
def test_an_insurer_stations_a_unit_at_the_customer(
    changes: dict[str, object], row: str, clock: ManualClock
) -> None:
    """
    Eight experienced people with equipment; several levels keep contact.

    Rules: KAM-041 KAM-043
    """
    with started("insurance", clock=clock) as engine:
        ref = nominated(engine)
        do(engine, ref, "propose").require()
        whole = {**PAYLOADS["approve"], **STATIONED}
        part = {name: value for name, value in {**whole, **changes}.items() if value is not None}
        assert reasons(engine.fire(ref, "approve", part, actor="gm-1")) == {f"{row}: condition"}
        engine.fire(ref, "approve", whole, actor="gm-1").require()


@pytest.mark.parametrize("missing", SERVICES)
def test_an_insurers_service_comes_from_one_hand(missing: str, clock: ManualClock) -> None:
    """From issuing the policy to the payout, nothing left out (KAM-042)."""
    with started("insurance", clock=clock) as engine:
        ref = nominated(engine)
        do(engine, ref, "propose").require()
        engine.fire(ref, "approve", {**PAYLOADS["approve"], **STATIONED}, actor="gm-1").require()
        do(engine, ref, "analyse").require()
        plan = {**PAYLOADS["set_strategy"], "services": [s for s in SERVICES if s != missing]}
        assert reasons(engine.fire(ref, "set_strategy", plan, actor="kam-1")) == {
            "insurance_from_one_hand: condition"
        }
        whole = {**plan, "services": list(SERVICES)}
        engine.fire(ref, "set_strategy", whole, actor="kam-1").require()
