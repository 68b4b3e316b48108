"""The machine `training`, catalogue 3.25."""

import pytest

from crmflow.core.actor import SYSTEM, Actor
from crmflow.states.training.forms import IncentiveKind, LessonForm, Topic
from tests.states.case import Case, declared, legal, pairs, walk_of

GENERAL, NEWCOMERS = Actor("gm-1", {"general_manager"}), Actor("boss-1", {"manager_of_newcomers"})
MANNERS = {
    "topic": "phone_manners", "lecturer": "marketing-1", "form": "course",
    "lecturer_role": "marketing_manager",
}  # fmt: skip
TALK = {
    "topic": "general_managers_talk", "lecturer": "gm-1", "form": "lecture",
    "lecturer_role": "general_manager",
}  # fmt: skip
NEEDS = {
    "topic": "understanding_needs", "lecturer": "a guest", "form": "lecture", "external": True,
}  # fmt: skip
SALES = {"topic": "sales", "lecturer": "sales-1", "form": "course"}
SERVICE = {"topic": "service", "lecturer": "service-1", "form": "online"}
WHEN = {"starts_on": "2026-03-09", "invited": ["sales-7", "sales-8"]}
PASSED = {"person": "sales-7", "passed": True, "score": "92.5", "exams": ["uniform", "company"]}
FAILED = {"person": "sales-8", "passed": False, "score": "40"}
PAYLOADS: dict[str, dict[str, object]] = {
    "plan": {"kind": "newcomer", "qualification": "sales"},
    "plan:team": {"kind": "whole_team", "days": 2, "cadence": "team_training", "company": "K-1"},
    "plan:post": {"kind": "post", "post": "customer_service", "plan": ["understanding_needs"]},
    "plan:key": {"kind": "key_account"},
    "plan:online": {"kind": "online"},
    "schedule": {**WHEN, "lessons": [MANNERS, TALK]},
    "schedule:needs": {**WHEN, "lessons": [NEEDS]},
    "schedule:key": {**WHEN, "lessons": [SALES, SERVICE]},
    "schedule:online": {**WHEN, "lessons": [SERVICE]},
    "hold": {"attended": ["sales-7", "sales-8"]},
    "assess": {
        "assessments": [PASSED, FAILED],
        "incentives": [{"person": "sales-7", "incentive": "award"}],
    },
    "assess:effect": {"effect": "fewer complaints"},
    "close": {},
    "cancel": {"reason": "fair"},
}  # fmt: skip
TABLE = (
    "plan: - -> planned",
    "schedule: planned -> scheduled",
    "hold: scheduled -> held",
    "assess: held -> assessed",
    "close: assessed -> closed",
    "cancel: planned, scheduled -> cancelled",
)
PATHS = {
    "-": (),
    "planned": ("plan",),
    "scheduled": ("plan", "schedule"),
    "held": ("plan", "schedule", "hold"),
    "assessed": ("plan", "schedule", "hold", "assess"),
}


def training(*steps: str) -> Case:
    """Return a training that has taken these steps."""
    return Case("training", PAYLOADS).go(*steps)


def test_the_table_is_the_catalogue() -> None:
    """The rows are those of the catalogue, no more and no fewer."""
    assert declared("training") == pairs(TABLE)


@pytest.mark.parametrize(("source", "event", "to"), legal(PATHS, TABLE))
def test_a_row_is_legal(source: str, event: str, to: str) -> None:
    """Every row leads where the catalogue says."""
    case = training(*PATHS[source], event)
    assert case.state == to
    case.hold_invariants()


STRANGER = {"person": "x", "incentive": "award"}
BY_OTHERS = {**MANNERS, "lecturer_role": "salesperson"}


@pytest.mark.parametrize(
    ("rule", "steps", "event", "changes", "why"),
    [
        ("TRN-002", ("plan",), "schedule", {"lessons": [BY_OTHERS, TALK]}, "not_the_lecturer"),
        ("TRN-003", ("plan",), "schedule", {"lessons": [TALK, MANNERS]}, "no_closing_talk"),
        ("TRN-003", ("plan",), "schedule", {"lessons": [MANNERS]}, "no_closing_talk"),
        ("TRN-003", ("plan",), "schedule", {"lessons": []}, "$.lessons"),
        ("TRN-004", (), "plan:team", {"days": None}, "no_days_named"),
        ("TRN-005", ("plan",), "schedule", {"lessons": [{"topic": "dress"}]}, "$.lessons[0].form"),
        ("TRN-006", ("plan",), "schedule", {"lessons": [{**TALK, "topic": "x"}]}, "topic"),
        ("TRN-007", ("plan",), "schedule", {"lessons": [{**TALK, "form": "x"}]}, "form"),
        ("TRN-007", ("plan:online",), "schedule:online", {"lessons": [SALES]}, "not_online"),
        ("TRN-008", PATHS["held"], "assess", {"assessments": [], "incentives": []}, "nothing_as"),
        ("TRN-009", (), "plan:post", {"plan": []}, "no_plan_of_post"),
        ("TRN-009", (), "plan:post", {"post": None}, "no_plan_of_post"),
        ("TRN-009", ("plan:post",), "schedule:needs", {"lessons": [SALES]}, "plan_not_covered"),
        ("TRN-010", ("plan:key",), "schedule:key", {"lessons": [SALES]}, "plan_not_covered"),
        ("TRN-012", PATHS["held"], "assess", {"assessments": [{**PASSED, "person": "x"}]}, "had_n"),
        ("TRN-014", PATHS["held"], "assess", {"incentives": [STRANGER]}, "had_n"),
    ],
)  # fmt: skip
def test_a_guard_refuses(
    rule: str, steps: tuple[str, ...], event: str, changes: dict[str, object], why: str
) -> None:
    """Each guard of the catalogue refuses with its reason."""
    case = training(*steps)
    refused = case.why_not(event, payload=case.but(event, **changes))
    assert [one for one in refused if why in one], (rule, refused)


@pytest.mark.parametrize(
    ("steps", "event", "actor", "other"),
    [
        ((), "plan", NEWCOMERS, GENERAL),
        ((), "plan:team", GENERAL, NEWCOMERS),
        (("plan",), "schedule", NEWCOMERS, GENERAL),
        (("plan:team",), "schedule:needs", GENERAL, NEWCOMERS),
    ],
)
def test_who_arranges_a_training(
    steps: tuple[str, ...], event: str, actor: Actor, other: Actor
) -> None:
    """Newcomers by their manager (TRN-001), the whole team by the general manager (TRN-005)."""
    assert training(*steps).why_not(event, other) == {"not_the_planner"}
    assert training(*steps).fire(event, actor).accepted


def test_a_row_of_cadences_may_plan_any() -> None:
    """The system plans the team's weeks; the general manager has the task (TRN-004)."""
    case = training()
    case.fire("plan:team", SYSTEM).require()
    assert case.facts.days == 2
    assert case.tasks == {"schedule_training": "general_manager"}


def test_the_topics_and_forms_of_the_catalogue_are_known() -> None:
    """The six topics (TRN-006), the three forms (TRN-007), the incentives (TRN-014)."""
    six = "phone_manners dress problem_solving ten_points customer_satisfaction service_standards"
    assert set(six.split()) < set(Topic)
    assert set(LessonForm) == {"course", "lecture", "online"}
    assert set(IncentiveKind) == {"award", "commendation", "promotion"}


def test_lecturers_may_come_from_outside() -> None:
    """TRN-005: internal or external."""
    case = training("plan:post", "schedule:needs")
    assert [one.external for one in case.facts.lessons] == [True]


def test_key_account_managers_learn_sales_and_service() -> None:
    """TRN-010: both are taught."""
    assert training("plan:key", "schedule:key").state == "scheduled"


def test_the_effect_is_tracked_and_people_are_assessed() -> None:
    """TRN-008, TRN-012: of each or as a whole, and what good results bring (TRN-014)."""
    case = training(*PATHS["assessed"])
    assert [one.passed for one in case.facts.assessments] == [True, False]
    assert case.facts.incentives[0].incentive == "award"
    assert training(*PATHS["held"], "assess:effect").facts.effect == "fewer complaints"


def test_who_passed_is_qualified() -> None:
    """TRN-013, PWR-010: the directory hears of those who passed, and of nobody else."""
    case = training(*PATHS["assessed"])
    [message] = case.fire("close").require().messages
    assert (message.machine, message.event) == ("directory", "qualify")
    assert message.payload == {"people": ["sales-7"], "qualification": "sales"}
    assert case.facts.qualified == ("sales-7",)


def test_a_training_may_qualify_nobody() -> None:
    """Without a qualification, or where nobody passed, the directory is not told (TRN-013)."""
    team = training("plan:team", "schedule:needs", "hold", "assess")
    assert team.fire("close").require().messages == ()
    none = training(*PATHS["held"], "assess:effect")
    assert none.fire("close").require().messages == ()


def test_a_week_that_is_cancelled_is_planned_anew() -> None:
    """TRN-004: the whole team still trains twice a year; newcomers just wait."""
    case = training("plan:team")
    [message] = case.fire("cancel").require().messages
    assert (message.machine, message.event, message.kind) == ("training", "plan", "create")
    assert message.payload["kind"] == "whole_team"
    assert message.payload["days"] == 2
    assert training("plan").fire("cancel").require().messages == ()


def test_work_waits_for_somebody() -> None:
    """Who arranges it, then the head of the department assesses it."""
    case = training("plan")
    assert case.tasks == {"schedule_training": "manager_of_newcomers"}
    then = [list(case.go(step).tasks) for step in ("schedule", "hold", "assess", "close")]
    assert then == [[], ["assess_training"], [], []]


TestTrainingWalk = walk_of("training", PAYLOADS)
