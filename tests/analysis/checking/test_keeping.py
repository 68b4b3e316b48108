"""Keeping beside deadlines."""

from __future__ import annotations

import pytest

from crmflow.analysis.checking import keeping
from tests.analysis.checking.desk import faults, kinds, subject
from tests.analysis.checking.test_deadlines import OFFICE, deadline


def found(row: dict[str, object], **columns: object) -> list[tuple[str, object]]:
    """Return places and ends of what outlives a retention."""
    kept = {"name": "kept", "machine": "claim", **row}
    given = subject({"retention": [kept], "deadlines": [deadline("payment", **columns)]})
    told = faults(keeping.short, given)
    return [(one.where.removeprefix("own.toml: $.retention[0]"), one.values["end"]) for one in told]


@pytest.mark.parametrize(
    ("row", "path"),
    [
        ({"purge": True, "days": 400}, ".days"),
        ({"purge": True, "keep": "13mo"}, ".keep"),
        ({"event": "drop", "keep": "13mo"}, ".keep"),
        ({"journal": "13mo"}, ".journal"),
    ],
)
def test_what_is_thrown_away_outlives_every_deadline(row: dict[str, object], path: str) -> None:
    """Whatever throws it away; the longest target and extension counts."""
    assert found(row, target="24mo") == [(f"{path} (kept)", "24mo")]
    assert found(row, target="1d") == []
    longer = [{"to": "30mo", "role": "manager"}]
    assert found(row, target="1d", extension=longer) == [(f"{path} (kept)", "30mo")]


def test_a_deadline_without_working_time_outlives_nothing() -> None:
    """That its calendar is closed is told by itself."""
    never = {**OFFICE, "days": {"2026-01-01..2099-12-31": "closed"}}
    row = deadline(target="400wd", calendar="office")
    kept = {"name": "kept", "machine": "claim", "purge": True, "days": 400}
    rows = {"retention": [kept], "deadlines": [row]}
    assert kinds(faults(keeping.short, subject({**rows, "calendars": [OFFICE]}))) != []
    assert kinds(faults(keeping.short, subject({**rows, "calendars": [never]}))) == []


def test_what_is_only_kept_longer_throws_nothing_away() -> None:
    """Nor is a deadline of other states outlived, nor one of another machine."""
    assert found({"keep": "13mo"}, target="24mo") == []
    assert found({"purge": True, "days": 400, "states": ["paid"]}, target="24mo") == []
    assert found({"purge": True, "days": 400, "states": ["approved"]}, target="24mo") != []
