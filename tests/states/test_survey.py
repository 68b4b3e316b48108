"""The machine `survey`, catalogue 3.19."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

import pytest

from crmflow.core.actor import SYSTEM, Actor
from tests.states.case import DAY, Case, declared, legal, pairs, walk_of

SCORES = [
    {"item": "quality", "score": 5},
    {"item": "advice", "score": 2, "text": "nobody called back"},
    {"item": "shop"},
]
REPORT = {
    "present_level": "good products, weak advice",
    "priorities": "advice by phone",
    "improvement_plan": "train the advisers",
    "comparison": "better than last year",
    "previous": "3.20",
}
PAYLOADS: dict[str, Mapping[str, object]] = {
    "plan": {"purpose": "satisfaction", "scope": "all"},
    "plan:customer": {"purpose": "satisfaction", "scope": "customer", "customer": "C-1"},
    "plan:regular": {"purpose": "satisfaction", "scope": "all", "is_regular": True},
    "plan:next": {
        "purpose": "satisfaction",
        "scope": "all",
        "is_regular": True,
        "after_at": "2026-03-02T16:00:00+08:00",
    },
    "plan:service": {
        "purpose": "service",
        "scope": "all",
        "after_at": "2026-03-02T17:00:00+08:00",
    },
    "come_due": {},
    "issue": {"method": "phone_survey", "scale": "one_to_five", "low_score": 2},
    "issue:ten": {"method": "interview", "scale": "zero_to_ten", "low_score": 2},
    "add_answer": {"respondent": "buyer", "scores": SCORES, "customer": "C-7"},
    "add_answer:other": {"respondent": "smith", "scores": [{"item": "quality", "score": 4}]},
    "add_answer:ten": {"respondent": "buyer", "scores": [{"item": "quality", "score": 9}]},
    "collect": {},
    "analyse": {"findings": "the phone is the weak point"},
    "report": REPORT,
    "sort": {"summary": "two answers", "classes": ["buyers"]},
    "check": {},
    "return_sort": {"reason": "a class is missing"},
    "file": {"archived_as": "room 3, shelf 7"},
    "cancel": {"reason": "no answers"},
}
TABLE = (
    "plan: - -> planned",
    "issue: planned -> issued",
    "collect: issued -> collected",
    "analyse: collected -> analysed",
    "report: analysed -> reported",
    "sort: reported -> sorted",
    "check: sorted -> checked",
    "return_sort: sorted -> reported",
    "file: checked -> filed",
    "cancel: planned, issued, collected -> cancelled",
)
ADDED = ("come_due: planned -> =", "add_answer: issued -> =")
COLLECTED = ("plan", "issue", "add_answer", "add_answer:other", "collect")
PATHS = {
    "-": (),
    "planned": ("plan",),
    "issued": ("plan", "issue", "add_answer:other"),
    "collected": COLLECTED,
    "analysed": (*COLLECTED, "analyse"),
    "reported": (*COLLECTED, "analyse", "report"),
    "sorted": (*COLLECTED, "analyse", "report", "sort"),
    "checked": (*COLLECTED, "analyse", "report", "sort", "check"),
}
LEGAL = legal(PATHS, (*TABLE, *ADDED))


def survey(*steps: str) -> Case:
    """Return a survey that has taken these steps."""
    return Case("survey", PAYLOADS).go(*steps)


def test_the_table_is_the_catalogue() -> None:
    """The rows are those of the catalogue, and the added ones."""
    assert declared("survey") == pairs((*TABLE, *ADDED))


@pytest.mark.parametrize(("source", "event", "to"), LEGAL)
def test_a_row_is_legal(source: str, event: str, to: str) -> None:
    """Every row leads where the catalogue says."""
    case = survey(*PATHS[source], event)
    assert case.state == (source if to == "=" else to)
    case.hold_invariants()


@pytest.mark.parametrize(
    ("steps", "step", "changes", "why"),
    [
        ((), "plan", {"scope": "some"}, "$.scope"),
        ((), "plan", {"scope": "customer"}, "nobody_to_ask"),
        ((), "plan", {"scope": "tier"}, "nobody_to_ask"),
        (("plan",), "issue", {"method": "rumour"}, "$.method"),
        (("plan",), "issue", {"scale": "1-6"}, "$.scale"),
        (("plan",), "issue", {"items": [{"name": "shop", "area": "product"}]}, "item_twice"),
        (("plan",), "issue", {"items": [{"name": "x", "area": "price"}]}, "$.items[0].area"),
        (("plan:next",), "issue", {}, "interval_not_reached"),
        (("plan", "issue"), "add_answer", {"scores": []}, "$.scores"),
        (("plan", "issue"), "add_answer", {"scores": [{"item": "shop"}]}, "$.scores"),
        (("plan", "issue"), "add_answer", {"scores": [{"item": "x", "score": 1}]}, "unknown_item"),
        (("plan", "issue"), "add_answer", {"scores": [*SCORES, SCORES[0]]}, "unknown_item"),
        (("plan", "issue"), "add_answer", {"scores": [{"item": "shop", "score": 6}]}, "off_scale"),
        (("plan", "issue"), "add_answer", {"scores": [{"item": "shop", "score": 0}]}, "off_scale"),
        (("plan", "issue", "add_answer"), "add_answer", {}, "answered_already"),
        (("plan", "issue"), "collect", {}, "no_answers"),
        (PATHS["analysed"], "report", {"present_level": None}, "$.present_level"),
        (PATHS["analysed"], "report", {"priorities": None}, "$.priorities"),
        (PATHS["analysed"], "report", {"improvement_plan": " "}, "$.improvement_plan"),
        (PATHS["analysed"], "report", {"comparison": None}, "$.comparison"),
        (PATHS["reported"], "sort", {"classes": []}, "$.classes"),
        (PATHS["sorted"], "return_sort", {"reason": " "}, "$.reason"),
        (PATHS["checked"], "file", {"archived_as": ""}, "$.archived_as"),
        (("plan",), "cancel", {"reason": None}, "$.reason"),
        (PATHS["analysed"], "cancel", {}, "no_row"),
    ],
)
def test_a_guard_refuses(
    steps: tuple[str, ...], step: str, changes: dict[str, object], why: str
) -> None:
    """
    Each guard of the catalogue refuses with its reason.

    Rules: SUR-001 SUR-002 SUR-008 SUR-010 SUR-012 SUR-013 SUR-015 SUR-017
    """
    case = survey(*steps)
    assert case.why_not(step, payload=case.but(step, **changes)) == {why}


@pytest.mark.parametrize(
    ("steps", "step", "role"),
    [
        (PATHS["analysed"], "report", "after_sales"),
        (PATHS["reported"], "sort", "after_sales"),
        (PATHS["sorted"], "check", "after_sales_manager"),
        (PATHS["sorted"], "return_sort", "after_sales_manager"),
        (PATHS["checked"], "file", "after_sales"),
    ],
)
def test_after_sales_does_the_work(steps: tuple[str, ...], step: str, role: str) -> None:
    """It reports and sorts, its manager checks (SUR-007, SUR-009, SUR-010)."""
    case = survey(*steps)
    assert case.why_not(step, Actor("sales-1", {"salesperson"})) == {"role"}
    case.fire(step, Actor("right-1", {role})).require()


def test_the_questions_are_the_companys() -> None:
    """Those configured by area, and those a survey adds (SUR-002)."""
    case = survey("plan")
    more = [{"name": "parking", "area": "environment"}]
    case.fire("issue", payload=case.but("issue", items=more)).require()
    assert [(item.name, item.area) for item in case.facts.items] == [
        ("quality", "product"),
        ("price", "product"),
        ("delivery", "service"),
        ("advice", "service"),
        ("shop", "environment"),
        ("parking", "environment"),
    ]


@pytest.mark.parametrize(
    "method",
    [
        "questionnaire",
        "phone_survey",
        "email_reply",
        "online_survey",
        "interview",
        "quality_audit",
    ],
)
def test_people_are_asked_in_six_ways(method: str) -> None:
    """SUR-015; a complaint says by which of them it came in, as far as it is one of intake."""
    case = survey("plan")
    case.fire("issue", payload=case.but("issue", method=method)).require()
    complaint = case.fire("add_answer").require().messages[1]
    known = {"phone_survey", "email_reply", "online_survey"}
    assert complaint.payload["channel"] == (method if method in known else "satisfaction_survey")


def test_figures_are_computed() -> None:
    """Overall, by item, and what was said lowest; blanks do not count (SUR-003, SUR-006)."""
    case = survey(*COLLECTED)
    assert case.tasks["analyse"] == "after_sales"
    facts = case.go("analyse").facts
    assert facts.overall == Decimal("3.67")
    assert [(one.item, one.average, one.answers) for one in facts.averages] == [
        ("quality", Decimal("4.50"), 2),
        ("advice", Decimal("2.00"), 1),
    ]
    [lowest] = facts.lowest
    assert (lowest.item, lowest.average, lowest.said) == (
        "advice",
        Decimal("2.00"),
        ("nobody called back",),
    )
    assert facts.findings == "the phone is the weak point"
    assert facts.promoter_score is None


def test_the_average_overall_is_one_of_all_scores() -> None:
    """SUR-004: each score counts alike; SUR-005: by item; SUR-006: the lowest is told."""
    case = survey("plan", "issue:ten", "add_answer:ten", "collect", "analyse")
    assert case.facts.overall == Decimal("9.00")
    assert case.facts.averages[0].average == Decimal("9.00")
    assert case.facts.lowest[0].item == "quality"
    assert case.facts.promoter_score == Decimal("100.00")


def test_the_report_compares_with_last_year() -> None:
    """SUR-008: by how much it is better or worse; without a survey last year nothing is told."""
    assert survey(*PATHS["reported"]).facts.change == Decimal("0.47")
    case = survey(*PATHS["analysed"])
    case.fire("report", payload=case.but("report", previous=None)).require()
    assert case.facts.change is None


def test_satisfaction_is_tracked_per_customer() -> None:
    """Each customer's record hears its own score, from 0 to 100 (SUR-017)."""
    case = survey("plan", "issue")
    told = case.fire("add_answer").require().messages[0]
    assert (told.machine, told.id, told.event) == ("customer", "C-7", "note_satisfaction")
    # 5 and 2 of 1 to 5.
    assert told.payload["score"] == "62.50"
    assert case.fire("add_answer:other").require().messages == ()
    one = survey("plan:customer", "issue")
    assert one.fire("add_answer:other").require().messages[0].id == "C-1"


def test_low_scores_open_complaints() -> None:
    """At or below the limit, of customers who are known, where the survey has a limit."""
    case = survey("plan", "issue")
    complaint = case.fire("add_answer").require().messages[1]
    assert (complaint.machine, complaint.event) == ("complaint", "receive")
    assert complaint.payload == {"customer": "C-7", "channel": "phone_survey"}
    none = survey("plan")
    none.fire("issue", payload=none.but("issue", low_score=None)).require()
    assert [one.machine for one in none.fire("add_answer").require().messages] == ["customer"]
    high = survey("plan")
    high.fire("issue", payload=high.but("issue", low_score=1)).require()
    assert [one.machine for one in high.fire("add_answer").require().messages] == ["customer"]


def test_findings_become_measures() -> None:
    """The filed survey opens an improvement cycle with the report's plan (SUR-013, SUR-016)."""
    case = survey(*PATHS["checked"])
    [cycle] = case.fire("file").require().messages
    assert (cycle.machine, cycle.event) == ("improvement_cycle", "open")
    assert cycle.payload["source"] == "survey"
    assert cycle.payload["need"] == "train the advisers"
    assert case.facts.archived_as == "room 3, shelf 7"


def test_sorting_has_a_limit() -> None:
    """Working days from the report; a returned sorting begins anew (SUR-009, SUR-010)."""
    case = survey(*PATHS["reported"])
    assert case.due == {"survey_sorting": case.at + 7 * DAY}  # five of them working days
    case.go("sort")
    assert case.due == {}
    case.wait(DAY)
    case.go("return_sort")
    assert case.due["survey_sorting"] == case.at + 7 * DAY
    assert case.tasks["sort"] == "after_sales"
    case.wait(8 * DAY)
    assert case.tasks["overdue_sorting"] == "after_sales_manager"


@pytest.mark.parametrize("end", ["file", "cancel"])
def test_regular_surveys_come_again(end: str) -> None:
    """The round that ends plans the next one, whatever became of it (SUR-001)."""
    steps = ("plan:regular", *PATHS["checked"][1:]) if end == "file" else ("plan:regular",)
    case = survey(*steps)
    planned = case.fire(end).require().messages[-1]
    assert (planned.machine, planned.event) == ("survey", "plan")
    assert planned.payload["is_regular"]
    assert planned.payload["after_at"] == case.at.isoformat()
    assert survey("plan").fire("cancel").require().messages == ()


@pytest.mark.parametrize(("step", "days"), [("plan:next", 365), ("plan:service", 185)])
def test_the_next_round_waits_for_its_interval(step: str, days: int) -> None:
    """
    A year between surveys, half a year between evaluations of the service, as configured.

    Rules: SUR-001 SUR-014
    """
    case = survey(step)
    assert case.wait((days - 1) * DAY) == []
    assert case.why_not("issue") == {"interval_not_reached"}
    assert case.wait(timedelta(days=1)) == ["come_due"]
    assert case.tasks == {"issue": "after_sales"}
    assert case.go("issue").tasks == {}


def test_only_the_deadline_says_that_it_is_due() -> None:
    """Nobody shortens the interval by hand (SUR-014)."""
    case = survey("plan:service")
    assert case.why_not("come_due") == {"role"}
    case.fire("come_due", SYSTEM).require()


TestSurveyWalk = walk_of("survey", PAYLOADS)
