"""The machine `complaint`: deadlines, tasks, messages, stories and walks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from crmflow.core.actor import Actor
from crmflow.states.complaint.forms import Grade
from tests.states.case import DAY, TICK
from tests.states.complaints import (
    ANSWERED,
    DUE,
    GRADED,
    MAJOR,
    PATHS,
    PAYLOADS,
    READY,
    STEPS,
    complaint,
)

HOUR = timedelta(hours=1)


def test_the_first_response_has_half_an_hour() -> None:
    """Given in time nothing fires (CMP-030)."""
    case = complaint("receive")
    assert case.due["complaint_first_response"] == case.at + timedelta(minutes=30)
    assert case.tasks["respond"] == "customer_service"
    case.wait(timedelta(minutes=29))
    case.go("respond")
    assert case.wait(DAY) == []
    assert case.facts.response == "swap"
    assert "respond" not in case.tasks


def test_a_missing_first_response_goes_up() -> None:
    """The supervisor is asked until it is given."""
    case = complaint("receive")
    assert case.wait(HOUR) == ["miss_response"]
    assert case.facts.response_missed_at == case.at - timedelta(minutes=30) + TICK
    assert case.tasks["overdue_response"] == "service_supervisor"
    assert "overdue_response" not in case.go("respond").tasks


def test_a_complex_case_is_answered_with_the_way_of_handling() -> None:
    """It has no solution yet (AMB-55)."""
    case = complaint("receive:complex", "respond:complex")
    assert case.facts.response == "a team looks at it"
    flagged = complaint("receive")
    payload = {**PAYLOADS["respond:complex"], "is_complex": True}
    flagged.fire("respond", payload=payload).require()
    assert flagged.facts.is_complex


@pytest.mark.parametrize(
    ("grade", "owner", "urgent"),
    [
        ("grade", "customer_service", False),
        ("grade:serious", "department_head", False),
        ("grade:major", "senior_management", True),
    ],
)
def test_the_grade_names_the_owner(grade: str, owner: str, urgent: bool) -> None:
    """By rule for two grades, by configuration for the third (CMP-008, CMP-011, CMP-013)."""
    case = complaint("receive", "record", grade)
    assert (case.facts.owner, case.facts.is_urgent) == (owner, urgent)
    assert case.tasks["handle"] == owner


@pytest.mark.parametrize(
    ("grade", "days"), [("grade", 1), ("grade:serious", 2), ("grade:major", 3)]
)
def test_the_limit_depends_on_the_grade(grade: str, days: int) -> None:
    """One working day, two, or what the company says (CMP-007, CMP-010, CMP-013)."""
    case = complaint("receive", "record", "respond")
    recorded_at = case.at
    case.wait(5 * HOUR)
    case.go(grade)
    assert case.due["complaint_limit"] == recorded_at + days * DAY
    assert case.task("handle").due_at == recorded_at + days * DAY


def test_working_days_leave_the_weekend_out() -> None:
    """Recorded on a Friday evening, a general complaint is due on Monday evening."""
    case = complaint()
    case.at += 4 * DAY
    case.go("receive", "record", "grade")
    assert case.due["complaint_limit"] == case.at + 3 * DAY


def test_another_grade_has_another_limit_from_the_same_recording() -> None:
    """However late it is regraded (CMP-013, CMP-014, AMB-18)."""
    case = complaint("receive", "record", "respond")
    recorded_at = case.at
    case.wait(5 * HOUR)
    case.go("grade", "investigate", "regrade:major")
    assert case.due["complaint_limit"] == recorded_at + 3 * DAY
    assert case.tasks["tell_new_limit"] == "customer_service"
    case.wait(DAY)
    assert case.due["complaint_limit"] == recorded_at + 3 * DAY
    case.go("regrade:general")
    assert case.facts.limit_missed_at == case.at


@pytest.mark.parametrize(
    ("grade", "above"),
    [
        ("general", "service_supervisor"),
        ("serious", "senior_management"),
        ("major", "general_manager"),
    ],
)
def test_a_missed_limit_goes_above_the_owner(grade: str, above: str) -> None:
    """Who is asked depends on the grade."""
    case = complaint(*MAJOR, "respond").know(grade=Grade(grade))
    assert case.wait(3 * DAY) == []
    assert case.wait(TICK) == ["miss_limit"]
    assert case.facts.limit_missed_at == case.at
    assert case.tasks["overdue_limit"] == above


def test_the_letter_ends_the_limit_of_a_major_case() -> None:
    """From recording to the letter (AMB-18)."""
    case = complaint(*MAJOR, "respond", "escalate_gm")
    assert case.tasks["gm_review"] == "general_manager"
    case.go("gm_decide:forward", "propose_solution:escalate")
    assert case.tasks["senior_review"] == "senior_management"
    assert case.facts.escalated_at == case.at
    case.go("confirm", "solve", *STEPS)
    assert "complaint_limit" in case.due
    case.go("answer:letter")
    assert set(case.due) == {"complaint_call_back"}


def test_the_confirmation_ends_the_limit_of_a_serious_case() -> None:
    """The stricter reading; for the other grades it runs on (AMB-51)."""
    case = complaint(*MAJOR, "escalate_gm", "gm_decide", "propose_solution").know(
        grade=Grade.SERIOUS
    )
    assert "complaint_limit" not in case.go("confirm").due


def test_a_major_case_has_the_companys_further_steps() -> None:
    """Each is taken once; the result is told when all are, another grade has none (CMP-013)."""
    case = complaint(*MAJOR, "escalate_gm", "gm_decide", "propose_solution", "confirm", "solve")
    assert case.tasks["take_steps"] == "senior_management"
    assert case.why_not("answer:letter") == {"steps_left"}
    assert "take_steps" in case.go("take_step").tasks
    assert case.why_not("answer:letter") == {"steps_left"}
    assert "take_steps" not in case.go("take_step:last").tasks
    assert case.go("answer:letter").state == "answered"
    lighter = complaint(*MAJOR, "regrade")
    assert lighter.facts.steps == ()
    assert "take_steps" not in lighter.tasks


def test_a_second_missed_deadline_opens_an_improvement_cycle() -> None:
    """The first does not, nor does the third (CMP-030, CMP-007)."""
    case = complaint(*GRADED)
    case.wait(3 * DAY)
    opened = [m for r in case.journal for m in r.messages if m.machine == "improvement_cycle"]
    assert case.facts.breaches == 2
    assert [m.payload["source"] for m in opened] == ["review"]
    case.go("respond", *READY[len(GRADED) :], "solve_direct").wait(3 * DAY)
    assert case.facts.breaches == 3
    again = [m for r in case.journal for m in r.messages if m.machine == "improvement_cycle"]
    assert again == opened


def test_a_refused_solution_is_investigated_again() -> None:
    """The limit runs on (CMP-012)."""
    case = complaint(*MAJOR, "escalate_gm", "gm_decide", "propose_solution", "reject_solution")
    assert case.state == "investigating"
    assert "complaint_limit" in case.due
    assert case.facts.reason == "wants money"


def test_the_call_back_is_due_48_hours_after_the_solution() -> None:
    """It opens a revisit with that limit, which the complaint watches (CMP-034)."""
    case = complaint(*PATHS["solved"])
    due_at = case.at + 48 * HOUR
    assert case.due["complaint_call_back"] == due_at
    case.go("answer")
    [message] = case.fire("call_back").require().messages
    assert case.facts.call_backs == 1
    assert (message.machine, message.event, message.link) == ("revisit", "list", "revisit")
    assert message.payload["due_at"] == due_at.isoformat()
    assert message.payload["purpose"] == "call_back"


def test_a_missing_call_back_goes_up() -> None:
    """The supervisor is asked until the result is in."""
    case = complaint("receive", "respond", *DUE[1:])
    assert case.wait(2 * DAY + TICK) == ["miss_call_back"]
    assert case.facts.call_back_missed_at == case.at
    assert case.tasks["overdue_call_back"] == "service_supervisor"


def test_an_unsatisfied_customer_reopens_the_case() -> None:
    """Counted; limit and result begin anew, attendance stays (CMP-035)."""
    case = complaint(*MAJOR, "escalate_gm", "gm_decide", "propose_solution", "confirm", "solve")
    case.go(*STEPS, "answer:letter", "attend", "call_back")
    case.wait(HOUR)
    case.go("reopen")
    assert (case.state, case.facts.reopened, case.facts.answered_at) == ("graded", 1, None)
    assert case.due["complaint_limit"] == case.at + 3 * DAY
    assert "complaint_call_back" not in case.due
    assert case.facts.attended_by == "person-1"
    case.go("regrade")
    assert case.facts.limit_from == case.at


def test_a_case_that_was_reopened_may_end_unresolved() -> None:
    """Counted apart, its measures go on (CMP-026, AMB-42)."""
    case = complaint(*DUE, "reopen", *READY[len(GRADED) :], "solve_direct", "answer", "call_back")
    [message] = case.fire("close_unresolved:unhappy").require().messages
    assert (message.machine, message.payload["source"]) == ("improvement_cycle", "complaint")
    assert (case.state, case.facts.unresolved) == ("closed", "not_satisfied")
    case.hold_invariants()


def test_chasing_reminds_the_owner() -> None:
    """Before grading customer service is reminded (CMP-020)."""
    case = complaint("receive", "chase")
    assert case.tasks["answer_chase"] == "customer_service"
    case.go("inform_delay")
    assert case.facts.delay_informed_at == case.at
    assert "answer_chase" not in case.tasks
    case.go("record", "grade:serious", "chase")
    assert (case.tasks["answer_chase"], case.facts.chased) == ("department_head", 2)


def test_progress_on_a_complex_case_is_told_within_a_day() -> None:
    """Counted from the receipt, also where it became known later (CMP-033, AMB-17)."""
    case = complaint("receive")
    received_at = case.at
    case.wait(HOUR / 4)
    case.fire("respond", payload={**PAYLOADS["respond:complex"], "is_complex": True}).require()
    assert case.due["complaint_progress"] == received_at + DAY
    case.wait(DAY)
    assert case.tasks["overdue_progress"] == "service_supervisor"
    case.go("inform_delay")
    assert "complaint_progress" not in case.due
    assert "overdue_progress" not in case.tasks
    assert "complaint_progress" not in complaint("receive").due


def test_a_reopened_case_owes_no_progress_report_of_long_ago() -> None:
    """It counts from the receipt, which a reopening does not repeat."""
    case = complaint("receive:complex", "respond:complex", *DUE[1:])
    case.wait(10 * DAY)
    case.go("reopen")
    assert set(case.due) == {"complaint_limit"}
    assert "overdue_progress" not in case.tasks


def test_a_complaint_from_call_to_satisfaction() -> None:
    """Recorded, analysed, solved, told, improved: the feedback sequence (CMP-027)."""
    case = complaint("receive", "respond", "record", "attend", "grade", "investigate")
    case.go("propose_solution", "solve_direct", "answer", "call_back")
    assert set(case.tasks) == {"call_back"}
    [message] = case.fire("close").require().messages
    assert message.payload == {
        "source": "complaint",
        "need": "test bearings",
        "customer": "C-1",
        "origin": "complaint X-1",
    }
    assert case.wait(10 * DAY) == []
    case.hold_invariants()


def test_the_papers_of_a_complaint_are_whole() -> None:
    """
    Work order and feedback form with the record, the handling form with the solution
    (CMP-003, CMP-004, CMP-005, CMP-021, CMP-022, CMP-024).
    """
    case = complaint("receive")
    case.fire("record", payload=case.but("record", opinion="it leaks")).require()
    case.go("grade", "investigate", "propose_solution")
    facts = case.facts
    assert facts.occurred_at == facts.received_at
    order = (facts.problem_type, facts.demand, facts.mood, facts.owner, facts.grade)
    assert order == ("quality", "refund", "angry", "customer_service", "general")
    assert (facts.channel, facts.opinion) == ("phone", "it leaks")
    assert (facts.departments, facts.cause) == (("quality", "sales"), "bearing")
    assert (facts.corrective, facts.preventive, facts.solution) == ("new one", "test", "swap")


def test_an_ordinary_case_is_the_service_department_s_own() -> None:
    """Neither the general manager nor a confirmation is needed (CMP-008, CMP-017)."""
    case = complaint(*READY, "solve_direct", "answer")
    assert {record.event.actor.id for record in case.journal} == {"person-1"}
    assert (case.facts.owner, case.facts.gm_decision) == ("customer_service", None)
    assert "gm_review" not in case.tasks


@pytest.mark.parametrize(
    "channel",
    [
        "satisfaction_survey", "online_review", "social_media", "phone_survey", "email_reply",
        "online_survey", "mail", "system", "other", "in_person",
    ],
)  # fmt: skip
def test_complaints_come_in_by_many_channels(channel: str) -> None:
    """Those of intake and of feedback (CMP-002, CMP-038)."""
    case = complaint()
    assert case.fire("receive", payload=case.but("receive", channel=channel)).accepted


def test_the_record_may_tell_when_it_happened() -> None:
    """Left out, it is the receipt (CMP-003)."""
    case, told = complaint("receive"), complaint("receive")
    told.fire("record", payload=told.but("record", happened_at="2026-03-01T09:00:00Z")).require()
    case.wait(HOUR / 4)
    case.go("record")
    assert case.facts.occurred_at == case.facts.received_at
    assert told.facts.occurred_at == told.at - DAY


EVENTS = [*sorted(PAYLOADS), "escalate_gm", "chase", "solve", "solve_direct", "call_back"]


class ComplaintWalk(RuleBasedStateMachine):
    """Any steps in any order, time passing."""

    def __init__(self) -> None:
        super().__init__()
        self.case = complaint()

    @rule(way=st.sampled_from([GRADED, MAJOR, READY, ANSWERED, DUE]))
    def advance(self, way: tuple[str, ...]) -> None:
        """Go a good part of the way, as far as it is open."""
        for step in way:
            self.case.fire(step)

    @rule(step=st.sampled_from(EVENTS))
    def take(self, step: str) -> None:
        """Both interpreters agree; a refusal changes nothing."""
        before = self.case.snapshot
        decision = self.case.fire(step)
        assert (self.case.snapshot is before) == (not decision.accepted)

    @rule(
        step=st.sampled_from(EVENTS), role=st.sampled_from(["customer_service", "department_head"])
    )
    def take_with_one_role(self, step: str, role: str) -> None:
        """Roles are asked alike by both."""
        self.case.fire(step, Actor("person-2", {role}))

    @rule(hours=st.integers(1, 80))
    def wait(self, hours: int) -> None:
        """Time passes."""
        self.case.wait(hours * HOUR)

    @invariant()
    def sound(self) -> None:
        """The journal folds, versions are gapless, nothing waits in a final state."""
        self.case.hold_invariants()


TestComplaintWalk = ComplaintWalk.TestCase
TestComplaintWalk.settings = settings(max_examples=40, stateful_step_count=25)
