"""Deadlines beside calendars, machines and each other."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import attrs
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crmflow.analysis.checking import Check, deadlines
from crmflow.core.machine import Kind, Machine, Row, State
from crmflow.core.ref import UNBORN
from tests.analysis.checking.desk import Rows, claim, faults, subject

WEEK = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), "09:00-17:00")
OFFICE = {"name": "office", "zone": "Asia/Shanghai", **WEEK}


def deadline(name: str = "payment", **columns: object) -> dict[str, object]:
    """Return a row that waits for the payment of an approved claim."""
    row: dict[str, object] = {
        "name": name,
        "machine": "claim",
        "kind": "resolution",
        "start": [{"events": ["approve"]}],
        "stop": [{"events": ["pay"]}],
        "target": "4h",
    }
    return row | columns


def told(check: Check, *rows: dict[str, object], calendar: object = OFFICE) -> list[str]:
    """Return the places of what a check finds."""
    given = subject({"deadlines": rows, "calendars": [calendar]})  # type: ignore[list-item]
    return [one.where.removeprefix("own.toml: $.deadlines") for one in faults(check, given)]


def test_a_calendar_that_closes_for_long_is_told() -> None:
    """From a day within a year; one that closes for a holiday is not."""
    row = deadline(target="2wd", calendar="office")
    closed = {**OFFICE, "days": {"2026-08-01..2026-11-30": "closed"}}
    given = subject({"deadlines": [row], "calendars": [closed]})
    (fault,) = faults(deadlines.calendars, given)
    assert (fault.kind, fault.where) == (
        "closed_calendar",
        "own.toml: $.deadlines[0].calendar (payment)",
    )
    assert date(2026, 7, 31) < fault.values["day"] < date(2026, 10, 30)  # type: ignore[operator]
    spring = {**OFFICE, "days": {"2026-08-01..2026-08-20": "closed"}}
    assert told(deadlines.calendars, row, calendar=spring) == []
    assert told(deadlines.calendars, deadline(calendar="office")) == []
    assert told(deadlines.calendars, deadline(), calendar=closed) == []


def test_a_calendar_of_days_nobody_knows_yet_is_told() -> None:
    """Where they may not be estimated, a deadline in them could not be told."""
    chinese = {**OFFICE, "holidays": "CN", "make_up": "monday"}
    row = deadline(target="400wd", calendar="office")
    assert told(deadlines.calendars, row, calendar=chinese) == ["[0].calendar (payment)"]
    guessed = {**chinese, "unknown_years": "estimate"}
    assert told(deadlines.calendars, row, calendar=guessed) == []


def test_a_warning_comes_before_the_end() -> None:
    """Parts always do; of a range the lower end warns too."""
    role = {"notify": "finance"}
    assert told(deadlines.warnings, deadline(warnings=["80%", "3h"], **role)) == []
    assert told(deadlines.warnings, deadline(warnings=["4h"], **role)) == ["[0].warnings (payment)"]
    assert told(deadlines.warnings, deadline(limit="8h", **role)) == []
    late = [{"match": {"urgent": True}, "target": "1h", "warnings": ["90min"]}]
    assert told(deadlines.warnings, deadline(targets=late, **role)) == ["[0].warnings (payment)"]


def test_on_a_calendar_that_never_opens_nothing_else_is_told() -> None:
    """Neither a warning nor a deadline of another has a time there."""
    never = {**OFFICE, "days": {"2026-01-01..2099-12-31": "closed"}}
    row = deadline(target="4wh", warnings=["3wh"], notify="finance", calendar="office")
    for check in (deadlines.warnings, deadlines.overtaken):
        assert told(check, row, calendar=never) == []
    limit = deadline("limit", **WAIT | {"fire": None}, target="9wh", stop=[], calendar="office")
    wait = deadline("wait", **WAIT, target="5wh", stop=[{"events": ["drop"]}], calendar="office")
    assert told(deadlines.overtaken, limit | {"kind": "time_in_state"}, wait, calendar=never) == []


def test_a_pool_warns_after_it_began_to_count() -> None:
    """Each limit by itself; no warning is none too early."""
    pool: dict[str, object] = {
        "name": "pool",
        "machine": "claim",
        "through": "hand_over",
        "limits": [{"name": "long", "within": "9d"}, {"name": "short", "within": "3d"}],
        "warn_days": 3,
        "role": "manager",
        "pickers": ["employee"],
    }
    rows: Rows = {"pools": [pool], "calendars": [OFFICE]}
    (fault,) = faults(deadlines.pools, subject(rows))
    assert (fault.kind, fault.where) == (
        "late_warning",
        "own.toml: $.pools[0].limits[1].within (pool)",
    )
    del pool["warn_days"]
    assert faults(deadlines.pools, subject(rows)) == []


WAIT = {"kind": "wait", "start": [{"states": ["on_hold"]}], "fire": "drop"}


def test_a_deadline_is_overtaken_by_one_that_always_ends_it_first() -> None:
    """Because it stops by that event, or because the event ends the entity."""
    limit = deadline("limit", kind="time_in_state", start=WAIT["start"], stop=[], target="10d")
    wait = deadline("wait", **WAIT, stop=[{"events": ["drop"]}], target="5d")
    assert told(deadlines.overtaken, limit, wait) == ["[0] (limit)"]
    assert told(deadlines.overtaken, {**limit, "target": "4d"}, wait) == []
    assert told(deadlines.overtaken, {**limit, "since": "handed_in_at"}, wait) == []
    stopped = {**limit, "stop": [{"events": ["drop"]}]}
    assert told(deadlines.overtaken, stopped, wait) == ["[0] (limit)"]
    two = [{"match": {"urgent": True}, "target": "1d"}]
    assert told(deadlines.overtaken, {**limit, "targets": two}, wait) == []


def test_an_event_that_ends_nothing_overtakes_nothing() -> None:
    """Nor one by which a deadline stops only at times."""
    held = [{"events": ["hold"]}]
    limit = deadline("limit", target="10d")
    other = deadline("other", kind="wait", target="5d", fire="hold")
    assert told(deadlines.overtaken, limit, other) == []
    assert told(deadlines.overtaken, {**limit, "stop": held}, other) == ["[0] (limit)"]
    urgent = [{"events": ["hold"], "match": {"urgent": True}}]
    assert told(deadlines.overtaken, {**limit, "stop": urgent}, other) == []


def test_a_pause_is_stuck_where_nothing_leads_out_of_it() -> None:
    """Neither back to where it counts nor to what meets it."""
    pause = [{"states": ["on_hold"]}]
    assert told(deadlines.pauses, deadline(pause=pause)) == ["[0].pause[0].states (payment)"]
    ended = deadline(pause=pause, cancel=[{"events": ["drop"]}])
    assert told(deadlines.pauses, ended) == []
    resumed = deadline(pause=pause, resume=[{"events": ["pay"]}])
    assert told(deadlines.pauses, resumed) == ["[0].pause[0].states (payment)"]
    back = Row("on_hold", "release", "approved")
    machine = attrs.evolve(claim(), rows=(*claim().rows, back))
    given = subject({"deadlines": [deadline(pause=pause)]}, machine)
    assert faults(deadlines.pauses, given) == []


STATES = "abcd"
steps = st.lists(
    st.tuples(st.sampled_from(STATES), st.sampled_from(STATES)), max_size=6, unique=True
)


def reaches(moves: list[tuple[str, str]], start: str, goal: set[str]) -> bool:
    """Say whether a walk of any length leads from a state to one of others."""
    found = {start}
    for _ in STATES:
        found |= {to for source, to in moves if source in found}
    return bool((found - {start}) & goal)


@settings(max_examples=25)
@given(steps, st.sets(st.sampled_from(STATES[1:]), min_size=1, max_size=2))
@example([("a", "b"), ("b", "c"), ("c", "b")], {"b", "c"})
@example([("a", "b"), ("b", "c"), ("c", "a")], {"b", "c"})
def test_a_stuck_pause_is_one_from_which_no_walk_leads_to_counting(
    moves: list[tuple[str, str]], paused: set[str]
) -> None:
    """Whatever the machine."""
    rows = [Row(s, f"go{number}", to) for number, (s, to) in enumerate(moves) if s != to]
    ways = [(row.source[0], row.to) for row in rows]
    # Each state has a way in, and a pause can hold while it runs: else the row itself is wrong.
    chained = [Row(one, f"on_{one}", two) for one, two in pairwise(STATES)]
    ways += list(pairwise(STATES))
    machine = Machine(
        "claim",
        claim().facts,
        zh="报销单",
        en="claim",
        states=(State("a", "a", "a", Kind.INITIAL), *(State(n, n, n) for n in STATES[1:])),
        rows=(Row(UNBORN, "draft", "a", form=claim().facts), *chained, *rows),
    )
    row = deadline(
        start=[{"events": ["draft"]}],
        stop=[],
        pause=[{"states": sorted(paused)}],
    )
    given = subject({"deadlines": [row]}, machine)
    stuck = {str(one.values["state"]) for one in faults(deadlines.pauses, given)}
    counting = set(STATES) - paused
    assert stuck == {state for state in paused if not reaches(ways, state, counting)}
