"""Stores that are only read: nothing is made in them, and a file cannot be written at all."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from crmflow.core.errors import ConfigurationError, SchemaOutOfDateError, StoreFileError
from crmflow.core.ref import EntityRef
from crmflow.storage.opening import current, open_store, open_to_read
from crmflow.storage.port import Store
from crmflow.testing.store_rows import commit_to
from tests.storage.servers import database_of as mysql_database
from tests.storage.servers import mysql, postgresql, schema_of

REF = EntityRef("main", "deal", "D-1")


def written(store: Store, id_: str = "D-1") -> None:
    """Write an entity."""
    store.commit([commit_to(EntityRef("main", "deal", id_))])


def test_a_file_is_read_and_never_written(tmp_path: Path) -> None:
    """Not even where the file system would let it; what others commit meanwhile is seen."""
    file = tmp_path / "crm.db"
    with closing(open_store(f"sqlite:///{file}")) as store:
        written(store)
        before = file.read_bytes()
        with closing(open_to_read(f"sqlite:///{file}")) as read:
            assert read.load([REF]) == store.load([REF])
            with pytest.raises(StoreFileError, match="not written"):
                written(read, "D-2")
            written(store, "D-3")
            assert read.load([EntityRef("main", "deal", "D-3")])[0] is not None
    assert before


def test_a_file_without_the_right_to_write_is_enough(tmp_path: Path) -> None:
    """Its bytes are the same afterwards."""
    file = tmp_path / "crm.db"
    with closing(open_store(f"sqlite:///{file}")) as store:
        written(store)
    file.chmod(0o400)
    before = file.read_bytes()
    with closing(open_to_read(f"sqlite:///{file}")) as read:
        assert read.load([REF])[0] is not None
    assert file.read_bytes() == before


def test_no_store_is_made(tmp_path: Path) -> None:
    """Where there is none, an empty file, something else or another release, that is said."""
    for name, fault in (("none.db", "no store yet"), ("", "folder"), ("empty.db", "no store yet")):
        if name == "empty.db":
            (tmp_path / name).touch()
        with pytest.raises(StoreFileError, match=fault):
            open_to_read(f"sqlite:///{tmp_path / name}")
    assert not (tmp_path / "none.db").exists()
    assert (tmp_path / "empty.db").read_bytes() == b""
    old = tmp_path / "old.db"
    open_store(f"sqlite:///{old}").close()
    with closing(sqlite3.connect(old)) as db:
        db.execute("UPDATE crmflow_alembic_version SET version_num = '0001'")
        db.commit()
    with pytest.raises(SchemaOutOfDateError):
        open_to_read(f"sqlite:///{old}")


def test_a_store_in_memory_is_an_empty_one() -> None:
    """There is nothing to read, and nothing to harm."""
    for url in ("memory:", "sqlite://"):
        with closing(open_to_read(url)) as read:
            assert read.load([REF]) == [None]
    with pytest.raises(ConfigurationError):
        open_to_read("redis://x")


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_a_server_is_looked_at_first(kind: str) -> None:
    """An empty database stays empty; one with a store is read."""
    served = schema_of(postgresql()) if kind == "postgresql" else mysql_database(mysql())
    with served as url:
        with pytest.raises(StoreFileError, match="no store yet"):
            open_to_read(url)
        assert current(url) is None
        with closing(open_store(url)) as store:
            written(store)
        with closing(open_to_read(url)) as read:
            assert read.load([REF])[0] is not None
