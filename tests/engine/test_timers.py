"""Timers: fired at their own instant however late the worker comes, once, in order."""

import functools
from collections.abc import Mapping
from datetime import timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from crmflow.clock import ManualClock
from crmflow.core.errors import GuardFailedError
from crmflow.core.journal import Entry
from crmflow.core.machine import Guard, Kind, Machine, Row, Start, State
from crmflow.core.ref import UNBORN, EntityRef
from crmflow.core.timer import Elapsed
from crmflow.engine.asking import PAGE
from crmflow.engine.driving import drive
from crmflow.engine.engine import Engine
from crmflow.flow.due import touch
from crmflow.storage.memory import MemoryStore
from tests.engine.machines import AT, CALL, HOUR, SALES, engine

REF = EntityRef("main", "call", "any")
HOURS = st.integers(0, 14)
EVENTS = st.sampled_from(["answer", "hold", "end", "wait"])


@functools.cache
def calls_engine() -> Engine:
    """Return one engine for all lives of calls: each is over before the next begins."""
    return engine("memory:", CALL)


@given(story=st.lists(st.tuples(HOURS, EVENTS), max_size=6), checks=st.lists(HOURS, max_size=6))
def test_the_journal_is_the_same_however_late_the_worker_comes(
    story: list[tuple[int, str]], checks: list[int]
) -> None:
    """Nobody looking, or somebody looking at any hours: the same records."""
    journals = []
    for looks in ([], checks, range(15)):
        calls = calls_engine()
        call = calls.create("call", {"number": "1"}, actor=SALES).require().entity
        steps = [(hour, 0, "") for hour in looks] + [(h, 1, event) for h, event in story]
        for hour, _, event in sorted(steps, key=lambda step: step[:2]):
            at = AT + hour * HOUR
            if event in ("", "wait"):
                calls.run_due(at)
            else:
                calls.fire(call, event, actor=SALES, at=at)
        calls.run_due(AT + 99 * HOUR)
        assert calls.get(call).state == "ended"
        journals.append([replace(one, ref=REF) for one in calls.journal(call)])
    assert journals[0] == journals[1] == journals[2]


def test_timers_fire_before_the_event_in_the_same_commit() -> None:
    """An event that comes late finds the timers fired at their own instants."""
    with engine("memory:", CALL) as calls:
        call = calls.create("call", {"number": "1"}, actor=SALES).require().entity
        decision = calls.fire(call, "answer", actor=SALES, at=AT + 2.5 * HOUR).require()
        fired = [(one.event.name, one.event.at) for one in decision.fired]
        assert fired == [("ring", AT + HOUR), ("ring", AT + 2 * HOUR)]
        assert [(r.version, r.event.name) for r in calls.journal(call)] == [
            (1, "dial"), (2, "ring"), (3, "ring"), (4, "answer"),
        ]  # fmt: skip


def test_a_refused_timer_is_journaled_and_consumed() -> None:
    """A timer whose event the state refuses fires once, and the journal says why."""
    with engine("memory:", CALL) as calls:
        call = calls.create("call", {"number": "1"}, actor=SALES).require().entity
        calls.fire(call, "answer", actor=SALES).require()
        (fired,) = calls.run_due(AT + HOUR).fired
        assert fired.record is not None
        assert fired.record.entry is Entry.TIMER_REFUSED
        assert [timer.name for timer in calls.get(call).timers] == ["give_up"]
        assert calls.run_due(AT + HOUR).fired == ()


def test_a_refused_timer_names_the_guards() -> None:
    """The reasons of every row tried are kept as verdicts."""
    never = Guard(lambda _attempt: False, "never", rules="CMP-001")
    rows = (attrs.evolve(r, guards=(never,)) if r.event == "ring" else r for r in CALL.rows)
    machine = attrs.evolve(CALL, rows=tuple(rows))
    with engine("memory:", machine) as calls:
        call = calls.create("call", {"number": "1"}, actor=SALES).require().entity
        calls.run_due(AT + HOUR)
        (refused,) = [r for r in calls.journal(call) if r.entry is Entry.TIMER_REFUSED]
        assert [(v.reason, v.rules) for v in refused.verdicts] == [("never", ("CMP-001",))]


def test_many_timers_fire_over_pages() -> None:
    """More timers than a page holds are all fired, once each."""
    with engine("memory:", CALL) as calls:
        for _ in range(450):
            calls.create("call", {"number": "1"}, actor=SALES).require()
        assert len(calls.run_due(AT + HOUR).fired) == 450
        assert calls.run_due(AT + HOUR).fired == ()


def test_a_timer_that_never_gets_later_is_refused() -> None:
    """A timer that starts itself again for the same instant cannot run for ever."""
    again = Start("tick", "tick", Elapsed(HOUR), since=lambda _attempt: AT)
    machine = Machine(
        "clockwork",
        attrs.make_class("Clockwork", []),
        (
            State("running", "运行", "Running", Kind.INITIAL),
            State("over", "止", "Over", Kind.FINAL),
        ),
        (
            Row(UNBORN, "wind", "running", start=(again,)),
            Row("running", "tick", start=(again,)),
            Row("running", "stop", "over"),
        ),
        zh="钟",
        en="clockwork",
    )
    with engine("memory:", machine) as clocks:
        clock = clocks.create("clockwork", actor=SALES).require().entity
        (error,) = clocks.run_due(AT + HOUR).errors
        assert isinstance(error, GuardFailedError)
        assert "timer 'tick', never later," in str(error)
        with pytest.raises(GuardFailedError):
            clocks.fire(clock, "stop", actor=SALES, at=AT + HOUR)
        assert clocks.get(clock).version == 1


def test_what_cannot_fire_keeps_nobody_waiting() -> None:
    """More failing timers, and more of machines that are off, than a page holds are passed by."""

    def broken(_attempt: object) -> Mapping[str, object]:
        raise ZeroDivisionError

    rows = tuple(attrs.evolve(r, sets=broken) if r.event == "ring" else r for r in CALL.rows)
    failing = attrs.evolve(CALL, name="failing", rows=rows)
    off = attrs.evolve(CALL, name="off")
    store = MemoryStore()
    everything = engine(store, failing, off, CALL)
    for machine in (failing, off):
        for _ in range(PAGE + 1):
            everything.create(machine.name, {"number": "1"}, actor=SALES).require()
    call = everything.create("call", {"number": "1"}, actor=SALES, at=AT + HOUR / 2).require()
    due = engine(store, failing, CALL).run_due(AT + 2 * HOUR)
    assert [decision.entity for decision in due.fired] == [call.entity]
    assert len(due.errors) == PAGE + 1


def test_timers_of_machines_that_are_off_stay_pending() -> None:
    """An engine leaves alone what it does not know, and does the rest."""
    store = MemoryStore()
    calls = engine(store, CALL)
    calls.create("call", {"number": "1"}, actor=SALES).require()
    assert engine(store, "lead").run_due(AT + timedelta(days=9)).fired == ()
    assert len(calls.run_due(AT + HOUR).fired) == 1


def test_two_engines_fire_a_timer_once() -> None:
    """Of two engines over one store, one fires it and the other finds it done."""
    store, clock = MemoryStore(), ManualClock(AT)
    one, two = engine(store, CALL, clock=clock), engine(store, CALL, clock=clock)
    call = one.create("call", {"number": "1"}, actor=SALES).require().entity
    clock.advance(HOUR)
    assert (len(one.run_due().fired), len(two.run_due().fired)) == (1, 0)
    assert two.get(call).facts.rings == 1


def test_touching_what_has_nothing_due_does_nothing() -> None:
    """A timer that was fired between finding and loading it leaves nothing to do."""
    with engine("memory:", CALL) as calls:
        call = calls.create("call", {"number": "1"}, actor=SALES).require().entity
        touched = drive(touch(calls._flow, [call], AT))
        assert (touched.fired, touched.failures) == ((), {})
        assert calls.get(call).version == 1
