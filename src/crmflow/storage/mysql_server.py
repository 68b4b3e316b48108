"""
A MySQL or MariaDB server: pooled connections, its transactions and schema, and errors that say why.

Connections are in autocommit, so a statement alone is a transaction of its own. Read committed
is enough, since every commit compares versions, and it locks no gaps between rows.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import QueuePool, StaticPool
from sqlalchemy.exc import TimeoutError as NoConnection

from crmflow.core.errors import StoreFileError
from crmflow.storage.database import UNSAYABLE, unsayable
from crmflow.storage.migrations import ALEMBIC, HEAD, VERSION_TABLE, make_ready, migrate
from crmflow.storage.mysql_connecting import (
    Connection,
    MySQLError,
    connect,
    explained,
    read_url,
)
from crmflow.storage.mysql_transaction import MysqlTransaction
from crmflow.storage.sql_rows import Values

_RECYCLED = 300
"""Seconds after which a connection is made anew: less than servers and proxies leave one idle."""

_WAITED = 86_400
"""Seconds to wait for others that migrate; there is no number for ever."""

_WRITING = ("START TRANSACTION",)
_READING = (
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
)
_COMMIT = "COMMIT"
_NO_TABLE = 1146


class MysqlServer:
    """
    One database on a server; nothing is connected before it is used.

    Args:
        url: `mysql://user:password@host:port/database`; see `open_store`.

    Raises:
        ConfigurationError: The URL cannot be read.
    """

    dialect = "mysql"

    def __init__(self, url: str) -> None:
        self.url = read_url(url)
        self.name = str(self.url)
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._closed = False
        self._most = 0
        self._pool = QueuePool(
            self._connect,
            pool_size=self.url.pool,
            max_overflow=0,
            timeout=self.url.timeout,
            recycle=_RECYCLED,
            # What an exception left open is rolled back here: nobody else pays a round trip.
            reset_on_return=None,
            use_lifo=True,
        )

    def _connect(self) -> Any:  # noqa: ANN401 - the pool asks for a type that drivers do not name
        return connect(self.url)

    @contextlib.contextmanager
    def _connected(self) -> Iterator[Connection]:
        """Borrow a connection; what goes wrong with it is explained."""
        if os.getpid() != self._process:
            raise StoreFileError(self.name, "a forked process must open the store for itself")
        if self._closed:
            raise StoreFileError(self.name, "it was closed")
        pool = self._pool
        with self._explaining():
            borrowed = pool.connect()
            connection: Any = borrowed.dbapi_connection
            try:
                yield connection
            except BaseException as fault:
                if not _rolled_back(connection, fault):
                    borrowed.invalidate()
                    self._renew(pool)
                raise
            finally:
                borrowed.close()

    def _renew(self, lost: QueuePool) -> None:
        """Leave the connections of a pool: where one is gone, the others may be gone too."""
        with self._lock:
            if self._pool is lost:
                self._pool = lost.recreate()
                lost.dispose()

    @contextlib.contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except (MySQLError, NoConnection, OSError) as fault:
            raise explained(self.name, fault) from fault
        except UNSAYABLE as fault:
            raise unsayable(fault) from fault

    @contextlib.contextmanager
    def _transaction(self, begin: tuple[str, ...]) -> Iterator[MysqlTransaction]:
        with self._connected() as connection:
            work = MysqlTransaction(connection, self._most, begin)
            yield work
            if not work.begin:
                work.send((_COMMIT,))

    def reading(self) -> contextlib.AbstractContextManager[MysqlTransaction]:
        """Return a transaction that sees one instant and only reads."""
        return self._transaction(_READING)

    def writing(self) -> contextlib.AbstractContextManager[MysqlTransaction]:
        """Return a transaction that is durable when it is left."""
        return self._transaction(_WRITING)

    def run(self, statement: str, values: Values) -> list[Any]:
        """Run one statement as a transaction of its own and return its rows."""
        with self._connected() as connection:
            return MysqlTransaction(connection, self._most).execute(statement, values)

    def each(self, statement: str, values: Sequence[Values]) -> list[list[Any]]:
        """Return the rows of a statement for each of some values, as of one instant."""
        with self._connected() as connection:
            work = MysqlTransaction(connection, self._most, _READING)
            return work.each(statement, values, _COMMIT)

    def close(self) -> None:
        """Close all connections; closing twice is no error."""
        self._closed = True
        self._pool.dispose()

    def schema(self) -> str | None:
        """Return the schema's revision, None where there are no tables of ours."""
        with self._alone() as connection:
            found = _revision(connection)
            if found in {None, HEAD}:
                return found
            # Others see each table that a migration makes: it may not have ended yet.
            self._wait_for_others(connection)
            return _revision(connection)

    def make_ready(self) -> None:
        """
        Create the tables where there are none.

        Raises:
            SchemaOutOfDateError: The schema is of another release.
        """
        make_ready(self)
        with self._alone() as connection:
            ((self._most,),) = _rows(connection, "SELECT @@max_allowed_packet")

    def upgrade(self) -> None:
        """
        Bring the schema to this release's; of several at once one does.

        The server commits each change of a table by itself: what an upgrade that failed left
        half done, the next one goes on with.

        Raises:
            SchemaOutOfDateError: The schema is none that this release knows.
        """
        from sqlalchemy import create_engine

        with ALEMBIC, self._alone() as connection:
            self._wait_for_others(connection)
            engine = create_engine(
                "mysql+pymysql://", creator=lambda: connection, poolclass=StaticPool
            )
            with engine.connect() as borrowed, borrowed.begin():
                migrate(borrowed, self.name, _revision(connection))

    @contextlib.contextmanager
    def _alone(self) -> Iterator[Connection]:
        """Give a connection of its own, which may take as long as it needs."""
        with self._explaining():
            connection = connect(self.url, patient=True)
            with contextlib.closing(connection):
                yield connection

    def _wait_for_others(self, connection: Connection) -> None:
        """Take the lock of migrations; it is given back with the connection."""
        # Locks are the server's, and their names short.
        name = f"crmflow-{sha256(self.url.database.encode()).hexdigest()[:40]}"
        _rows(connection, "SELECT GET_LOCK(%s, %s)", name, _WAITED)


def _revision(connection: Connection) -> str | None:
    try:
        found = _rows(connection, f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608 - our constant
    except MySQLError as fault:
        if fault.args[0] != _NO_TABLE:
            raise
        return None
    return str(found[0][0]) if found else "none"


def _rows(connection: Connection, statement: str, *values: str | int) -> Sequence[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def _rolled_back(connection: Connection, fault: BaseException) -> bool:
    """Roll back, and say whether the connection can be used again."""
    # What interrupts a thread may have left half of an answer.
    if not isinstance(fault, Exception):
        return False
    try:
        connection.rollback()
    except (MySQLError, OSError):
        return False
    return True
