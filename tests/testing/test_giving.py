"""Entities in the middle of a life: by the shortest route, by adoption, or an error that helps."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from crmflow.clock import ManualClock
from crmflow.core.actor import Actor
from crmflow.core.errors import UnknownMachineError
from crmflow.core.machine import Kind, Machine, Row, State
from crmflow.core.ref import UNBORN
from crmflow.core.updates import copied
from crmflow.engine.engine import Engine
from crmflow.storage.memory import MemoryStore
from crmflow.testing import StateNotGivenError, Town, given_state
from crmflow.testing.bench import Bench
from crmflow.testing.fixtures import MONDAY
from tests.states.test_quote import PAYLOADS


def engine(*machines: str | Machine) -> Engine:
    """Return an engine over an empty store, its clock on a Monday."""
    bench = Bench(machines, "demo", directory=Town())
    return bench.engine(MemoryStore(), ManualClock(MONDAY))


def events(made: Engine, machine: str) -> list[str]:
    """Return the events of the only entity there is."""
    (row,) = made.find(machine)
    return [record.event.name for record in made.journal(row.ref)]


def test_the_shortest_route_is_taken() -> None:
    """By events, whose forms are filled with the facts, and by who may."""
    made = engine("payment")
    facts = {"customer": "C-1", "contract": "K-1", "amount": "5 CNY", "signed_at": MONDAY}
    ended = {**facts, "invoice": "I-1", "cause": "contract_terminated", "reason": "r"}
    ref = given_state(made, "payment", "cancelled", ended, id="P-1")
    assert (ref.id, made.get(ref).state) == ("P-1", "cancelled")
    assert events(made, "payment") == ["expect", "invoice", "cancel"]
    assert made.get(ref).facts.customer == "C-1"


def test_payloads_say_what_facts_do_not() -> None:
    """A form's own fields; somebody may be named, and an instant."""
    made = engine("lead")
    ref = given_state(
        made,
        "lead",
        "dropped",
        {"name": "Acme", "source": "exhibition"},
        payloads={"drop": {"reason": "no budget"}},
        actor=Actor("boss", {"salesperson", "business_supervisor"}),
        at=MONDAY - timedelta(days=3),
    )
    assert events(made, "lead") == ["find", "drop"]
    last = list(made.journal(ref))[-1].event
    assert (last.actor.id, last.at) == ("boss", MONDAY - timedelta(days=3))


def test_where_no_route_leaves_the_facts_it_is_adopted() -> None:
    """In the journal, with a reason; deadlines begin there."""
    made = engine("complaint")
    facts = {
        "customer": "C-1",
        "channel": "phone",
        "received_at": MONDAY,
        "limit_from": MONDAY,
        "problem_type": "quality",
        "demand": "refund",
    }
    ref = given_state(made, "complaint", "recorded", {**facts, "mood": "calm", "breaches": 2})
    assert events(made, "complaint") == ["$adopt"]
    assert made.get(ref).facts.breaches == 2


def test_what_is_missing_is_named() -> None:
    """Of the events that lead there and of the adoption, all at once."""
    with pytest.raises(StateNotGivenError) as caught:
        given_state(engine("lead"), "lead", "dropped", {"name": "Acme", "source": "exhibition"})
    told = str(caught.value)
    assert "drop from 'identified': $.reason: missing, expected a value" in told
    assert "$.facts.reason: missing, expected a value: state 'dropped' requires it" in told
    with pytest.raises(StateNotGivenError, match="Events that lead there: none was found"):
        given_state(engine("deal"), "deal", "won", {"customer": "C-1"})


def test_an_event_that_waits_for_an_approval_is_no_route() -> None:
    """It is told."""
    made = engine("quote")
    with pytest.raises(StateNotGivenError) as caught:
        given_state(made, "quote", "quoted", payloads=PAYLOADS)
    assert "quote from 'classified' waits for an approval" in str(caught.value)


def test_a_state_that_is_left_at_once_is_told() -> None:
    """Nobody can approve what nobody is there to approve: the request is denied as it is made."""
    bench = Bench(["access_request"], "demo")
    made = bench.engine(MemoryStore(), ManualClock(MONDAY))
    facts = {"customer": "C-1", "use": "query", "purpose": "p", "requester": "ann"}
    with pytest.raises(StateNotGivenError, match="policies led it on to 'denied' at once"):
        given_state(made, "access_request", "requested", {**facts, "until_at": MONDAY})


def test_unknown_names_are_told() -> None:
    """A machine that is off, a state that it does not have."""
    made = engine("lead")
    with pytest.raises(UnknownMachineError):
        given_state(made, "deal", "won")
    with pytest.raises(ValueError, match="lead has no state 'droped'\\. Did you mean"):
        given_state(made, "lead", "droped")


@attrs.frozen
class Steps:
    """How far something came."""

    a: int = 0
    b: str | None = None


def test_a_search_without_end_ends() -> None:
    """Facts that never come about are looked for among so many events, then adopted."""
    machine = Machine(
        "counter",
        Steps,
        states=(
            State("on", "开", "on", Kind.INITIAL),
            State("off", "关", "off", Kind.FINAL),
        ),
        rows=(
            Row(UNBORN, "begin", "on"),
            Row("on", "count", form=Steps, sets=copied("a", "b")),
            Row("on", "stop", "off"),
        ),
        zh="计数",
        en="counter",
    )
    made = engine(machine)
    given_state(made, "counter", "off", {"a": 3})
    assert events(made, "counter") == ["begin", "count", "stop"]
    given_state(made, "counter", "on", {"b": "never"}, id="C-2", payloads={"count": {"a": 7}})
    assert [record.event.name for record in made.journal(("counter", "C-2"))] == ["$adopt"]
