"""What is done in a stay: it begins with it, ends with it, and gives way to what is begun."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crmflow import ConfigurationError, Simulated, simulate
from tests.analysis.simulation.visits import document, scenario

CLERK = {"name": "clerk", "roles": ["clerk"]}
OTHER = {"name": "other", "roles": ["other"]}
MINUTES = st.integers(5, 90)


def doing(name: str, event: str, minutes: int = 0, **columns: object) -> dict[str, Any]:
    """Return what is done with a ball that is here, after some minutes."""
    base: dict[str, Any] = {"name": name, "machine": "ball", "states": ["here"], "event": event}
    if minutes:
        base["after"] = {"law": "constant", "value": f"{minutes}min"}
    return {**base, **columns}


def worked(name: str, event: str, role: str, takes: str, **columns: object) -> dict[str, Any]:
    """Return what one of the staff does with a ball that is here."""
    law = {"law": "constant", "value": takes}
    return {**doing(name, event), "role": role, "takes": law, **columns}


def one_ball(*doings: dict[str, Any], **changes: object) -> Simulated:
    """Return what becomes of one ball."""
    arrivals = [{"name": "balls", "machine": "ball", "per_week": 5000, "limit": 1}]
    base = {"machines": ["ball"], "arrivals": arrivals, "days": 1, "doings": list(doings)}
    return simulate(scenario(**{**base, **changes}))


def lasted(found: Simulated) -> list[float]:
    """Return the minutes after which balls were taken."""
    return [round(60 * hours, 6) for hours in found.hours.get("ball", ())]


@settings(max_examples=25)
@given(stay=MINUTES, patience=MINUTES, work=MINUTES)
@example(stay=10, patience=45, work=45)
def test_what_one_stay_began_never_happens_in_another(stay: int, patience: int, work: int) -> None:
    """However often it comes back: who would take it after longer than it stays never does."""
    there = doing("return", "return", 30, states=["there"])
    moved = [doing("throw", "throw", stay), there]
    alone = one_ball(*moved, doing("take", "take", patience))
    assert lasted(alone) == ([patience] if patience < stay else [])
    served = one_ball(*moved, worked("take", "take", "clerk", f"{work}min"))
    assert lasted(served) == ([work] if work < stay else [])
    assert served.figures["refused", ""] == 0


def test_what_waits_is_given_up_once_the_other_is_begun() -> None:
    """Whoever would have been free for it later finds nothing to do; it waits no longer."""
    away = [{"from_on": date(2026, 1, 5), "until_on": date(2026, 1, 5)}]
    staff = [CLERK, {**OTHER, "away": away}]
    late = worked("late", "take", "other", "1min", until="work")
    slow = worked("work", "take", "clerk", "40h")
    found = one_ball(late, slow, staff=staff, days=3)
    assert lasted(found) == [2400]
    waiting = {(row["role"], row["work"]): row["count"] for row in found.tables["waiting"].rows}
    assert waiting["clerk", "work"] == 1
    assert waiting["other", ""] == 0
    (first, *later) = (row for row in found.tables["queues"].rows if row["role"] == "other")
    assert (first["most"], [row["most"] for row in later]) == (1, [0, 0])
    alone = one_ball(late, {**slow, "event": "return"}, staff=staff, days=3)
    assert lasted(alone) == []


def test_what_is_given_up_counts_as_begun_by_nobody() -> None:
    """What was to be done only until that goes on."""
    away = [{"from_on": date(2026, 1, 5), "until_on": date(2026, 1, 5)}]
    staff = [CLERK, {**OTHER, "away": away}]
    found = one_ball(
        worked("work", "return", "clerk", "1min"),
        worked("late", "take", "other", "1min", until="work"),
        doing("patience", "take", 20, until="late"),
        staff=staff,
    )
    assert lasted(found) == [20]


def test_what_is_begun_is_finished_though_the_other_is_begun_too() -> None:
    """And what would begin only then is not begun at all."""
    staff = [CLERK, OTHER]
    first = worked("first", "take", "other", "9min", until="work")
    slow = worked("work", "return", "clerk", "40min")
    assert lasted(one_ball(first, slow, staff=staff)) == [9]
    late = {**first, "after": {"law": "constant", "value": "1min"}}
    assert lasted(one_ball(late, slow, staff=staff)) == []


@pytest.mark.parametrize(
    "other",
    [
        doing("work", "take"),
        worked("work", "serve", "clerk", "1min", machine="visit", states=["waiting"]),
    ],
    ids=["nobody of the staff", "another machine"],
)
def test_until_what_nobody_can_begin_is_a_fault(other: dict[str, Any]) -> None:
    """It would never be given up."""
    doings = [other, doing("patience", "take", until="work")]
    found = document(machines=["ball", "visit"], doings=doings)
    with pytest.raises(ConfigurationError) as raised:
        simulate(scenario(**found))
    said = "$.doings[1].until: 'work', expected another doing of 'ball' with a role"
    assert said in str(raised.value)


def test_until_itself_is_a_fault() -> None:
    """Nothing is given up by being begun."""
    with pytest.raises(ConfigurationError, match="expected another doing of 'ball'"):
        one_ball(worked("work", "take", "clerk", "1min", until="work"))


def test_what_may_be_done_in_either_state_goes_on_and_begins_once() -> None:
    """From one of its states to another it is the same stay."""
    found = one_ball(
        doing("throw", "throw", 10), doing("return", "return", 25, states=["here", "there"])
    )
    # Brought, thrown at 10, returned at 25, thrown again at 35: nothing is begun to return it.
    assert (found.asked, found.figures["refused", ""]) == (4, 0)
    (where,) = found.tables["states"].rows
    assert (where["state"], where["count"]) == ("there", 1)
