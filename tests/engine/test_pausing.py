"""Pauses: an entity, or all of a machine, stands still and goes on with what remained."""

from __future__ import annotations

from datetime import datetime

import attrs
import pytest

from crmflow.clock import ManualClock
from crmflow.codec import micros
from crmflow.core.actor import Actor
from crmflow.core.errors import RefusedError, UnknownEntityError
from crmflow.core.journal import Entry
from crmflow.core.machine import Kind, Machine, Row, Send, State
from crmflow.core.machine_pause import MACHINE_PAUSE
from crmflow.core.pause import PauseScope
from crmflow.core.ref import UNBORN, EntityRef
from crmflow.core.refusal import Because, Refusal
from crmflow.core.reserved import UNPAUSE, Pausing
from crmflow.engine.bulk import Unmoved
from crmflow.engine.engine import Engine
from crmflow.engine.values import Adopting, Firing
from crmflow.flow.options import OptionAnswer
from crmflow.storage.memory import MemoryStore
from tests.engine.machines import ADMIN, AT, CALL, HOUR, SALES, engine
from tests.engine.parcels import CLERK, FIRST, SECOND, post

CALLED = EntityRef("main", "call", "c")


def calling(store: MemoryStore | str = "memory:") -> Engine:
    """Return an engine with one call that rings."""
    calls = engine(store, CALL)
    calls.create("call", {"number": "1"}, actor=SALES, id="c").require()
    return calls


def refusal(calls: Engine, event: str = "answer", actor: Actor = SALES) -> Refusal:
    """Return why the call cannot take an event."""
    found = calls.fire(CALLED, event, actor=actor).refusal
    assert found is not None
    return found


def due(calls: Engine) -> dict[str, datetime]:
    """Return when the call's timers are due."""
    return {timer.name: timer.due_at for timer in calls.get(CALLED).timers}


def test_a_paused_entity_refuses_events_and_says_why() -> None:
    """With the reason and who gave it; what would help is possible."""
    calls = calling()
    decision = calls.pause(CALLED, "stocktaking", actor=ADMIN).require()
    assert decision.record is not None
    assert (decision.record.entry, decision.record.event.name) == (Entry.PAUSE, "$pause")
    found = refusal(calls)
    assert (found.because, found.detail) == (Because.PAUSED, "entity: stocktaking, admin-1")
    with pytest.raises(RefusedError, match=r"paused entity: stocktaking.*Possible: '\$unpause'"):
        calls.fire(CALLED, "answer", actor=SALES).require()
    back = Adopting(CALLED, "answered", {}, reason="r")
    assert calls.adopt(back, actor=ADMIN).refusal is not None
    assert len(list(calls.journal(CALLED))) == 2


def test_options_and_explanations_say_it() -> None:
    """Nothing is allowed, whatever its form would bring."""
    calls = calling()
    calls.pause(CALLED, "stocktaking", actor=ADMIN).require()
    options = calls.options(CALLED, actor=SALES)
    assert {(one.answer, one.reasons) for one in options} == {(OptionAnswer.REFUSED, ("paused",))}
    told = str(calls.explain(CALLED, "answer", actor=SALES))
    assert "it is paused (entity: stocktaking, admin-1)" in told
    assert "paused since 2026-03-02 17:00 by admin-1: stocktaking" in told
    assert "自 2026-03-02" in str(calls.explain(CALLED, "answer", actor=SALES, lang="zh"))


def test_an_event_without_its_form_is_refused_for_the_pause() -> None:
    """Nobody fills in a form in vain."""
    parcels = post("memory:", FIRST)
    parcel = parcels.create("parcel", {"sender": "S"}, actor=CLERK).require().entity
    parcels.pause(parcel, "strike", actor=ADMIN).require()
    (weigh,) = (one for one in parcels.options(parcel, actor=CLERK) if one.event == "weigh")
    assert (weigh.answer, weigh.reasons) == (OptionAnswer.REFUSED, ("paused",))
    for form in ({}, {"grams": 3}):
        found = parcels.fire(parcel, "weigh", form, actor=CLERK).refusal
        assert found is not None
        assert found.because is Because.PAUSED


def test_timers_stand_still_and_go_on_with_what_remained() -> None:
    """Whoever looks meanwhile, and however late."""
    calls = calling()
    assert due(calls) == {"ring": AT + HOUR, "give_up": AT + 9 * HOUR}
    calls.pause(CALLED, "stocktaking", actor=ADMIN, at=AT + HOUR / 2).require()
    assert due(calls) == {}
    assert calls.run_due(AT + 100 * HOUR).fired == ()
    calls.unpause(CALLED, "done", actor=ADMIN, at=AT + 100 * HOUR).require()
    moved = 99.5 * HOUR
    assert due(calls) == {"ring": AT + HOUR + moved, "give_up": AT + 9 * HOUR + moved}
    (task,) = calls.get(CALLED).tasks
    assert task.due_at == AT + 9 * HOUR + moved
    calls.run_due(AT + HOUR + moved)
    assert calls.get(CALLED).facts.rings == 1


def test_what_stands_still_is_due_to_no_worker() -> None:
    """Its timers are in no index meanwhile: they would keep others' from a worker's page."""
    calls = calling()
    indexed = calls.store.due("main", micros(AT + 99 * HOUR), limit=9)
    assert {row.ref for row in indexed} == {CALLED}
    calls.pause(CALLED, "stocktaking", actor=ADMIN).require()
    assert not calls.store.due("main", micros(AT + 99 * HOUR), limit=9)
    calls.unpause(CALLED, "counted", actor=ADMIN).require()
    later = calls.store.due("main", micros(AT + 99 * HOUR), limit=9)
    assert {row.name: row.due_at for row in later} == {
        name: micros(due_at) for name, due_at in due(calls).items()
    }


def test_what_was_due_before_the_pause_fires_before_it() -> None:
    """At its own instant, in the commit of the pause."""
    calls = calling()
    decision = calls.pause(CALLED, "late", actor=ADMIN, at=AT + 2.5 * HOUR).require()
    assert [one.event.at for one in decision.fired] == [AT + HOUR, AT + 2 * HOUR]
    assert calls.get(CALLED).paused_since == AT + 2.5 * HOUR


@pytest.mark.parametrize(
    ("steps", "because"),
    [
        (["pause", "pause"], Because.PAUSED),
        (["unpause"], Because.NOT_PAUSED),
        (["pause", "unpause", "unpause"], Because.NOT_PAUSED),
        (["end", "pause"], Because.FINAL),
    ],
)
def test_pausing_twice_and_lifting_what_is_not_there_are_refused(
    steps: list[str], because: Because
) -> None:
    """And so is the pause of what has ended."""
    calls = calling()
    for step in steps:
        if step == "end":
            decision = calls.fire(CALLED, "end", actor=SALES)
        else:
            decision = getattr(calls, step)(CALLED, "why", actor=ADMIN)
    assert decision.refusal is not None
    assert decision.refusal.because is because


def test_who_may_not_and_who_says_no_reason_is_refused() -> None:
    """A pause needs a right and a reason, and never comes before the last event."""
    calls = calling()
    denied = calls.pause(CALLED, "why", actor=SALES).refusal
    assert denied is not None
    assert denied.roles == ("administrator",)
    blank = calls.pause(CALLED, "  ", actor=ADMIN).refusal
    assert blank is not None
    assert [fault.code for fault in blank.faults] == ["blank"]
    early = calls.pause(CALLED, "why", actor=ADMIN, at=AT - HOUR).refusal
    assert early is not None
    assert early.because is Because.EARLIER
    assert not calls.unpause(CALLED, "why", actor=SALES).accepted
    with pytest.raises(UnknownEntityError):
        calls.pause(("call", "nobody"), "why", actor=ADMIN)


def test_a_key_makes_pausing_twice_harmless() -> None:
    """The same request again is the first answer again."""
    calls = calling()
    calls.pause(CALLED, "why", actor=ADMIN, key="k").require()
    assert calls.pause(CALLED, "why", actor=ADMIN, key="k").repeated


def test_records_of_pauses_are_decided_again() -> None:
    """What remained is counted from the same instants."""
    calls = calling()
    calls.pause(CALLED, "why", actor=ADMIN, at=AT + HOUR / 2).require()
    calls.unpause(CALLED, "done", actor=ADMIN, at=AT + 30 * HOUR).require()
    assert [one.differs for one in calls.redecide(CALLED)] == [()] * 3
    assert [one.findings for one in calls.audit(CALLED)] == [()]


# ---- Messages ----------------------------------------------------------------------------------


@attrs.frozen
class Bell:
    """What is known of a bell: which calls it has rung."""

    calls: tuple[str, ...] = ()
    refused: int = 0


BELL = Machine(
    "bell",
    Bell,
    (State("hung", "挂起", "hung", Kind.INITIAL), State("gone", "移除", "gone", Kind.FINAL)),
    (
        Row(UNBORN, "hang", "hung"),
        Row("hung", "ring", "hung", send=(Send("call", "answer", lambda _: {}, to=lambda _: "c"),)),
        Row(
            "hung", "message_refused", "hung",
            form=attrs.make_class(
                "Refused",
                {name: attrs.field(type=str) for name in ("machine", "id", "event")}
                | {"reasons": attrs.field(type=tuple[str, ...])},
                frozen=True,
            ),
            sets=lambda attempt: {"refused": attempt.facts.refused + 1},
        ),
        Row("hung", "take_down", "gone"),
    ),
    zh="铃",
    en="bell",
)  # fmt: skip


def ringing(*, reacts: bool = True) -> Engine:
    """Return an engine with a bell whose ring answers the call."""
    rows = tuple(row for row in BELL.rows if reacts or row.event != "message_refused")
    bells = engine("memory:", CALL, attrs.evolve(BELL, rows=rows))
    bells.create("call", {"number": "1"}, actor=SALES, id="c").require()
    bells.create("bell", {}, actor=SALES, id="b").require()
    return bells


def test_messages_wait_and_are_not_parked() -> None:
    """They are taken once the pause is lifted."""
    bells = ringing()
    bells.pause(CALLED, "why", actor=ADMIN).require()
    bells.fire(("bell", "b"), "ring", actor=SALES).require()
    assert bells.run_due().waiting == 1
    assert [row.status.value for row in bells.outbox()] == ["waiting"]
    bells.unpause(CALLED, "done", actor=ADMIN).require()
    bells.run_due()
    assert bells.get(CALLED).state == "answered"
    assert list(bells.outbox()) == []


@pytest.mark.parametrize("reacts", [True, False])
def test_who_is_paused_hears_of_a_refusal_afterwards(reacts: bool) -> None:
    """The message is parked only when its source can be told."""
    bells, bell = ringing(reacts=reacts), EntityRef("main", "bell", "b")
    bells.pause(CALLED, "why", actor=ADMIN).require()
    bells.fire(bell, "ring", actor=SALES).require()
    bells.pause(bell, "why", actor=ADMIN).require()
    bells.unpause(CALLED, "done", actor=ADMIN).require()
    bells.fire(CALLED, "end", actor=SALES).require()
    due = bells.run_due()
    assert (due.waiting, due.parked) == (1, ())
    bells.unpause(bell, "done", actor=ADMIN).require()
    assert len(bells.run_due().parked) == 1
    told = bells.get(bell)
    assert (told.facts.refused, len(told.tasks)) == ((1, 0) if reacts else (0, 1))


# ---- Machines ----------------------------------------------------------------------------------


def many(count: int) -> Engine:
    """Return an engine with so many calls, the last of which has ended."""
    calls = engine("memory:", CALL)
    for number in range(count):
        calls.create("call", {"number": "1"}, actor=SALES, id=f"c-{number:03}").require()
    calls.fire(("call", f"c-{count - 1:03}"), "end", actor=SALES).require()
    return calls


def test_a_machine_is_paused_with_all_its_entities() -> None:
    """As of one instant; those that have ended are left alone."""
    calls, seen = many(250), list[int]()
    stand = calls.pause_machine("call", "move", actor=ADMIN, progress=seen.append)
    assert stand.decision.accepted
    assert (stand.entities, stand.unmoved, seen) == (249, (), [100, 100, 49])
    one = calls.get(("call", "c-000"))
    (pause,) = one.attached.pauses
    assert (pause.of, pause.reason, pause.by, pause.at) == (
        PauseScope.MACHINE,
        "move",
        "admin-1",
        AT,
    )
    assert one.timers == ()
    assert calls.get(("call", "c-249")).attached.pauses == ()
    stand = calls.unpause_machine("call", "moved", actor=ADMIN)
    assert (stand.entities, calls.get(("call", "c-000")).timers != ()) == (249, True)


def test_no_entity_of_a_paused_machine_is_created() -> None:
    """By whatever engine over the store: it reads what the machine's own journal says."""
    store = MemoryStore()
    calls, others = calling(store), engine(store, CALL)
    calls.pause_machine("call", "move", actor=ADMIN).decision.require()
    for one in (calls, others):
        found = one.create("call", {"number": "2"}, actor=SALES, id="d").refusal
        assert found is not None
        assert (found.because, found.detail) == (Because.PAUSED, "machine: move, admin-1")
    records = list(others.journal(("machine_pause", "call")))
    assert [(r.event.name, r.facts["by"], r.facts["reason"]) for r in records] == [
        ("pause", "admin-1", "move")
    ]
    calls.unpause_machine("call", "moved", actor=ADMIN).decision.require()
    assert others.create("call", {"number": "2"}, actor=SALES, id="d").accepted


def test_what_a_message_would_create_waits() -> None:
    """It is created once its machine goes on."""
    opener = attrs.evolve(
        BELL,
        rows=tuple(
            attrs.evolve(row, send=(Send("call", "dial", lambda _: {"number": "1"}),))
            if row.event == "ring"
            else row
            for row in BELL.rows
        ),
    )
    bells = engine("memory:", CALL, opener)
    bells.create("bell", {}, actor=SALES, id="b").require()
    bells.pause_machine("call", "move", actor=ADMIN).decision.require()
    bells.fire(("bell", "b"), "ring", actor=SALES).require()
    assert (bells.run_due().waiting, list(bells.find("call"))) == (1, [])
    bells.unpause_machine("call", "moved", actor=ADMIN).decision.require()
    bells.run_due()
    assert len(list(bells.find("call"))) == 1


def test_an_entity_paused_by_itself_stays_paused() -> None:
    """It goes on when both pauses are lifted, in whatever order, from where it stood still."""
    for order in (("unpause", "unpause_machine"), ("unpause_machine", "unpause")):
        clock = ManualClock(AT)
        calls = engine("memory:", CALL, clock=clock)
        calls.create("call", {"number": "1"}, actor=SALES, id="c").require()
        clock.advance(HOUR / 2)
        calls.pause(CALLED, "why", actor=ADMIN).require()
        clock.advance(HOUR)
        calls.pause_machine("call", "move", actor=ADMIN).decision.require()
        assert calls.get(CALLED).paused_since == AT + HOUR / 2
        for verb in order:
            assert due(calls) == {}
            clock.advance(HOUR)
            getattr(calls, verb)(CALLED if verb == "unpause" else "call", "done", actor=ADMIN)
        assert due(calls) == {"ring": AT + 4 * HOUR, "give_up": AT + 12 * HOUR}


def test_pausing_a_machine_twice_or_lifting_what_is_not_there_is_refused() -> None:
    """And nobody without the right moves anything."""
    calls = calling()
    assert not calls.unpause_machine("call", "why", actor=ADMIN).decision.accepted
    denied = calls.pause_machine("call", "why", actor=SALES).decision
    assert denied.refusal is not None
    assert denied.refusal.roles == ("administrator",)
    assert list(calls.find("machine_pause")) == []
    blank = calls.pause_machine("call", " ", actor=ADMIN)
    assert (blank.decision.accepted, blank.entities) == (False, 0)
    calls.pause_machine("call", "move", actor=ADMIN).decision.require()
    again = calls.pause_machine("call", "other", actor=ADMIN)
    assert (again.decision.accepted, again.entities) == (False, 0)


def test_a_pause_that_ended_early_goes_on() -> None:
    """What was left out is caught up on by the same call, with the first reason and instant."""
    clock = ManualClock(AT)
    calls = engine("memory:", CALL, clock=clock)
    calls.create("call", {"number": "1"}, actor=SALES, id="c").require()
    calls.pause_machine("call", "move", actor=ADMIN).decision.require()
    form = Pausing("left out", PauseScope.MACHINE)
    calls._reserved(CALLED, UNPAUSE, form, ADMIN).require()
    clock.advance(HOUR / 2)
    again = calls.pause_machine("call", "other", actor=ADMIN)
    assert (again.decision.accepted, again.entities) == (False, 1)
    (pause,) = calls.get(CALLED).attached.pauses
    assert (pause.reason, pause.at) == ("move", AT)


def test_entities_that_cannot_stand_still_are_told() -> None:
    """Such as those of a definition from which no road leads."""
    store = MemoryStore()
    post(store, FIRST).create("parcel", {"sender": "S"}, actor=CLERK, id="P-1").require()
    stuck = post(store, attrs.evolve(SECOND, migrations={}))
    stand = stuck.pause_machine("parcel", "move", actor=ADMIN)
    (missed,) = stand.unmoved
    assert isinstance(missed, Unmoved)
    assert (missed.entity.id, missed.refused) == ("P-1", False)


def test_nobody_but_the_engine_moves_the_machine_itself() -> None:
    """Its events are the system's."""
    calls = calling()
    form = {"by": "mallory", "reason": "why"}
    assert not calls.create("machine_pause", form, actor=ADMIN, id="call").accepted
    assert MACHINE_PAUSE.name in calls.registry.machines


def test_a_paused_entity_takes_a_newer_definition() -> None:
    """Its frozen timers too are those of today when it goes on."""
    store = MemoryStore()
    first = post(store, FIRST)
    parcel = first.create("parcel", {"sender": "S"}, actor=CLERK, id="P-1").require().entity
    first.pause(parcel, "why", actor=ADMIN, at=AT + HOUR).require()
    second = post(store, SECOND)
    assert second.migrate("parcel").migrated == 1
    assert [timer.name for timer in second.get(parcel).attached.frozen] == ["nudge"]
    second.unpause(parcel, "done", actor=ADMIN, at=AT + 5 * HOUR).require()
    assert [timer.due_at for timer in second.get(parcel).timers] == [AT + 8 * HOUR]


def test_what_ended_while_it_was_paused_starts_no_timer_again() -> None:
    """A newer definition may end it; lifting the pause is all that is left."""
    store = MemoryStore()
    first = post(store, FIRST)
    parcel = first.create("parcel", {"sender": "S"}, actor=CLERK, id="P-1").require().entity
    first.pause(parcel, "why", actor=ADMIN).require()
    step = attrs.evolve(SECOND.migrations[1], states={"noted": "handed_out"})
    second = post(store, attrs.evolve(SECOND, migrations={1: step}))
    second.unpause(parcel, "done", actor=ADMIN).require()
    snapshot = second.get(parcel)
    assert (snapshot.state, snapshot.timers, snapshot.attached.frozen) == ("handed_out", (), ())


def test_several_events_of_a_batch_meet_the_pause() -> None:
    """Each is decided on what the one before it left."""
    calls = calling()
    calls.pause(CALLED, "why", actor=ADMIN).require()
    answers = calls.fire_many([Firing(CALLED, "answer", actor=SALES)] * 2)
    assert [getattr(one, "accepted", None) for one in answers] == [False, False]
