"""The machine `proposal`, catalogue 3.5: rows, guards, limits and stories."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crmflow.core.actor import SYSTEM, Actor
from crmflow.states.proposal.forms import Result
from tests.states.case import DAY, TICK, Case, Payload, declared, legal, pairs, walk_of

RETREAT = {"withdrawal": "by_customer", "reason": "changed plans", "thanked": True}
STUDY = {"result": "accepted", "reasons": "saves a step", "value": "12000 CNY"}
ANSWER = {"reply": "writing", "explanation": "from May on", "schedule": "May"}
PAYLOADS: dict[str, Payload] = {
    "receive": {"customer": "C-1", "channel": "in_person"},
    "receive:other": {"customer": "C-1", "channel": "mail", "subject": "other"},
    "record": {"kind": "production_process", "content": "weld before painting"},
    "record:grave": {
        "kind": "production_process", "content": "guard the press", "is_grave": True,
        "is_major": True, "is_complex": True,
    },
    "notify_gm": {"is_grave": True},
    "notify_gm:decided": {"gm_decision": "at once"},
    "acknowledge": {"promised_at": "2026-03-16T09:00:00Z", "department": "production"},
    "change_terms": {"reason": "it concerns quality", "department": "quality"},
    "change_terms:major": {"reason": "a new line", "is_major": True, "is_complex": True},
    "submit_dispatch": {},
    "submit_dispatch:sorted": {"kind": "after_sales_service", "department": "after_sales"},
    "return_dispatch": {"reason": "sort again"},
    "extend_20": {"reason": "tests run"},
    "extend_30": {"reason": "a new line"},
    "finish_study": STUDY,
    "finish_study:hold": {"result": "held", "reasons": "no capacity"},
    "finish_study:reject": {"result": "rejected", "reasons": "too dear"},
    "manager_return": {"reason": "no figures"},
    "deputy_return": {"reason": "too vague"},
    "answer": ANSWER,
    "answer:letter": {**ANSWER, "reply": "letter"},
    "reward": {},
    "plan_use": {"measures": "new order of steps", "standard": "no rework", "schedule": "May"},
    "report_use": {"progress": "half of the lines"},
    "finish_use": {"progress": "all lines"},
    "drop_use": {"reason": "machine is gone"},
    "resume": {"reason": "new machine"},
    "withdraw": RETREAT,
    "withdraw:double": {**RETREAT, "withdrawal": "duplicate", "duplicate_of": "X-2"},
}  # fmt: skip
TABLE = (
    "receive: - -> received",
    "record: received -> recorded",
    "notify_gm: * -> =",
    "acknowledge: recorded -> acknowledged",
    "change_terms: acknowledged, awaiting_dispatch, processing, manager_review, deputy_review -> =",
    "chase: * -> =",
    "submit_dispatch: acknowledged -> awaiting_dispatch",
    "dispatch: awaiting_dispatch -> processing",
    "return_dispatch: awaiting_dispatch -> acknowledged",
    "extend_20: acknowledged, awaiting_dispatch, processing, manager_review, deputy_review -> =",
    "extend_30: acknowledged, awaiting_dispatch, processing, manager_review, deputy_review -> =",
    "finish_study: processing -> manager_review",
    "manager_approve: manager_review -> deputy_review",
    "manager_return: manager_review -> processing",
    "deputy_approve: deputy_review -> decided",
    "deputy_return: deputy_review -> processing",
    "accept: decided -> accepted",
    "hold: decided -> held",
    "reject: decided -> rejected",
    "answer: accepted, held, rejected -> =",
    "reward: accepted, held, rejected, implementing, implemented -> =",
    "plan_use: accepted -> implementing",
    "report_use: implementing -> =",
    "finish_use: implementing -> implemented",
    "drop_use: accepted, implementing -> held",
    "close: held, rejected, implemented -> closed",
    "resume: held -> processing",
    "withdraw: received, recorded, acknowledged, awaiting_dispatch, processing -> withdrawn",
)
ADDED = ("miss_limit: * -> =",)
SENT = ("receive", "record", "acknowledge", "submit_dispatch")
REVIEWED = (*SENT, "dispatch", "finish_study", "manager_approve")
HELD = (
    *SENT, "dispatch", "finish_study:hold", "manager_approve", "deputy_approve", "hold",
)  # fmt: skip
ACCEPTED = (*REVIEWED, "deputy_approve", "accept")
PATHS: dict[str, tuple[str, ...]] = {
    "-": (),
    "received": ("receive",),
    "recorded": ("receive", "record"),
    "acknowledged": SENT[:3],
    "awaiting_dispatch": SENT,
    "processing": (*SENT, "dispatch"),
    "manager_review": (*SENT, "dispatch", "finish_study"),
    "deputy_review": REVIEWED,
    "decided": (*REVIEWED, "deputy_approve"),
    "accepted": ACCEPTED,
    "held": HELD,
    "rejected": (
        *SENT, "dispatch", "finish_study:reject", "manager_approve", "deputy_approve", "reject",
    ),
    "implementing": (*ACCEPTED, "answer", "plan_use"),
    "implemented": (*ACCEPTED, "answer", "plan_use", "finish_use"),
}  # fmt: skip
# What must come before where the way to the state does not bring it.
BEFORE = {
    **{f"{state} close": ("answer",) for state in ("held", "rejected")},
    **{f"{state} extend_30": ("change_terms:major",) for state in PATHS},
    "accepted plan_use": ("answer",),
    "decided hold": (),
    "decided reject": (),
}
RESULTS = {"hold": Result.HELD, "reject": Result.REJECTED}
LEGAL = legal(PATHS, TABLE + ADDED)
HEAD = Actor("head-1", {"department_manager"})


def proposal(*steps: str) -> Case:
    """Return a suggestion that has taken these steps."""
    return Case("proposal", PAYLOADS).go(*steps)


def test_the_table_is_the_catalogue() -> None:
    """The rows are those of the catalogue, and one for a missed limit."""
    assert declared("proposal") == pairs(TABLE + ADDED)


@pytest.mark.parametrize(("source", "event", "to"), LEGAL)
def test_a_row_is_legal(source: str, event: str, to: str) -> None:
    """Every row leads where the catalogue says."""
    case = proposal(*PATHS[source], *BEFORE.get(f"{source} {event}", ()))
    if event in RESULTS:
        case.know(result=RESULTS[event])
    case.go(event)
    assert case.state == (source if to == "=" else to)
    case.hold_invariants()


@pytest.mark.parametrize(
    ("steps", "event", "changes", "why"),
    [
        ((), "receive", {"channel": "pigeon"}, "$.channel"),
        ((), "receive:other", {}, "not_about_products"),
        (("receive",), "record", {"content": " "}, "$.content"),
        (("receive",), "record", {"kind": None}, "$.kind"),
        (("receive",), "record", {"happened_at": "2026-03-03T09:00:00Z"}, "in_future not_grave"),
        (("receive",), "notify_gm", {"is_grave": None}, "not_grave no_decision"),
        (("receive", "record"), "acknowledge", {"department": None}, "$.department"),
        (
            ("receive", "record"),
            "acknowledge",
            {"promised_at": "2026-03-01T09:00:00Z"},
            "promise_in_past",
        ),
        (SENT, "change_terms", {"department": "production"}, "same_terms"),
        (SENT, "change_terms", {"promised_at": "2026-03-01T09:00:00Z"}, "promise_in_past"),
        (SENT, "return_dispatch", {"reason": None}, "$.reason"),
        ((*SENT, "extend_20"), "extend_20", {}, "extended_already"),
        ((*SENT, "change_terms:major", "extend_30"), "extend_20", {}, "extended_already"),
        ((*SENT, "change_terms:major", "extend_30"), "extend_30", {}, "extended_already"),
        (SENT, "extend_30", {}, "not_major_complex"),
        (PATHS["processing"], "finish_study", {"result": "maybe"}, "$.result"),
        (PATHS["processing"], "finish_study", {"reasons": None}, "$.reasons"),
        (PATHS["manager_review"], "manager_return", {"reason": None}, "$.reason"),
        (REVIEWED, "deputy_return", {"reason": None}, "$.reason"),
        (PATHS["decided"], "hold", {}, "result_not_held"),
        (PATHS["decided"], "reject", {}, "result_not_rejected"),
        (HELD[:-1], "accept", {}, "result_not_accepted"),
        (ACCEPTED, "answer", {"explanation": None}, "$.explanation"),
        ((*ACCEPTED, "answer"), "answer", {}, "already_answered"),
        (ACCEPTED, "plan_use", {}, "not_answered"),
        ((*ACCEPTED, "answer"), "plan_use", {"standard": None}, "$.standard"),
        (ACCEPTED, "drop_use", {"reason": None}, "$.reason"),
        (HELD, "close", {}, "not_answered not_thanked"),
        (HELD, "resume", {"reason": None}, "$.reason"),
        (("receive",), "withdraw", {"thanked": False}, "not_thanked"),
        (("receive",), "withdraw", {"reason": None}, "$.reason"),
        (("receive",), "withdraw:double", {"duplicate_of": "X-1"}, "no_duplicate_named"),
        (("receive", "withdraw"), "chase", {}, "final"),
        (ACCEPTED, "withdraw", {}, "no_row"),
    ],
)
def test_a_guard_refuses(
    steps: tuple[str, ...], event: str, changes: dict[str, object], why: str
) -> None:
    """Each guard of the catalogue refuses with its reason."""
    case = proposal(*steps)
    assert case.why_not(event, payload=case.but(event, **changes)) == set(why.split())


@pytest.mark.parametrize(
    ("steps", "event", "why"),
    [
        ((), "receive", {"not_receiving"}),
        (("receive",), "record", {"role", "not_grave"}),
        (PATHS["recorded"], "acknowledge", {"role"}),
        (SENT[:3], "submit_dispatch", {"role"}),
        (PATHS["processing"], "finish_study", {"role"}),
        (ACCEPTED, "answer", {"role"}),
        ((*ACCEPTED, "answer"), "plan_use", {"role"}),
        (("receive",), "chase", {"role"}),
        (PATHS["recorded"], "miss_limit", {"role"}),
    ],
)
def test_a_role_is_needed(steps: tuple[str, ...], event: str, why: set[str]) -> None:
    """Who does not have it is refused (SUG-005, SUG-009, SUG-017, SUG-022, SUG-034, CMP-020)."""
    assert proposal(*steps).why_not(event, Actor("guest-1")) == why


@pytest.mark.parametrize(
    "actor",
    [
        SYSTEM,
        Actor("marketing_department"),
        Actor("marketing-1", {"marketing_department"}),
        Actor("service-1", {"customer_service"}),
        Actor("buyer-1", {"customer"}),
    ],
)
def test_suggestions_are_taken_in_by_marketing_or_service(actor: Actor) -> None:
    """Whom marketing names, customer service, and the customer (SUG-003, SUG-004, AMB-04)."""
    case = proposal()
    assert case.fire("receive", actor).accepted
    assert case.facts.intake_owner == "marketing_department"
    assert case.facts.received_by == (None if actor is SYSTEM else actor.id)


def test_opinions_about_anything_else_join_an_improvement_cycle() -> None:
    """They are no suggestion about products or the service around them (SUG-001, AMB-56)."""
    case = proposal()
    assert case.why_not("receive:other") == {"not_about_products"}
    service = case.but("receive", subject="product_service")
    assert case.fire("receive", payload=service).accepted


def test_the_limit_counts_from_the_record() -> None:
    """Warned on day 10, due on day 15, stopped by the approved result (SUG-012, AMB-03)."""
    case = proposal("receive").go()
    case.wait(DAY)
    recorded_at = case.at
    case.go("record")
    assert case.due == {"proposal_limit": recorded_at + 15 * DAY}
    case.go("acknowledge", "submit_dispatch", "dispatch")
    assert case.task("study").due_at == recorded_at + 15 * DAY
    case.wait(10 * DAY + TICK)
    warned = [m for record in case.journal for m in record.messages if m.event == "deadline_near"]
    assert [m.payload["role"] for m in warned] == ["customer_service"]
    assert case.wait(5 * DAY - TICK) == []
    assert case.wait(TICK) == ["miss_limit"]
    assert case.tasks["overdue_limit"] == "deputy_gm"
    case.go("finish_study", "manager_approve", "deputy_approve")
    assert case.due == {}
    assert "overdue_limit" not in case.tasks


def test_the_limit_is_extended_to_20_and_then_to_30_days() -> None:
    """Counted from the record; the longest is for major and complex ones (SUG-014, SUG-015)."""
    case = proposal(*SENT)
    start = case.at
    assert case.go("extend_20").due == {"proposal_limit": start + 20 * DAY}
    case.wait(18 * DAY)
    assert case.why_not("extend_30") == {"not_major_complex"}
    case.fire("change_terms:major").require()
    assert case.go("extend_30").due == {"proposal_limit": start + 30 * DAY}
    told = [m for r in case.journal for m in r.messages if m.event == "deadline_extended"]
    assert [m.payload["role"] for m in told] == ["customer", "customer"]
    assert case.wait(12 * DAY) == []
    assert case.wait(TICK) == ["miss_limit"]


def test_the_longest_limit_is_had_at_once() -> None:
    """Without the one of 20 days first, which is not longer any more (SUG-015, AMB-03)."""
    case = proposal("receive", "record:grave", "acknowledge")
    assert case.go("extend_30").due == {"proposal_limit": case.at + 30 * DAY}
    assert case.why_not("extend_20") == {"extended_already"}


def test_a_grave_suggestion_is_shown_to_the_general_manager() -> None:
    """As soon as it is known; reviewed or forwarded, answered by letter (CMP-015, CMP-016)."""
    case = proposal("receive", "record:grave")
    assert case.tasks["gm_review"] == "general_manager"
    assert case.facts.is_urgent
    assert case.why_not("notify_gm:decided", HEAD) == {"role", "decides_already"}
    assert "gm_review" not in case.go("notify_gm:decided").tasks
    assert case.facts.gm_decision == "at once"
    case.go("acknowledge", "submit_dispatch", "dispatch", "finish_study", "manager_approve")
    case.go("deputy_approve", "accept")
    assert case.why_not("answer") == {"grave_letter_needed"}
    assert case.go("answer:letter").facts.reply == "letter"


def test_a_suggestion_found_grave_later_goes_ahead() -> None:
    """It follows its own way on, and the general manager sees it (CMP-015, AMB-52)."""
    case = proposal(*SENT)
    assert case.fire("notify_gm", HEAD).accepted
    assert (case.state, case.facts.is_urgent) == ("awaiting_dispatch", True)
    assert case.tasks["gm_review"] == "general_manager"


@pytest.mark.parametrize("reply", ["writing", "phone"])
def test_others_are_answered_in_writing_or_by_phone(reply: str) -> None:
    """
    One reply, by customer service, with the letter of thanks and an explanation
    (CMP-018, SUG-022, SUG-024, SUG-033, AMB-08).
    """
    case = proposal(*ACCEPTED)
    case.fire("answer", payload=case.but("answer", reply=reply)).require()
    assert case.facts.answered_at == case.facts.thanked_at == case.at
    assert case.facts.explanation == "from May on"


def test_the_customer_is_told_time_and_department_and_their_changes() -> None:
    """Terms are facts, each change has its instant (SUG-007, SUG-008)."""
    case = proposal(*SENT[:3])
    assert (case.facts.department, case.facts.promised_at.day) == ("production", 16)
    case.wait(DAY)
    case.go("change_terms")
    assert (case.facts.department, case.facts.terms_changed_at) == ("quality", case.at)


def test_the_approved_result_is_handed_to_customer_service() -> None:
    """Who answers the customer; the department's work on it is over (SUG-021, AMB-01)."""
    case = proposal(*PATHS["decided"])
    assert case.tasks == {"answer": "customer_service"}
    assert case.why_not("answer") == {"no_row"}


def test_sorting_may_correct_the_record() -> None:
    """Type and department, before it is passed on (SUG-009, SUG-011)."""
    case = proposal(*SENT[:3], "submit_dispatch:sorted")
    assert (case.facts.kind, case.facts.department) == ("after_sales_service", "after_sales")
    assert case.facts.sorted_at == case.at
    assert case.go("dispatch").tasks == {"study": "main_department"}


@pytest.mark.parametrize(
    ("state", "role"),
    [
        ("recorded", "customer_service"),
        ("processing", "main_department"),
        ("manager_review", "department_manager"),
        ("deputy_review", "deputy_gm"),
        ("implementing", "main_department"),
        ("rejected", "customer_service"),
    ],
)
def test_chasing_reminds_who_works_on_it(state: str, role: str) -> None:
    """By the business department (CMP-020)."""
    case = proposal(*PATHS[state], "chase")
    assert (case.tasks["answer_chase"], case.facts.chased) == (role, 1)


def test_what_cannot_be_carried_out_is_held_and_answered_anew() -> None:
    """Told again, from then on like any held suggestion (SUG-036, SUG-008)."""
    case = proposal(*PATHS["implementing"], "report_use", "drop_use")
    assert (case.state, case.facts.result, case.facts.answered_at) == ("held", "held", None)
    assert case.tasks["answer"] == "customer_service"
    assert case.go("answer", "close").state == "closed"


def test_a_held_suggestion_is_resumed_with_a_new_limit() -> None:
    """It is studied, extended and answered anew; its result is another one."""
    case = proposal(*SENT, "extend_20", *HELD[len(SENT) :], "answer")
    case.wait(60 * DAY)
    case.go("resume")
    assert case.due == {"proposal_limit": case.at + 15 * DAY}
    assert (case.facts.result, case.facts.answered_at) == (None, None)
    assert case.go("extend_20").due == {"proposal_limit": case.at + 20 * DAY}
    case.go("finish_study", "manager_approve", "deputy_approve", "accept", "answer")
    assert case.facts.result is Result.ACCEPTED


@pytest.mark.parametrize("field", ["measures", "standard", "schedule"])
def test_a_plan_of_use_is_whole(field: str) -> None:
    """Measures, standard and schedule, none of them left out (SUG-035)."""
    case = proposal(*ACCEPTED, "answer")
    assert case.why_not("plan_use", payload=case.but("plan_use", **{field: None})) == {f"$.{field}"}


def test_use_is_planned_told_and_finished() -> None:
    """Measures, standard and schedule; the customer hears of it (SUG-034, SUG-035, SUG-036)."""
    case = proposal(*ACCEPTED, "answer")
    [message] = case.fire("plan_use").require().messages
    assert (message.machine, message.event) == ("customer", "note_contact")
    assert message.payload["result"] == "May"
    assert case.tasks["carry_out"] == "main_department"
    case.go("report_use")
    assert case.facts.progress == "half of the lines"
    assert "carry_out" not in case.go("finish_use").tasks


def test_the_customer_record_hears_of_a_suggestion() -> None:
    """It is asked who the customer is, and told of the dealing (CMP-001)."""
    messages = proposal().fire("receive").require().messages
    assert [(m.machine, m.event) for m in messages] == [
        ("customer", "$ask"),
        ("customer", "note_dealing"),
    ]
    assert messages[1].payload == {"kind": "suggestion", "origin": "proposal X-1"}


def test_a_second_missed_limit_is_looked_into() -> None:
    """A suggestion that was resumed and is late again opens an improvement cycle."""
    case = proposal(*SENT, "dispatch")
    case.wait(15 * DAY + TICK)
    case.go(*HELD[len(SENT) + 1 :], "resume")
    case.wait(15 * DAY + timedelta(hours=1))
    opened = [m for r in case.journal for m in r.messages if m.machine == "improvement_cycle"]
    assert (case.facts.breaches, len(opened)) == (2, 1)
    assert opened[0].payload["source"] == "review"


TestProposalWalk = walk_of("proposal", PAYLOADS)
