"""Laws of pauses: what remained of a time is what remains, whoever looks and however often."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from crmflow.clock import ManualClock
from crmflow.core.actor import Actor
from crmflow.core.journal import apply, unborn
from crmflow.core.pause import PauseScope, kept
from crmflow.core.ref import EntityRef
from crmflow.core.reserved import PAUSE, UNPAUSE, Pausing
from crmflow.engine.engine import Engine
from crmflow.flow.answer import answer
from crmflow.flow.redeciding import redecide
from crmflow.flow.request import Request
from crmflow.policies.sla.run import Status
from crmflow.policies.sla.stopwatch import consumed, watch
from tests.engine.machines import ADMIN, AT, CALL, HOUR, SALES, engine
from tests.engine.test_working_timers import CLERK as ASKER
from tests.engine.test_working_timers import QUESTION
from tests.policies.approvals import desk as purchases
from tests.policies.approvals.desk import chain, step
from tests.policies.sla_desk import MINUTE, OFFICE, Case, Desk, desk, on
from tests.policies.sla_desk import REF as CASED
from tests.properties.test_sla_laws import lived, row

ROOT = Actor("root-1", {"administrator"})
CALLED = EntityRef("main", "call", "any")
MINUTES = st.integers(0, 4 * 24 * 60)

# ---- Timers of a machine -----------------------------------------------------------------------


@functools.cache
def calls_engine() -> Engine:
    """Return one engine for all lives of calls."""
    return engine("memory:", CALL)


STORIES = st.lists(
    st.tuples(st.integers(0, 12), st.sampled_from(["answer", "hold", "pause", "unpause", "wait"])),
    max_size=8,
)


@settings(max_examples=60)
@given(STORIES, st.lists(st.integers(0, 60), max_size=6))
@example([(1, "pause"), (3, "unpause"), (0, "pause"), (2, "unpause")], [2, 4])
def test_a_late_worker_gives_the_same_journal(
    story: Sequence[tuple[int, str]], checks: Sequence[int]
) -> None:
    """Nobody looking, or somebody looking at any hours, pauses included: the same records."""
    journals = []
    for looks in ([], checks):
        calls = calls_engine()
        call = calls.create("call", {"number": "1"}, actor=SALES, at=AT).require().entity
        at, steps = AT, [(AT + hour * HOUR, 0, "") for hour in looks]
        for hours, event in story:
            at += hours * HOUR
            steps.append((at, 1, event))
        for when, _, event in sorted(steps, key=lambda one: one[:2]):
            if event in {"", "wait"}:
                calls.run_due(when)
            elif event in {"pause", "unpause"}:
                getattr(calls, event)(call, "why", actor=ADMIN, at=when)
            else:
                calls.fire(call, event, actor=SALES, at=when)
        calls.run_due(at + 99 * HOUR)
        assert [one.differs for one in calls.redecide(call) if one.differs] == []
        journals.append([replace(one, ref=CALLED) for one in calls.journal(call)])
    assert journals[0] == journals[1]


@given(st.integers(0, 59), MINUTES)
def test_a_pause_shifts_every_due_instant_by_its_length(before: int, length: int) -> None:
    """Timers of the machine that wait for elapsed time, and the tasks that are due with them."""
    calls, moved = calls_engine(), length * MINUTE
    call = calls.create("call", {"number": "1"}, actor=SALES, at=AT).require().entity
    was = calls.get(call)
    calls.pause(call, "why", actor=ADMIN, at=AT + before * MINUTE).require()
    calls.unpause(call, "done", actor=ADMIN, at=AT + before * MINUTE + moved).require()
    now = calls.get(call)
    assert {one.name: one.due_at - moved for one in now.timers} == {
        one.name: one.due_at for one in was.timers
    }
    assert [one.due_at for one in now.tasks] == [AT + 9 * HOUR + moved]
    assert [one.role for one in now.tasks] == [one.role for one in was.tasks]
    calls.fire(call, "end", actor=SALES, at=now.at).require()


@given(st.integers(0, 40 * 60), MINUTES)
@settings(max_examples=40)
def test_a_working_timer_keeps_its_working_time(before: int, length: int) -> None:
    """What remained on the calendar when it stood still remains when it goes on."""
    questions = questions_engine()
    office = questions.registry.tables.calendars["office"]
    start = datetime.fromisoformat("2026-03-02T02:30:00+00:00")
    asked = questions.create("question", {"about": "usage"}, actor=ASKER, at=start).require()
    (was,) = asked.snapshot.timers
    assert was.calendar == "office"
    paused_at = start + before * MINUTE
    assume(paused_at < was.due_at)
    questions.pause(asked.entity, "why", actor=ROOT, at=paused_at).require()
    resumed_at = paused_at + length * MINUTE
    questions.unpause(asked.entity, "done", actor=ROOT, at=resumed_at).require()
    (now,) = questions.get(asked.entity).timers
    assert office.elapsed(resumed_at, now.due_at) == office.elapsed(paused_at, was.due_at)


@given(MINUTES, MINUTES, MINUTES)
@example(540, 3 * 24 * 60, 0)
def test_a_pause_brings_nothing_forward(before: int, ahead: int, length: int) -> None:
    """Not even over closed hours, which both ends of a working time may border on."""
    office = questions_engine().registry.tables.calendars["office"]
    since = datetime.fromisoformat("2026-03-06T00:00:00+08:00") + before * MINUTE
    due_at, at = since + ahead * MINUTE, since + length * MINUTE
    found = kept(due_at, since, at, office)
    assert found >= due_at
    assert found == due_at or length


@functools.cache
def questions_engine() -> Engine:
    """Return an engine of questions, whose timers wait for working time of its own office."""
    clock = ManualClock(datetime.fromisoformat("2026-03-02T02:30:00+00:00"))
    return Engine("memory:", machines=[QUESTION], profile="demo", clock=clock)


@given(st.integers(-600, 600), MINUTES)
def test_what_was_past_before_a_pause_stays_there(due: int, length: int) -> None:
    """Only what was still ahead is moved."""
    at = AT + length * MINUTE
    found = kept(AT + due * MINUTE, AT, at)
    assert found == AT + due * MINUTE + (timedelta(0) if due <= 0 else length * MINUTE)


# ---- Deadlines ---------------------------------------------------------------------------------

EVENTS = ("work", "wait", "note", "answer", "high", "solve", "reopen", "pause", "unpause")
STEPS = st.lists(
    st.tuples(st.sampled_from(EVENTS), st.integers(0, 3 * 24 * 60)), min_size=1, max_size=14
)


def does(taken: Desk, event: str, at: datetime) -> None:
    """Let something happen to the case, the pauses of an administrator included."""
    if event in {"pause", "unpause"}:
        payload: Any = Pausing("why")
        taken.do(f"${event}", at, payload, ROOT)
    elif event == "high":
        taken.do("grade", at, {"severity": event})
    else:
        taken.do(event, at)


@given(STEPS)
@settings(max_examples=80)
def test_deadlines_of_paused_lives_replay(steps: Sequence[tuple[str, int]]) -> None:
    """The journal folds to the snapshot, is decided again alike, and no worker changes it."""
    taken = lived(desk(row()), steps, does)
    assert taken.replayed() == taken.snapshot
    assert lived(desk(row()), steps, does, by_worker=True).records == taken.records
    before = unborn(CASED, on(2))
    for record in taken.records:
        assert redecide(taken.registry, before, record).differs == ()
        before = apply(before, record, Case)


@given(STEPS, st.integers(0, 30 * 24 * 60), MINUTES)
@settings(max_examples=80)
def test_a_deadline_keeps_what_remained_of_it(
    steps: Sequence[tuple[str, int]], wait: int, length: int
) -> None:
    """Used up before the pause and after it is the same; the instant moves by working time."""
    taken, at = desk(row()), on(2, 9)
    taken.do("ask", at).require()
    for event, minutes in steps:
        at += minutes * MINUTE
        if "pause" not in event:
            does(taken, event, at)
    at += wait * MINUTE
    taken.wait(at)
    was = taken.run()
    does(taken, "pause", at)
    assert taken.timers == {}
    until = at + length * MINUTE
    assert taken.wait(until) == []
    does(taken, "unpause", until)
    now = taken.run()
    if not was.open:
        assert now == was
        return
    assert (now.status, now.frozen, now.paused_at) == (was.status, False, was.paused_at)
    assert consumed(now, until, OFFICE) == consumed(was, at, OFFICE)
    if was.status is Status.RUNNING and was.due_at is not None and now.due_at is not None:
        clock = watch(was, OFFICE)
        assert clock.passed(until, now.due_at) == clock.passed(at, was.due_at)
        assert taken.task("handle").due_at == now.due_at


def test_a_pause_of_its_own_goes_on_after_that_of_the_entity() -> None:
    """While it waits for the customer it stands still anyway."""
    taken = desk(row())
    taken.do("ask", on(2, 9)).require()
    taken.do("wait", on(2, 10)).require()
    taken.do(PAUSE, on(2, 11), Pausing("why"), ROOT)  # type: ignore[arg-type]
    taken.do(UNPAUSE, on(2, 12), Pausing("why"), ROOT)  # type: ignore[arg-type]
    assert taken.run().paused_at == on(2, 10)
    assert taken.run().status is Status.PAUSED


# ---- Approvals ---------------------------------------------------------------------------------


def administered(taken: purchases.Desk, event: str) -> None:
    """Let an administrator pause the purchase or lift its pause."""
    request = Request(purchases.REF, event, Pausing("why"), ROOT, taken.now, None)
    taken.snapshot = answer(taken.registry, taken.snapshot, request).require().snapshot


@given(
    st.sampled_from(["2h", "4wh", "2wd", None]), st.integers(0, 100), st.integers(0, 7 * 24 * 60)
)
@settings(max_examples=40)
def test_a_time_limit_keeps_what_remained_of_it(
    limit: str | None, before: int, length: int
) -> None:
    """The task's instant is the step's, and the timer's."""
    columns = {} if limit is None else {"limit": limit, "calendar": "office"}
    taken = purchases.Desk.of(chain(steps=[step("first", "bob", **columns)]))
    taken.fire("order", "ann", supplier="acme")
    (was,) = taken.snapshot.tasks
    taken.wait(minutes=before)
    paused_at = taken.now
    administered(taken, PAUSE)
    assert [one.name for one in taken.snapshot.timers] == []
    taken.wait(minutes=length)
    administered(taken, UNPAUSE)
    (now,) = taken.snapshot.tasks
    if was.due_at is None or now.due_at is None:
        assert (was, limit) == (now, None)
        return
    calendar = purchases.OFFICE if limit in {"4wh", "2wd"} else None
    assert now.due_at == kept(was.due_at, paused_at, taken.now, calendar)
    assert [one.due_at for one in taken.snapshot.timers] == [now.due_at]


def test_a_step_keeps_its_time_by_the_calendar_it_is_counted_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What remained is working time: a pause over a night takes none of it."""
    monkeypatch.setattr(purchases, "OFFICE", OFFICE)
    taken = purchases.Desk.of(chain(steps=[step("first", "bob", limit="4wh", calendar="office")]))
    taken.now = on(3, 9)
    taken.fire("order", "ann", supplier="acme")
    taken.now = on(3, 11)
    administered(taken, PAUSE)
    taken.now = on(4, 9)
    administered(taken, UNPAUSE)
    assert [one.due_at for one in taken.snapshot.timers] == [on(4, 11)]


def test_a_step_that_left_the_table_keeps_its_time_by_the_clock() -> None:
    """What calendar it was counted on, nobody knows any more."""
    first = chain(steps=[step("first", "bob", limit="4wh", calendar="office")])
    taken = purchases.Desk.of(first)
    taken.fire("order", "ann", supplier="acme")
    (was,) = taken.snapshot.timers
    administered(taken, PAUSE)
    taken.registry = purchases.registry_of(chain(steps=[step("second", "bob")]))
    taken.wait(days=1)
    administered(taken, UNPAUSE)
    (now,) = taken.snapshot.timers
    assert now.due_at == was.due_at + timedelta(days=1)


def test_of_two_pauses_the_last_lets_time_go_on() -> None:
    """Policies too hear of the end only when it is one."""
    taken = desk(row())
    taken.do("ask", on(2, 9)).require()
    for event, of, hour in (
        (PAUSE, "entity", 10), (PAUSE, "machine", 11), (UNPAUSE, "entity", 14),
        (UNPAUSE, "machine", 15),
    ):  # fmt: skip
        assert (taken.run().status is Status.PAUSED) is (hour > 10)
        form: Any = Pausing("why", PauseScope(of))
        taken.do(event, on(2, hour), form, ROOT).require()
    assert taken.run().status is Status.RUNNING
