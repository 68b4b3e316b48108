"""Backups: whole or not there, checked to the last hash, and restored without loss."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from crmflow.codec import chained
from crmflow.core.errors import (
    BackupError,
    ConfigurationError,
    SchemaOutOfDateError,
    StoreFileError,
    UnavailableError,
)
from crmflow.core.ref import EntityRef
from crmflow.storage import backup
from crmflow.storage.backup import back_up, back_up_unchecked
from crmflow.storage.chains import Checked
from crmflow.storage.commit import Commit, Committed
from crmflow.storage.memory import MemoryStore
from crmflow.storage.migrations import HEAD, VERSION_TABLE
from crmflow.storage.opening import open_store, restore
from crmflow.storage.rows import EntityRow, JournalRow, Pruned
from crmflow.storage.sqlite import SqliteStore
from crmflow.storage.sqlite_backup import verify
from crmflow.storage.sqlite_file import SqliteOptions

REFS = [EntityRef(tenant, "deal", id_) for tenant in ("main", "other") for id_ in ("D-1", "交易")]


def step(ref: EntityRef, version: int) -> Commit:
    """Return a step whose record is chained to the one before."""
    head = bytes(32)
    for number in range(1, version + 1):
        body = f"{ref} {number}".encode()
        head = chained(head, body)
    record = JournalRow(version, version, version, "decision", "step", None, body, head)
    return Commit(EntityRow(ref, version, "open", version, b"{}", head), version - 1, (record,))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """Return a store of four entities with three records each."""
    store = SqliteStore(str(tmp_path / "crm.db"), SqliteOptions("NORMAL", 0.05))
    for version in (1, 2, 3):
        store.commit([step(ref, version) for ref in REFS])
    yield store
    store.close()


def changed(file: Path, sql: str) -> None:
    """Change a file behind everybody's back."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(sql)
        connection.commit()


def test_a_backup_is_restored_as_it_was(store: SqliteStore, tmp_path: Path) -> None:
    """All tenants, checked when made and again before it takes a place (STO-001)."""
    file, into = tmp_path / "backup.db", tmp_path / "again.db"
    assert back_up(store, file) == Checked(str(file), HEAD, 4, 12)
    assert sorted(path.name for path in tmp_path.glob("backup*")) == ["backup.db"]
    store.commit([step(REFS[0], 4)])
    assert restore(f"sqlite:///{into}", str(file)) == Checked(str(into), HEAD, 4, 12)
    with closing(open_store(f"sqlite:///{into}")) as again:
        assert [row and row.version for row in again.load(REFS)] == [3, 3, 3, 3]
        assert again.commit([step(REFS[0], 4)]) == [Committed(4)]


def test_others_go_on_while_a_backup_is_made(store: SqliteStore, tmp_path: Path) -> None:
    """A transaction of somebody else neither waits for the copy nor is in it by half."""
    other = SqliteStore(str(tmp_path / "crm.db"))
    other._file._connection.execute("BEGIN IMMEDIATE")
    other._file._connection.execute("DELETE FROM crmflow_entity")
    assert back_up(store, tmp_path / "backup.db").entities == 4
    other._file._connection.execute("COMMIT")
    other.close()


def test_a_store_that_another_holds_is_unavailable(store: SqliteStore, tmp_path: Path) -> None:
    """Which is told as such, for it may be tried again; no part is left."""
    with closing(sqlite3.connect(tmp_path / "crm.db", isolation_level=None)) as holder:
        store.close()
        holder.execute("PRAGMA journal_mode = DELETE")
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(UnavailableError):
            store.copy(str(tmp_path / "backup.db.part"))


def test_sqlite_in_memory_is_copied(tmp_path: Path) -> None:
    """Over its own connection, for there is no other way to it."""
    with closing(SqliteStore()) as store:
        store.commit([step(REFS[0], 1)])
        assert back_up(store, tmp_path / "backup.db").records == 1


def test_a_store_in_memory_says_that_it_cannot(tmp_path: Path) -> None:
    """It has no copies, and none can be made one."""
    with pytest.raises(BackupError, match="a store in memory has no backups"):
        back_up(MemoryStore(), tmp_path / "backup.db")
    with pytest.raises(BackupError, match="a store in memory has no backups"):
        MemoryStore().verify("backup.db")
    for url in ("memory:", "sqlite://"):
        with pytest.raises(BackupError, match="gone with the process"):
            restore(url, str(tmp_path / "backup.db"))
    with pytest.raises(ConfigurationError):
        restore("nowhere", "backup.db")


def test_what_is_for_a_server_is_refused_for_a_file(store: SqliteStore, tmp_path: Path) -> None:
    """A file is checked by itself: nowhere else, and always."""
    file = tmp_path / "backup.db"
    with pytest.raises(BackupError, match="a file is checked by itself"):
        back_up(store, file, on="postgresql://127.0.0.1:1/crm")
    back_up_unchecked(store, file)
    for wrong in ({"checked": False}, {"on": "postgresql://127.0.0.1:1/crm"}):
        with pytest.raises(BackupError, match="a file is checked by itself"):
            restore(f"sqlite:///{tmp_path / 'again.db'}", str(file), **wrong)


def test_nothing_is_overwritten(store: SqliteStore, tmp_path: Path) -> None:
    """A backup never; a store only when told to, and even then it is kept aside."""
    file, into = tmp_path / "backup.db", tmp_path / "again.db"
    back_up(store, file)
    with pytest.raises(BackupError, match="it is there already"):
        back_up(store, file)
    into.write_bytes(b"old")
    into.with_name("again.db-wal").write_bytes(b"not yet written back")
    with pytest.raises(BackupError, match="put it aside with --force"):
        restore(f"sqlite:///{into}", str(file))
    restore(f"sqlite:///{into}", str(file), force=True)
    assert into.with_name("again.db.replaced").read_bytes() == b"old"
    assert into.with_name("again.db-wal.replaced").exists()
    assert not into.with_name("again.db-wal").exists()
    assert verify(into).entities == 4


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("UPDATE crmflow_journal SET body = x'00' WHERE id = '交易' AND version = 2", "deal 交易 "),
        ("DELETE FROM crmflow_journal WHERE version = 3", "does not lead to its version 3"),
        ("DELETE FROM crmflow_journal WHERE version = 2", "does not lead to its version 3"),
        ("DELETE FROM crmflow_journal WHERE tenant = 'other'", r"D-1 \(other\) does not lead"),
        ("DELETE FROM crmflow_entity WHERE id = 'D-1'", "deal D-1 .* journal and no entity"),
        ("DELETE FROM crmflow_entity WHERE tenant = 'other'", r"\(other\) has a journal and no"),
        ("UPDATE crmflow_entity SET head = x'00'", "the journal of deal D-1"),
        ("UPDATE crmflow_entity SET version = 2", "its version 2"),
        ("DELETE FROM crmflow_alembic_version", "it names 0 schemas, and a store has one"),
    ],
)
def test_a_changed_backup_is_not_restored(
    store: SqliteStore, tmp_path: Path, sql: str, fault: str
) -> None:
    """Whatever was changed in records, entities or their heads is found first (STO-001)."""
    file = tmp_path / "backup.db"
    back_up(store, file)
    changed(file, sql)
    with pytest.raises(BackupError, match=fault):
        restore(f"sqlite:///{tmp_path / 'again.db'}", str(file))
    assert not (tmp_path / "again.db").exists()


def test_a_damaged_backup_is_not_restored(store: SqliteStore, tmp_path: Path) -> None:
    """Torn pages, a file of something else, nothing at all, one of a newer release."""
    file = tmp_path / "backup.db"
    back_up(store, file)
    whole = file.read_bytes()
    torn = bytearray(whole)
    torn[4096 * 3 : 4096 * 3 + 200] = bytes(200)
    file.write_bytes(torn)
    with pytest.raises(BackupError, match=r"it is (damaged|no whole store|changed)"):
        verify(file)
    lost = bytearray(whole)
    lost[36:40] = (7).to_bytes(4, "big")  # how many pages are free, as SQLite's header tells
    file.write_bytes(lost)
    with pytest.raises(BackupError, match=r"it is damaged: [^$]*freelist"):
        verify(file)
    file.write_bytes(b"no store, only text that is long enough to be read")
    with pytest.raises(BackupError, match="it is no whole store"):
        verify(file)
    with pytest.raises(BackupError, match="there is no such file"):
        verify(tmp_path / "nothing.db")
    file.write_bytes(whole)
    changed(file, f"UPDATE {VERSION_TABLE} SET version_num = '9999'")  # noqa: S608
    with pytest.raises(SchemaOutOfDateError, match="9999"):
        verify(file)


def test_a_store_that_is_broken_is_not_backed_up(store: SqliteStore, tmp_path: Path) -> None:
    """A copy that is not whole gets no name, for it would push out one that is."""
    changed(tmp_path / "crm.db", "DELETE FROM crmflow_journal WHERE version = 1")
    with pytest.raises(BackupError, match="it was changed"):
        back_up(store, tmp_path / "backup.db")
    assert not list(tmp_path.glob("backup*"))


def test_a_place_that_cannot_be_written_is_told(store: SqliteStore, tmp_path: Path) -> None:
    """As a fault of the backup, not of the store."""
    with pytest.raises(BackupError, match="it cannot be written"):
        back_up(store, tmp_path / "nowhere" / "backup.db")
    (tmp_path / "folder.part").mkdir()
    (tmp_path / "folder.part" / "x").mkdir()
    with pytest.raises(BackupError, match="it cannot be written"):
        store.copy(str(tmp_path / "folder.part"))
    back_up(store, tmp_path / "backup.db")
    (tmp_path / "file").touch()
    for folder in ("nowhere", "file"):
        with pytest.raises(BackupError, match="it cannot be written"):
            restore(f"sqlite:///{tmp_path / folder / 'again.db'}", str(tmp_path / "backup.db"))
    store.close()
    with pytest.raises(StoreFileError, match="closed"):
        store.load(REFS)


DIES = """
import os, sys
from pathlib import Path
from crmflow.storage import backup
from crmflow.storage.opening import open_store
backup._flush = lambda path: os._exit(9)
backup.back_up(open_store(sys.argv[1]), Path(sys.argv[2]))
"""


def test_a_crash_in_the_middle_leaves_no_backup(store: SqliteStore, tmp_path: Path) -> None:
    """A process that dies before the disk has the copy leaves a part, which the next one drops."""
    file = tmp_path / "backup.db"
    environ = os.environ | {"PYTHONPATH": str(Path(backup.__file__).parents[2])}
    words = [sys.executable, "-c", DIES, f"sqlite:///{tmp_path / 'crm.db'}", str(file)]
    assert subprocess.run(words, check=False, env=environ).returncode == 9
    assert [path.name for path in tmp_path.glob("backup*")] == ["backup.db.part"]
    assert back_up(store, file).records == 12
    assert [path.name for path in tmp_path.glob("backup*")] == ["backup.db"]


def test_a_pruned_journal_goes_on_from_its_mark(store: SqliteStore, tmp_path: Path) -> None:
    """A backup of it is whole; one whose mark was taken away or changed is not."""
    (record, *_) = step(REFS[0], 2).records
    assert store.prune(REFS[0], Pruned(2, 2, record.hash, b"{}"), {})
    file = tmp_path / "backup.db"
    assert back_up(store, file).records == 10
    changed(file, "UPDATE crmflow_pruned SET hash = x'00'")
    with pytest.raises(BackupError, match="deal D-1"):
        verify(file)


def test_a_backup_of_a_release_that_did_not_prune_is_read(
    store: SqliteStore, tmp_path: Path
) -> None:
    """It has no marks, and no table of them."""
    file = tmp_path / "backup.db"
    back_up(store, file)
    changed(file, "DROP TABLE crmflow_pruned")
    changed(file, f"UPDATE {VERSION_TABLE} SET version_num = '0005'")  # noqa: S608 - our constant
    assert verify(file) == Checked(str(file), "0005", 4, 12)


def test_a_name_that_no_system_takes_is_told(store: SqliteStore, tmp_path: Path) -> None:
    """Neither is a backup made under it, nor restored from it or into it."""
    long, file = tmp_path / ("x" * 5000), tmp_path / "backup.db"
    with pytest.raises(BackupError, match="it cannot be written"):
        back_up(store, long)
    with pytest.raises(BackupError, match="it cannot be read: File name too long"):
        verify(long)
    back_up(store, file)
    with pytest.raises(BackupError, match="it cannot be written"):
        restore(f"sqlite:///{long}", str(file))
