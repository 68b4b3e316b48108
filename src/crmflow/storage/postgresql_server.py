"""
A PostgreSQL server: pooled connections, its transactions and schema, and errors that say why.

Connections are in autocommit: a statement alone is a transaction of its own and one round trip.
The server's default of read committed is enough, since every commit compares versions.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from crmflow.core.errors import (
    StoreFileError,
    UnavailableError,
    UnstorableError,
)
from crmflow.storage.database import UNSAYABLE, Busy, Clash, unsayable
from crmflow.storage.migrations import ALEMBIC, VERSION_TABLE, make_ready, migrate
from crmflow.storage.server_url import ServerUrl, server_url
from crmflow.storage.sql_rows import Values

try:
    import psycopg
    from psycopg import errors, sql
    from psycopg.types.numeric import Int8BinaryDumper
    from psycopg_pool import ConnectionPool, PoolClosed
    from psycopg_pool import PoolTimeout as NoConnection
except ImportError as missing:
    raise ImportError(
        "a store on PostgreSQL needs psycopg: pip install 'crmflow[postgres]'"
    ) from missing

if TYPE_CHECKING:
    Connection = psycopg.Connection[tuple[Any, ...]]

OPTIONS = ("schema", "sslmode", "sslrootcert")
"""What the URL may say besides."""

_CLASHES = (errors.IntegrityError, errors.DivisionByZero, errors.CardinalityViolation)
_OVERTAKEN = (errors.DeadlockDetected, errors.SerializationFailure)
_UNUSABLE = (errors.ProgrammingError, errors.NotSupportedError, errors.DiskFull)
_AVOIDED = ("seqscan", "bitmapscan", "sort", "hashjoin", "mergejoin")
_PLANS = (*(f"-c enable_{one}=off" for one in _AVOIDED), "-c jit=off")
"""
Every statement is led by an index: a plan made while a table was small must not read it all.

What is avoided costs so much in the planner's eyes that it would compile plans for small
tables, which takes a hundred times as long as running them.
"""

LOCK = 7_240_501
"""Number of the advisory lock that migrations take, with the schema's name."""


@attrs.frozen
class PostgresqlTransaction:
    """An open transaction; see `database`."""

    connection: Connection

    def execute(self, statement: str, values: Values) -> list[Any]:
        """Run a statement and return its rows, none where it returns none."""
        cursor = self.connection.cursor(binary=True)
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []

    def executemany(self, statement: str, values: Sequence[Values]) -> int:
        """Run a statement for each of some values and return how many rows it touched."""
        cursor = self.connection.cursor()
        cursor.executemany(statement, values)
        return cursor.rowcount


class PostgresqlServer:
    """
    One database on a server; nothing is connected before it is used.

    Args:
        url: `postgresql://user:password@host:port/database`; see `open_store`.

    Raises:
        ConfigurationError: The URL cannot be read.
    """

    dialect = "postgresql"

    def __init__(self, url: str) -> None:
        self.url = read = read_url(url)
        self.name = str(read)
        self._schema = read.options.get("schema")
        self._process = os.getpid()
        # The pool starts its threads when it is opened, which a URL alone does not.
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            kwargs={**parameters(read), "autocommit": True},
            min_size=1,
            max_size=read.pool,
            timeout=read.timeout,
            configure=_configured,
            name=self.name,
            open=False,
        )

    @contextlib.contextmanager
    def _connected(self) -> Iterator[Connection]:
        """Borrow a connection; what goes wrong with it is explained."""
        if os.getpid() != self._process:
            raise StoreFileError(self.name, "a forked process must open the store for itself")
        connection = None
        try:
            connection = self._pool.getconn()
            yield connection
        except (psycopg.Error, NoConnection, PoolClosed) as fault:
            raise self._explained(fault, connection) from fault
        except UNSAYABLE as fault:
            raise unsayable(fault) from fault
        finally:
            if connection is not None:
                self._give_back(connection)

    def _give_back(self, connection: Connection) -> None:
        if not connection.closed and connection.info.transaction_status:
            # Left by an exception: nothing of it may stay.
            with contextlib.suppress(psycopg.Error):
                connection.rollback()
        self._pool.putconn(connection)

    @contextlib.contextmanager
    def reading(self) -> Iterator[PostgresqlTransaction]:
        """Return a transaction that sees one instant and only reads."""
        with self._connected() as connection:
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield PostgresqlTransaction(connection)
            connection.execute("COMMIT")

    @contextlib.contextmanager
    def writing(self) -> Iterator[PostgresqlTransaction]:
        """Return a transaction that is durable when it is left."""
        with self._connected() as connection:
            connection.execute("BEGIN")
            yield PostgresqlTransaction(connection)
            connection.execute("COMMIT")

    def run(self, statement: str, values: Values) -> list[Any]:
        """Run one statement as a transaction of its own and return its rows."""
        with self._connected() as connection:
            return PostgresqlTransaction(connection).execute(statement, values)

    def close(self) -> None:
        """Close all connections; closing twice is no error."""
        self._pool.close()

    def schema(self) -> str | None:
        """Return the schema's revision, None where there are no tables of ours."""
        with self.alone() as connection:
            return self._revision(connection)

    def make_ready(self) -> None:
        """
        Create the tables where there are none, and open the pool.

        Raises:
            SchemaOutOfDateError: The schema is of another release.
        """
        make_ready(self)
        self._pool.open()

    def upgrade(self) -> None:
        """
        Bring the schema to this release's, whole or not at all; of several, one does.

        Raises:
            SchemaOutOfDateError: The schema is none that this release knows.
        """
        from sqlalchemy import StaticPool, create_engine

        with ALEMBIC, self.alone() as connection:
            engine = create_engine(
                "postgresql+psycopg://", creator=lambda: connection, poolclass=StaticPool
            )
            with engine.connect() as borrowed, borrowed.begin():
                # Others wait here until this one's transaction has ended, however long it takes.
                connection.execute("SET LOCAL lock_timeout = 0")
                connection.execute(
                    "SELECT pg_advisory_xact_lock(%s, hashtext(%s))", (LOCK, self._schema or "")
                )
                make_schema(connection, self.url)
                migrate(borrowed, self.name, self._revision(connection))

    @contextlib.contextmanager
    def alone(self) -> Iterator[Connection]:
        """Give a connection that is none of the pool's, in a transaction."""
        try:
            connection = psycopg.connect(**parameters(self.url))
            with contextlib.closing(connection):
                yield connection
        except psycopg.Error as fault:
            raise self._explained(fault, None) from fault

    def _revision(self, connection: Connection) -> str | None:
        found = connection.execute("SELECT to_regclass(%s)", (VERSION_TABLE,)).fetchone()
        if found == (None,):
            return None
        row = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()  # noqa: S608 - our constant
        return str(row[0]) if row else "none"

    def _explained(self, fault: Exception, connection: Connection | None) -> Exception:
        if isinstance(fault, PoolClosed):
            return StoreFileError(self.name, "it was closed")
        if connection is not None and connection.closed:
            # The others may be gone too: none of them shall fail a caller.
            self._pool.check()
        return explained(self.name, fault)


def read_url(url: str) -> ServerUrl:
    """
    Read the URL of a server.

    Raises:
        ConfigurationError: It cannot be read; all faults at once, none with a password.
    """
    return server_url(url, "psycopg", ("postgresql",), OPTIONS)


def explained(store: str, fault: Exception) -> Exception:
    """
    Return what a fault of the driver means for a store.

    Args:
        store: What errors call the store.
        fault: The driver's, or the pool's.
    """
    reason = str(fault).partition("\n")[0]
    if isinstance(fault, _CLASHES):
        return Clash(reason)
    if isinstance(fault, _OVERTAKEN):
        return Busy(store, reason)
    if isinstance(fault, psycopg.DataError):
        return UnstorableError((reason,))
    if isinstance(fault, _UNUSABLE):
        return StoreFileError(store, reason)
    return UnavailableError(store, reason)


def make_schema(connection: Connection, url: ServerUrl) -> None:
    """Make the schema that a URL names where it is missing."""
    if "schema" in url.options:
        wanted = sql.Identifier(url.options["schema"])
        connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(wanted))


def parameters(url: ServerUrl) -> dict[str, Any]:
    """Return what libpq connects with."""
    milliseconds = round(url.timeout * 1000)
    settings = [f"-c lock_timeout={milliseconds}", *_PLANS]
    if "schema" in url.options:
        # Quoted for the server, then escaped for the command line that this is.
        quoted = '"' + url.options["schema"].replace('"', '""') + '"'
        settings.append("-c search_path=" + quoted.replace("\\", "\\\\").replace(" ", "\\ "))
    given = {
        "host": url.host or None,
        "port": url.port,
        "user": url.user,
        "password": url.password,
        "dbname": url.database,
        "connect_timeout": max(2, round(url.timeout)),
        "options": " ".join(settings),
        "application_name": "crmflow",
        "sslmode": url.options.get("sslmode"),
        "sslrootcert": url.options.get("sslrootcert"),
    }
    return {name: value for name, value in given.items() if value is not None}


def _configured(connection: Connection) -> None:
    # One kind of integer, so that a statement is prepared once whatever the numbers.
    connection.adapters.register_dumper(int, Int8BinaryDumper)
