"""The machine `churn_case`, catalogue 3.23."""

import pytest

from crmflow.core.actor import Actor
from tests.states.case import Case, declared, legal, pairs, walk_of

PAYLOADS: dict[str, dict[str, object]] = {
    "warn": {
        "customer": "C-1", "cadence": "churn_warning", "signal": "satisfaction",
        "strategy": "solve_and_apologise", "since": "2025-06-01",
        "until_at": "2026-03-02T18:00:00+08:00",
    },
    "warn:person": {"customer": "C-1", "signal": "account_development", "detail": "new owner"},
    "analyse": {"cause": "late deliveries"},
    "dismiss": {"reason": "heard_of"},
    "act": {"measures": ["own stock"], "owner": "sales-1"},
    "act:plan": {
        "measures": ["own stock"], "owner": "sales-1", "marketing_plan": "quiet pumps first",
    },
    "retain": {"result": "new contract"},
    "give_up": {"result": "went to another supplier"},
}  # fmt: skip
TABLE = (
    "warn: - -> warned",
    "analyse: warned -> analysed",
    "dismiss: warned, analysed -> dismissed",
    "act: analysed -> winning_back",
    "retain: winning_back -> retained",
    "give_up: winning_back -> lost",
)
PATHS = {
    "-": (),
    "warned": ("warn",),
    "analysed": ("warn", "analyse"),
    "winning_back": ("warn", "analyse", "act"),
}


def churn(*steps: str) -> Case:
    """Return a churn case that has taken these steps."""
    return Case("churn_case", PAYLOADS).go(*steps)


def test_the_table_is_the_catalogue() -> None:
    """The rows are those of the catalogue, no more and no fewer."""
    assert declared("churn_case") == pairs(TABLE)


@pytest.mark.parametrize(("source", "event", "to"), legal(PATHS, TABLE))
def test_a_row_is_legal(source: str, event: str, to: str) -> None:
    """Every row leads where the catalogue says."""
    case = churn(*PATHS[source], event)
    assert case.state == to
    case.hold_invariants()


@pytest.mark.parametrize(
    ("steps", "event", "changes", "why"),
    [
        ((), "warn", {"cadence": None}, "no_signal"),
        ((), "warn", {"signal": "hunch"}, "$.signal"),
        (("warn",), "analyse", {"cause": " "}, "$.cause"),
        (PATHS["analysed"], "act", {"measures": []}, "$.measures"),
        (PATHS["analysed"], "act", {"owner": None}, "$.owner"),
        (PATHS["winning_back"], "retain", {"result": None}, "$.result"),
        (PATHS["winning_back"], "give_up", {"result": None}, "$.result"),
        (PATHS["winning_back"], "dismiss", {}, "no_row"),
        (("warn",), "act", {}, "no_row"),
    ],
)
def test_a_guard_refuses(
    steps: tuple[str, ...], event: str, changes: dict[str, object], why: str
) -> None:
    """Analysis, measures with an owner, and a result are needed (LIF-012, LIF-016)."""
    case = churn(*steps)
    assert case.why_not(event, payload=case.but(event, **changes)) == {why}


@pytest.mark.parametrize(
    ("step", "signal"), [("warn", "satisfaction"), ("warn:person", "account_development")]
)
def test_a_warning_says_what_it_comes_from(step: str, signal: str) -> None:
    """LIF-014: behaviour, satisfaction, developments at the customer; the owner is alerted."""
    case = churn(step)
    assert case.facts.signal == signal
    assert case.tasks == {"analyse_churn": "salesperson"}


def test_a_warning_suggests_how_to_win_the_customer_back() -> None:
    """LIF-015: the strategy comes with the warning of a row."""
    assert churn("warn").facts.strategy == "solve_and_apologise"
    assert churn("warn:person").facts.strategy is None


def test_the_marketing_plan_is_adjusted() -> None:
    """LIF-018: measures say how marketing answers the changed needs."""
    assert churn("warn", "analyse", "act:plan").facts.marketing_plan == "quiet pumps first"


@pytest.mark.parametrize(("event", "result"), [("retain", "retained"), ("give_up", "lost")])
def test_the_lifecycle_is_told_the_end(event: str, result: str) -> None:
    """LIF-016: whether the customer stays is told to the customer's lifecycle (LIF-001)."""
    case = churn(*PATHS["winning_back"])
    [message] = case.fire(event).require().messages
    assert (message.machine, message.event, message.id) == ("lifecycle", "note_churn", "C-1")
    assert message.payload == {"result": result, "origin": str(case.snapshot.ref)}


def test_others_do_not_work_on_it() -> None:
    """Sales, service and marketing see to it."""
    assert churn("warn").why_not("analyse", Actor("clerk-1", {"finance"})) == {"role"}


def test_work_waits_for_somebody() -> None:
    """One task at a time says what comes next."""
    case = churn("warn")
    then = [list(case.go(step).tasks) for step in ("analyse", "act", "retain")]
    assert then == [["act_on_churn"], ["win_back"], []]


TestChurnCaseWalk = walk_of("churn_case", PAYLOADS)
