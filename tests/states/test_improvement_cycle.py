"""The machine `improvement_cycle`, catalogue 3.20."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.states.case import DAY, TICK, Case, Payload, declared, legal, pairs, walk_of

NEEDS = [
    {"need": "quiet pumps", "priority": 1, "can_be_met": True},
    {"need": "free repairs", "priority": 2, "can_be_met": False},
]
RUBBER = {"name": "rubber", "pros": ["cheap"], "cons": ["wears"]}
STEEL = {"name": "steel", "pros": ["lasts"], "cons": ["dear"]}
PLAN = {
    "alternatives": [RUBBER, STEEL],
    "chosen": "steel", "feasible": True, "sustainable": True, "people": ["tech-1"],
    "milestones": [{"name": "first line", "due_on": "2026-04-01"}],
    "plan": "line by line", "resources": ["10 days"],
}  # fmt: skip
CHANGE = {
    "what": "process", "name": "complaint", "finding": "redundant_step", "detail": "asked twice",
    "version": "complaint 2",
}  # fmt: skip
PAYLOADS: dict[str, Payload] = {
    "open": {"source": "complaint", "need": "quiet pumps", "origin": "complaint X-1"},
    "open:customer": {
        "source": "customer", "need": "longer hours", "customer": "C-1", "way": "interview",
    },
    "add_opinion": {"by": "employee", "opinion": "try steel"},
    "add_opinion:customer": {"by": "customer", "opinion": "try oil", "origin": "survey X-1"},
    "analyse": {"understood": "less noise", "confirmed_by": "buyer", "tools": ["swot"]},
    "design": {"needs": NEEDS},
    "implement": PLAN,
    "report_progress": {"progress": "first line done"},
    "evaluate": {
        "satisfaction": "85 of 100", "complaints": "none since", "quality_system": "no gaps",
        "indicators": [{"name": "noise", "value": "60.5", "measured": "in_process"}],
    },
    "improve": {
        "meeting_on": "2026-05-04", "problems": ["two lines left"], "directions": ["all lines"],
        "measures": [{"measure": "order steel", "owner": "buyer-1", "due_on": "2026-05-20"}],
    },
    "tune_process": CHANGE,
    "train": {"trained": ["service-1", "tech-1"], "notice": "steel from May on"},
    "close": {"effect": "no complaint about noise"},
    "close:told": {"effect": "open until eight", "told_by": "writing"},
    "repeat": {"remains": True, "reason": "still loud"},
    "repeat:round": {},
    "drop": {"dropped": "not_feasible", "reason": "no money"},
    "drop:unmet": {"dropped": "no_need_can_be_met", "reason": "not our trade"},
}  # fmt: skip
TABLE = (
    "open: - -> collecting",
    "add_opinion: * -> =",
    "analyse: collecting -> analysing",
    "design: analysing -> designing",
    "implement: designing -> implementing",
    "report_progress: implementing -> =",
    "evaluate: implementing -> evaluating",
    "improve: evaluating -> improving",
    "tune_process: improving -> =",
    "train: improving -> training",
    "close: training -> closed",
    "repeat: training -> collecting",
    "drop: collecting, analysing, designing -> dropped",
)
ADDED = ("allow_evaluation: implementing -> =", "call_round: training -> =")
RUNS = ("open", "analyse", "design", "implement")
EVALUATED = (*RUNS, "allow_evaluation", "evaluate")
TRAINED = (*EVALUATED, "improve", "train")
PATHS: dict[str, tuple[str, ...]] = {
    "-": (),
    "collecting": ("open",),
    "analysing": RUNS[:2],
    "designing": RUNS[:3],
    "implementing": RUNS,
    "evaluating": EVALUATED,
    "improving": (*EVALUATED, "improve"),
    "training": TRAINED,
}
BEFORE = {"implementing evaluate": ("allow_evaluation",)}


def cycle(*steps: str) -> Case:
    """Return a cycle that has taken these steps."""
    return Case("improvement_cycle", PAYLOADS).go(*steps)


def test_the_table_is_the_catalogue() -> None:
    """The rows are those of the catalogue, and two for waits that are over."""
    assert declared("improvement_cycle") == pairs(TABLE + ADDED)


@pytest.mark.parametrize(("source", "event", "to"), legal(PATHS, TABLE + ADDED))
def test_a_row_is_legal(source: str, event: str, to: str) -> None:
    """
    Every row leads where the catalogue says: the seven stages and back
    (QMC-001, QMC-004, QMC-008, QMC-011, QMC-014, QMC-016, QMC-019, QMC-020).
    """
    case = cycle(*PATHS[source], *BEFORE.get(f"{source} {event}", ()), event)
    assert case.state == (source if to == "=" else to)
    case.hold_invariants()


@pytest.mark.parametrize(
    ("steps", "event", "changes", "why"),
    [
        ((), "open", {"source": "rumour"}, "$.source"),
        ((), "open", {"way": "spying"}, "$.way"),
        (("open",), "add_opinion", {"by": "rival"}, "$.by"),
        (("open",), "analyse", {"understood": None}, "$.understood"),
        (("open",), "analyse", {"confirmed_by": None}, "$.confirmed_by"),
        (("open",), "analyse", {"tools": []}, "$.tools"),
        (RUNS[:2], "design", {"needs": []}, "$.needs"),
        (RUNS[:2], "design", {"needs": [{"need": "x", "priority": 1}]}, "$.needs[0].can_be_met"),
        (RUNS[:2], "design", {"needs": [{**NEEDS[0], "priority": 0}]}, "$.needs[0].priority"),
        (RUNS[:2], "design", {"needs": NEEDS[1:]}, "no_need_can_be_met"),
        (RUNS[:3], "implement", {"alternatives": [STEEL]}, "one_alternative"),
        (
            RUNS[:3],
            "implement",
            {"alternatives": [STEEL, STEEL]},
            "one_alternative",
        ),
        (RUNS[:3], "implement", {"chosen": "oil"}, "chosen_unknown"),
        (RUNS[:3], "implement", {"feasible": False}, "not_feasible"),
        (RUNS[:3], "implement", {"sustainable": False}, "not_feasible"),
        (RUNS[:3], "implement", {"people": []}, "$.people"),
        (RUNS[:3], "implement", {"milestones": []}, "$.milestones"),
        (RUNS[:3], "implement", {"plan": None}, "$.plan"),
        (RUNS[:3], "implement", {"resources": []}, "$.resources"),
        (RUNS, "evaluate", {}, "runs_too_short"),
        ((*RUNS, "allow_evaluation"), "evaluate", {"indicators": []}, "$.indicators"),
        ((*RUNS, "allow_evaluation"), "evaluate", {"satisfaction": None}, "$.satisfaction"),
        (EVALUATED, "improve", {"measures": []}, "$.measures"),
        (EVALUATED, "improve", {"directions": []}, "$.directions"),
        ((*EVALUATED, "improve"), "tune_process", {"version": None}, "$.version"),
        ((*EVALUATED, "improve"), "train", {"trained": []}, "$.trained"),
        ((*EVALUATED, "improve"), "train", {"notice": None}, "$.notice"),
        (TRAINED, "close", {"effect": None}, "$.effect"),
        (TRAINED, "repeat:round", {}, "nothing_remains"),
        (("open:customer",), "drop", {}, "not_told"),
        (RUNS[:3], "drop:unmet", {}, "a_need_can_be_met"),
        (("open",), "drop", {"reason": None}, "$.reason"),
        (RUNS, "drop", {}, "no_row"),
        (("open", "drop"), "add_opinion", {}, "final"),
    ],
)
def test_a_guard_refuses(
    steps: tuple[str, ...], event: str, changes: dict[str, object], why: str
) -> None:
    """
    Each gate of the catalogue refuses with its reason
    (QMC-003, QMC-006, QMC-007, QMC-009, QMC-010, QMC-012, QMC-015, QMC-017).
    """
    case = cycle(*steps)
    assert case.why_not(event, payload=case.but(event, **changes)) == {why}


@pytest.mark.parametrize("source", ["customer", "employee", "complaint", "survey", "review"])
def test_needs_come_from_everywhere(source: str) -> None:
    """Complaints, surveys and reviews lead to measures (CMP-026, SUR-016, QMC-025)."""
    case = cycle()
    assert case.fire("open", payload=case.but("open", source=source)).accepted


@pytest.mark.parametrize(
    "way", ["phone", "email", "interview", "market_research", "competitor_analysis"]
)
def test_needs_are_collected_in_several_ways(way: str) -> None:
    """The list of the catalogue (QMC-002)."""
    case = cycle()
    case.fire("open", payload=case.but("open", way=way)).require()
    assert case.facts.way == way


def test_opinions_are_heard_at_any_time() -> None:
    """Of employees and customers, kept in their order (QMC-018)."""
    case = cycle(*RUNS[:2], "add_opinion", "design", "add_opinion:customer")
    assert [(one.by, one.opinion) for one in case.facts.opinions] == [
        ("employee", "try steel"),
        ("customer", "try oil"),
    ]


def test_needs_are_analysed_and_marked() -> None:
    """
    With the tools named, by priority, each as one that can be met or not
    (QMC-005, QMC-006, QMC-007).
    """
    case = cycle(*RUNS[:3])
    assert case.facts.tools == ("swot",)
    assert [(one.priority, one.can_be_met) for one in case.facts.needs] == [(1, True), (2, False)]
    assert case.go("drop").state == "dropped"


def test_a_plan_runs_before_it_is_evaluated() -> None:
    """As long as the company says; then the evaluation is somebody's task (QMC-014)."""
    case = cycle(*RUNS)
    assert case.due == {"improvement_evaluation": case.at + 30 * DAY}
    assert case.wait(30 * DAY) == []
    assert case.why_not("evaluate") == {"runs_too_short"}
    assert case.wait(TICK) == ["allow_evaluation"]
    assert case.tasks["evaluate"] == "department_head"
    assert case.due == {}
    case.go("evaluate")
    assert [(one.name, one.measured) for one in case.facts.indicators] == [("noise", "in_process")]


def test_indicators_come_from_the_process_or_from_customers() -> None:
    """Both ways of measuring are told apart (QMC-015, QMC-027)."""
    case = cycle(*RUNS, "allow_evaluation")
    asked = [{"name": "noise", "value": "8", "measured": "customer_survey"}]
    case.fire("evaluate", payload=case.but("evaluate", indicators=asked)).require()
    assert case.facts.indicators[0].measured == "customer_survey"


def test_the_customer_is_told_of_progress() -> None:
    """By a message to the customer record too (QMC-013)."""
    case = cycle("open:customer", *RUNS[1:])
    [message] = case.fire("report_progress").require().messages
    assert (message.machine, message.event) == ("customer", "note_contact")
    assert case.facts.progress_at == case.at


def test_measures_are_planned_and_tracked() -> None:
    """
    Each has an owner and a day, and what came of them is told at the end
    (QMC-016, QMC-017, QMC-025, QMC-026).
    """
    case = cycle(*PATHS["improving"])
    assert [(one.owner, one.due_on.day) for one in case.facts.measures] == [("buyer-1", 20)]
    assert case.tasks["track_measures"] == "department_head"
    assert case.go("train", "close").facts.effect == "no complaint about noise"


def test_processes_standards_and_appraisals_are_kept_up_to_date() -> None:
    """Each change names what was wrong and the new version (QMC-021, QMC-024)."""
    case = cycle(*PATHS["improving"], "tune_process")
    standard = case.but("tune_process", what="standard", finding="bottleneck", version="2027")
    case.fire("tune_process", payload=standard).require()
    assert [(one.what, one.version) for one in case.facts.changes] == [
        ("process", "complaint 2"),
        ("standard", "2027"),
    ]


def test_those_concerned_are_trained_and_told() -> None:
    """By a notice of the change: what stage 7 is read as (QMC-019, QMC-022, AMB-41)."""
    case = cycle(*TRAINED)
    assert (case.facts.trained, case.facts.notice) == (
        ("service-1", "tech-1"),
        "steel from May on",
    )


@pytest.mark.parametrize("taken", range(1, len(TRAINED) + 1))
def test_feedback_is_collected_all_along(taken: int) -> None:
    """The lost step of the method: in every stage customers are heard (QMC-020, AMB-41)."""
    case = cycle(*TRAINED[:taken])
    stage, heard = case.state, len(case.facts.opinions)
    assert case.go("add_opinion").state == stage
    assert len(case.facts.opinions) == heard + 1


def test_the_cycle_begins_anew_after_the_company_s_period() -> None:
    """Or at once where the problem remains; opinions stay (QMC-023)."""
    case = cycle("open", "add_opinion", *TRAINED[1:])
    assert case.due == {"improvement_round": case.at + 180 * DAY}
    assert case.wait(180 * DAY + timedelta(hours=1)) == ["call_round"]
    assert case.tasks["next_round"] == "department_head"
    case.go("repeat:round")
    assert (case.state, case.facts.rounds, case.facts.needs) == ("collecting", 1, ())
    assert len(case.facts.opinions) == 1
    case.go(*RUNS[1:])
    assert case.why_not("evaluate") == {"runs_too_short"}


def test_a_customer_who_gave_the_need_is_thanked_and_told() -> None:
    """Also a suggestion about anything but products; whatever came of it (AMB-56, QMC-010)."""
    case = cycle("open:customer")
    assert case.facts.thanked_at == case.at
    assert cycle("open").facts.thanked_at is None
    told = case.but("drop:unmet", told_by="phone")
    assert case.fire("drop:unmet", payload=told).accepted
    assert (case.facts.told_by, case.facts.told_at) == ("phone", case.at)
    done = cycle("open:customer", *TRAINED[1:])
    assert done.why_not("close") == {"not_told"}
    assert done.go("close:told").facts.told_at == done.at


TestImprovementCycleWalk = walk_of("improvement_cycle", PAYLOADS)
