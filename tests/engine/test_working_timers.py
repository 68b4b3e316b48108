"""Timers in working time: due as their calendar says, whenever somebody looks."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import attrs
import pytest

from crmflow.calendars import CalendarRow, calendar_of
from crmflow.clock import ManualClock
from crmflow.core.actor import Actor
from crmflow.core.errors import ConfigurationError
from crmflow.core.form import Text
from crmflow.core.machine import Kind, Machine, Open, Row, Start, State
from crmflow.core.measure import Measure
from crmflow.core.ref import UNBORN, EntityRef
from crmflow.core.refusal import Because
from crmflow.core.updates import copied
from crmflow.engine.engine import Engine
from crmflow.engine.starting import tables_for
from crmflow.plugins.loading import load_plugins
from crmflow.storage.memory import MemoryStore
from crmflow.storage.port import Store
from tests.core.calendars import at

HOURS = "09:00-12:00 13:00-18:00"
OFFICE = calendar_of(
    CalendarRow(
        name="office",
        zone="Asia/Shanghai",
        monday=HOURS,
        tuesday=HOURS,
        wednesday=HOURS,
        thursday=HOURS,
        friday=HOURS,
        holidays="CN",
    )
)
CLERK = Actor("clara", {"customer_service"})
ROOT = Actor("root", {"administrator"})
ASKED = EntityRef("main", "question", "Q-1")


@attrs.frozen
class Question:
    """What is asked; form and facts."""

    about: Text


QUESTION = Machine(
    "question",
    Question,
    (
        State("asked", "已提问", "Asked", Kind.INITIAL),
        State("late", "已逾期", "Late"),
        State("answered", "已答复", "Answered", Kind.FINAL),
    ),
    (
        Row(
            UNBORN, "ask", "asked", form=Question, sets=copied("about"),
            start=(Start("answer", "miss", Measure.parse("2wd").on(OFFICE)),),
            tasks=(Open("answer", "customer_service", timer="answer"),),
        ),
        Row("asked", "miss", "late", who="system"),
        Row("asked", "answer", "answered", done="answer"),
        Row("late", "answer", "answered", done="answer"),
    ),
    zh="提问",
    en="Question",
)  # fmt: skip


def paused(store: Store, machine: Machine, *, profile: str | None) -> Engine:
    """Return an engine with a question that is paused on Friday, half of its time being left."""
    clock = ManualClock(at("2026-03-05 14:00"))
    engine = Engine(store, machines=[machine], profile=profile, clock=clock)
    asked = engine.create("question", {"about": "usage"}, actor=CLERK, id="Q-1").require()
    assert [one.due_at for one in asked.snapshot.timers] == [at("2026-03-09 14:00")]
    clock.advance(timedelta(days=1))
    engine.pause(asked.entity, "why", actor=ROOT).require()
    clock.advance(timedelta(days=7))
    return engine


def test_a_calendar_of_the_machines_own_outlives_a_pause() -> None:
    """Also where no table has one of its name."""
    with paused(MemoryStore(), QUESTION, profile=None) as engine:
        (timer,) = engine.unpause(ASKED, "done", actor=ROOT).require().snapshot.timers
        assert (timer.due_at, timer.calendar) == (at("2026-03-16 14:00"), "office")


def test_a_pause_is_not_lifted_without_the_calendar_that_a_timer_counts_on() -> None:
    """The refusal names it, of one entity or of all; once it is back, the time that was left is."""
    store = MemoryStore()
    computed = Start("answer", "miss", lambda _: Measure.parse("2wd").on(OFFICE))
    first, *others = QUESTION.rows
    machine = attrs.evolve(QUESTION, rows=(attrs.evolve(first, start=(computed,)), *others))
    with paused(store, machine, profile="demo") as engine:
        poor = Engine(store, machines=[machine], clock=engine.clock)
        refusal = poor.unpause(ASKED, "done", actor=ROOT).refusal
        assert refusal is not None
        assert (refusal.because, refusal.detail) == (Because.NO_CALENDAR, "office")
        poor.pause_machine("question", "why", actor=ROOT)
        engine.unpause(ASKED, "done", actor=ROOT).require()
        (unmoved,) = poor.unpause_machine("question", "done", actor=ROOT).unmoved
        assert (unmoved.entity, unmoved.refused) == (ASKED, True)
        assert "no_calendar office" in unmoved.reasons
        assert engine.unpause_machine("question", "done", actor=ROOT).entities == 1
        assert [one.due_at for one in engine.get(ASKED).timers] == [at("2026-03-16 14:00")]


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2026-03-02 10:30", "2026-03-04 10:30"),
        ("2026-03-06 20:00", "2026-03-11 09:00"),
        ("2026-02-13 10:30", "2026-02-24 10:30"),  # the 14th is worked, then Spring Festival
        ("2026-09-29 17:00", "2026-10-08 17:00"),
    ],
)
@pytest.mark.parametrize("looks", [0, 1, 24])
def test_a_timer_waits_for_working_days(start: str, due: str, looks: int) -> None:
    """It fires at its own instant, however often or late the worker comes."""
    with Engine("memory:", machines=[QUESTION], clock=ManualClock(at(start))) as engine:
        decision = engine.create("question", {"about": "usage"}, actor=CLERK).require()
        (timer,), (task,) = decision.snapshot.timers, decision.snapshot.tasks
        assert (timer.due_at, task.due_at) == (at(due), at(due))
        span = at(due) - at(start)
        for look in range(looks):
            engine.run_due(at(start) + span * look / looks)
        assert engine.get(decision.entity).state == "asked"
        engine.run_due(at(due) + timedelta(days=3))
        assert engine.get(decision.entity).state == "late"
        assert [record.event.at for record in engine.journal(decision.entity)][-1] == at(due)


def test_every_fault_of_a_companys_calendars_is_told_where_it_stands(tmp_path: Path) -> None:
    """An engine does not start with hours that overlap, zones that are none, days that are none."""
    own = tmp_path / "crmflow.toml"
    own.write_text(
        '[[calendars]]\nname = "shop"\nzone = "Asia/Shangai"\nmonday = "09:00-12:00 11:00-13:00"\n'
        '[calendars.days]\n2026-13-01 = "closed"\n'
        '[[calendars]]\nname = "night"\nzone = "Asia/Shanghai"\nfriday = "22:00-06:00"\n',
        "utf-8",
    )
    with pytest.raises(ConfigurationError) as caught:
        Engine("memory:", machines=["lead"], config=own)
    found = [fault.partition("$.calendars")[2].partition(",")[0] for fault in caught.value.faults]
    assert found == [
        "[0].zone (shop): zone",
        "[0].monday (shop): overlap",
        "[0].days.2026-13-01 (shop): type",
        "[1].friday (night): order",
    ]


def test_a_company_changes_the_hours_of_a_day(tmp_path: Path) -> None:
    """Its file overlays a shipped row column by column, and the rest stays."""
    own = tmp_path / "crmflow.toml"
    own.write_text('[[calendars]]\nname = "office"\nmonday = "10:00-11:00"\n', "utf-8")
    office = tables_for(load_plugins(()), {}, "demo", own).calendars["office"]
    assert office.add(at("2026-03-01 12:00"), timedelta(hours=2)) == at("2026-03-03 10:00")
    assert not office.is_working_day(date(2026, 10, 1))
