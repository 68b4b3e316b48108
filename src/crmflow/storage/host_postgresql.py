"""A host's transaction on a PostgreSQL server, by psycopg, be it asynchronous under SQLAlchemy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs
import psycopg
from psycopg.pq import Format
from psycopg.rows import tuple_row

from crmflow.storage.joined import Driver, JoinedStore
from crmflow.storage.postgresql import AtOnce
from crmflow.storage.postgresql_server import explained
from crmflow.storage.sql_rows import Values

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import AdaptedConnection


class JoinedPostgresqlStore(JoinedStore, AtOnce):
    """The store over a host's connection to PostgreSQL: a commit is one statement here too."""


@attrs.frozen
class OnPostgresql:
    """An open transaction; see `database`."""

    connection: psycopg.Connection[Any]

    def execute(self, statement: str, values: Values) -> list[Any]:
        """Run a statement and return its rows, none where it returns none."""
        # Of our own making: a host may have its cursors and rows as it likes.
        cursor = psycopg.Cursor(self.connection, row_factory=tuple_row)
        cursor.format = Format.BINARY
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []

    def executemany(self, statement: str, values: Sequence[Values]) -> int:
        """Run a statement for each of some values and return how many rows it touched."""
        cursor = psycopg.Cursor(self.connection)
        cursor.executemany(statement, values)
        return cursor.rowcount


@attrs.frozen
class OnAwaitedPostgresql:
    """An open transaction of an asynchronous connection, within SQLAlchemy's `run_sync`."""

    connection: AdaptedConnection

    def execute(self, statement: str, values: Values) -> list[Any]:
        """Run a statement and return its rows, none where it returns none."""

        async def awaited(own: psycopg.AsyncConnection[Any]) -> list[Any]:
            cursor = psycopg.AsyncCursor(own, row_factory=tuple_row)
            cursor.format = Format.BINARY
            await cursor.execute(statement, values)
            return await cursor.fetchall() if cursor.description else []

        return self.connection.run_async(awaited)

    def executemany(self, statement: str, values: Sequence[Values]) -> int:
        """Run a statement for each of some values and return how many rows it touched."""

        async def awaited(own: psycopg.AsyncConnection[Any]) -> int:
            cursor = psycopg.AsyncCursor(own)
            await cursor.executemany(statement, values)
            return cursor.rowcount

        return self.connection.run_async(awaited)


def _transaction(connection: Any) -> OnPostgresql | OnAwaitedPostgresql:  # noqa: ANN401 - either
    if isinstance(connection, psycopg.Connection):
        return OnPostgresql(connection)
    return OnAwaitedPostgresql(connection)


def _unfit(connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any]) -> Sequence[str]:
    if connection.autocommit:
        return ("its connection is in autocommit: there is no transaction to join",)
    return ()


POSTGRESQL = Driver(
    "postgresql",
    JoinedPostgresqlStore,
    (psycopg.Error,),
    explained,
    _unfit,
    _transaction,
    "SELECT 1 WHERE to_regclass(%s) IS NOT NULL",
)
"""How a PostgreSQL server is joined."""
