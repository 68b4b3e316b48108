"""
The limit of firing timers: the rows of the worker's steps by the drivers alone.

A batch leases a hundred timers, reads their entities, and in one transaction moves
these on, appends their journal rows and removes the timers.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any, Protocol

from benchmarks.raw_postgresql import APPEND as PG_APPEND
from benchmarks.raw_postgresql import LOAD_MANY, connected
from benchmarks.raw_postgresql import MOVE as PG_MOVE
from benchmarks.raw_sqlite import APPEND, BATCH, LOAD, MOVE, Values

LATE = 2**62
LEASE = 60_000_000

FREE = (
    "SELECT tenant, machine, id, name FROM crmflow_timer"
    " WHERE tenant = 'main' AND due_at <= ? AND leased_until <= ?"
    " ORDER BY due_at, machine, id, name LIMIT ?"
)
TAKE = (
    "UPDATE crmflow_timer SET leased_until = ?"
    " WHERE tenant = ? AND machine = ? AND id = ? AND name = ?"
)
DROP = "DELETE FROM crmflow_timer WHERE tenant = ? AND machine = ? AND id = ? AND name = ?"
PG_TAKE = (
    f"WITH free AS MATERIALIZED ({FREE.replace('?', '%s')} FOR UPDATE SKIP LOCKED)"  # noqa: S608 - our own texts
    " UPDATE crmflow_timer AS leased SET leased_until = %s FROM free"
    " WHERE leased.tenant = free.tenant AND leased.machine = free.machine"
    " AND leased.id = free.id AND leased.name = free.name RETURNING free.*"
)
EVENT, BODY = "lapse", bytes(220)

Timer = Sequence[str]
Moves = tuple[list[Values], list[Values]]


def moves_of(timers: Sequence[Timer], rows: Sequence[Sequence[Any]]) -> Moves:
    """Return the parameters that move entities on and append their journal rows."""
    moved: list[Values] = []
    appended: list[Values] = []
    for (tenant, machine, id_, _), (version, _, at, snapshot, head) in zip(
        timers, rows, strict=True
    ):
        ref, new = (tenant, machine, id_), version + 1
        moved.append((new, "lapsed", at, snapshot, head, *ref, version))
        appended.append((*ref, new, at, at, "decision", EVENT, None, BODY, head))
    return moved, appended


class RawTimers(Protocol):
    """A driver that fires timers."""

    def batch(self) -> int:
        """Fire a hundred, and return how many they were."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class SqliteTimers:
    """
    Timers of a store in a file.

    Args:
        connection: A connection to it.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def batch(self) -> int:
        """Fire a hundred, and return how many they were."""
        execute, many = self._connection.execute, self._connection.executemany
        execute("BEGIN IMMEDIATE")
        timers = execute(FREE, (LATE, 0, BATCH)).fetchall()
        many(TAKE, [(LEASE, *timer) for timer in timers])
        execute("COMMIT")
        execute("BEGIN")
        rows = [execute(LOAD, timer[:3]).fetchone() for timer in timers]
        execute("COMMIT")
        moved, appended = moves_of(timers, rows)
        execute("BEGIN IMMEDIATE")
        if many(MOVE, moved).rowcount != len(timers):
            raise RuntimeError("an entity was moved by somebody else")
        many(APPEND, appended)
        many(DROP, timers)
        execute("COMMIT")
        return len(timers)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


class PostgresqlTimers:
    """
    Timers of a store on a server.

    Args:
        url: URL of the store.
    """

    def __init__(self, url: str) -> None:
        self._connection = connected(url)

    def batch(self) -> int:
        """Fire a hundred, and return how many they were."""
        timers = sorted(
            self._connection.execute(PG_TAKE, (LATE, 0, BATCH, LEASE)).fetchall(),
            key=lambda timer: timer[2],
        )
        refs = list(map(list, zip(*timers, strict=True)))[:3]
        rows = self._connection.execute(LOAD_MANY, refs).fetchall()
        moved, appended = moves_of(timers, rows)
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.executemany(PG_MOVE, moved)
            if cursor.rowcount != len(timers):
                raise RuntimeError("an entity was moved by somebody else")
            cursor.executemany(PG_APPEND, appended)
            cursor.executemany(DROP.replace("?", "%s"), timers)
        return len(timers)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
