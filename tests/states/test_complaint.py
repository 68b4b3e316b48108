"""The machine `complaint`, catalogue 3.4: its rows and guards."""

from __future__ import annotations

import pytest

from crmflow.core.actor import SYSTEM, Actor
from crmflow.states.complaint.forms import Grade
from tests.states.case import declared, pairs
from tests.states.complaints import (
    DUE,
    GRADED,
    MAJOR,
    PATHS,
    READY,
    SERIOUS,
    complaint,
)

TABLE = (
    "receive: - -> received",
    "record: received -> recorded",
    "respond: * -> =",
    "grade: recorded -> graded",
    "escalate_gm: graded -> gm_review",
    "gm_decide: gm_review -> investigating",
    "investigate: graded -> investigating",
    "regrade: graded, gm_review, investigating, solution_ready -> graded",
    "attend: * -> =",
    "chase: * -> =",
    "inform_delay: * -> =",
    "propose_solution: investigating -> solution_ready",
    "reject_solution: solution_ready -> investigating",
    "confirm: solution_ready -> confirmed",
    "solve: confirmed -> solved",
    "solve_direct: solution_ready -> solved",
    "answer: solved -> answered",
    "call_back: answered -> revisit_due",
    "close: revisit_due -> closed",
    "reopen: revisit_due -> graded",
    "close_unresolved: solution_ready, revisit_due -> closed",
    "withdraw: * -> withdrawn",
)
ADDED = (
    "take_step: * -> =",
    "miss_response: * -> =",
    "miss_limit: * -> =",
    "miss_call_back: solved, answered, revisit_due -> =",
)
SOLVED = ("solved", "answered", "revisit_due")
# What must come before where the way to the state does not bring it.
BEFORE = {
    "graded escalate_gm": ("regrade:major",),
    "solution_ready close_unresolved": ("attend",),
}
LEGAL = [
    (source, event, to)
    for first, event, to in sorted(pairs(TABLE + ADDED))
    for source in (list(PATHS)[1:] if first == "*" else [first])
    if not (event == "inform_delay" and source in SOLVED)
    if not (event == "miss_limit" and source in {"received", "recorded"})
    if not (event == "take_step" and source != "gm_review")  # no other path is a major one
]
LOW = Actor("clerk-1", {"customer_service"})
HEAD = Actor("head-1", {"department_head"})


def test_the_table_is_the_catalogue() -> None:
    """The rows are those of the catalogue, and three for missed deadlines."""
    assert declared("complaint") == pairs(TABLE + ADDED)


@pytest.mark.parametrize(("source", "event", "to"), LEGAL)
def test_a_row_is_legal(source: str, event: str, to: str) -> None:
    """Every row leads where the catalogue says."""
    case = complaint(*PATHS[source], *BEFORE.get(f"{source} {event}", ()), event)
    assert case.state == (source if to == "=" else to)
    case.hold_invariants()


@pytest.mark.parametrize(
    ("steps", "event", "changes", "why"),
    [
        ((), "receive", {"channel": "pigeon"}, "$.channel"),
        (("receive",), "record", {"problem_type": None}, "$.problem_type"),
        (("receive",), "record", {"demand": " "}, "$.demand"),
        (("receive",), "record", {"mood": "odd"}, "$.mood"),
        (("receive",), "record", {"happened_at": "2026-03-03T09:00:00Z"}, "in_future"),
        (("receive", "respond"), "respond", {}, "already_responded"),
        (("receive",), "respond", {"solution": None}, "response_incomplete"),
        (("receive",), "respond", {"is_complex": True}, "response_incomplete"),
        (("receive:complex",), "respond", {}, "response_incomplete"),
        (("receive",), "respond", {"promised_at": None}, "$.promised_at"),
        (("receive",), "respond", {"promised_at": "2026-03-02T09:00:00Z"}, "promise_in_past"),
        (("receive", "record"), "grade", {"grade": "grave"}, "$.grade"),
        (GRADED, "escalate_gm", {}, "not_major"),
        (PATHS["gm_review"], "gm_decide", {"gm_decision": None}, "no_decision"),
        (PATHS["gm_review"], "gm_decide", {"departments": []}, "$.departments"),
        (GRADED, "take_step", {}, "no_such_step steps_left"),
        (MAJOR, "take_step", {"step": "send flowers"}, "no_such_step steps_left"),
        ((*MAJOR, "take_step"), "take_step", {}, "no_such_step steps_left"),
        (GRADED, "investigate", {"departments": []}, "$.departments"),
        (GRADED, "regrade:general", {}, "same_grade not_major"),
        (GRADED, "regrade", {"reason": None}, "$.reason"),
        (PATHS["solved"], "inform_delay", {}, "already_solved"),
        (PATHS["investigating"], "propose_solution", {"cause": None}, "$.cause"),
        (PATHS["investigating"], "propose_solution", {"preventive": None}, "$.preventive"),
        (READY, "reject_solution", {"reason": None}, "$.reason"),
        (READY, "confirm", {"confirmed_by": None}, "$.confirmed_by"),
        (DUE, "close", {"satisfied": False}, "not_satisfied"),
        (DUE, "close", {"improvement": None}, "$.improvement"),
        (("receive", "withdraw"), "attend", {}, "final"),
        (READY, "close", {}, "no_row"),
    ],
)
def test_a_guard_refuses(
    steps: tuple[str, ...], event: str, changes: dict[str, object], why: str
) -> None:
    """Each guard of the catalogue refuses with its reason."""
    case = complaint(*steps)
    assert case.why_not(event, payload=case.but(event, **changes)) == set(why.split())


@pytest.mark.parametrize("grade", [Grade.SERIOUS, Grade.MAJOR])
def test_only_general_complaints_are_solved_directly(grade: Grade) -> None:
    """The graver ones need the customer's confirmation first (CMP-012)."""
    case = complaint(*READY).know(grade=grade)
    assert case.why_not("solve_direct") == {"not_general"}


def test_a_solution_that_nobody_escalates_takes_the_plain_row() -> None:
    """It does not go to senior management (CMP-023)."""
    case = complaint(*PATHS["investigating"], "propose_solution")
    assert "senior_review" not in case.tasks
    assert case.facts.escalated_at is None


@pytest.mark.parametrize(
    ("steps", "event", "why"),
    [
        (("receive",), "record", {"role"}),
        (PATHS["gm_review"], "gm_decide", {"role"}),
        (("receive",), "attend", {"not_attending"}),
        (("receive",), "chase", {"role"}),
        (("receive",), "miss_response", {"role"}),
        (("receive",), "miss_limit", {"role"}),
        (DUE, "miss_call_back", {"role"}),
        (DUE, "close_unresolved", {"role", "not_major"}),
    ],
)
def test_a_role_is_needed(steps: tuple[str, ...], event: str, why: set[str]) -> None:
    """Who does not have it is refused (CMP-015, CMP-019, CMP-020)."""
    assert complaint(*steps).why_not(event, Actor("guest-1")) == why


@pytest.mark.parametrize("role", ["customer_service", "service_supervisor", "service_head"])
def test_all_of_customer_service_may_record(role: str) -> None:
    """Recording is not kept to one post."""
    case = complaint("receive")
    assert case.fire("record", Actor("service-1", {role})).accepted


def test_an_unresolved_major_case_is_for_the_general_manager() -> None:
    """The department head may close the others (AMB-42)."""
    case = complaint(*DUE)
    assert case.fire("close_unresolved", HEAD).accepted
    major = complaint(*DUE).know(grade=Grade.MAJOR)
    assert major.why_not("close_unresolved", HEAD) >= {"role", "is_major"}


@pytest.mark.parametrize(
    ("steps", "step", "changes", "why"),
    [
        (DUE, "close_unresolved:unhappy", {}, "not_reopened"),
        (DUE, "close_unresolved", {"reply": "phone"}, "not_in_writing"),
        (DUE, "close_unresolved", {"reason": None}, "$.reason"),
        (DUE, "close_unresolved", {"result": None}, "$.result"),
    ],
)
def test_giving_up_has_conditions(
    steps: tuple[str, ...], step: str, changes: dict[str, object], why: str
) -> None:
    """Not reached or not satisfied after a reopening, told in writing (AMB-42)."""
    case = complaint(*steps)
    assert case.why_not(step, HEAD, case.but(step, **changes)) - {"role", "not_major"} == {why}


def test_a_major_case_is_answered_by_letter() -> None:
    """Phone is for the others (CMP-016, CMP-018)."""
    case = complaint(*PATHS["solved"]).know(grade=Grade.MAJOR)
    assert case.why_not("answer") == {"letter_needed"}
    assert case.go("answer:letter").state == "answered"


def test_a_major_case_is_given_up_by_letter() -> None:
    """Writing is not enough for the gravest (CMP-016)."""
    case = complaint(*DUE).know(grade=Grade.MAJOR)
    why = case.why_not("close_unresolved", payload=case.but("close_unresolved", reply="writing"))
    assert why == {"letter_needed", "is_major"}


def test_closing_needs_an_answer() -> None:
    """Whatever the grade, the customer was told (CMP-025)."""
    assert complaint(*DUE).know(answered_at=None).why_not("close") == {"not_answered"}


@pytest.mark.parametrize(
    ("told", "form", "why"),
    [(False, True, "not_satisfied"), (None, None, "not_satisfied"), (True, False, None)],
)
def test_the_call_back_tells_whether_the_customer_is_satisfied(
    told: bool | None, form: bool | None, why: str | None
) -> None:
    """Its word comes before the form's (CMP-034)."""
    case = complaint(*DUE).mirror("revisit", "recorded", satisfied=told)
    payload = case.but("close", satisfied=form)
    if why is None:
        assert case.fire("close", payload=payload).accepted
    else:
        assert case.why_not("close", payload=payload) == {why}


def test_a_satisfied_customer_reopens_nothing() -> None:
    """Only where the call-back told otherwise, or nothing (CMP-035)."""
    case = complaint(*DUE).mirror("revisit", "recorded", satisfied=True)
    assert case.why_not("reopen") == {"is_satisfied"}


def test_the_word_of_an_earlier_call_back_is_out_of_date() -> None:
    """Until the second one has told, the form says it (CMP-034, CMP-035)."""
    case = complaint(*DUE).mirror("revisit", "recorded", satisfied=False)
    case.go("reopen", *READY[len(GRADED) :], "solve_direct", "answer", "call_back")
    assert case.fire("close").accepted


def test_a_claim_is_closed_by_hand_and_with_prevention() -> None:
    """No claim closes unchecked (CMP-028, CMP-029)."""
    case = complaint("receive:claim", *DUE[1:])
    assert case.why_not("close") == {"no_manual_review"}
    assert not case.fire("close:reviewed", SYSTEM).accepted
    assert case.know(preventive=None).why_not("close:reviewed") == {"no_preventive_measure"}
    assert case.know(preventive="test").go("close:reviewed").state == "closed"


def test_a_claim_is_withdrawn_by_hand() -> None:
    """A claim does not vanish unreviewed either (CMP-028)."""
    case = complaint("receive:claim")
    assert case.why_not("withdraw") == {"no_manual_review"}
    case.fire("withdraw", payload=case.but("withdraw", reviewed_by="service-1")).require()
    assert case.state == "withdrawn"


@pytest.mark.parametrize("named", [None, "X-1"])
def test_a_duplicate_names_another_case(named: str | None) -> None:
    """A case is no duplicate of nothing, nor of itself."""
    case = complaint("receive")
    payload = case.but("withdraw:double", duplicate_of=named)
    assert case.why_not("withdraw", payload=payload) == {"no_duplicate_named"}
    assert case.go("withdraw:double").facts.duplicate_of == "X-2"


def test_the_supervisor_attends_or_sends_somebody() -> None:
    """Who was sent may attend again (CMP-019)."""
    case = complaint("receive", "attend:sent")
    assert case.facts.attended_by == "sales-3"
    assert case.fire("attend", Actor("sales-3")).accepted
    assert case.why_not("attend", LOW) == {"not_attending"}


def test_serious_cases_reach_the_same_states() -> None:
    """Investigated, confirmed, solved: no general manager needed (AMB-14)."""
    case = complaint(*SERIOUS, "investigate", "propose_solution", "confirm", "solve")
    assert case.state == "solved"
    assert case.go("answer").facts.reply == "phone"
