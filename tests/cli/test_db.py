"""`crmflow db`: the schema of the store."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from crmflow.storage.migrations import HEAD, VERSION_TABLE
from tests.cli.conftest import read
from tests.storage.servers import empty_database

if TYPE_CHECKING:
    from tests.cli.conftest import Crm


def test_missing_store_is_upgraded_into_being(crm: Crm) -> None:
    """Asking makes no file; upgrading does."""
    store = ("--store", "sqlite:///new.db")
    state = json.loads(crm.bare(*store, "db", "current", "-o", "jsonl").stdout)
    assert state == {"found": None, "needed": HEAD, "up_to_date": False}
    assert not crm.store.with_name("new.db").exists()
    assert crm.bare(*store, "db", "check").exit_code == 3
    assert json.loads(crm.bare(*store, "db", "upgrade", "-o", "json").stdout)[0]["found"] == HEAD
    assert crm.bare(*store, "db", "check").exit_code == 0


def test_check_says_what_to_do(crm: Crm) -> None:
    """In the chosen language."""
    with sqlite3.connect(crm.store) as connection:
        connection.execute(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")  # noqa: S608
    connection.close()
    result = crm("db", "check", "--lang", "zh")
    assert result.exit_code == 3
    assert "crmflow db upgrade" in result.stderr
    assert "9999" in result.stdout
    assert crm("entity", "find").exit_code == 3
    assert crm("db", "upgrade").exit_code == 3


def test_a_backup_is_made_and_restored(crm: Crm) -> None:
    """Checked both times; nothing that is there is overwritten unasked (STO-001)."""
    crm.of("complaint").complaint()
    (made,) = json.loads(crm.ok("db", "backup", "copy.db", "-o", "json"))
    assert made == {"file": "copy.db", "schema": HEAD, "entities": 1, "records": 1}
    assert crm("db", "backup", "copy.db").exit_code == 3
    into = ("--store", "sqlite:///again.db")
    assert crm.bare(*into, "db", "restore", "copy.db").exit_code == 0
    assert crm.bare(*into, "db", "restore", "copy.db").exit_code == 3
    assert crm.bare(*into, "db", "restore", "copy.db", "--force").exit_code == 0
    (found,) = json.loads(crm.bare(*into, "db", "backup", "-o", "json").stdout)
    assert found["file"].startswith("crmflow-")
    assert found["entities"] == 1
    assert crm.bare("--store", "memory:", "db", "backup", "x.db").exit_code == 3


@pytest.fixture(scope="module")
def databases() -> Iterator[tuple[str, str]]:
    """Give two databases on a server, named before settings of the host are out of sight."""
    with empty_database("postgresql") as url, empty_database("postgresql") as other:
        yield url, other


def test_a_server_is_backed_up_and_restored(
    databases: tuple[str, str], crm: Crm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Checked where a variable says, which no list of processes shows; unchecked it is told."""
    store, into = (("--store", url) for url in databases)
    (made,) = read(crm.bare(*store, "db", "backup", "a.dump", "-o", "json").stdout)
    assert made == {"file": "a.dump", "schema": HEAD, "entities": 0, "records": 0}
    result = crm.bare(*store, "db", "backup", "b.dump", "--no-check", "-o", "json")
    assert "The backup was not checked." in result.stderr
    unknown = {"schema": None, "entities": None, "records": None}
    assert read(result.stdout) == [{"file": "b.dump", **unknown}]
    assert crm.bare(*into, "db", "restore", "b.dump", "--force").exit_code == 3
    monkeypatch.setenv("CRMFLOW_CHECK_ON", "mysql://127.0.0.1/crm")
    assert crm.bare(*into, "db", "restore", "b.dump").exit_code == 3
    assert crm.bare(*into, "db", "restore", "b.dump", "--no-check").exit_code == 0
    assert crm.bare(*into, "db", "check").exit_code == 0


def test_foreign_store_exits_with_3(crm: Crm) -> None:
    """A URL of nothing, and a file of something else."""
    assert crm.bare("--store", "nowhere", "db", "current").exit_code == 3
    crm.store.write_bytes(b"no database at all, only text that is long enough")
    assert crm("db", "current").exit_code == 3


def test_sql_makes_a_store_that_opens(crm: Crm) -> None:
    """The printed statements are all there is to it."""
    crm.store.unlink()
    connection = sqlite3.connect(crm.store)
    connection.executescript(crm.ok("db", "sql"))
    connection.close()
    assert crm("db", "check").exit_code == 0
    crm.complaint()
