"""Faults that exploring finds, where the planted ones do not show it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crmflow.analysis.exploring import Bounds, explore, explore_machine
from crmflow.analysis.exploring.people import Everybody, known_actor
from crmflow.analysis.exploring.replaying import replay_story
from crmflow.analysis.exploring.staffing import registry_of
from crmflow.analysis.happening import Happening, Story
from crmflow.analysis.stated import properties_of
from crmflow.codec import Codec
from crmflow.core.compiled import Basis, Compiled, build, derive
from crmflow.core.machine import KEEP, Guard, Kind, Machine, Open, Row, Start, State
from crmflow.core.ref import UNBORN
from crmflow.core.searching import Searching
from crmflow.core.timer import Elapsed
from crmflow.flow.registry import Registry
from tests.analysis.exploring.parcels import Facts

AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
BROKEN = Path(__file__).parents[3] / "examples" / "broken"
OPENED = State("opened", "已开", "opened", Kind.INITIAL)
WAITING = State("waiting", "等待", "waiting", Kind.WAITING)
CLOSED = State("closed", "已结", "closed", Kind.FINAL)
CREATE = Row(UNBORN, "open", "opened")
NEVER = Guard(lambda attempt: attempt.facts.note == "x", "no_note")
HOURLY = Start("hourly", "tick", Elapsed(timedelta(hours=1)))


def machine(*rows: Row) -> Machine:
    """Return a machine of three states."""
    states = (OPENED, WAITING, CLOSED)
    return Machine("thing", Facts, zh="物", en="thing", states=states, rows=(CREATE, *rows))


def unchecked(one: Machine) -> Registry:
    """Return what runs a machine that no engine would take."""
    stock = build(one)
    events = {event: one.form(event) for event in one.events}
    compiled = Compiled(one, stock, derive(stock), events, frozenset({"closed"}), Basis("thing 1"))
    searching = Searching(one.name, (), frozenset(), lambda _field, term: term)
    machines = {one.name: one}
    return Registry(
        "acme", {one.name: compiled}, {}, Codec(machines, {}), searching={one.name: searching}
    )


def told(*rows: Row) -> list[str]:
    """Return the faults of a machine, checked by nothing else."""
    found = explore_machine(unchecked(machine(*rows)), "thing")
    return [f"{one.kind}: {one.where}" for one in found.faults]


def test_a_final_state_that_is_left_is_told() -> None:
    """No engine would take such a table."""
    rows = (Row("opened", "close", "closed"), Row("closed", "reopen", "opened"))
    assert told(*rows) == ["final_left: closed"]


def test_of_each_state_one_dead_end_is_told() -> None:
    """However many situations of it there are."""
    task = (Open("look", "clerk"),)
    rows = (
        Row("opened", "stop", "waiting", tasks=task),
        Row("opened", "halt", "waiting"),
        Row("opened", "close", "closed"),
    )
    assert told(*rows) == ["dead_end: waiting", "idle_wait: waiting"]


def test_an_event_of_a_timer_that_never_happens_has_no_story() -> None:
    """Nobody asks for it, and the timer never starts."""
    rows = (
        Row("opened", "close", "closed"),
        Row("opened", "begin", KEEP, guards=(NEVER,), start=(HOURLY,)),
        Row("opened", "tick", KEEP, who="system"),
    )
    found = explore_machine(unchecked(machine(*rows)), "thing")
    stories = {one.where: one.story for one in found.faults}
    assert set(stories) == {"begin", "tick"}
    assert stories["tick"] is None


@pytest.mark.parametrize("way", ["timer", "task", "owner", "anybody", "message"])
def test_who_waits_for_something_does_not_wait_for_nobody(way: str) -> None:
    """A timer, a task, an owner, anybody at all, or a message."""
    wait = Row(
        "opened", "wait", "waiting",
        sets=(lambda _attempt: {"owner": "ann-1"}) if way == "owner" else None,
        start=(HOURLY,) if way == "timer" else (),
        tasks=(Open("look", "clerk"),) if way == "task" else (),
    )  # fmt: skip
    who = {"anybody": "", "message": "system"}.get(way, "clerk")
    rows = [wait, Row("waiting", "close", "closed", who=who)]
    if way == "timer":
        rows.append(Row("waiting", "tick", "closed", who="system"))
    assert told(*rows) == []


def test_a_recurrence_of_which_somebody_hears_is_no_loop() -> None:
    """Every hour a task is opened anew."""
    tick = Row("opened", "tick", KEEP, who="system", start=(HOURLY,), tasks=(Open("x", "clerk"),))
    rows = (Row(UNBORN, "open", "opened", start=(HOURLY,)), tick, Row("opened", "close", "closed"))
    states = (OPENED, CLOSED)
    one = Machine("thing", Facts, zh="物", en="thing", states=states, rows=rows)
    assert explore(one).faults == ()


def test_policies_that_never_allow_together_contradict_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the one row needs the other forbids."""
    monkeypatch.chdir(BROKEN / "contradiction")
    found = explore("claim", plugins=["../claims.py"], config="crmflow.toml")
    (fault,) = found.faults
    assert (fault.kind, fault.where) == ("contradiction", "pay")
    assert len({fault.values["one"], fault.values["other"]}) == 2


def test_what_raises_is_no_dead_end_and_its_replay_tells_the_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A timer's failure likewise."""
    monkeypatch.chdir(BROKEN / "failing")
    found = explore("parcel", plugins=["machine.py"], config="crmflow.toml")
    assert [one.kind for one in found.faults] == ["failing"]
    rows = (
        Row(UNBORN, "open", "opened", start=(HOURLY,)),
        Row("opened", "tick", KEEP, who="system", sets=lambda _attempt: {"no_fact": 1}),
    )
    one = Machine("thing", Facts, zh="物", en="thing", states=(OPENED,), rows=rows)
    opened = Happening(AT, "open", known_actor(unchecked(machine()), "ann-1", AT))
    later = Happening(AT + timedelta(days=1))
    replayed = replay_story(unchecked(one), Story("thing", (opened, later), "opened"))
    assert isinstance(replayed.answers[1][1], Exception)
    assert replayed.state == "opened"


def test_without_a_directory_three_people_have_every_role() -> None:
    """In every department; nobody else is known."""
    people = Everybody(("clerk",))
    assert people.person("asker-1", AT) is not None
    assert people.person("stranger-1", AT) is None
    assert people.members("north", AT) == people.holders("clerk", AT)
    (head,) = {
        found.superior for id_ in people.holders("x", AT) if (found := people.person(id_, AT))
    } - {None}
    assert head == "head-1"


@pytest.mark.parametrize("name", ["complaint", "contract", "deal", "proposal", "lead"])
def test_what_is_stated_of_shipped_machines_holds(name: str) -> None:
    """As far as a short look shows; the slow stage looks further."""
    config = {"complaint.major.owner": "senior_management"}
    registry = registry_of([name], profile="demo", config=config)
    stated = properties_of(name, registry.tables)
    assert bool(stated) == (name != "lead")
    found = explore_machine(registry, name, bounds=Bounds(situations=4), properties=stated)
    assert found.faults == ()


def test_where_nobody_approves_nothing_is_stated_of_it() -> None:
    """A contract is signed then as soon as its terms are agreed."""
    config = {"contract.approval_chain": "none"}
    registry = registry_of(["contract"], profile="demo", config=config)
    assert properties_of("contract", registry.tables) == []


def test_a_held_event_is_granted_by_whom_it_was_asked_of() -> None:
    """A ledger answers what was reserved; the event happens then."""
    found = explore(
        "expense_claim_reception", machines=["ledger"], profile="demo", bounds=Bounds(situations=20)
    )
    assert found.faults == ()
    assert {"service_approved", "approved"} <= set(found.states)
