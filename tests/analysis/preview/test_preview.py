"""Previews: what a change of rows or people would do to cases that are open."""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs
import pytest

from crmflow.analysis.preview import (
    Change,
    Effect,
    Impact,
    MovedSinceError,
    Preview,
    preview,
)
from crmflow.clock import ManualClock
from crmflow.config import Overlay
from crmflow.core.errors import UnknownMachineError
from crmflow.core.judging import Judge
from crmflow.core.machine import Guard, Machine
from crmflow.core.people import Absence, Person
from crmflow.core.verdict import Answer, Verdict
from crmflow.directory import ListedDirectory
from crmflow.engine.engine import Engine
from crmflow.hookspecs import hookimpl
from tests.analysis.cases import (
    ADMIN,
    BOSS,
    CLERK,
    OFFICE,
    STAFF,
    bound,
    chain,
    engine,
    opened,
    rows,
    scheme,
)
from tests.policies.sla_desk import CASE, on

NOON = on(2, 12)


def desk_with(config: Overlay, *, at: datetime = NOON) -> Engine:
    """Return an engine at noon, with a case opened at nine and one that is closed."""
    desk = engine(config, clock=ManualClock(at))
    opened(desk)
    desk.fire(opened(desk, "K-2"), "close", actor=CLERK, at=on(2, 10)).require()
    return desk


def foreseen(desk: Engine, config: Overlay, **how: object) -> Impact:
    """Return what other rows would do to the only open case."""
    others = {name: how.pop(name) for name in ("directory",) if name in how}
    (impact,) = preview(desk, bound(config, **others), **how)  # type: ignore[arg-type]
    return impact


def effects(impact: Impact) -> dict[Effect, Change]:
    """Return one change of each effect."""
    return {one.effect: one for one in impact.changes}


def test_no_change_does_nothing() -> None:
    """Whatever runs and waits."""
    config = rows(chains=[chain("boss", "chief")], schemes=[scheme(1)])
    desk = desk_with(config)
    desk.fire(("case", "K-1"), "solve", actor=CLERK, at=on(2, 11)).require()
    assert foreseen(desk, config).changes == ()
    assert foreseen(desk, config, at=on(9)).changes == ()


def test_another_target_moves_the_due_instant() -> None:
    """With the task that promises it."""
    found = effects(foreseen(desk_with(rows()), rows(target="9wh")))
    other = found[Effect.OTHER_DEADLINE]
    assert (other.name, other.then, other.now) == (
        "resolve",
        {"target": "8wh", "due_at": on(2, 18).isoformat(), "status": "running", "forecast": False},
        {"target": "9wh", "due_at": on(3, 10).isoformat(), "status": "running", "forecast": False},
    )
    assert found[Effect.OTHER_TASK].name == "handle"


def test_what_keeps_its_version_is_told_with_the_reason() -> None:
    """By the mode of change, because it is missed already, or because its row is gone."""
    keeping = rows(on_change="keep")
    kept = effects(foreseen(desk_with(keeping), rows(target="2wh", on_change="keep")))
    assert kept.keys() == {Effect.KEPT_DEADLINE}
    assert kept[Effect.KEPT_DEADLINE].why == "keep"
    other = {
        "name": "other", "machine": "case", "kind": "resolution", "target": "1d",
        "start": [{"events": ["tick"]}], "stop": [{"events": ["work"]}],
    }  # fmt: skip
    gone = effects(foreseen(desk_with(rows(other)), rows(other, enabled=False)))
    assert gone.keys() == {Effect.KEPT_DEADLINE}
    assert gone[Effect.KEPT_DEADLINE].why == "gone"
    assert foreseen(desk_with(rows(enabled=False)), rows(enabled=False)).changes == ()
    still = desk_with(rows())
    still.pause(("case", "K-1"), "a flood", actor=ADMIN, at=on(2, 11)).require()
    assert {one.why for one in foreseen(still, rows(target="2wh")).changes} == {"paused"}


def test_a_new_row_begins_or_does_not() -> None:
    """By what is true of the entity now, not by events that are past."""
    state = {
        "name": "slow", "machine": "case", "kind": "time_in_state", "target": "1d",
        "start": [{"states": ["open"]}],
    }  # fmt: skip
    past = {**state, "name": "past", "start": [{"events": ["ask"]}], "kind": "follow_up"}
    found = foreseen(desk_with(rows()), rows(state, {**past, "stop": [{"events": ["work"]}]}))
    begun = [one.name for one in found.changes if one.effect is Effect.NEW_DEADLINE]
    assert begun == ["slow"]


def test_a_holiday_moves_what_is_counted_on_it() -> None:
    """The calendar's days, from the day the change comes."""
    holiday = {**OFFICE, "days": {"2026-03-02": "closed"}}
    config = rows()
    tables = {**config.tables, "calendars": [holiday]}
    found = effects(foreseen(desk_with(config), attrs.evolve(config, tables=tables)))
    now = found[Effect.OTHER_DEADLINE].now
    assert now is not None
    assert now["due_at"] == on(3, 18).isoformat()


def test_what_is_due_before_the_change_happens_under_todays_rows() -> None:
    """A deadline that is missed until then stays missed."""
    found = foreseen(desk_with(rows()), rows(target="40wh"), at=on(4))
    assert effects(found)[Effect.OTHER_DEADLINE].then is not None
    now = effects(found)[Effect.OTHER_DEADLINE].now
    assert now is not None
    assert now["status"] == "running"


def held(config: Overlay) -> Engine:
    """Return an engine with a case whose solution waits for approval."""
    desk = desk_with(config)
    desk.fire(("case", "K-1"), "solve", actor=CLERK, at=on(2, 11)).require()
    return desk


def test_who_is_asked_next_changes_and_the_open_step_stays() -> None:
    """Other rows of a chain count for the steps to come."""
    config = rows(chains=[chain("boss", "chief")])
    other = effects(foreseen(held(config), rows(chains=[chain("chief", "boss")])))
    found = other[Effect.OTHER_APPROVAL]
    assert found.then == {
        "chain": "solve", "waits_for": ["boss", "deputy"], "then": ["chief: chief"],
    }  # fmt: skip
    assert found.now == {
        "chain": "solve", "waits_for": ["boss", "deputy"], "then": ["boss: boss, deputy"],
    }  # fmt: skip


def test_an_absence_puts_the_stand_in_in_place() -> None:
    """From when it begins."""
    away = Absence(on(3), on(10), "chief")
    people = ListedDirectory(
        tuple(attrs.evolve(p, absences=(away,)) if p.id == "boss" else p for p in STAFF.people)
    )
    desk, config = held(rows(chains=[chain("boss")])), rows(chains=[chain("boss")])
    assert foreseen(desk, config, directory=people).changes == ()
    found = effects(foreseen(desk, config, directory=people, at=on(4)))
    now = found[Effect.OTHER_APPROVAL].now
    assert now is not None
    assert now["waits_for"] == ["chief", "deputy"]


def test_who_leaves_is_waited_for_by_nobody() -> None:
    """And cannot do what they could; what nobody can move is stuck."""
    config = rows(chains=[chain("boss")])
    found = effects(foreseen(held(config), config, directory=ListedDirectory()))
    now = found[Effect.OTHER_APPROVAL].now
    assert now is not None
    assert now["waits_for"] == []
    assert found[Effect.STUCK].name == "open"
    returned = held(config)
    form = {"request": "solve", "reason": "more", "to": "requester"}
    returned.fire(("case", "K-1"), "$return", form, actor=BOSS, at=on(2, 11)).require()
    assert foreseen(returned, config).changes == ()
    alone = ListedDirectory((Person("clerk", ("customer_service",)),))
    assert Effect.STUCK not in effects(foreseen(held(config), config, directory=alone))


def test_steps_that_would_not_be_walked_are_not_told() -> None:
    """A chain that is gone, a step that is not needed, one that states that nobody approves."""
    first = chain("boss")
    skipped = {"name": "more", "when": "severity == 'high'", "otherwise": "skip"}
    steps = [*first["steps"], {**skipped, "approvers": [{"role": "chief"}]}]  # type: ignore[misc]
    nobody = {"name": "none", "approvers": [{"role": "none"}]}
    desk = held(rows(chains=[{**first, "steps": steps}]))
    found = foreseen(desk, rows(chains=[{**first, "steps": [*steps, nobody]}]))
    assert Effect.OTHER_APPROVAL not in effects(found)
    elsewhere = {**chain("boss", event="close"), "name": "closing"}
    gone = effects(foreseen(held(rows(chains=[chain("boss", "chief")])), rows(chains=[elsewhere])))
    # What is asked for has no chain at all then: the request ends, and may be made anew.
    assert gone.keys() == {Effect.VANISHED_APPROVAL, Effect.VANISHED_TASK, Effect.NEW_WAY}


def test_what_fails_is_told_of_its_entity() -> None:
    """Under the policies that would be: a function of a plugin that raises."""

    def broken(_attempt: object) -> bool:
        raise ValueError("out of order")

    guard = Guard(broken, reason="x", needs="facts")
    others = [one for one in CASE.rows if one.event != "note"]
    mine = [attrs.evolve(one, guards=(guard,)) for one in CASE.rows if one.event == "note"]
    machine = attrs.evolve(CASE, rows=(*others, *mine))
    (impact,) = preview(desk_with(rows()), bound(rows(chains=[chain("boss")]), machines=[machine]))
    assert [(one.effect, one.why.partition(":")[0]) for one in impact.changes] == [
        (Effect.FAILED, "GuardFailedError")
    ]


def test_other_timers_of_policies_move_too() -> None:
    """Such as the next contact of a cadence."""
    every = {
        "name": "care", "machine": "case", "states": ["open"], "every": "1mo", "within": 5,
        "kind": "visit", "role": "customer_service", "calendar": "office", "task": "visit",
    }  # fmt: skip

    def caring(**columns: object) -> Overlay:
        found = rows()
        return attrs.evolve(found, tables={**found.tables, "cadences": [{**every, **columns}]})

    found = effects(foreseen(desk_with(rows()), caring()))
    assert found[Effect.NEW_TIMER].name == "cadences:care"


def test_access_is_gained_and_lost() -> None:
    """By rows, person by person."""
    right = {"name": "desk", "machine": "case", "fields": ["*"], "events": ["*"]}

    def reading(*roles: str) -> Overlay:
        found = rows()
        access = [{**right, "roles": list(roles)}]
        return attrs.evolve(found, tables={**found.tables, "access": access})

    found = effects(foreseen(desk_with(reading("boss", "customer_service")), reading("chief")))
    assert found[Effect.NEW_ACCESS].name == "chief"
    assert found[Effect.VANISHED_ACCESS].name in {"boss", "clerk", "deputy"}
    ways = found[Effect.OTHER_WAY]
    assert ways.now == {"by": ["chief"]}


def test_a_tier_moves_with_its_scheme() -> None:
    """As the next review would have it."""
    desk = desk_with(rows(schemes=[scheme(2)]))
    desk.fire(("case", "K-1"), "note", actor=CLERK, at=on(2, 11)).require()
    found = effects(foreseen(desk, rows(schemes=[scheme(1)])))
    assert found[Effect.OTHER_TIER].now == {"tier": "long", "waits": None}


def test_nothing_is_written() -> None:
    """Neither rows nor what engines note at their start."""
    desk = desk_with(rows())
    before = desk.store.load([desk.ref(("case", "K-1"))]), desk.store.enrolled("main")
    foreseen(desk, rows(target="1wh", schemes=[scheme(1)]))
    assert before == (desk.store.load([desk.ref(("case", "K-1"))]), desk.store.enrolled("main"))


def test_of_one_machine_in_sum() -> None:
    """By effect, machine and name; an unknown machine is an error."""
    desk = desk_with(rows())
    opened(desk, "K-3")
    found = Preview.of(preview(desk, bound(rows(target="9wh")), machines=["case"]))
    assert (found.entities, found.changed) == (2, 2)
    assert found.rows()[0] == {
        "effect": "other_deadline", "machine": "case", "name": "resolve", "entities": 2,
    }  # fmt: skip
    assert found.to_dict()["changes"] == found.rows()
    with pytest.raises(UnknownMachineError):
        list(preview(desk, bound(rows()), machines=["cases"]))


def test_what_rests_on_days_nobody_knows_yet_is_a_forecast() -> None:
    """A year whose make-up days are not published, where the calendar allows estimates."""

    def known(target: str) -> Overlay:
        found = rows(target=target)
        office = {**OFFICE, "holidays": "CN", "make_up": "monday", "unknown_years": "estimate"}
        return attrs.evolve(found, tables={**found.tables, "calendars": [office]})

    found = effects(foreseen(desk_with(known("8wh")), known("4000wh")))
    other = found[Effect.OTHER_DEADLINE]
    assert other.then is not None
    assert other.now is not None
    assert (other.then["forecast"], other.now["forecast"]) == (False, True)


def test_what_is_missed_stays_missed() -> None:
    """With its instant, whatever its row promises now; only more time is another promise."""
    desk = desk_with(rows(target="2wh"))
    found = effects(foreseen(desk, rows(target="1wh")))
    kept = found[Effect.KEPT_DEADLINE]
    assert (kept.name, kept.why) == ("resolve", "missed")
    missed = {"due_at": on(2, 11).isoformat(), "status": "breached", "forecast": False}
    assert kept.then == {"target": "2wh", **missed}
    assert kept.now == {"target": "1wh", **missed}
    assert Effect.OTHER_DEADLINE not in found
    other = effects(foreseen(desk, rows(target="8wh")))[Effect.OTHER_DEADLINE]
    assert other.now is not None
    assert (other.now["status"], other.now["due_at"]) == ("running", on(2, 18).isoformat())


def test_what_is_missed_is_the_same_to_an_engine() -> None:
    """The instant stays that of before; how late it ends is counted by the row of then."""
    desk = desk_with(rows(target="2wh"))
    later = engine(rows(target="1wh"), desk.store, clock=ManualClock(NOON))
    later.fire(("case", "K-1"), "note", actor=CLERK).require()
    state = later.get(("case", "K-1")).policy("sla")
    assert [(one.target, one.due_at) for one in state.runs] == [("1wh", on(2, 11))]
    later.fire(("case", "K-1"), "close", actor=CLERK, at=on(2, 14)).require()
    state = later.get(("case", "K-1")).policy("sla")
    assert [(one.status, one.breached_at, one.overrun) for one in state.runs] == [
        ("breached", on(2, 11), timedelta(hours=3))
    ]


def test_a_calendar_that_comes_to_the_same_is_no_change() -> None:
    """A holiday behind the due instant moves nothing; what is missed stays, whatever the days."""
    holiday = {**OFFICE, "days": {"2026-03-20": "closed"}}
    whys = []
    for target in ("8wh", "2wh"):
        config = rows(target=target)
        tables = {**config.tables, "calendars": [holiday]}
        found = foreseen(desk_with(config), attrs.evolve(config, tables=tables))
        whys.append([one.why for one in found.changes])
    assert whys == [[], ["missed"]]


def test_a_row_that_kept_its_promise_keeps_it_under_the_next_one() -> None:
    """What began under a row of that day goes by it still when another one is in force."""
    was = rows(target="20wh", on_change="keep")
    (row,) = was.tables["deadlines"]
    new = {**row, "target": "1wh", "on_change": "recompute", "from_on": "2026-03-03"}
    dated = [{**row, "until_on": "2026-03-02"}, new]
    other = attrs.evolve(was, tables={**was.tables, "deadlines": dated})
    found = foreseen(desk_with(was), other, at=on(3))
    assert [(one.effect, one.why) for one in found.changes] == [(Effect.KEPT_DEADLINE, "keep")]


def test_an_instant_before_what_has_happened_is_an_error() -> None:
    """An entity is not what it was then; those that have ended do not matter."""
    desk = desk_with(rows())
    with pytest.raises(MovedSinceError) as caught:
        foreseen(desk, rows(target="9wh"), at=on(2, 8))
    assert (caught.value.ref.id, caught.value.at, caught.value.moved_at) == (
        "K-1", on(2, 8), on(2),
    )  # fmt: skip
    assert "case K-1 has moved since" in str(caught.value)
    assert foreseen(desk, rows(target="9wh"), at=on(2)).changes


def test_a_clock_behind_an_entity_is_no_error() -> None:
    """What lies ahead, such as what was simulated, is looked at as of its last event."""
    desk = desk_with(rows(), at=on(1))
    assert effects(foreseen(desk, rows(target="9wh"))).keys() == {
        Effect.OTHER_DEADLINE, Effect.OTHER_TASK,
    }  # fmt: skip


def _no_opinion(_before: object, _proposal: object) -> None:
    """Say nothing."""


class Forbids:
    """A plugin that forbids everything but opening cases; it has no version."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    @hookimpl
    def judge_for(self, machine: Machine, event: str) -> Judge | None:
        """Refuse."""
        if event == CASE.creating:
            return None
        return lambda _before, _proposal: Verdict("stop", Answer.REFUSE, "stopped")


class Allows(Forbids):
    """One that has no opinion of anything."""

    @hookimpl
    def judge_for(self, machine: Machine, event: str) -> Judge | None:
        """Say nothing."""
        return None if event == machine.creating else _no_opinion


@pytest.mark.parametrize("today", [(), (Allows("stop"),)], ids=["new", "of the same name"])
def test_a_plugin_that_forbids_is_told(today: tuple[object, ...]) -> None:
    """Nobody can move the case any more."""
    desk = engine(rows(), plugins=today, clock=ManualClock(NOON))
    opened(desk)
    (impact,) = preview(desk, bound(rows(), plugins=[Forbids("stop")]))
    found = [one.name for one in impact.changes if one.effect is Effect.VANISHED_WAY]
    assert {"close", "solve", "work"} <= set(found)


def test_rows_of_a_machine_for_other_roles_are_told() -> None:
    """Who could close a case cannot, and others can."""
    changed = (attrs.evolve(one, who="chief") if one.event == "close" else one for one in CASE.rows)
    machine = attrs.evolve(CASE, rows=tuple(changed))
    (impact,) = preview(desk_with(rows()), bound(rows(), machines=[machine]))
    ways = [(one.name, one.now) for one in impact.changes if one.effect is Effect.OTHER_WAY]
    assert ways == [("close", {"by": ["chief"]})]


def test_a_creation_that_waits_for_approval_is_shown() -> None:
    """It is open, and the people it waits for may be gone."""
    config = rows(chains=[chain("boss", event=CASE.creating)])
    desk = engine(config, clock=ManualClock(NOON))
    assert desk.create("case", {}, actor=CLERK, id="K-1", at=on(2)).held
    assert foreseen(desk, config).changes == ()
    less = ListedDirectory(tuple(one for one in STAFF.people if "boss" not in one.roles))
    found = foreseen(desk, config, directory=less)
    assert Preview.of([found]).rows()[0] == {
        "effect": "other_approval", "machine": "case", "name": CASE.creating, "entities": 1,
    }  # fmt: skip
    now = effects(found)[Effect.OTHER_APPROVAL].now
    assert now is not None
    assert now["waits_for"] == []


@pytest.mark.parametrize("target", ["8wh", "1wh"])
def test_a_creation_that_waits_can_be_shown_to_all_policies(target: str) -> None:
    """Deadlines, tiers, cadences and rights of those that are there do not fail of it."""
    right = {"name": "desk", "machine": "case", "fields": ["*"], "events": ["*"], "roles": ["boss"]}
    every = {
        "name": "care", "machine": "case", "states": ["open"], "every": "1mo", "within": 5,
        "kind": "visit", "role": "customer_service", "calendar": "office", "task": "visit",
    }  # fmt: skip
    waits = rows(chains=[chain("boss", event=CASE.creating)])
    desk = engine(waits, clock=ManualClock(NOON))
    assert desk.create("case", {}, actor=CLERK, id="K-1", at=on(2)).held
    more = rows(chains=[chain("chief", event=CASE.creating)], schemes=[scheme(1)], target=target)
    tables = {**more.tables, "access": [right], "cadences": [every]}
    found = foreseen(desk, attrs.evolve(more, tables=tables))
    assert Effect.FAILED not in effects(found)


def test_what_was_never_created_is_not_shown() -> None:
    """Its creation was refused by those who were asked: nothing of it is open."""
    config = rows(chains=[chain("boss", event=CASE.creating)])
    desk = engine(config, clock=ManualClock(NOON))
    ref = desk.create("case", {}, actor=CLERK, id="K-1", at=on(2)).require().entity
    form = {"request": CASE.creating, "reason": "not now"}
    desk.fire(ref, "$refuse", form, actor=BOSS, at=on(2, 11)).require()
    assert list(preview(desk, bound(rows()))) == []
