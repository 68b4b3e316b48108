"""`crmflow retention prune`: what would go, what went, and what failed."""

from __future__ import annotations

import base64
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Crm

FILE = """
[[retention]]
name = "complaints"
machine = "complaint"
journal = "24mo"
"""


@pytest.fixture
def old(desk: Crm, tmp_path: Path) -> Crm:
    """Return the command line over a complaint recorded long ago."""
    (tmp_path / "crmflow.toml").write_text(FILE)
    desk.complaint()
    with closing(sqlite3.connect(desk.store)) as db:
        db.execute("UPDATE crmflow_journal SET recorded_at = at")
        db.execute("DELETE FROM crmflow_message")
        db.commit()
    return desk


def test_old_records_are_pruned(old: Crm) -> None:
    """Told first, then done; the journal that is left says so."""
    dry = json.loads(old.ok("retention", "prune", "--dry-run", "-o", "json"))
    assert (dry["seen"], dry["pruned"], dry["gone"][0]["row"]) == (1, 1, "complaints")
    done = json.loads(old.ok("retention", "prune", "-o", "json"))
    assert done == dry
    assert "清理" in old.ok("--lang", "zh", "retention", "prune")
    shown = json.loads(old.ok("entity", "journal", "complaint", "C-1", "-o", "json"))
    assert [one["event"] for one in shown] == ["$prune"]
    assert old("audit", "verify").exit_code == 0
    early = old("entity", "show", "complaint", "C-1", "--at", "2020-03-01T09:00:00+08:00")
    assert (early.exit_code, "is pruned from its journal" in early.stderr) == (5, True)


def test_a_failure_is_told(old: Crm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A complaint whose master key is gone; it exits with 1."""
    monkeypatch.setenv("K", base64.b64encode(bytes(32)).decode())
    (tmp_path / "crmflow.toml").write_text(FILE + SEALED.format(key="k1"))
    old.complaint("C-2")
    with closing(sqlite3.connect(old.store)) as db:
        db.execute("UPDATE crmflow_journal SET recorded_at = at")
        db.execute("DELETE FROM crmflow_message")
        db.commit()
    (tmp_path / "crmflow.toml").write_text(FILE + SEALED.format(key="k2"))
    result = old("retention", "prune")
    assert result.exit_code == 1
    assert "complaint C-2 cannot be opened" in result.stderr


SEALED = """
[settings.storage]
keys = {{ {key} = "env:K", index = "env:K" }}
[[encryption]]
name = "complaints"
machine = "complaint"
fields = ["channel"]
key = "{key}"
"""
