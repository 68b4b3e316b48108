"""
The limit of a durable step on SQLite: the same rows by sqlite3 alone.

One step reads an entity's row, then in one transaction moves it on by
compare-and-set and appends its journal row, with nothing decided in between.
Rows and bytes are those a durable step of crmflow writes.
"""

import sqlite3
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import attrs

TABLES = """
CREATE TABLE entity (
    tenant TEXT NOT NULL, machine TEXT NOT NULL, id TEXT NOT NULL,
    version INTEGER NOT NULL, state TEXT NOT NULL, snapshot BLOB NOT NULL,
    PRIMARY KEY (tenant, machine, id)
) WITHOUT ROWID;
CREATE TABLE journal (
    tenant TEXT NOT NULL, machine TEXT NOT NULL, id TEXT NOT NULL,
    version INTEGER NOT NULL, at INTEGER NOT NULL, key TEXT,
    record BLOB NOT NULL, hash BLOB NOT NULL,
    PRIMARY KEY (tenant, machine, id, version)
) WITHOUT ROWID;
CREATE UNIQUE INDEX journal_key ON journal (tenant, machine, id, key);
"""

LOAD = "SELECT version, state, snapshot FROM entity WHERE tenant = ? AND machine = ? AND id = ?"
MOVE = (
    "UPDATE entity SET version = ?, state = ?, snapshot = ?"
    " WHERE tenant = ? AND machine = ? AND id = ? AND version = ?"
)
APPEND = (
    "INSERT INTO journal (tenant, machine, id, version, at, key, record, hash)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


@attrs.frozen(kw_only=True)
class Sizes:
    """
    Bytes of what one step writes.

    Args:
        snapshot: Encoded snapshot.
        record: Encoded journal record.
        digest: Link of the hash chain.
    """

    snapshot: int = 300
    record: int = 400
    digest: int = 32


class RawSqlite:
    """
    Steps over bare tables in one file.

    Args:
        path: File to create.
        synchronous: ``FULL`` or ``NORMAL``.
        entities: How many entities take turns.
        sizes: Bytes of the rows.
    """

    def __init__(
        self,
        path: Path,
        synchronous: str,
        *,
        entities: int = 100,
        sizes: Sizes | None = None,
    ) -> None:
        """Create the tables and one row per entity."""
        sizes = sizes or Sizes()
        self._snapshot = bytes(sizes.snapshot)
        self._record = bytes(sizes.record)
        self._digest = bytes(sizes.digest)
        self._ids: Iterator[str] = cycle(f"T-{n:06}" for n in range(entities))
        self._connection = connect(path, synchronous)
        self._connection.executescript(TABLES)
        self._connection.executemany(
            "INSERT INTO entity VALUES ('', 'ticket', ?, 0, 'received', ?)",
            [(f"T-{n:06}", self._snapshot) for n in range(entities)],
        )

    def step(self) -> None:
        """Move one entity on in a transaction of its own."""
        self._many(1)

    def batch(self) -> None:
        """Move a hundred entities on in one transaction."""
        self._many(100)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _many(self, count: int) -> None:
        execute = self._connection.execute
        ids = [next(self._ids) for _ in range(count)]
        loaded = [execute(LOAD, ("", "ticket", one)).fetchone() for one in ids]
        execute("BEGIN IMMEDIATE")
        for one, (version, state, _) in zip(ids, loaded, strict=True):
            self._write(one, version, state)
        execute("COMMIT")

    def _write(self, one: str, version: int, state: str) -> None:
        execute = self._connection.execute
        new = version + 1
        moved = execute(MOVE, (new, state, self._snapshot, "", "ticket", one, version)).rowcount
        if moved != 1:
            raise RuntimeError(f"entity {one} was not at version {version}")
        key = f"key-{one}-{new}"
        execute(APPEND, ("", "ticket", one, new, new, key, self._record, self._digest))


def connect(path: Path, synchronous: str) -> sqlite3.Connection:
    """
    Return a connection in WAL mode that begins no transaction by itself.

    Args:
        path: File to open or create.
        synchronous: ``FULL`` or ``NORMAL``.

    Raises:
        ValueError: *synchronous* is neither.
    """
    if synchronous not in {"FULL", "NORMAL"}:
        raise ValueError(f"synchronous is FULL or NORMAL, not {synchronous!r}")
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    return connection
