"""A host's transaction in an SQLite file, by sqlite3, or by aiosqlite under SQLAlchemy."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

import attrs

from crmflow.storage.joined import Driver, JoinedStore
from crmflow.storage.sql_rows import Values
from crmflow.storage.sqlite_file import explained


@attrs.frozen
class OnSqlite:
    """An open transaction; see `database`."""

    connection: Any

    def execute(self, statement: str, values: Values) -> list[Any]:
        """Run a statement and return its rows."""
        cursor = self._cursor()
        cursor.execute(statement, values)
        return list(cursor.fetchall())

    def executemany(self, statement: str, values: Sequence[Values]) -> int:
        """Run a statement for each of some values and return how many rows it touched."""
        cursor = self._cursor()
        cursor.executemany(statement, values)
        return int(cursor.rowcount)

    def _cursor(self) -> Any:  # noqa: ANN401 - the driver's, or what is around it
        cursor = self.connection.cursor()
        if isinstance(cursor, sqlite3.Cursor):
            # The host may have its rows as it likes, ours are tuples.
            cursor.row_factory = None
        return cursor


def _begun(connection: Any) -> OnSqlite:  # noqa: ANN401 - as above
    work = OnSqlite(connection)
    own = getattr(connection, "driver_connection", connection)
    if not own.in_transaction:
        # The driver would begin behind our savepoint, whose end would be a commit then.
        work.execute("BEGIN IMMEDIATE", ())
    return work


def _fit(_connection: object) -> Sequence[str]:
    """Say that nothing is in the way: a transaction is begun where there is none."""
    return ()


SQLITE = Driver(
    "sqlite",
    JoinedStore,
    (sqlite3.Error,),
    explained,
    _fit,
    _begun,
    "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?",
)
"""How an SQLite file is joined."""
