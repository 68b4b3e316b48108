"""The machine `deal`, catalogue 3.2."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.event import Cause
from crmflow.core.ref import EntityRef
from tests.states.case import DAY, TICK, Case, Payload, declared, pairs

FIT = {"matches_requirements": True, "matches_expectations": True}
NEEDS = {"needs": "pumps", "expectations": "quiet", "goals": "output"}
AGREEMENT = {
    "content": "two pumps", "price": "12.50 CNY", "delivery_time": "May", "after_sales": "a year",
}  # fmt: skip
PAYLOADS: dict[str, Payload] = {
    "open": {"customer": "C-1", "lead": "L-1", **NEEDS},
    "open:bare": {"customer": "C-1"},
    "make_plan": {"assessment": "feasible", "plan": "two pumps", **FIT},
    "propose": {"client_proposal": "offer 1", "products": ["pump"]},
    "accept": {"accepted_by": "buyer"},
    "negotiate": {"topics": "price open"},
    "negotiate:refused": {"refusal": "too dear"},
    "agree": {**AGREEMENT, "products": ["pump", "hose"]},
    "agree:bare": AGREEMENT,
    "collect_feedback": {"feedback": "noisy", "analysis": "bearing"},
    "request_service": {"request": "bearing", "channel": "phone"},
    "find_new_need": {"need": "valves"},
    "evaluate": {"satisfaction": "high", "results": "good", "indicators": ["output +5 %"]},
    "finish": {"reason": "project over", "nothing_open": True},
    "hand_over": {"owner": "sales-2", "reason": "sales-1 left"},
    "lose": {"reason": "competitor"},
    "contract_terminated": {"reason": "insolvency", "contract": "1"},
}
TABLE = (
    "open: - -> needs_analysis",
    "make_plan: needs_analysis -> plan_ready",
    "propose: plan_ready, negotiating -> proposed",
    "accept: proposed -> contracting",
    "negotiate: plan_ready, proposed, contracting -> negotiating",
    "agree: negotiating -> agreed",
    "to_contract: agreed -> contracting",
    "win: contracting -> won",
    "start: won -> executing",
    "collect_feedback: executing, in_service -> =",
    "deliver: executing -> in_service",
    "find_new_need: in_service -> =",
    "evaluate: in_service -> =",
    "finish: in_service -> evaluated",
    "hand_over: * -> =",
    "lose: needs_analysis, plan_ready, proposed, negotiating, agreed, contracting -> lost",
    "contract_terminated: won, executing, in_service -> terminated",
)
ADDED = ("request_service: in_service -> =", "remind_evaluation: in_service -> =")
PLANNED = ("open", "make_plan")
CONTRACTING = (*PLANNED, "propose", "accept")
WON = (*CONTRACTING, "@contract signed", "win")
EXECUTING = (*WON, "@contract executing", "start")
IN_SERVICE = (*EXECUTING, "@contract settling", "deliver")
PATHS: dict[str, tuple[str, ...]] = {
    "-": (),
    "needs_analysis": ("open",),
    "plan_ready": PLANNED,
    "proposed": (*PLANNED, "propose"),
    "negotiating": (*PLANNED, "negotiate"),
    "agreed": (*PLANNED, "negotiate", "agree"),
    "contracting": CONTRACTING,
    "won": WON,
    "executing": EXECUTING,
    "in_service": IN_SERVICE,
}
BEFORE = {
    "win": ("@contract signed",),
    "start": ("@contract executing",),
    "deliver": ("@contract settling",),
    "finish": ("evaluate",),
    "contract_terminated": ("@contract terminated",),
    "contracting negotiate": ("@contract cancelled",),
}
LEGAL = [
    (source, event, to)
    for first, event, to in sorted(pairs(TABLE + ADDED))
    for source in (list(PATHS)[1:] if first == "*" else [first])
]


def deal(*steps: str) -> Case:
    """Return a deal that has taken these steps."""
    return Case("deal", PAYLOADS).go(*steps)


def test_the_table_is_the_catalogue() -> None:
    """The rows are those of the catalogue, a service request and a reminder besides."""
    assert declared("deal") == pairs(TABLE + ADDED)


@pytest.mark.parametrize(("source", "event", "to"), LEGAL)
def test_a_row_is_legal(source: str, event: str, to: str) -> None:
    """Every row leads where the catalogue says."""
    before = BEFORE.get(f"{source} {event}", BEFORE.get(event, ()))
    step = "negotiate:refused" if (source, event) == ("proposed", "negotiate") else event
    case = deal(*PATHS[source], *before, step)
    assert case.state == (source if to == "=" else to)
    case.hold_invariants()


@pytest.mark.parametrize(
    ("steps", "event", "changes", "why"),
    [
        ((), "open", {"customer": None}, "$.customer"),
        pytest.param(
            ("open",), "make_plan", {"assessment": None}, "$.assessment", id="DEA-002 assessment"
        ),
        pytest.param(("open",), "make_plan", {"plan": None}, "$.plan", id="DEA-002 plan"),
        pytest.param(
            ("open",),
            "make_plan",
            {"matches_requirements": False},
            "plan_does_not_match",
            id="DEA-003 requirements",
        ),
        pytest.param(
            ("open",),
            "make_plan",
            {"matches_expectations": False},
            "plan_does_not_match",
            id="DEA-003 expectations",
        ),
        pytest.param(
            PLANNED,
            "propose",
            {"client_proposal": None},
            "$.client_proposal",
            id="DEA-006 no document",
        ),
        (("open:bare", "make_plan"), "propose", {}, "no_needs_analysis"),
        (PLANNED, "propose", {"products": []}, "$.products"),
        (PATHS["proposed"], "accept", {"accepted_by": None}, "$.accepted_by"),
        pytest.param(
            PATHS["proposed"], "negotiate", {}, "no_client_refusal", id="DEA-009 accepted"
        ),
        (CONTRACTING, "negotiate", {}, "contract_not_cancelled"),
        ((*CONTRACTING, "@contract signed"), "negotiate", {}, "contract_not_cancelled"),
        *(
            pytest.param(
                PATHS["negotiating"],
                "agree",
                {name: None},
                f"$.{name}",
                id=f"DEA-004 DEA-005 {name}",
            )
            for name in ("content", "price", "delivery_time", "after_sales")
        ),
        (PATHS["negotiating"], "agree:bare", {}, "no_products"),
        (IN_SERVICE, "find_new_need", {"need": None}, "$.need"),
        (IN_SERVICE, "evaluate", {"indicators": []}, "$.indicators"),
        ((*IN_SERVICE, "evaluate"), "finish", {"nothing_open": False}, "open_cases"),
        (IN_SERVICE, "finish", {}, "not_evaluated"),
        (("open",), "hand_over", {"owner": None}, "$.owner"),
        (("open",), "lose", {"reason": None}, "$.reason"),
        (WON, "contract_terminated", {}, "contract_not_terminated"),
        (("open", "lose"), "lose", {}, "final"),
    ],
)
def test_a_guard_refuses(
    steps: tuple[str, ...], event: str, changes: dict[str, object], why: str
) -> None:
    """Each guard of the catalogue refuses with its reason."""
    case = deal(*steps)
    assert case.why_not(event, payload=case.but(event, **changes)) == {why}


@pytest.mark.parametrize(
    ("steps", "state", "event", "why"),
    [
        (CONTRACTING, "awaiting_approval", "win", "contract_not_signed"),
        (CONTRACTING, "terminated", "win", "contract_not_signed"),
        (WON, "signed", "start", "contract_not_executing"),
        (EXECUTING, "executing", "deliver", "orders_not_delivered"),
    ],
)
def test_the_contract_must_be_as_far(
    steps: tuple[str, ...], state: str, event: str, why: str
) -> None:
    """A deal goes on only with its contract (DEA-010, CON-010)."""
    case = deal(*steps, f"@contract {state}")
    assert case.why_not(event) == {why}


def test_without_word_of_the_contract_nothing_is_known() -> None:
    """Until the contract has told its state, the deal is not won."""
    assert deal(*CONTRACTING).why_not("win") == {"contract_not_signed"}


def test_an_agreement_is_needed_to_go_to_contract() -> None:
    """A deal put in `agreed` without its agreement stays there (DEA-008)."""
    case = deal(*PATHS["agreed"]).know(agreement=None)
    assert case.why_not("to_contract") == {"no_agreement"}


def test_the_plan_may_bring_the_needs_analysis() -> None:
    """A deal of an existing customer learns the needs with its plan; else it waits (DEA-007)."""
    assert "no_needs_analysis" in deal("open:bare", "make_plan").why_not("propose")
    case = deal("open:bare")
    case.fire("make_plan", payload={**PAYLOADS["make_plan"], **NEEDS}).require()
    assert case.go("propose").state == "proposed"


def test_the_newest_contract_counts() -> None:
    """After a cancelled contract the second one decides, also before it has told anything."""
    case = deal(*CONTRACTING, "@contract cancelled", "negotiate")
    assert case.facts.accepted_by is None
    case.go("agree", "to_contract")
    assert case.why_not("negotiate", payload={}) == {"contract_not_cancelled"}
    case.mirror("contract", "signed", "2")
    assert case.go("win").state == "won"


def test_an_adopted_deal_knows_the_contracts_it_is_told_of() -> None:
    """A contract that the deal did not open itself counts too."""
    case = deal(*PATHS["proposed"], "accept").know(contracts=0)
    assert case.go("@contract signed", "win").state == "won"


def test_a_contract_is_opened_with_customer_and_products() -> None:
    """Both ways to contract send what a contract needs and watch it (CON-003)."""
    accepted = deal(*PATHS["proposed"]).fire("accept").require().messages
    settled = deal(*PATHS["agreed"]).fire("to_contract").require().messages
    for [message], products in ((accepted, ["pump"]), (settled, ["pump", "hose"])):
        assert (message.machine, message.event, message.link) == ("contract", "create", "contract")
        assert message.payload["deal"] == "X-1"
        assert message.payload["products"] == products
    assert settled[0].payload["agreement"]["price"] == "12.50 CNY"  # type: ignore[index]


@pytest.mark.parametrize("told", [True, False])
def test_a_contract_tells_that_it_was_terminated(told: bool) -> None:
    """Its own word is enough, though the mirror of its state comes later (REC-029)."""
    case = deal(*WON) if told else deal(*CONTRACTING, "@contract signed", "win").know(contracts=9)
    cause = Cause(source=EntityRef("acme", "contract", "1"), version=7)
    case.fire("contract_terminated", SYSTEM, cause=cause).require()
    assert (case.state, case.facts.reason) == ("terminated", "insolvency")


def test_another_contract_ends_nothing() -> None:
    """The word of a contract that is not the deal's is not taken."""
    cause = Cause(source=EntityRef("acme", "contract", "9"), version=7)
    decision = deal(*WON).fire("contract_terminated", SYSTEM, cause=cause)
    assert not decision.accepted


@pytest.mark.parametrize(
    ("step", "machine", "event", "payload"),
    [
        ("collect_feedback", "improvement_cycle", "open", {"source": "customer", "need": "noisy"}),
        ("evaluate", "improvement_cycle", "open", {"source": "review", "need": "good"}),
        ("find_new_need", "lead", "find", {"source": "transactions", "need": "valves"}),
        ("request_service", "service_request", "raise", {"kind": "after_sales"}),
    ],
)
def test_service_feeds_other_processes(
    step: str, machine: str, event: str, payload: dict[str, object]
) -> None:
    """What is learnt in service goes on by message (DEA-011, DEA-012, DEA-015, DEV-018)."""
    message, *_ = deal(*IN_SERVICE).fire(step).require().messages
    assert (message.machine, message.event) == (machine, event)
    assert message.payload.items() >= {**payload, "customer": "C-1"}.items()


@pytest.mark.parametrize(
    ("steps", "step", "result"),
    [
        (PLANNED, "propose", "offer 1"),
        (PLANNED, "negotiate", "price open"),
        (PATHS["proposed"], "negotiate:refused", "too dear"),
        (IN_SERVICE, "collect_feedback", "noisy"),
    ],
)
def test_the_customer_record_hears_of_talks(steps: tuple[str, ...], step: str, result: str) -> None:
    """Every dealing with a customer leaves a record (DEV-010)."""
    told = deal(*steps).fire(step).require().messages[-1]
    assert (told.machine, told.id, told.event) == ("customer", "C-1", "note_contact")
    assert told.payload["result"] == result


def test_an_evaluation_that_is_missing_is_seen() -> None:
    """The period passes, the supervisor is asked; the next evaluation starts it anew."""
    case = deal(*IN_SERVICE)
    assert case.wait(91 * DAY) == ["remind_evaluation"]
    assert case.facts.evaluation_missed_at == case.at - DAY + TICK
    assert case.tasks["overdue_evaluation"] == "business_supervisor"
    case.go("evaluate")
    assert case.tasks == {"evaluate": "salesperson"}
    assert case.due["deal_evaluation"] == case.at + 90 * DAY


def test_open_cases_keep_a_deal() -> None:
    """A deal is finished when its service requests are (DEA-013)."""
    case = deal(*IN_SERVICE, "evaluate", "@service_request in_progress")
    assert case.why_not("finish") == {"open_cases"}
    assert case.go("@service_request closed", "finish").state == "evaluated"
    case.hold_invariants()


def test_a_sale_from_need_to_evaluation() -> None:
    """Needs, negotiation, execution, feedback, after-sales (DEA-001); once refused (DEA-009)."""
    case = deal(*PLANNED, "propose", "negotiate:refused", "agree:bare", "to_contract")
    assert (case.facts.refusal, case.facts.client_proposal) == ("too dear", "offer 1")
    assert case.facts.agreement.after_sales == "a year"
    case.go("@contract signed", "win", "@contract executing", "start", "collect_feedback")
    case.go("@contract settling", "deliver", "hand_over", "evaluate", "finish")
    assert (case.state, case.facts.owner, case.facts.evaluations) == ("evaluated", "sales-2", 1)
    case.hold_invariants()


STATES = ("draft", "cancelled", "signed", "executing", "settling", "completed", "terminated")


class DealWalk(RuleBasedStateMachine):
    """Any steps in any order, contracts moving as they like, time passing."""

    def __init__(self) -> None:
        super().__init__()
        self.case = deal("open")

    @rule(step=st.sampled_from([*sorted(PAYLOADS)[:-2], "win", "start", "deliver", "to_contract"]))
    def take(self, step: str) -> None:
        """Both interpreters agree; a refusal changes nothing."""
        before = self.case.snapshot
        decision = self.case.fire(step)
        assert (self.case.snapshot is before) == (not decision.accepted)

    @rule(step=st.sampled_from(["contract_terminated", "lose", "remind_evaluation"]))
    def stranger(self, step: str) -> None:
        """Who has no role is answered alike by both."""
        self.case.fire(step, Actor("guest-1"))

    @rule(state=st.sampled_from(STATES), id=st.sampled_from("12"))
    def hear(self, state: str, id: str) -> None:  # noqa: A002 - the field's word
        """A contract tells its state."""
        self.case.mirror("contract", state, id)

    @rule(days=st.integers(1, 100))
    def wait(self, days: int) -> None:
        """Time passes."""
        self.case.wait(timedelta(days=days))

    @invariant()
    def sound(self) -> None:
        """The journal folds, versions are gapless, nothing waits in a final state."""
        self.case.hold_invariants()


TestDealWalk = DealWalk.TestCase
TestDealWalk.settings = settings(max_examples=40, stateful_step_count=30)
