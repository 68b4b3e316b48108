"""The machine `key_account`, catalogue 3.21."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import attrs
import pytest

from crmflow.core.actor import SYSTEM, Actor
from crmflow.states.key_account.figures import Figures
from tests.states.case import DAY, Case, declared, legal, pairs, walk_of

MEMBER = {"person": "serv-1", "duty": "representative", "chosen_for": "ten years of presses"}
REPORT = {
    "product_needs": "two presses",
    "service_needs": "a visit a month",
    "price_needs": "yearly prices",
    "basics": "three plants",
    "motives": "capacity",
    "habits": "orders in spring",
    "expectations": "quiet machines",
    "pain_points": "late parts",
    "priorities": "parts first",
    "report": "needs report 7",
    "methods": ["interview", "data_analysis"],
}
PLAN = {
    "resources": "two engineers",
    "products": "custom frames",
    "price_strategy": "yearly discount",
    "delivery": "own truck",
    "after_sales": "stock of parts",
    "dedicated_team": "team of three, green channel",
    "communication": "monthly call",
    "hotline": "800-1",
    "recommendations": "by orders and habits",
    "standard_content": "installation and care",
    "standard_process": "call, visit, report",
    "ways_in": ["one_window", "self_service", "all_channels"],
}
EXECUTION = {
    "goals": "sell two presses",
    "content": "visits and offers",
    "process": "monthly rhythm",
    "team": ["serv-1"],
    "departments": ["sales", "production"],
    "growth_plan": "help with planning",
    "meetings": "forum in autumn",
    "training": "press school",
    "sharing": "case day with a reception",
    "sales_goal": "500000",
    "satisfaction_goal": "90",
}
EVALUATION = {
    "satisfaction": "85",
    "feedback": "good visits, slow parts",
    "sales": "480000",
    "sales_before": "400000",
    "problems": ["slow parts"],
    "profit_contribution": "120000",
    "improvement": "parts on stock everywhere",
    "reason": "needs changed early",
}
PAYLOADS: dict[str, Mapping[str, object]] = {
    "nominate": {
        "customer": "C-1",
        "methods": ["data_analysis", "customer_interview", "market_survey"],
        "annual_sales": "2000000",
        "profit_contribution": "90000",
    },
    "propose": {"grade": "A", "reason": "largest contribution"},
    "approve": {
        "manager": "kam-1",
        "team": [MEMBER],
        "department": "key-account operations",
        "platform": "shared board",
    },
    "decline": {"reason": "too small"},
    "analyse": REPORT,
    "set_strategy": PLAN,
    "execute": EXECUTION,
    "update_needs": {
        "change": "a third press",
        "market": {"competitors": "one new", "trends": "quieter"},
        "service_given": "press tuned at night",
    },
    "update_needs:bare": {"change": "a third press"},
    "report_problem": {"problem": "parts late"},
    "correct_problem": {"correction": "parts sent by truck"},
    "come_due": {},
    "evaluate": EVALUATION,
    "evaluate:due": {
        "satisfaction": "95",
        "feedback": "very good",
        "sales": "500000",
        "reward": "a bonus of 5000 yuan",
    },
    "adjust": {"cause": "market", "change": "a new competitor"},
    "adjust:plan": {"cause": "needs", "change": "a third press", "plan": PLAN},
    "carry_on": {"reason": "all goals in reach"},
    "reanalyse": {**REPORT, "report": "needs report 8"},
    "remove": {"because": "relation_ended", "reason": "it moved away"},
}
TABLE = (
    "nominate: - -> candidate",
    "propose: candidate -> proposed",
    "approve: proposed -> approved",
    "decline: proposed -> candidate",
    "analyse: approved -> analysed",
    "set_strategy: analysed -> strategy_set",
    "execute: strategy_set -> executing",
    "update_needs: analysed, strategy_set, executing, evaluated -> =",
    "evaluate: executing -> evaluated",
    "adjust: executing, evaluated -> strategy_set",
    "carry_on: evaluated -> executing",
    "reanalyse: evaluated -> analysed",
    "remove: * -> removed",
)
ADDED = (
    "report_problem: strategy_set, executing, evaluated -> =",
    "correct_problem: strategy_set, executing, evaluated -> =",
    "come_due: executing -> =",
)
LISTED = ("nominate", "propose", "approve")
EXECUTING = (*LISTED, "analyse", "set_strategy", "execute")
PATHS = {
    "-": (),
    "candidate": ("nominate",),
    "proposed": ("nominate", "propose"),
    "approved": LISTED,
    "analysed": (*LISTED, "analyse"),
    "strategy_set": (*LISTED, "analyse", "set_strategy"),
    "executing": EXECUTING,
    "evaluated": (*EXECUTING, "evaluate"),
}
LEGAL = legal(PATHS, (*TABLE, *ADDED))
FIGURES = [field.name for field in attrs.fields(Figures)]


def account(*steps: str) -> Case:
    """Return a key account that has taken these steps."""
    return Case("key_account", PAYLOADS).go(*steps)


def test_the_table_is_the_catalogue() -> None:
    """The rows are those of the catalogue, and the added ones."""
    assert declared("key_account") == pairs((*TABLE, *ADDED))


@pytest.mark.parametrize(("source", "event", "to"), LEGAL)
def test_a_row_is_legal(source: str, event: str, to: str) -> None:
    """Every row leads where the catalogue says."""
    before = ("report_problem",) if event == "correct_problem" else ()
    case = account(*PATHS[source], *before, event)
    assert case.state == (source if to == "=" else to)
    case.hold_invariants()


@pytest.mark.parametrize(
    ("steps", "step", "changes", "why"),
    [
        ((), "nominate", {"customer": None}, "$.customer"),
        ((), "nominate", {"methods": []}, "$.methods"),
        ((), "nominate", {"methods": ["rumour"]}, "$.methods[0]"),
        (("nominate",), "propose", {"grade": "D"}, "$.grade"),
        (PATHS["proposed"], "approve", {"manager": None}, "$.manager"),
        (PATHS["proposed"], "approve", {"team": []}, "$.team"),
        (PATHS["proposed"], "approve", {"department": " "}, "$.department"),
        (PATHS["proposed"], "approve", {"team": [{**MEMBER, "duty": "guest"}]}, "$.team[0].duty"),
        (PATHS["proposed"], "approve", {"team": [{**MEMBER, "chosen_for": ""}]},
         "$.team[0].chosen_for"),
        (PATHS["proposed"], "decline", {"reason": None}, "$.reason"),
        (LISTED, "analyse", {"methods": []}, "$.methods"),
        (PATHS["executing"], "update_needs", {"change": None}, "$.change"),
        (PATHS["executing"], "correct_problem", {}, "no_problem"),
        ((*EXECUTING, "report_problem"), "report_problem", {}, "problem_open"),
        ((*EXECUTING, "report_problem"), "evaluate", {}, "problem_open"),
        (EXECUTING, "evaluate", {"reason": None}, "period_not_over"),
        (EXECUTING, "evaluate", {"satisfaction": "101"}, "$.satisfaction"),
        (EXECUTING, "evaluate", {"sales": "1 EUR"}, "other_currency"),
        (EXECUTING, "evaluate", {"sales_before": "1 EUR"}, "other_currency"),
        ((*EXECUTING, "come_due"), "evaluate:due", {"reward": None}, "no_reward"),
        (EXECUTING, "adjust:plan", {"plan": None}, "no_new_plan"),
        (EXECUTING, "adjust", {"cause": "mood"}, "$.cause"),
        (PATHS["evaluated"], "carry_on", {"reason": ""}, "$.reason"),
        (PATHS["evaluated"], "reanalyse", {"report": "needs report 7"}, "same_report"),
        (EXECUTING, "remove", {"because": "mood"}, "$.because"),
        ((*EXECUTING, "remove"), "update_needs", {}, "final"),
    ],
)  # fmt: skip
def test_a_guard_refuses(
    steps: tuple[str, ...], step: str, changes: dict[str, object], why: str
) -> None:
    """
    Each guard of the catalogue refuses with its reason.

    Rules: KAM-010 KAM-015 KAM-016 KAM-020 KAM-023 KAM-028 KAM-034 KAM-035 KAM-037 TIE-030
    """
    case = account(*steps)
    assert case.why_not(step, payload=case.but(step, **changes)) == {why}


@pytest.mark.parametrize("field", sorted(REPORT))
def test_a_needs_analysis_is_complete(field: str) -> None:
    """
    Products, service, prices, basics, motives, habits, expectations, pain points, and a report.

    Rules: KAM-014 KAM-015 KAM-016 KAM-040
    """
    case = account(*LISTED)
    assert case.why_not("analyse", payload=case.but("analyse", **{field: None})) == {f"$.{field}"}


@pytest.mark.parametrize("field", sorted(set(PLAN) - {"ways_in"}))
def test_a_service_plan_is_complete(field: str) -> None:
    """
    Built on resources; four ways to be different, hotline and recommendations, a standard.

    Rules: KAM-017 KAM-018 KAM-021 KAM-022 KAM-024
    """
    case = account(*PATHS["analysed"])
    wrong = case.but("set_strategy", **{field: None})
    assert case.why_not("set_strategy", payload=wrong) == {f"$.{field}"}


@pytest.mark.parametrize("field", sorted(EXECUTION))
def test_an_execution_is_complete(field: str) -> None:
    """
    Goals, content, process, team, departments; growth plan, meetings, training, sharing.

    Rules: KAM-019 KAM-025 KAM-026 KAM-027 KAM-036
    """
    case = account(*PATHS["strategy_set"])
    wrong = case.but("execute", **{field: None})
    assert case.why_not("execute", payload=wrong) == {f"$.{field}"}


def test_criteria_have_their_figures() -> None:
    """What a company's definition may measure is known of a candidate, where it is given."""
    given = {
        "annual_sales": "2000000", "profit_contribution": "90000", "market_influence": "7",
        "registered_capital": "10000000", "customer_sales": "90000000", "employees": 300,
        "industry_rank": 3, "market_share": "12.5", "demand_volume": "40", "growth_rate": "8",
        "credit_rating": "AA", "ability_to_pay": "9", "purchases": 14, "share_of_sales": "6",
        "potential_value": "8", "strategic_fit": "7", "need_kind": "presses", "industry": "mills",
        "capacity_kva": "1200", "annual_kwh": "6000000", "dual_supply": True,
    }  # fmt: skip
    case = account()
    case.fire("nominate", payload=case.but("nominate", **given)).require()
    assert sorted(given) == sorted(FIGURES)
    assert all(getattr(case.facts, name) is not None for name in FIGURES)
    assert [getattr(account("nominate").facts, name) is None for name in FIGURES].count(True) == 19


@pytest.mark.parametrize("step", ["propose", "set_strategy", "execute", "evaluate", "remove"])
def test_the_department_and_its_managers_do_the_work(step: str) -> None:
    """Nobody else lists, plans, carries out, evaluates (KAM-030, KAM-031, KAM-032, KAM-033)."""
    sources = {"propose": "candidate", "set_strategy": "analysed", "execute": "strategy_set"}
    case = account(*PATHS[sources.get(step, "executing")])
    assert case.why_not(step, Actor("sales-1", {"salesperson"})) == {"role"}
    case.fire(step, Actor("kam-1", {"key_account_manager"})).require()


@pytest.mark.parametrize("state", ["terminated", "archived"])
def test_there_is_a_business_relation(state: str) -> None:
    """The process is for customers the company deals with (KAM-001)."""
    case = account("nominate").mirror("customer", state, "C-1")
    assert case.why_not("propose") == {"no_business_relation"}
    assert account("nominate").mirror("customer", "active", "C-1").go("propose").state == "proposed"


def test_the_customer_record_hears_of_it() -> None:
    """Grade and manager when it is listed, and that it is listed no more (KAM-033)."""
    case = account("nominate", "propose")
    [told] = case.fire("approve").require().messages
    assert (told.machine, told.id, told.event) == ("customer", "C-1", "set_key_account")
    assert (told.payload["is_key_account"], told.payload["grade"]) == (True, "A")
    assert told.payload["manager"] == "kam-1"
    [told] = case.fire("remove").require().messages
    assert told.payload["is_key_account"] is False
    assert account("nominate").fire("remove").require().messages == ()


def test_a_team_is_assigned() -> None:
    """
    A manager, a team of chosen people with duties, a department, a place to work together.

    Rules: KAM-030 KAM-032 KAM-033 KAM-034 KAM-035
    """
    facts = account(*LISTED).facts
    assert (facts.manager, facts.department, facts.platform) == (
        "kam-1",
        "key-account operations",
        "shared board",
    )
    assert [(one.person, one.duty) for one in facts.team] == [("serv-1", "representative")]


def test_ways_in_are_named() -> None:
    """One window, self-service, all channels (KAM-039)."""
    assert account(*PATHS["strategy_set"]).facts.plan.ways_in == (
        "one_window",
        "self_service",
        "all_channels",
    )


def test_the_service_standard_has_the_companys_limits() -> None:
    """They are configured, and a problem is corrected within them (KAM-022, KAM-023)."""
    case = account(*PATHS["strategy_set"])
    times = {one.name: one.limit for one in case.facts.service_times}
    assert times == {"response": "2h", "solution": "1wd"}
    case.go("report_problem")
    assert list(case.due) == ["key_account_problem"]
    case.wait(2 * DAY)
    assert case.tasks["overdue_problem"] == "key_account_department"
    case.go("correct_problem")
    assert (case.facts.problem, case.facts.correction) == (None, "parts sent by truck")
    assert "correct_problem" not in case.tasks


@pytest.mark.parametrize("source", ["analysed", "strategy_set", "executing", "evaluated"])
def test_needs_are_kept_up_to_date(source: str) -> None:
    """
    The customer record hears what changed and what was done; then a change is considered.

    Rules: KAM-028 KAM-044 KAM-045
    """
    case = account(*PATHS[source])
    update, service = case.fire("update_needs").require().messages
    assert (update.machine, update.event) == ("record_update", "raise")
    assert (update.payload["kind"], update.payload["change"]) == ("need", "a third press")
    assert (service.event, service.payload["detail"]) == ("note_dealing", "press tuned at night")
    assert case.facts.market.competitors == "one new"
    suggested = source in ("executing", "evaluated")
    assert ("consider_adjusting" in case.tasks) == suggested
    assert len(case.fire("update_needs:bare").require().messages) == 1


def test_an_evaluation_has_its_indicators() -> None:
    """Satisfaction and growth of sales; what is to become better is opened (ANA-008, KAM-029)."""
    case = account(*EXECUTING)
    told, cycle = case.fire("evaluate").require().messages
    assert (told.event, told.payload["score"]) == ("note_satisfaction", "85")
    assert (cycle.machine, cycle.payload["source"]) == ("improvement_cycle", "review")
    assert cycle.payload["need"] == "parts on stock everywhere"
    assert (case.facts.sales_growth, case.facts.evaluations) == (Decimal("20.00"), 1)
    assert case.facts.profit_contribution == Decimal(120000)


def test_the_strategy_is_evaluated_when_its_period_is_over() -> None:
    """Then no reason is needed, and who reached both goals is rewarded (KAM-020, KAM-037)."""
    case = account(*EXECUTING, "come_due")
    assert case.tasks["evaluate"] == "key_account_manager"
    assert [one.machine for one in case.fire("evaluate:due").require().messages] == ["customer"]
    assert case.facts.evaluation.reward == "a bonus of 5000 yuan"
    assert case.facts.sales_growth is None
    case.go("carry_on")
    assert (case.state, case.facts.review_due_at) == ("executing", None)
    assert case.why_not("evaluate:due") == {"period_not_over"}


def test_growth_from_nothing_is_not_told() -> None:
    """A period without sales gives no percentage (ANA-008)."""
    case = account(*EXECUTING)
    case.fire("evaluate", payload=case.but("evaluate", sales_before="0")).require()
    assert case.facts.sales_growth is None


def test_a_plan_follows_changed_needs() -> None:
    """What the market does may leave the plan; needs and feedback do not (KAM-020, KAM-028)."""
    case = account(*EXECUTING, "adjust:plan")
    assert (case.state, case.facts.adjusted_for) == ("strategy_set", "needs")
    assert account(*PATHS["evaluated"], "adjust").facts.plan.hotline == "800-1"


def test_the_steps_are_those_of_the_sources() -> None:
    """
    Identify, grade, analyse, set a strategy, carry out, evaluate and adjust.

    Rules: KAM-011 KAM-012 KAM-013
    """
    case = account()
    assert [case.go(step).state for step in (*EXECUTING, "evaluate", "adjust")] == [
        "candidate",
        "proposed",
        "approved",
        "analysed",
        "strategy_set",
        "executing",
        "evaluated",
        "strategy_set",
    ]


def test_only_the_cadence_says_that_a_period_is_over() -> None:
    """Nobody shortens it by hand but with a reason (KAM-020)."""
    case = account(*EXECUTING)
    assert case.why_not("come_due") == {"role"}
    case.fire("come_due", SYSTEM).require()


TestKeyAccountWalk = walk_of("key_account", PAYLOADS)
