"""
The limit of a durable step on SQLite: the same rows by sqlite3 alone.

One step reads an entity's row, then in one transaction moves it on by
compare-and-set and appends its journal row, with nothing decided in between.
The file is a copy of one that crmflow made, so tables, indexes and the bytes of
the rows are the same on both sides.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import TypeAlias

BATCH = 100

Ref: TypeAlias = tuple[str, str, str]
Loaded: TypeAlias = tuple[int, str, int, bytes, bytes]
Values: TypeAlias = tuple[str | int | bytes | None, ...]

LOAD = (
    "SELECT version, state, at, snapshot, head FROM crmflow_entity"
    " WHERE tenant = ? AND machine = ? AND id = ?"
)
MOVE = (
    "UPDATE crmflow_entity SET version = ?, state = ?, at = ?, snapshot = ?, head = ?"
    " WHERE tenant = ? AND machine = ? AND id = ? AND version = ?"
)
APPEND = (
    "INSERT INTO crmflow_journal (tenant, machine, id, version, at, recorded_at, entry,"
    " event, key, body, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
ENTITIES = "SELECT tenant, machine, id FROM crmflow_entity ORDER BY tenant, machine, id"
BODY = "SELECT event, body FROM crmflow_journal ORDER BY version DESC LIMIT 1"


class RawSqlite:
    """
    Steps over a copied store.

    Args:
        model: File of a store whose entities each went one step at least.
        path: File to create.
        synchronous: ``FULL`` or ``NORMAL``.
        states: States that an entity goes through, in turns.
    """

    def __init__(
        self, model: Path, path: Path, synchronous: str, *, states: tuple[str, ...]
    ) -> None:
        shutil.copyfile(model, path)
        self._connection = connect(path, synchronous)
        execute = self._connection.execute
        self._refs: Iterator[Ref] = cycle(execute(ENTITIES).fetchall())
        self._event, self._body = execute(BODY).fetchone()
        self._states = states

    def step(self) -> None:
        """Move one entity on in a transaction of its own."""
        execute = self._connection.execute
        ref = next(self._refs)
        moved, appended = self._moved(ref, execute(LOAD, ref).fetchone())
        execute("BEGIN IMMEDIATE")
        if execute(MOVE, moved).rowcount != 1:
            raise RuntimeError(f"{ref} was moved by somebody else")
        execute(APPEND, appended)
        execute("COMMIT")

    def batch(self) -> None:
        """Read a hundred entities in one transaction and move them on in another."""
        execute, many = self._connection.execute, self._connection.executemany
        refs = list(islice(self._refs, BATCH))
        execute("BEGIN")
        rows = [execute(LOAD, ref).fetchone() for ref in refs]
        execute("COMMIT")
        steps = [self._moved(ref, row) for ref, row in zip(refs, rows, strict=True)]
        execute("BEGIN IMMEDIATE")
        if many(MOVE, [moved for moved, _ in steps]).rowcount != len(steps):
            raise RuntimeError("an entity was moved by somebody else")
        many(APPEND, [appended for _, appended in steps])
        execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _moved(self, ref: Ref, row: Loaded) -> tuple[Values, Values]:
        """Return the parameters of the two statements that move an entity on."""
        version, _, at, snapshot, head = row
        new, at = version + 1, at + 1
        state = self._states[new % len(self._states)]
        return (
            (new, state, at, snapshot, head, *ref, version),
            (*ref, new, at, at, "decision", self._event, None, self._body, head),
        )


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
    # As crmflow sets it: the limit is taken of the same file, used the same way.
    connection.execute("PRAGMA wal_autocheckpoint = 4000")
    return connection
