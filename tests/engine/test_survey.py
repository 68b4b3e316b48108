"""Surveys through the whole engine: rounds that come again, their check, what they open."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from crmflow.clock import ManualClock
from crmflow.core.people import Person
from crmflow.core.ref import EntityRef
from crmflow.directory import ListedDirectory
from crmflow.engine.engine import Engine

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
STAFF = (
    Person("after-1", ("after_sales",)),
    Person("boss-1", ("after_sales_manager",)),
    Person("serv-1", ("customer_service",)),
)
REPORT = {
    "present_level": "good products",
    "priorities": "advice",
    "improvement_plan": "train the advisers",
    "comparison": "as last year",
}


@pytest.fixture
def clock() -> ManualClock:
    """Return the clock."""
    return ManualClock(AT)


@pytest.fixture
def engine(clock: ManualClock) -> Iterator[Engine]:
    """Return a company that asks its customers."""
    machines = ("survey", "complaint", "improvement_cycle")
    with Engine(
        "memory:", machines=machines, profile="demo", directory=ListedDirectory(STAFF), clock=clock
    ) as opened:
        yield opened


def asked(engine: Engine, **plan: object) -> EntityRef:
    """Return a survey with two answers, one of them low."""
    payload = {"purpose": "satisfaction", "scope": "all", **plan}
    ref = engine.create("survey", payload, actor="after-1", id="S-1").require().entity
    form = {"method": "online_survey", "scale": "one_to_five", "low_score": 1}
    engine.fire(ref, "issue", form, actor="after-1").require()
    for respondent, score in (("buyer", 1), ("smith", 4)):
        scores = [{"item": "quality", "score": score, "text": "as it is"}]
        answer = {"respondent": respondent, "scores": scores, "customer": f"C-{respondent}"}
        engine.fire(ref, "add_answer", answer, actor="serv-1").require()
    return ref


def reported(engine: Engine, ref: EntityRef) -> None:
    """Collect, analyse and report a survey."""
    engine.fire(ref, "collect", actor="after-1").require()
    engine.fire(ref, "analyse", {}, actor="after-1").require()
    engine.fire(ref, "report", REPORT, actor="after-1").require()


def sorted_out(engine: Engine, ref: EntityRef) -> None:
    """Sort the data of a survey."""
    engine.fire(
        ref, "sort", {"summary": "two answers", "classes": ["buyers"]}, actor="after-1"
    ).require()


def test_a_survey_from_plan_to_archive(engine: Engine) -> None:
    """
    Answers, figures, report, check; findings become an improvement cycle, low scores complaints.

    Rules: SUR-003 SUR-004 SUR-007 SUR-010 SUR-011 SUR-012 SUR-013 SUR-016
    """
    ref = asked(engine)
    (complaint,) = engine.find("complaint")
    facts = engine.get(complaint.ref).facts
    assert (facts.customer, facts.channel) == ("C-buyer", "online_survey")
    reported(engine, ref)
    assert engine.get(ref).facts.overall == Decimal("2.50")
    sorted_out(engine, ref)
    # Who sorted does not check; what is not in order goes back.
    assert engine.fire(ref, "check", actor="after-1").refusal is not None
    engine.fire(ref, "return_sort", {"reason": "a class is missing"}, actor="boss-1").require()
    assert engine.get(ref).state == "reported"
    sorted_out(engine, ref)
    engine.fire(ref, "check", actor="boss-1").require()
    filed = engine.fire(ref, "file", {"archived_as": "shelf 7"}, actor="after-1").require()
    (cycle,) = engine.find("improvement_cycle")
    assert engine.get(cycle.ref).facts.source == "survey"
    told = {message.event: message.payload["to"] for message in filed.messages[1:]}
    assert told == {
        "survey_summary": {"who": "role", "id": "marketing_department", "people": []},
        "survey_originals": {"who": "role", "id": "archive_room", "people": []},
    }


def test_surveys_are_held_regularly(engine: Engine, clock: ManualClock) -> None:
    """The next round is planned with the end of this one, and due a year later (SUR-001)."""
    ref = asked(engine, is_regular=True)
    reported(engine, ref)
    sorted_out(engine, ref)
    engine.fire(ref, "check", actor="boss-1").require()
    engine.fire(ref, "file", {"archived_as": "shelf 7"}, actor="after-1").require()
    (planned,) = [row.ref for row in engine.find("survey") if row.state == "planned"]
    form = {"method": "online_survey", "scale": "one_to_five"}
    assert engine.fire(planned, "issue", form, actor="after-1").refusal is not None
    clock.advance(timedelta(days=366))
    engine.run_due()
    assert {task.name for task in engine.get(planned).tasks} == {"issue"}
    engine.fire(planned, "issue", form, actor="after-1").require()


def test_the_service_itself_is_evaluated(engine: Engine, clock: ManualClock) -> None:
    """At an interval of its own, half a year in the example (SUR-014)."""
    plan = {"purpose": "service", "scope": "all", "is_regular": True}
    ref = engine.create("survey", plan, actor="after-1").require().entity
    engine.fire(ref, "cancel", {"reason": "no time"}, actor="after-1").require()
    (planned,) = [row.ref for row in engine.find("survey") if row.state == "planned"]
    clock.advance(timedelta(days=185))
    engine.run_due()
    due_at = engine.get(planned).facts.due_at
    assert due_at - datetime(2026, 9, 2, 9, tzinfo=UTC) < timedelta(seconds=1)
