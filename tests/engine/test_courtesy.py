"""What is told by courtesy, and what is asked once: a record and those who mention it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

import attrs
import pytest

from crmflow.clock import ManualClock
from crmflow.core.actor import Actor
from crmflow.core.dealing import KNOW_CUSTOMER, customer_is, tell_customer
from crmflow.core.errors import UnavailableError, UnknownEventError
from crmflow.core.form import Text
from crmflow.core.machine import ANY, KEEP, Asked, Guard, Kind, Machine, Row, State
from crmflow.core.ref import UNBORN, EntityRef
from crmflow.core.updates import copied
from crmflow.engine.engine import Engine
from crmflow.storage.memory import MemoryStore
from tests.engine.machines import AT, SALES


@attrs.frozen
class Record:
    """What is known of a customer."""

    name: str
    tier: str = "core"
    origins: tuple[str, ...] = ()


@attrs.frozen
class Named:
    """A new customer."""

    name: Text


@attrs.frozen
class Dealing:
    """What somebody tells of a customer."""

    kind: Text
    origin: Text


@attrs.frozen
class Visit:
    """What is known of a visit."""

    customer: str | None = None


@attrs.frozen
class Plan:
    """Whom to visit."""

    customer: Text | None = None


def noted(attempt: Asked) -> dict[str, object]:
    """Return the origins with one more."""
    return {"origins": (*attempt.facts.origins, attempt.form.origin)}


PATRON = Machine(
    "patron",
    Record,
    (
        State("active", "有效", "active", Kind.INITIAL),
        State("asleep", "休眠", "asleep"),
        State("gone", "已删", "gone", Kind.FINAL),
    ),
    (
        Row(UNBORN, "collect", "active", form=Named, sets=copied("name")),
        Row("active", "note_dealing", KEEP, form=Dealing, sets=noted),
        Row("active", "fall_asleep", "asleep"),
        Row(("active", "asleep"), "leave", "gone"),
    ),
    zh="主顾",
    en="patron",
    shares="name tier",
)
KNOW = attrs.evolve(KNOW_CUSTOMER, machine="patron")
TELL = attrs.evolve(
    tell_customer("note_dealing", lambda _attempt: {"kind": "visit"}), machine="patron"
)
IS_CORE = Guard(lambda attempt: customer_is(attempt, "tier", "core"), "not_core")
VISIT = Machine(
    "visit",
    Visit,
    (State("planned", "已计划", "planned", Kind.INITIAL), State("made", "已拜访", "made")),
    (
        Row(
            UNBORN, "plan", "planned", form=Plan, sets=copied("customer"),
            send=(KNOW, TELL),
        ),
        Row("planned", "go", "made", guards=(IS_CORE,)),
        Row(ANY, "ask_again", KEEP, send=(KNOW,)),
    ),
    zh="拜访",
    en="visit",
)  # fmt: skip


def started(machines: Sequence[Machine] = (PATRON, VISIT)) -> Engine:
    """Return an engine with no profile's say over these machines."""
    return Engine(MemoryStore(), machines=machines, clock=ManualClock(AT))


def planned(engine: Engine, customer: str | None) -> EntityRef:
    """Return a visit that was planned."""
    return engine.create("visit", {"customer": customer}, actor=SALES).require().entity


@pytest.fixture
def engine() -> Engine:
    """Return an engine that keeps customer records."""
    return started()


def test_who_asks_is_told_once(engine: Engine) -> None:
    """The answer is a link, as of then; a later change is not mirrored, so records stay small."""
    engine.create("patron", {"name": "Bell"}, actor=SALES, id="C-1").require()
    visit = planned(engine, "C-1")
    [link] = engine.get(visit).links
    assert (link.name, link.state, dict(link.facts)) == (
        "customer", "active", {"name": "Bell", "tier": "core"},
    )  # fmt: skip
    assert engine.get(("patron", "C-1")).attached.watchers == ()
    engine.fire(("patron", "C-1"), "leave", actor=SALES).require()
    assert engine.get(visit).links == (link,)
    engine.fire(visit, "ask_again", actor=SALES).require()
    [again] = engine.get(visit).links
    assert again.state == "gone"
    assert engine.fire(visit, "go", actor=SALES).accepted


def test_what_is_told_names_its_origin(engine: Engine) -> None:
    """The record hears of every dealing, and of which entity it is (DEV-010)."""
    engine.create("patron", {"name": "Bell"}, actor=SALES, id="C-1").require()
    visit = planned(engine, "C-1")
    assert engine.get(("patron", "C-1")).facts.origins == (str(visit),)


@pytest.mark.parametrize("customer", ["C-9", None])
def test_nobody_is_told_where_there_is_no_record(engine: Engine, customer: str | None) -> None:
    """An id that is no record of ours keeps nothing waiting and parks nothing."""
    visit = planned(engine, customer)
    assert not engine.outbox()
    assert engine.get(visit).links == ()
    assert not engine.fire(visit, "go", actor=SALES).accepted


def test_a_record_that_refuses_is_not_passed_over(engine: Engine) -> None:
    """Courtesy is about who is not there: what somebody refuses is parked like any message."""
    engine.create("patron", {"name": "Bell"}, actor=SALES, id="C-1").require()
    engine.fire(("patron", "C-1"), "fall_asleep", actor=SALES).require()
    visit = planned(engine, "C-1")
    [parked] = engine.outbox()
    assert parked.target == EntityRef("main", "patron", "C-1")
    assert [task.name for task in engine.get(visit).tasks] == ["message_refused"]


def test_a_record_that_has_ended_is_told_nothing(engine: Engine) -> None:
    """Whatever has ended needs to hear no more: nothing waits, and nobody has work with it."""
    engine.create("patron", {"name": "Bell"}, actor=SALES, id="C-1").require()
    engine.fire(("patron", "C-1"), "leave", actor=SALES).require()
    visit = planned(engine, "C-1")
    assert not engine.outbox()
    assert engine.get(visit).tasks == ()


def test_without_customer_records_nothing_is_sent() -> None:
    """Where the machine is off no message is written at all."""
    engine = started((VISIT,))
    decision = engine.create("visit", {"customer": "C-1"}, actor=SALES).require()
    assert decision.messages == ()


def unavailable(*_: object, **__: object) -> NoReturn:
    """Lose the connection to the store after a commit."""
    raise UnavailableError("memory", "it is away")


def test_a_machine_switched_off_later_keeps_nothing_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was told before the machine was switched off is let go."""
    store, clock = MemoryStore(), ManualClock(AT)
    engine = Engine(store, machines=(PATRON, VISIT), clock=clock)
    with monkeypatch.context() as patch:
        patch.setattr(store, "outbox", unavailable)
        planned(engine, "C-1")
    assert len(engine.outbox()) == 2
    due = Engine(store, machines=(VISIT,), clock=clock).run_due()
    assert (due.waiting, due.errors) == (0, ())
    assert not engine.outbox()


def test_asking_is_for_messages(engine: Engine) -> None:
    """A caller cannot ask in another's name: the event is not for callers."""
    engine.create("patron", {"name": "Bell"}, actor=SALES, id="C-1").require()
    with pytest.raises(UnknownEventError):
        engine.fire(("patron", "C-1"), "$ask", {"link": "customer"}, actor=Actor("eve"))
