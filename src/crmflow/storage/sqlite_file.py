"""
One SQLite connection under one lock, and errors that say what is wrong.

Opening looks before it writes: only a file of ours or an empty one is touched.
A new file is made in one transaction behind SQLite's own write lock, so of two
processes one makes it and the other finds it ready.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import attrs

from crmflow.core.errors import (
    BackupError,
    StoreFileError,
    UnavailableError,
)
from crmflow.storage.database import UNSAYABLE, Clash, unsayable
from crmflow.storage.migrations import (
    ALEMBIC,
    NOTHING,
    VERSION_TABLE,
    make_ready,
    migrate,
    require_ready,
)
from crmflow.storage.sql_rows import Values

_UNUSABLE = {
    sqlite3.SQLITE_FULL: "the disk, or the size allowed to the file, is full; nothing was written",
    sqlite3.SQLITE_NOTADB: "it is not an SQLite file",
    sqlite3.SQLITE_CORRUPT: "the file is damaged; restore a backup",
    sqlite3.SQLITE_READONLY: "it may be read but not written",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; look at the rights of the file and its folder",
}
_HELD = "another process holds it for longer than the time allowed"
_UNANSWERED = {
    sqlite3.SQLITE_BUSY: _HELD,
    sqlite3.SQLITE_LOCKED: _HELD,
    sqlite3.SQLITE_PROTOCOL: _HELD,
    sqlite3.SQLITE_IOERR: "the disk failed to read or write",
}
_PAUSE = 0.01
_PATIENCE = 12
"""How many times as long as a commit a migration waits for another process's."""

MEMORY = ":memory:"
"""The path of a store that is gone when it is closed."""


@attrs.frozen
class SqliteOptions:
    """
    How a file is used.

    Attributes:
        synchronous: `FULL` keeps every acknowledged commit through a power cut;
            `NORMAL` may lose the last ones, yet never half of one.
        timeout: Seconds to wait for another process's transaction.
        reading: Whether the file is only read: it must be there, and stays as it is.
    """

    synchronous: str = "FULL"
    timeout: float = 5.0
    reading: bool = False


@attrs.frozen
class SqliteTransaction:
    """An open transaction of a file; see `database`."""

    connection: sqlite3.Connection

    def execute(self, statement: str, values: Values) -> list[Any]:
        """Run a statement and return its rows."""
        return self.connection.execute(statement, values).fetchall()

    def executemany(self, statement: str, values: Sequence[Values]) -> int:
        """Run a statement for each of some values and return how many rows it touched."""
        return self.connection.executemany(statement, values).rowcount


class SqliteFile:
    """
    The connection; `with file as connection:` holds its lock, rolls back and explains.

    Args:
        path: Path of the file, or `:memory:`.
        options: How it is used.

    Raises:
        StoreFileError: The file is none of ours, damaged, read-only, a folder or nowhere.
        UnavailableError: Another process holds it.
    """

    dialect = "sqlite"

    def __init__(self, path: str, options: SqliteOptions) -> None:
        self.name = path
        self._options = options
        self._lock = threading.Lock()
        self._process = os.getpid()
        try:
            _look(path, options)
            # Transactions are begun explicitly: the driver's own begin too late.
            self._connection = sqlite3.connect(
                f"{Path(path).resolve().as_uri()}?mode=ro" if options.reading else path,
                timeout=options.timeout,
                isolation_level=None,
                check_same_thread=False,
                uri=options.reading,
            )
        except sqlite3.Error as fault:
            raise explained(path, fault) from fault
        except (OSError, ValueError) as fault:  # a name that no system takes
            raise StoreFileError(path, _UNUSABLE[sqlite3.SQLITE_CANTOPEN]) from fault
        self._transaction = SqliteTransaction(self._connection)

    def __enter__(self) -> sqlite3.Connection:
        if os.getpid() != self._process:
            raise StoreFileError(self.name, "a forked process must open the store for itself")
        self._lock.acquire()
        return self._connection

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if fault is None:
            self._lock.release()
            return
        try:
            self._roll_back()
        finally:
            self._lock.release()
        if isinstance(fault, sqlite3.Error):
            raise explained(self.name, fault) from fault
        if isinstance(fault, UNSAYABLE):
            raise unsayable(fault) from fault

    @contextlib.contextmanager
    def reading(self) -> Iterator[SqliteTransaction]:
        """Return a transaction that only reads, so that the file is locked once."""
        with self as connection:
            connection.execute("BEGIN")
            yield self._transaction
            connection.execute("COMMIT")

    @contextlib.contextmanager
    def writing(self) -> Iterator[SqliteTransaction]:
        """Return a transaction that keeps other writers out."""
        with self as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield self._transaction
            connection.execute("COMMIT")

    def run(self, statement: str, values: Values) -> list[Any]:
        """Run one statement as a transaction of its own and return its rows."""
        with self as connection:
            return connection.execute(statement, values).fetchall()

    def close(self) -> None:
        """Close the connection; closing twice is no error."""
        with self as connection:
            connection.close()

    def copy(self, path: str) -> None:
        """
        Write the file as it stands at one instant to another; others go on meanwhile.

        Raises:
            BackupError: The other cannot be written.
            UnavailableError: Another process holds the file.
        """
        with contextlib.ExitStack() as until:
            try:
                target = until.enter_context(contextlib.closing(sqlite3.connect(path)))
                if self.name == MEMORY:
                    source = until.enter_context(self)
                else:
                    # A reader of its own, so that nobody waits for the copy.
                    source = sqlite3.connect(
                        self.name, timeout=self._options.timeout, isolation_level=None
                    )
                    until.callback(source.close)
                    # Read first: a copy alone would wait for ever for whoever holds the file.
                    source.execute("BEGIN")
                    source.execute("SELECT count(*) FROM sqlite_master")
                source.backup(target)
                # One file, without another beside it that must come along.
                target.execute("PRAGMA journal_mode = DELETE")
            except sqlite3.Error as fault:
                found = explained(self.name, fault)
                if isinstance(found, UnavailableError):
                    raise found from fault
                raise BackupError(path, f"it cannot be written: {fault}") from fault

    def schema(self) -> str | None:
        """
        Return the schema's revision, None for an empty file.

        Raises:
            StoreFileError: The file holds tables of something else.
        """
        with self as connection:
            return self._schema(connection)

    def make_ready(self) -> None:
        """
        Create the tables in an empty file and set how it is written; one that is read has them.

        Raises:
            StoreFileError: The file is only read, and empty.
            SchemaOutOfDateError: The schema is of another release.
        """
        if self._options.reading:
            require_ready(self)
            return
        make_ready(self)
        with self as connection:
            self._write_ahead(connection)
            connection.execute(f"PRAGMA synchronous = {self._options.synchronous}")
            connection.execute("PRAGMA foreign_keys = ON")
            # Measured: with SQLite's 1000 pages, batches spend a third in checkpoints.
            connection.execute("PRAGMA wal_autocheckpoint = 4000")

    def upgrade(self) -> None:
        """
        Bring the schema to this release's, whole or not at all.

        Raises:
            SchemaOutOfDateError: The schema is none that this release knows.
        """
        from sqlalchemy import StaticPool, create_engine

        with ALEMBIC, self as connection:
            engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
            with engine.connect() as borrowed, borrowed.begin():
                # Only now, because SQLAlchemy rolls back when it first connects.
                self._begin_when_free(connection)
                migrate(borrowed, self.name, self._schema(connection))

    def _begin_when_free(self, connection: sqlite3.Connection) -> None:
        """Begin a migration, after another process's, which takes longer than a commit does."""
        usual = round(self._options.timeout * 1000)
        connection.execute(f"PRAGMA busy_timeout = {_PATIENCE * usual}")
        try:
            connection.execute("BEGIN IMMEDIATE")
        finally:
            connection.execute(f"PRAGMA busy_timeout = {usual}")

    def _schema(self, connection: sqlite3.Connection) -> str | None:
        try:
            found = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchall()  # noqa: S608 - our constant
        except sqlite3.OperationalError as fault:
            if fault.sqlite_errorcode != sqlite3.SQLITE_ERROR:
                raise
            others = connection.execute("SELECT name FROM sqlite_master LIMIT 3").fetchall()
            if not others:
                return None
            names = ", ".join(repr(name) for (name,) in others)
            reason = f"it holds tables of something else ({names}); name a new file"
            raise StoreFileError(self.name, reason) from None
        return str(found[0][0]) if found else "none"

    def _write_ahead(self, connection: sqlite3.Connection) -> None:
        # A change of mode answers 'busy' at once while another process looks in.
        for _ in range(round(self._options.timeout / _PAUSE)):
            try:
                connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError:
                time.sleep(_PAUSE)
            else:
                return
        connection.execute("PRAGMA journal_mode = WAL")

    def _roll_back(self) -> None:
        try:
            # SQLite rolls back by itself where the disk fails.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error as fault:
            raise explained(self.name, fault) from fault


def explained(store: str, fault: sqlite3.Error) -> Exception:
    """
    Return what a fault of the driver means for a store.

    Args:
        store: What errors call the store.
        fault: The driver's.
    """
    if isinstance(fault, sqlite3.IntegrityError):
        return Clash(str(fault))
    code = getattr(fault, "sqlite_errorcode", -1) & 0xFF
    if code in _UNANSWERED:
        return UnavailableError(store, _UNANSWERED[code])
    return StoreFileError(store, _UNUSABLE.get(code, str(fault)))


def _look(path: str, options: SqliteOptions) -> None:
    """Name what SQLite would only call 'unable to open'."""
    if path == MEMORY:
        return
    file = Path(path)
    if file.is_dir():
        raise StoreFileError(path, "it is a folder; name a file in it")
    if options.reading:
        if not file.exists():
            raise StoreFileError(path, NOTHING)
        return
    if not file.parent.is_dir():
        raise StoreFileError(path, f"there is no folder {str(file.parent)!r}; make it first")
    touched = file if file.exists() else file.parent
    effective = os.access in os.supports_effective_ids
    if not os.access(touched, os.W_OK, effective_ids=effective):
        raise StoreFileError(path, _UNUSABLE[sqlite3.SQLITE_READONLY])
