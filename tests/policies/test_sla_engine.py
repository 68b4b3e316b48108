"""Deadlines through an engine: a store, a clock, profiles and a company's own rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crmflow import Actor, Engine, ManualClock
from crmflow.config import Overlay
from crmflow.core.errors import ConfigurationError
from crmflow.core.ref import EntityRef
from crmflow.policies.sla.report import compliance
from crmflow.policies.sla.run import Status

SHANGHAI = ZoneInfo("Asia/Shanghai")
FRIDAY = datetime(2026, 3, 6, 16, tzinfo=SHANGHAI)
SERVICE = Actor("service-1", {"customer_service"})
HEAD = Actor("head-1", {"service_head"})
WORK = {"problem_type": "quality", "demand": "refund", "mood": "angry"}


def started(
    config: Overlay | None = None, store: str = "memory:", at: datetime = FRIDAY
) -> tuple[Engine, ManualClock]:
    """Return an engine with complaints, on a Friday afternoon."""
    clock = ManualClock(at)
    engine = Engine(store, machines=["complaint"], profile="demo", config=config, clock=clock)
    return engine, clock


def graded(engine: Engine, grade: str = "general") -> EntityRef:
    """Return a complaint that is graded."""
    receipt = {"customer": "C-1", "channel": "phone"}
    ref = engine.create("complaint", receipt, actor=SERVICE).require().entity
    engine.fire(ref, "record", WORK, actor=SERVICE).require()
    engine.fire(ref, "grade", {"grade": grade}, actor=SERVICE).require()
    return ref


def status(engine: Engine, ref: EntityRef, name: str = "complaint_limit") -> Status:
    """Return how a deadline stands."""
    run = engine.get(ref).policy("sla").run(name)
    found: Status = run.status
    return found


def test_a_weekend_is_no_working_day() -> None:
    """A general complaint of Friday afternoon is due on Monday afternoon (CMP-007)."""
    engine, clock = started()
    ref = graded(engine)
    (task,) = [task for task in engine.get(ref).tasks if task.name == "handle"]
    assert task.due_at == FRIDAY + timedelta(days=3)
    clock.set(FRIDAY + timedelta(days=2, hours=23))
    engine.run_due()
    assert status(engine, ref) is Status.RUNNING
    clock.advance(timedelta(hours=3))
    engine.run_due()
    assert status(engine, ref) is Status.BREACHED
    assert "overdue_limit" in {task.name for task in engine.get(ref).tasks}


def test_a_worker_of_next_month_finds_the_same_breaches() -> None:
    """Journals agree to the record, whoever comes when."""
    journals = []
    for hours in (1, 700):
        engine, clock = started()
        ref = graded(engine)
        end = FRIDAY + timedelta(hours=700)
        while clock.at < end:
            clock.set(min(clock.at + timedelta(hours=hours), end))
            engine.run_due()
        journals.append([(one.event.name, one.event.at) for one in engine.journal(ref)])
    assert journals[0] == journals[1]
    assert [name for name, _ in journals[0]].count("miss_limit") == 1


def test_a_companys_own_row_changes_one_column() -> None:
    """Two working days for general complaints, a pause and an extension, the rest as shipped."""
    own = Overlay(
        tables={
            "deadlines": [
                {
                    "name": "complaint_limit",
                    "pause": [{"states": ["solution_ready"]}],
                    "targets": [
                        {"match": {"grade": "general"}, "target": "2wd"},
                        {"target": "3wd"},
                    ],
                    "extension": [{"to": "5wd", "role": "service_head"}],
                }
            ]
        }
    )
    engine, _ = started(own)
    ref = graded(engine)
    assert engine.get(ref).policy("sla").run("complaint_limit").target == "2wd"
    asked = {"deadline": "complaint_limit", "to": "5wd", "reason": "parts from abroad"}
    refused = engine.fire(ref, "$extend", asked, actor=SERVICE)
    assert [one.reason for one in refused.verdicts] == ["sla_not_granted"]
    assert refused.verdicts[0].roles == ("service_head",)
    engine.fire(ref, "$extend", asked, actor=HEAD).require()
    run = engine.get(ref).policy("sla").run("complaint_limit")
    assert run.due_at == datetime(2026, 3, 13, 16, tzinfo=SHANGHAI)
    (message,) = [row for row in engine.outbox() if b"deadline_extended" in row.body]
    assert message.target.id == str(ref)


def test_people_are_refused_the_timers_event() -> None:
    """Nobody lets a deadline pass by hand."""
    engine, _ = started()
    ref = graded(engine)
    refused = engine.fire(ref, "$sla", actor=SERVICE)
    assert [one.reason for one in refused.verdicts] == ["sla_timer_only"]


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", "complaint_limit: due 2026-03-09 16:00"),
        ("zh", "complaint_limit：2026-03-09 16:00 到期"),
    ],
)
def test_an_explanation_says_why_it_is_due_then(lang: str, words: str) -> None:
    """In the company's zone and both languages, with row, version and rules."""
    engine, _ = started()
    ref = graded(engine)
    told = str(engine.explain(ref, "answer", actor=SERVICE, lang=lang))
    assert words in told
    assert "CMP-007" in told
    assert "office" in told


def test_faults_of_a_companys_rows_are_told_at_once() -> None:
    """An unknown event, calendar and fact, each with its place and what would be right."""
    row = {
        "name": "complaint_limit",
        "calendar": "offise",
        "fire": "mis_limit",
        "tier": "grad",
    }
    with pytest.raises(ConfigurationError) as caught:
        started(Overlay(tables={"deadlines": [row]}))
    told = str(caught.value)
    assert "Did you mean 'office'?" in told
    assert "Did you mean 'miss_limit'?" in told
    assert "Did you mean 'grade'?" in told


def test_an_engine_without_a_calendar_says_so() -> None:
    """Working days have no silent default: the blank is named with its rules."""
    config = {"complaint.major.owner": "board", "complaint.major.limit": "2d"}
    with pytest.raises(ConfigurationError, match=r"calendar\.working_days: missing"):
        Engine("memory:", machines=["complaint"], config=config)


def test_deadlines_are_stored_and_read_back(tmp_path: object) -> None:
    """Another engine over the same file goes on where the first one stopped."""
    store = f"sqlite:///{tmp_path}/crm.db"
    engine, _ = started(store=store)
    ref = graded(engine)
    before = engine.get(ref)
    engine.close()
    again, clock = started(store=store, at=FRIDAY + timedelta(days=4))
    assert again.get(ref) == before
    again.run_due()
    assert clock.at == FRIDAY + timedelta(days=4)
    assert status(again, ref) is Status.BREACHED
    again.close()


def test_reports_are_made_of_what_is_stored() -> None:
    """One complaint late, one in time."""
    engine, clock = started()
    first, second = graded(engine), graded(engine, "serious")
    clock.advance(timedelta(days=4))
    engine.run_due()
    states = [(ref, "complaint", engine.get(ref).policy("sla")) for ref in (first, second)]
    lines = compliance(states, UTC, ("definition", "tier"))
    told = {(one.definition, one.tier): (one.met, one.breached) for one in lines}
    assert told[("complaint_limit", "general")] == (0, 1)
    assert ("complaint_limit", "serious") not in told
    assert told[("complaint_first_response", "")] == (0, 2)
