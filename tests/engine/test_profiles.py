"""Profiles through an engine: own rows change what it does, from their day on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from crmflow import Actor, ConfigurationError, Engine, Overlay
from crmflow.config import Config

AGENT = Actor("alice", {"customer_service"})
NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
RESPONSE = "complaint_first_response"


def response(**columns: object) -> Overlay:
    """Return an overlay of the deadline of first responses."""
    return Overlay(tables={"deadlines": [{"name": RESPONSE, **columns}]})


def promised(config: Config, at: datetime = NOON) -> timedelta | None:
    """Return how long a complaint of that instant waits for its first response."""
    with Engine("memory:", machines=["complaint"], profile="demo", config=config) as engine:
        given = {"customer": "C-1", "channel": "phone"}
        case = engine.create("complaint", given, actor=AGENT, at=at).require().entity
        timers = {timer.name: timer.due_at for timer in engine.get(case).timers}
        due_at = timers.get(f"sla:{RESPONSE}:due")
        # A breach is when the due instant has passed, so its timer is a moment later.
        return None if due_at is None else due_at - at - timedelta(microseconds=1)


def policies(config: Config) -> str:
    """Return the digest of the policy set that records bear."""
    with Engine("memory:", machines=["complaint"], profile="demo", config=config) as engine:
        given = {"customer": "C-1", "channel": "phone"}
        case = engine.create("complaint", given, actor=AGENT, at=NOON).require().entity
        return next(iter(engine.journal(case))).basis.policies


def test_own_rows_change_what_an_engine_does(tmp_path: Path) -> None:
    """Given by a program as by a file; a row that is off promises nothing."""
    file = tmp_path / "crmflow.toml"
    file.write_text(f"[[deadlines]]\nname = '{RESPONSE}'\ntarget = '10min'\n", "utf-8")
    assert promised(None) == timedelta(minutes=30)
    assert promised(response(target="10min")) == promised(file) == timedelta(minutes=10)
    assert promised(response(enabled=False)) is None


@pytest.mark.parametrize(
    ("at", "minutes"),
    [
        (datetime(2026, 6, 30, 15, 59, tzinfo=UTC), 30),
        (datetime(2026, 6, 30, 16, tzinfo=UTC), 10),
    ],
)
def test_a_row_counts_from_its_first_day_on(at: datetime, minutes: int) -> None:
    """A day of the company's zone, Shanghai in the demo: it begins at 16:00 UTC."""
    change = response(from_on=date(2026, 7, 1), target="10min")
    assert promised(change, at) == timedelta(minutes=minutes)


def test_blanks_are_asked_for_by_the_machines_that_are_on() -> None:
    """By name, at start, all at once."""
    Engine("memory:", machines=["lead"]).close()
    with pytest.raises(ConfigurationError) as caught:
        Engine("memory:", machines=["complaint"])
    keys = {fault.partition(":")[0] for fault in caught.value.faults}
    assert {"complaint.major.owner", "complaint.major.limit", "calendar.working_days"} <= keys


def test_a_fault_of_the_file_keeps_the_engine_from_starting() -> None:
    """With its place."""
    with pytest.raises(ConfigurationError, match=r"\$\.deadlines\[0\]\.target .*type"):
        promised(response(target="soon"))


def test_another_policy_set_has_another_digest() -> None:
    """The same has the same, wherever it was written."""
    found = response(target="10min")
    moved = Overlay(tables=found.tables, origin="elsewhere.toml")
    assert policies(found) == policies(moved)
    assert len({policies(None), policies(found), policies(response(target="11min"))}) == 3
    assert policies(None) != policies({"complaint.major.limit": "5d"})
