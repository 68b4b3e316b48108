"""The customer's voice through an engine: complaints, suggestions, questions and what follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest

from crmflow.clock import ManualClock
from crmflow.config import Overlay, Profiles
from crmflow.core.actor import Actor
from crmflow.core.decision import Decision
from crmflow.core.people import Person
from crmflow.core.ref import EntityRef
from crmflow.core.verdict import Answer
from crmflow.directory import ListedDirectory
from crmflow.engine.engine import Engine
from crmflow.engine.values import Adopting
from crmflow.policies.rewards.recording import RewardState
from tests.states import (
    complaints,
    test_improvement_cycle,
    test_proposal,
    test_revisit,
    test_service_request,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 3, 2, 1, tzinfo=UTC)  # Monday, nine o'clock in Shanghai
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MACHINES = (
    "complaint", "proposal", "service_request", "revisit", "improvement_cycle", "customer",
)  # fmt: skip
PAYLOADS: Mapping[str, Mapping[str, Mapping[str, object]]] = {
    "complaint": complaints.PAYLOADS,
    "proposal": test_proposal.PAYLOADS,
    "service_request": test_service_request.PAYLOADS,
    "revisit": test_revisit.PAYLOADS,
    "improvement_cycle": test_improvement_cycle.PAYLOADS,
}
ROLES = (
    "customer_service", "service_supervisor", "business_supervisor", "department_head",
    "general_manager", "marketing_manager", "department_manager", "deputy_gm",
    "main_department", "business_department",
)  # fmt: skip
PEOPLE = {role: Actor(f"{role}-1", {role}) for role in ROLES}
SERVICE, HEAD = PEOPLE["customer_service"], PEOPLE["department_head"]
CHIEF, MAIN = PEOPLE["general_manager"], PEOPLE["main_department"]
AHEAD = ("promised_at", "planned_at", "meet_at")
"""Fields of forms that tell a time to come: ten days from now, unless a test says otherwise."""


@attrs.define
class Desk:
    """An engine with a clock, and short ways to go on."""

    engine: Engine
    clock: ManualClock

    def open(self, step: str, machine: str, **changes: object) -> EntityRef:
        """Create an entity."""
        payload = self.payload(machine, step, changes)
        return self.engine.create(machine, payload, actor=SERVICE).require().entity

    def payload(
        self, machine: str, step: str, changes: Mapping[str, object]
    ) -> Mapping[str, object]:
        """Return what an event brings."""
        given = PAYLOADS[machine].get(step, {})
        ahead = dict.fromkeys(given.keys() & set(AHEAD), self.clock.now() + 10 * DAY)
        return {**given, **ahead, **changes}

    def cycles(self, ref: EntityRef) -> list[Any]:
        """Return what is known of the improvement cycles that an entity has opened."""
        found = [self.facts(row.ref) for row in self.engine.find("improvement_cycle")]
        return [one for one in found if one.origin == str(ref)]

    def ask(
        self, ref: EntityRef, step: str, who: str = "customer_service", **changes: object
    ) -> Decision:
        """Fire an event such as `grade:major`, and deliver what it sends."""
        payload = self.payload(ref.machine, step, changes)
        return self.engine.fire(ref, step.partition(":")[0], payload, actor=PEOPLE[who])

    def go(self, ref: EntityRef, *steps: str) -> None:
        """Take steps that must succeed, each `event[:variant] [role]`."""
        for step in steps:
            name, _, who = step.partition(" ")
            self.ask(ref, name, who or "customer_service").require()

    def linked(self, ref: EntityRef, name: str) -> EntityRef:
        """Return what an entity opened last under a name."""
        return [link.ref for link in self.engine.get(ref).links if link.name == name][-1]

    def state(self, ref: EntityRef) -> str:
        """Return where an entity is."""
        return self.engine.get(ref).state

    def facts(self, ref: EntityRef) -> Any:  # noqa: ANN401 - each machine has facts of its own
        """Return what is known of an entity."""
        return self.engine.get(ref).facts

    def due(self, ref: EntityRef) -> dict[str, datetime]:
        """Return the due instant of each open deadline."""
        state = self.engine.get(ref).policy("sla")
        runs = () if state is None else state.runs
        return {run.definition: run.due_at for run in runs if run.open}

    def wait(self, span: timedelta) -> None:
        """Let time pass."""
        self.clock.advance(span)
        self.engine.run_due()

    def why(self, decision: Decision) -> set[str]:
        """Return the rows by which an event was refused."""
        assert not decision.accepted
        return {one.row for one in decision.verdicts if one.answer is Answer.REFUSE}


def desk(profile: Profiles = "demo", config: Overlay | None = None) -> Desk:
    """Return a desk on a Monday morning; everybody who is asked is known."""
    clock = ManualClock(AT)
    people = tuple(Person(one.id, tuple(one.roles)) for one in PEOPLE.values())
    engine = Engine(
        "memory:", machines=MACHINES, profile=profile, config=config, clock=clock,
        directory=ListedDirectory(people),
    )  # fmt: skip
    return Desk(engine, clock)


@pytest.fixture(scope="module")
def office() -> Iterator[Desk]:
    """Return the desk by the shipped rows and example values; tests look at cases of their own."""
    found = desk()
    with found.engine:
        yield found


OTHERWISE = Overlay(
    {
        "service.complex_criterion": "customer == 'C-9'",
        "proposal.major_complex_criterion": "kind == 'new_parts_materials'",
    },
    {
        "conditions": [
            {
                "name": "complaint_general_manager_first",
                "when": "grade == 'major' and customer.lifecycle_stage == 'first_purchase'",
            },
            {"name": "complaint_attended", "when": "grade != 'general'"},
        ],
        "deadlines": [
            {
                "name": "complaint_limit",
                "stop": [
                    {"events": ["answer"]},
                    {"events": ["propose_solution"], "match": {"grade": "serious"}},
                ],
            },
            {
                "name": "request_progress",
                "start": [{"states": ["team_formed", "in_progress"]}],
                "since": "team_formed_at",
                "repeat": True,
            },
        ],
        "rewards": [{"name": "suggestions", "enabled": False}],
        "chains": [
            {"name": "proposal_result_deputy", "enabled": False},
            {
                "name": "both",
                "machine": "proposal",
                "state": "deputy_review",
                "steps": [
                    {"name": "manager", "approvers": [{"role": "department_manager"}]},
                    {"name": "deputy", "approvers": [{"role": "deputy_gm"}]},
                ],
            },
        ],
        "choices": [
            {
                "name": "own_kinds",
                "machine": "proposal",
                "events": ["record"],
                "field": "kind",
                "values": [{"name": "packaging", "en": "packaging", "zh": "包装"}],
            },
        ],
    },
)
"""A company that reads the ambiguous rules otherwise: every switch is a row or a blank."""


@pytest.fixture(scope="module")
def other() -> Iterator[Desk]:
    """Return the desk of that company."""
    found = desk(config=OTHERWISE)
    with found.engine:
        yield found


def customer(office: Desk, id_: str = "C-1", **facts: object) -> None:
    """Place an active customer record."""
    told = {"source": "exhibition", "collected_at": office.clock.now()}
    known = {"name": "Harbour Mill", **told, **facts}
    placed = Adopting(("customer", id_), "active", known, reason="taken over", incomplete=True)
    office.engine.adopt(placed, actor=Actor("admin-1", {"administrator"})).require()


# ---- Complaints --------------------------------------------------------------------------------


def called_back(office: Desk, case: EntityRef, *, satisfied: bool = True) -> EntityRef:
    """Make the call-back a case has opened."""
    call = office.linked(case, "revisit")
    office.go(call, "plan", "prepare_call", "start:call")
    office.ask(call, "record:back", satisfied=satisfied).require()
    return call


def solved(office: Desk, grade: str) -> EntityRef:
    """Return a complaint of a grade that waits for its call-back."""
    case = office.open("receive", "complaint")
    office.go(case, "respond", "record", f"grade:{grade}" if grade != "general" else "grade")
    office.go(case, "attend business_supervisor")
    if grade == "major":
        office.go(case, "escalate_gm", "gm_decide general_manager")
    else:
        office.go(case, "investigate department_head")
    office.ask(case, "propose_solution", "department_head", escalate=grade == "major").require()
    if grade == "general":
        office.go(case, "solve_direct")
    else:
        office.go(case, "confirm", "solve")
    if grade == "major":
        office.go(case, "take_step", "take_step:last")
    office.go(case, "answer:letter" if grade == "major" else "answer", "call_back")
    return case


@pytest.mark.parametrize("grade", ["general", "serious", "major"])
def test_a_complaint_is_solved_called_back_and_improved_on(office: Desk, grade: str) -> None:
    """
    Recorded, analysed, solved, fed back, improved: the sequence of each grade
    (CMP-006, CMP-009, CMP-013, CMP-026, CMP-027, CMP-034).
    """
    case = solved(office, grade)
    call = called_back(office, case)
    assert office.facts(call).origin == str(case)
    office.ask(case, "close", satisfied=None).require()
    assert office.state(case) == "closed"
    [cycle] = office.cycles(case)
    assert (cycle.source, cycle.need) == ("complaint", "test bearings")


def test_an_unhappy_customer_reopens_a_complaint(office: Desk) -> None:
    """The call-back's word counts; a second one decides anew (CMP-034, CMP-035)."""
    case = solved(office, "general")
    called_back(office, case, satisfied=False)
    assert not office.ask(case, "close").accepted
    office.go(case, "reopen", "investigate department_head", "propose_solution department_head")
    office.go(case, "solve_direct", "answer", "call_back")
    called_back(office, case, satisfied=True)
    office.ask(case, "close", satisfied=None).require()
    assert office.facts(case).reopened == 1


@pytest.mark.parametrize(
    ("problem", "demand", "grade", "reason", "row"),
    [
        ("product defect", "compensation", "serious", None, "complaint_is_major"),
        ("product defect", "refund", "general", None, "complaint_is_serious"),
        ("product defect", "refund", "major", None, None),
        ("doubt about use", "advice", "general", None, None),
        ("doubt about use", "advice", "serious", None, "complaint_is_general"),
        ("doubt about use", "advice", "serious", "third time", None),
        ("noise", "advice", "serious", None, None),
    ],
)
def test_a_grade_is_held_against_the_company_s_criteria(
    office: Desk, problem: str, demand: str, grade: str, reason: str | None, row: str | None
) -> None:
    """
    The gravest that holds decides; graver by hand needs a reason
    (CMP-006, CMP-009, CMP-014, AMB-14).
    """
    case = office.open("receive", "complaint")
    office.ask(case, "record", problem_type=problem, demand=demand).require()
    form = {"grade": grade} | ({"reason": reason} if reason else {})
    decision = office.engine.fire(case, "grade", form, actor=SERVICE)
    if row is None:
        assert decision.accepted
    else:
        assert office.why(decision) == {row}


def test_a_major_complaint_goes_to_the_general_manager(office: Desk) -> None:
    """And its solution to senior management, by the company's criterion (CMP-015, CMP-023)."""
    case = office.open("receive", "complaint")
    office.go(case, "record", "grade:major")
    decision = office.ask(case, "investigate", "department_head")
    assert office.why(decision) == {"complaint_general_manager_first"}
    assert decision.verdicts[0].rules == ("CMP-015", "AMB-15")
    office.go(case, "escalate_gm", "gm_decide general_manager")
    decision = office.ask(case, "propose_solution", "department_head")
    assert office.why(decision) == {"complaint_escalated"}
    assert office.ask(case, "propose_solution:escalate", "department_head").accepted


def test_the_review_may_be_kept_to_new_customers(other: Desk) -> None:
    """A company narrows the row (AMB-15)."""
    for id_, stage, accepted in (("C-11", "first_purchase", False), ("C-12", "loyal", True)):
        customer(other, id_, lifecycle_stage=stage)
        case = other.open("receive", "complaint", customer=id_)
        other.go(case, "record", "grade:major")
        assert other.ask(case, "investigate", "department_head").accepted is accepted


def test_every_complaining_customer_is_attended(office: Desk) -> None:
    """By the supervisor or a delegate, before the case is closed (CMP-019)."""
    case = office.open("receive", "complaint")
    office.go(case, "record", "grade", "investigate department_head")
    office.go(case, "propose_solution department_head", "solve_direct", "answer", "call_back")
    assert office.why(office.ask(case, "close")) == {"complaint_attended"}
    assert office.why(office.ask(case, "close_unresolved", "department_head")) == {
        "complaint_attended"
    }
    office.go(case, "attend business_supervisor", "close")


def test_attendance_may_be_left_out_for_a_grade(other: Desk) -> None:
    """A switch per grade, on by default (AMB-16)."""
    case = other.open("receive", "complaint")
    other.go(case, "record", "grade", "investigate department_head")
    other.go(case, "propose_solution department_head", "solve_direct", "answer", "call_back")
    assert other.ask(case, "close").accepted


def test_the_limit_of_a_serious_case_may_end_with_its_solution(office: Desk, other: Desk) -> None:
    """The other reading of AMB-51 is another `stop` (CMP-010)."""
    for company, left in ((office, True), (other, False)):
        case = company.open("receive", "complaint")
        company.go(case, "record", "grade:serious", "investigate department_head")
        company.go(case, "propose_solution department_head")
        assert ("complaint_limit" in company.due(case)) is left


def test_what_the_criterion_calls_complex_is_answered_with_the_way_of_handling(
    other: Desk,
) -> None:
    """
    A person flags it; the criterion holds people to the flag
    (CMP-031, CMP-032, CMP-033, AMB-55).
    """
    for machine, step, row in (
        ("complaint", "receive", "complaint_is_complex"),
        ("service_request", "raise", "request_is_complex"),
    ):
        case = other.open(step, machine, customer="C-9")
        assert other.why(other.ask(case, "respond")) == {row}
        assert other.ask(case, "respond:complex", is_complex=True).accepted


def test_a_second_missed_deadline_is_looked_into(office: Desk) -> None:
    """A case that is late twice opens an improvement cycle (CMP-007, CMP-030)."""
    case = office.open("receive", "complaint")
    office.go(case, "record", "grade")
    office.wait(HOUR)
    assert office.cycles(case) == []
    office.wait(10 * DAY)
    [cycle] = office.cycles(case)
    assert cycle.source == "review"


# ---- Suggestions -------------------------------------------------------------------------------

BEGUN = ("record", "acknowledge", "submit_dispatch")
APPROVED = ("manager_approve department_manager", "deputy_approve deputy_gm")


def dispatched(office: Desk, step: str = "record") -> EntityRef:
    """Return a suggestion whose department studies it."""
    case = office.open("receive", "proposal")
    office.go(case, step, *BEGUN[1:], "dispatch marketing_manager")
    return case


def test_a_suggestion_is_accepted_rewarded_and_carried_out(office: Desk) -> None:
    """
    From the record to the closing: approvals, one reply, thanks, reward, use
    (AMB-05, SUG-010, SUG-018, SUG-019, SUG-020, SUG-022, SUG-023, SUG-026, SUG-030, SUG-033,
    SUG-036).
    """
    case = office.open("receive", "proposal")
    office.go(case, *BEGUN)
    assert not office.ask(case, "dispatch").accepted
    office.go(case, "dispatch marketing_manager", "finish_study main_department")
    assert not office.ask(case, "manager_approve", "main_department").accepted
    office.go(case, *APPROVED, "accept", "answer", "plan_use main_department", "finish_use")
    decision = office.ask(case, "close")
    assert {verdict.reason for verdict in decision.verdicts} == {"reward_not_settled"}
    office.go(case, "reward")
    state = office.engine.get(case).policy("rewards")
    assert isinstance(state, RewardState)
    [given] = state.given
    assert (given.reward.reward_grade, str(given.reward.amount)) == ("B", "500 CNY")
    office.go(case, "close")
    assert office.state(case) == "closed"


def test_a_suggestion_is_held_resumed_and_rejected(office: Desk) -> None:
    """
    Held and rewarded a little, studied again with a new limit, rejected and thanked
    (SUG-023, SUG-024, SUG-030, SUG-033).
    """
    case = dispatched(office)
    office.go(case, "finish_study:hold main_department", *APPROVED, "hold", "answer", "reward")
    office.wait(40 * DAY)
    office.go(case, "resume")
    assert office.due(case)["proposal_limit"] == office.clock.now() + 15 * DAY
    office.go(case, "finish_study:reject main_department", *APPROVED, "reject", "answer")
    office.go(case, "close")
    assert office.facts(case).thanked_at is not None


def test_several_suggestions_in_a_year_earn_more(office: Desk) -> None:
    """By the count, the window and the stacking a company decides (SUG-031, SUG-032)."""
    case = dispatched(office)
    office.go(case, "finish_study:reject main_department", *APPROVED, "reject", "answer")
    now = office.clock.now()
    earlier = [{"at": now - n * HOUR, "outcome": "rejected"} for n in (1, 2)]
    office.ask(case, "reward", earlier=earlier).require()
    state = office.engine.get(case).policy("rewards")
    assert isinstance(state, RewardState)
    assert str(state.given[0].reward.amount) == "50 CNY"


def test_rewards_are_switched_off_with_their_row(other: Desk) -> None:
    """Then nothing is settled before closing (SUG-030)."""
    case = dispatched(other)
    other.go(case, "finish_study:hold main_department", APPROVED[0])
    other.go(case, "deputy_approve department_manager", APPROVED[1], "hold", "answer", "close")
    assert other.state(case) == "closed"


def test_the_limit_is_extended_by_those_who_may(office: Desk) -> None:
    """
    To 20 days by the deputy, to 30 by the approver a company names, for major and complex
    ones alone (SUG-013, SUG-014, SUG-015, SUG-016).
    """
    case = dispatched(office)
    start = office.clock.now()
    assert office.ask(case, "extend_20", "main_department").held
    assert office.due(case)["proposal_limit"] == start + 15 * DAY
    office.engine.fire(
        case, "$approve", {"request": "extend_20"}, actor=PEOPLE["deputy_gm"]
    ).require()
    assert office.due(case)["proposal_limit"] == start + 20 * DAY
    assert not office.ask(case, "extend_30", "main_department").accepted
    office.go(case, "change_terms:major")
    assert office.ask(case, "extend_30", "main_department").held
    office.engine.fire(case, "$approve", {"request": "extend_30"}, actor=CHIEF).require()
    assert office.due(case)["proposal_limit"] == start + 30 * DAY


def test_an_extension_waits_while_the_suggestion_goes_on(office: Desk) -> None:
    """It is about the limit, not about the state (SUG-013)."""
    case = dispatched(office)
    office.ask(case, "extend_20", "main_department").require()
    office.go(case, "finish_study main_department", "manager_approve department_manager")
    form = {"request": "extend_20"}
    office.engine.fire(case, "$approve", form, actor=PEOPLE["deputy_gm"]).require()
    assert office.facts(case).extended_at == office.clock.now()


def test_what_counts_as_major_and_complex_is_the_company_s_criterion(other: Desk) -> None:
    """Beside the flags (SUG-016)."""
    case = dispatched(other, "record:grave")
    decision = other.ask(case, "extend_30", "main_department")
    assert other.why(decision) == {"proposal_major_complex"}


def test_a_result_may_be_sent_back(office: Desk) -> None:
    """By each of its approvers, with a reason (SUG-018, SUG-019)."""
    case = dispatched(office)
    office.go(case, "finish_study main_department", "manager_return department_manager")
    office.go(case, "finish_study main_department", APPROVED[0], "deputy_return deputy_gm")
    assert office.state(case) == "processing"
    back = office.open("receive", "proposal")
    office.go(back, *BEGUN, "return_dispatch marketing_manager")
    assert office.state(back) == "acknowledged"


def test_a_company_puts_in_a_step_for_each_title(other: Desk) -> None:
    """The chain is a row: one deputy after the other (AMB-02)."""
    case = dispatched(other)
    other.go(case, "finish_study main_department", APPROVED[0])
    other.go(case, "deputy_approve department_manager")
    assert other.state(case) == "deputy_review"
    other.go(case, "deputy_approve deputy_gm")
    assert other.state(case) == "decided"


@pytest.mark.parametrize(
    ("value", "grade", "amount"),
    [
        ("50000 CNY", "A", "2000 CNY"),  # the lower limit is included
        ("49999 CNY", "B", "500 CNY"),
        ("10000 CNY", "B", "500 CNY"),
        ("9999 CNY", "C", "100 CNY"),
    ],
)
def test_accepted_suggestions_earn_by_their_value(
    office: Desk, value: str, grade: str, amount: str
) -> None:
    """
    By the company's bands and rewards, material ones
    (SUG-025, SUG-026, SUG-027, SUG-028, SUG-029, AMB-06).
    """
    case = dispatched(office)
    office.go(case, "finish_study main_department", *APPROVED, "accept")
    office.ask(case, "reward", value=value).require()
    state = office.engine.get(case).policy("rewards")
    assert isinstance(state, RewardState)
    reward = state.given[0].reward
    assert (reward.reward_grade, str(reward.amount), reward.kind) == (grade, amount, "material")


@pytest.mark.parametrize(
    "kind",
    [
        "production_process", "sales_channel", "product_standardisation", "quality_inspection",
        "new_parts_materials", "after_sales_service",
    ],
)  # fmt: skip
def test_suggestions_have_one_of_six_types(office: Desk, kind: str) -> None:
    """And no other (SUG-002, SUG-006)."""
    case = office.open("receive", "proposal")
    assert not office.ask(case, "record", kind="weather").accepted
    assert office.ask(case, "record", kind=kind).accepted


def test_a_company_adds_types(other: Desk) -> None:
    """The list is open: mainly six (SUG-002, AMB-56)."""
    case = other.open("receive", "proposal")
    assert other.ask(case, "record", kind="packaging").accepted


def test_a_suggestion_about_anything_else_is_thanked_and_answered(office: Desk) -> None:
    """It joins an improvement cycle (SUG-001, AMB-56, CMP-005)."""
    payload = PAYLOADS["proposal"]["receive:other"]
    assert not office.engine.create("proposal", payload, actor=SERVICE).accepted
    cycle = office.open("open:customer", "improvement_cycle")
    assert office.facts(cycle).thanked_at == office.clock.now()
    office.ask(cycle, "drop:unmet", told_by="writing").require()
    assert office.facts(cycle).told_at is not None


# ---- Questions and revisits --------------------------------------------------------------------


def test_a_complex_question_is_answered_by_its_team(office: Desk) -> None:
    """
    Handling stated, team formed, progress told, solved, called back
    (CMP-030, CMP-031, CMP-032, CMP-033, CMP-034).
    """
    case = office.open("raise:complex", "service_request")
    office.wait(HOUR / 4)
    office.go(case, "respond:complex", "form_team")
    office.wait(20 * HOUR)
    office.go(case, "report_progress", "work", "solve", "call_back")
    called_back(office, case)
    office.ask(case, "close", satisfied=None).require()
    assert office.state(case) == "closed"
    assert office.facts(case).breaches == 0


def test_progress_may_count_from_the_forming_of_the_team(other: Desk) -> None:
    """A row's columns are the switch, and whether it is repeated (CMP-033, AMB-17)."""
    case = other.open("raise:complex", "service_request")
    other.wait(2 * HOUR)
    other.go(case, "respond:complex", "form_team")
    assert other.due(case)["request_progress"] == other.clock.now() + DAY
    other.wait(HOUR)
    other.go(case, "report_progress")
    assert other.due(case)["request_progress"] == other.clock.now() + DAY


@pytest.mark.parametrize("kind", ["question", "after_sales", "advice", "fault_repair"])
def test_kinds_of_requests_are_an_open_list(office: Desk, kind: str) -> None:
    """Three shipped; the power company's profile has four more (DEA-012, PWR-017)."""
    payload = {**PAYLOADS["service_request"]["raise"], "kind": kind}
    decision = office.engine.create("service_request", payload, actor=SERVICE)
    assert decision.accepted is (kind != "fault_repair")
    if kind == "fault_repair":
        power = desk(["demo", "power"])
        assert power.engine.create("service_request", payload, actor=SERVICE).accepted


def test_a_visit_on_site_is_appointed_three_days_ahead(office: Desk) -> None:
    """Calendar days of the company (REV-006); other visits are not."""
    midnight = office.clock.now().astimezone(SHANGHAI).replace(hour=0, minute=0, second=0)
    visit, face = office.open("list", "revisit"), office.open("list:face", "revisit")
    office.go(visit, "plan")
    office.go(face, "plan")
    late = midnight + 3 * DAY - HOUR
    decision = office.ask(visit, "appoint", meet_at=late)
    assert office.why(decision) == {"revisit_appointed_ahead"}
    assert office.ask(visit, "appoint", meet_at=midnight + 3 * DAY).accepted
    assert office.ask(face, "appoint", meet_at=late).accepted


def test_material_that_stays_needs_an_approval(office: Desk) -> None:
    """Of the service supervisor; what is handed back does not (REV-020, AMB-32)."""
    visit = office.open("list", "revisit")
    office.go(visit, "plan", "appoint", "prepare_visit:taken", "start", "record")
    assert office.ask(visit, "return_material:kept").held
    office.go(visit, "report")
    assert not office.ask(visit, "review", "service_supervisor").accepted
    form = {"request": "return_material"}
    office.engine.fire(visit, "$approve", form, actor=PEOPLE["service_supervisor"]).require()
    office.go(visit, "review service_supervisor")
    assert office.facts(visit).kept_because == "the customer tests it"


def test_only_strategic_customers_are_visited_on_site(office: Desk) -> None:
    """As their records tell (REV-005)."""
    for id_, tier, accepted in (("C-21", "strategic", True), ("C-22", "core", False)):
        customer(office, id_, tier=tier)
        visit = office.open("list", "revisit", customer=id_)
        assert office.ask(visit, "plan").accepted is accepted


def test_key_accounts_are_answered_by_their_standard() -> None:
    """As soon as the record has told that the customer is one (CMP-037)."""
    office = desk(["demo", "key_account"])
    customer(office, "C-1", key_account_grade="A")
    customer(office, "C-2")
    for machine, step, name in (
        ("proposal", "receive", "key_account_suggestion"),
        ("service_request", "raise", "key_account_request"),
        ("complaint", "receive", "key_account_complaint"),
    ):
        assert name in office.due(office.open(step, machine, customer="C-1"))
        assert name not in office.due(office.open(step, machine, customer="C-2"))


def test_results_of_revisits_go_to_market_development(office: Desk) -> None:
    """When they are filed (REV-023, REV-024)."""
    call = office.open("list:call", "revisit")
    office.go(call, "plan", "prepare_call", "start:call", "record:call")
    office.go(call, "review_call service_supervisor", "file")
    record = list(office.engine.journal(call))[-1]
    told = [str(message.payload) for message in record.messages if message.machine == "notice"]
    assert len([text for text in told if "market_development" in text]) == 1


def test_a_cycle_walks_all_stages(office: Desk) -> None:
    """The plan runs as long as the company says, and begins anew (QMC-014, QMC-020, QMC-023)."""
    cycle = office.open("open", "improvement_cycle")
    office.go(cycle, "analyse", "design", "implement", "report_progress")
    assert not office.ask(cycle, "evaluate").accepted
    office.wait(30 * DAY + HOUR)
    office.go(cycle, "evaluate", "improve", "tune_process", "train")
    office.wait(180 * DAY + HOUR)
    office.go(cycle, "repeat:round", "add_opinion")
    assert (office.state(cycle), office.facts(cycle).rounds) == ("collecting", 1)
