"""Rows of one name and their days."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from crmflow.profiles.dating import Dated, dated
from tests.profiles.kinds import own


def settled(*rows: dict[str, object]) -> list[Dated]:
    """Return rows called `x` with their days settled."""
    layer = own({"t": [{"name": "x", **row} for row in rows]})
    return list(dated(layer.tables["t"].values()))


def test_a_later_row_goes_on_from_the_one_before() -> None:
    """It takes what it leaves out, and ends that one the day before."""
    first, second, third = settled(
        {"from_on": "2027-07-01", "b": 3},
        {"a": 1, "b": 1, "enabled": True},
        {"from_on": date(2027, 1, 1), "b": 2},
    )
    assert [one.draft.value("a") for one in (first, second, third)] == [1, 1, 1]
    assert [one.draft.value("b") for one in (first, second, third)] == [1, 2, 3]
    assert first.draft.value("until_on") == date(2026, 12, 31)
    assert second.draft.value("until_on") == date(2027, 6, 30)
    assert third.draft.value("until_on") is None
    assert not any(one.faults for one in (first, second, third))


def test_a_last_day_is_not_handed_on() -> None:
    """A gap stays a gap."""
    first, second = settled({"until_on": "2026-06-30"}, {"from_on": "2027-01-01"})
    assert first.draft.value("until_on") == "2026-06-30"
    assert second.draft.value("until_on") is None


@pytest.mark.parametrize("last", ["2027-01-01", date(2027, 3, 1)])
def test_days_that_meet_are_a_fault(last: object) -> None:
    """At the row that ends too late; one that is off meets nobody."""
    first, _ = settled({"until_on": last}, {"from_on": "2027-01-01", "enabled": True})
    (fault,) = first.faults
    assert (fault.path, fault.code) == ("$.until_on", "overlap")
    assert "before 2027-01-01" in fault.expected
    off, _ = settled(
        {"until_on": last, "enabled": False}, {"from_on": "2027-01-01", "enabled": True}
    )
    assert not off.faults


def test_a_row_that_ends_before_it_begins_is_a_fault() -> None:
    """However many there are."""
    (one,) = settled({"from_on": "2027-01-02", "until_on": "2027-01-01"})
    assert [fault.code for fault in one.faults] == ["order"]


@pytest.mark.parametrize("day", ["soon", 3, datetime(2027, 1, 1)])  # noqa: DTZ001 - as TOML has it
def test_a_day_that_cannot_be_read_is_left_to_the_row(day: object) -> None:
    """It counts as none here, and is a fault when the row is read."""
    found = settled({"from_on": day}, {"from_on": "2027-01-01"})
    assert [one.draft.value("from_on") for one in found] == [day, "2027-01-01"]
    assert not any(one.faults for one in found)
