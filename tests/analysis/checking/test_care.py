"""Care beside contact limits and calendars."""

from __future__ import annotations

from fractions import Fraction
from math import lcm

from hypothesis import example, given, settings
from hypothesis import strategies as st

from crmflow.analysis.checking import care
from tests.analysis.checking.desk import faults, subject
from tests.analysis.checking.test_deadlines import OFFICE


def cadence(name: str, **columns: object) -> dict[str, object]:
    """Return a call that comes again."""
    row = {"name": name, "machine": "claim", "task": "call", "role": "employee"}
    return row | columns


def crowded(contacts: int, days: int, *rows: dict[str, object]) -> list[str]:
    """Return what exceeds a contact limit."""
    limit = {"name": "limit", "machine": "claim", "contacts": contacts, "days": days}
    given = subject({"cadences": rows, "contact_limits": [limit], "calendars": [OFFICE]})
    return [str(one.values["cadences"]) for one in faults(care.crowded, given)]


@settings(max_examples=25)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=3), st.integers(1, 3), st.integers(1, 8))
@example([2, 2], 1, 1)
@example([3, 6], 1, 2)
def test_a_limit_is_exceeded_by_cadences_that_come_too_often_in_the_long_run(
    periods: list[int], contacts: int, days: int
) -> None:
    """Counted over a time in which each comes a whole number of times."""
    rows = [cadence(f"c{number}", every=f"{days}d") for number, days in enumerate(periods)]
    span = lcm(*periods, days)
    come = sum(day % period == 0 for day in range(span) for period in periods)
    assert bool(crowded(contacts, days, *rows)) == (
        Fraction(come) > Fraction(contacts * span, days)
    )


def test_only_what_comes_together_counts() -> None:
    """Of one tier and state, in force at once, a contact, of a fixed number of days."""
    weekly = cadence("weekly", every="1w")
    assert crowded(1, 7, weekly, cadence("other", every="1w")) == ["weekly, other"]
    assert crowded(1, 7, weekly, cadence("monthly", every="1mo")) == ["weekly, monthly"]
    for apart in (
        {"contact": False},
        {"when": "urgent"},
        {"every": None, "on": ["10-01"]},
        {"every": "FREQ=MONTHLY;BYDAY=1MO"},
    ):
        assert crowded(1, 7, weekly, cadence("other", **{"every": "1w", **apart})) == []
    gold, silver = (cadence(tier, every="1w", tier=tier) for tier in ("gold", "silver"))
    assert crowded(1, 7, gold, silver) == []
    assert crowded(1, 7, weekly, silver) == ["weekly, silver"]
    new, old = (
        cadence("new", every="1w", states=["drafted"]),
        cadence("old", every="1w", states=["paid"]),
    )
    assert crowded(1, 7, new, old) == []
    ended, begun = (
        {**weekly, "name": "a", "until_on": DAY},
        {**weekly, "name": "b", "from_on": NEXT},
    )
    assert crowded(1, 7, ended, begun) == []


DAY, NEXT = "2026-05-31", "2026-06-01"


def idle(*rows: dict[str, object], calendar: object = OFFICE) -> list[str]:
    """Return the places of cadences that never fall on a working day."""
    given = subject({"cadences": rows, "calendars": [calendar]})  # type: ignore[list-item]
    return [one.where for one in faults(care.idle, given)]


def test_a_cadence_falls_on_a_working_day_at_times() -> None:
    """By a rule or by days of the year; every so many days it does sooner or later."""
    sunday = cadence("sunday", every="FREQ=WEEKLY;BYDAY=SU")
    assert idle(sunday) == ["own.toml: $.cadences[0].every (sunday)"]
    assert idle(cadence("monday", every="FREQ=WEEKLY;BYDAY=MO")) == []
    assert idle(cadence("weekly", every="1w")) == []
    feast = {**OFFICE, "days": {"10-01": "closed"}}
    days = cadence("feast", on=["05-20", "10-01", "fact handed_in_at"])
    assert idle(days, calendar=feast) == ["own.toml: $.cadences[0].on[1] (feast)"]
    assert idle({**days, "earliest": 2}, calendar=feast) == []


def test_a_rule_that_ends_is_looked_at_as_far_as_it_goes() -> None:
    """One whose days are all over says nothing."""
    assert idle(cadence("moon", on=["lunar 1-1"], earliest=7)) == []


def test_a_contact_limit_that_a_stricter_one_keeps_is_told() -> None:
    """Counting no less, over as many days at least."""

    def found(**columns: object) -> list[str]:
        week = {"name": "week", "machine": "claim", "contacts": 2, "days": 7}
        rows = [week, {**week, "name": "other", **columns}]
        return [
            str(one.values["name"])
            for one in faults(care.unneeded, subject({"contact_limits": rows}))
        ]

    assert found(contacts=3, days=7) == ["other"]
    assert found(contacts=2, days=14) == ["week"]
    assert found(contacts=3, days=30) == []
    assert found(contacts=1, days=3) == []
    assert found(contacts=3, counts=["pay"]) == []
    assert found(contacts=1, counts=["pay"]) == ["week"]
    assert found(contacts=3, from_on=NEXT, until_on=NEXT) == ["other"]
    assert found(contacts=1, from_on=NEXT) == found(contacts=1, until_on=NEXT) == []
