"""The machine `lifecycle`, catalogue 3.10."""

import pytest

from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.message import Message
from tests.states.case import DAY, Case, declared, legal, pairs, walk_of

MOVE: dict[str, object] = {
    "reason": "bought for a year",
    "strategy": "deepen",
    "service_plan": "monthly call",
}
PAYLOADS: dict[str, dict[str, object]] = {
    "enter": {"customer": "C-1"},
    "enter:lead": {"lead": "L-1"},
    "buy": MOVE,
    "become_loyal": MOVE,
    "become_loyal:why": {},
    "lose": {"reason": "closed its works"},
    "win_back": MOVE,
    "buy_again": MOVE,
    "note_purchase": {"origin": "order/O-1"},
    "note_churn": {"result": "retained", "origin": "churn_case/H-1"},
    "note_churn:lost": {"result": "lost", "origin": "churn_case/H-1"},
}
TABLE = (
    "enter: - -> potential",
    "buy: potential -> first_purchase",
    "become_loyal: first_purchase -> loyal",
    "lose: first_purchase, loyal -> lost",
    "win_back: lost -> loyal",
    "buy_again: lost -> first_purchase",
)
ADDED = (
    "note_purchase: * -> =",
    "note_churn: * -> =",
)
BOUGHT = ("enter", "note_purchase")
PATHS = {
    "-": (),
    "potential": BOUGHT,
    "first_purchase": (*BOUGHT, "buy"),
    "loyal": (*BOUGHT, "buy", "become_loyal"),
    "lost": (*BOUGHT, "buy", "lose"),
}
BEFORE = {"win_back": ("note_churn",), "buy_again": ("+", "note_purchase")}


def lifecycle(*steps: str) -> Case:
    """Return a lifecycle that has taken these steps; `+` lets a day pass."""
    case = Case("lifecycle", PAYLOADS)
    for step in steps:
        if step == "+":
            case.wait(DAY)
        else:
            case.go(step)
    return case


def test_the_table_is_the_catalogue() -> None:
    """The rows are those of the catalogue, and what it is told of (LIF-001)."""
    assert declared("lifecycle") == pairs((*TABLE, *ADDED))


@pytest.mark.parametrize(("source", "event", "to"), legal(PATHS, (*TABLE, *ADDED)))
def test_a_row_is_legal(source: str, event: str, to: str) -> None:
    """Every row leads where the catalogue says."""
    case = lifecycle(*PATHS[source], *BEFORE.get(event, ()), event)
    assert case.state == (source if to == "=" else to)
    case.hold_invariants()


@pytest.mark.parametrize(
    ("steps", "event", "changes", "why"),
    [
        ((), "enter", {"customer": None}, "nobody_named"),
        (("enter",), "buy", {}, "no_purchase"),
        ((*BOUGHT, "buy"), "become_loyal", {"reason": None}, "no_criterion"),
        ((*BOUGHT, "buy"), "lose", {"reason": None}, "no_criterion"),
        (PATHS["lost"], "win_back", {}, "not_won_back"),
        ((*PATHS["lost"], "note_churn:lost"), "win_back", {}, "not_won_back"),
        ((*PATHS["lost"], "+", "note_churn"), "buy_again", {}, "was_won_back"),
        (PATHS["lost"], "buy_again", {}, "no_purchase_since"),
        (("enter",), "lose", {}, "no_row"),
    ],
)
def test_a_guard_refuses(
    steps: tuple[str, ...], event: str, changes: dict[str, object], why: str
) -> None:
    """Each guard of the catalogue refuses with its reason; LIF-017 asks for a criterion."""
    case = lifecycle(*steps)
    refused = case.why_not(event, payload=case.but(event, **changes))
    assert why in refused


def test_the_customer_record_is_told_each_stage() -> None:
    """The record hears of every change; a lead's lifecycle tells nobody (LIF-001)."""
    case, told = Case("lifecycle", PAYLOADS), list[Message]()
    for step in (*PATHS["loyal"], "lose", "note_churn", "win_back"):
        told += case.fire(step, case.who(step)).require().messages
    assert {(one.machine, one.event, one.id) for one in told} == {("customer", "set_stage", "C-1")}
    assert [one.payload["stage"] for one in told] == [
        "potential", "first_purchase", "loyal", "lost", "loyal",
    ]  # fmt: skip
    assert {one.payload["origin"] for one in told} == {str(case.snapshot.ref)}
    assert Case("lifecycle", PAYLOADS).fire("enter:lead").require().messages == ()


def test_each_stage_has_a_strategy_and_a_service_plan() -> None:
    """They come with the stage, are put into practice by somebody, and go with it (LIF-002)."""
    case = lifecycle(*PATHS["loyal"])
    assert (case.facts.strategy, case.facts.service_plan) == ("deepen", "monthly call")
    assert case.tasks == {"apply_strategy": "salesperson"}
    case.go("lose")
    assert (case.facts.strategy, case.facts.service_plan) == (None, None)


def test_who_is_won_back_is_active_from_then_on() -> None:
    """A retained customer counts from the end of the case; the case is dealt with (LIF-016)."""
    case = lifecycle(*PATHS["lost"], "+", "note_churn")
    assert case.facts.active_at == case.at > case.facts.last_purchase_at
    case.wait(DAY)
    case.go("win_back")
    assert (case.state, case.facts.churn) == ("loyal", "none")
    assert case.facts.active_at == case.at


def test_a_purchase_makes_an_old_case_pointless() -> None:
    """Who buys again without a case begins as after a first purchase (LIF-001, LIF-003)."""
    case = lifecycle(*PATHS["lost"], "note_churn:lost", "+", "note_purchase")
    assert (case.facts.churn, case.facts.purchases) == ("none", 2)
    case.go("buy_again")
    assert case.state == "first_purchase"


def test_stages_are_changed_by_sales_and_told_by_the_system() -> None:
    """Nobody else changes a stage; nobody at all makes purchases up."""
    case = lifecycle(*BOUGHT)
    assert case.why_not("buy", Actor("clerk-1", {"finance"})) == {"role"}
    assert case.why_not("note_purchase") == {"role"}
    assert case.fire("buy", SYSTEM).accepted


TestLifecycleWalk = walk_of("lifecycle", PAYLOADS)
