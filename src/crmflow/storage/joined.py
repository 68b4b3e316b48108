"""
The store in a host's transaction: what the host commits or rolls back is ours too.

The host begins and ends its transaction. Every commit of ours is a savepoint in it, so a clash
leaves the host's rows and its transaction as they were. Nothing is tried again behind the host's
back but what can be decided anew on what its transaction sees.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs

from crmflow.core.errors import (
    BackupError,
    SchemaOutOfDateError,
    StoreFileError,
    UnavailableError,
)
from crmflow.storage.chains import Checked
from crmflow.storage.commit import Commit, Committed, Outcome
from crmflow.storage.database import UNSAYABLE, Busy, Clash, Transaction, unsayable
from crmflow.storage.hosts import HOST, Host
from crmflow.storage.migrations import HEAD, VERSION_TABLE
from crmflow.storage.sql_rows import Values
from crmflow.storage.sql_store import SqlStore

NAME = f"of {HOST}"
"""What errors call such a store."""

_NO_COPIES = "of a host's transaction there is no backup; ask the engine itself"
_AGAIN = "roll the host's transaction back and begin it again"
_UNSEEN = f"another one has changed what it still sees as it was; {_AGAIN}"
_REVISION = f"SELECT version_num FROM {VERSION_TABLE}"  # noqa: S608 - our constant


@attrs.frozen
class Driver:
    """
    How a host's connection is used, whoever opened it and however it was set.

    Attributes:
        dialect: A name of `sql_parts.DIALECTS`.
        store: The store over such connections.
        faults: What the driver raises.
        explained: What a fault means for a store, which errors call by a name.
        unfit: Why a connection cannot be joined, each fault in some words.
        transaction: The open transaction of a connection.
        present: Asks whether there is a table of some name.
    """

    dialect: str
    store: type[JoinedStore]
    faults: tuple[type[Exception], ...]
    explained: Callable[[str, Any], Exception]
    unfit: Callable[[Any], Sequence[str]]
    transaction: Callable[[Any], Transaction]
    present: str


class JoinedDatabase:
    """
    The database as a host's transaction sees it.

    Args:
        host: Whose transaction.
        driver: How its connection is used.
    """

    name = NAME

    def __init__(self, host: Host, driver: Driver) -> None:
        self.dialect = driver.dialect
        self._host = host
        self._driver = driver
        self._closed = False

    @contextlib.contextmanager
    def reading(self) -> Iterator[Transaction]:
        """Return the host's transaction."""
        if self._closed:
            raise StoreFileError(self.name, "what joined it was left; join it anew")
        try:
            yield self._driver.transaction(self._host.begun())
        except self._driver.faults as fault:
            raise self._explained(fault) from fault
        except UNSAYABLE as fault:
            raise unsayable(fault) from fault

    @contextlib.contextmanager
    def writing(self) -> Iterator[Transaction]:
        """Return the host's transaction, of which an exception undoes what was done since."""
        with self.reading() as work:
            work.execute("SAVEPOINT crmflow", ())
            try:
                yield work
            except BaseException as fault:
                self._undo(work, fault)
                raise
            work.execute("RELEASE SAVEPOINT crmflow", ())

    def run(self, statement: str, values: Values) -> list[Any]:
        """Run one statement, undone where it fails, and return its rows."""
        # What only reads has nothing to undo, and would pay two round trips for it.
        whole = self.reading if statement.lstrip().startswith("SELECT") else self.writing
        with whole() as work:
            return work.execute(statement, values)

    def make_ready(self) -> None:
        """
        See that our tables are there.

        Raises:
            SchemaOutOfDateError: They are not, or of another release.
        """
        with self.reading() as work:
            found = "none"
            if work.execute(self._driver.present, (VERSION_TABLE,)):
                ((found,),) = work.execute(_REVISION, ())
        if found != HEAD:
            raise SchemaOutOfDateError(self.name, found, HEAD)

    def close(self) -> None:
        """Leave the host's transaction to the host; closing twice is no error."""
        self._closed = True

    def _undo(self, work: Transaction, fault: BaseException) -> None:
        """Go back to the savepoint; where that is gone, nobody may commit what is left."""
        # What interrupts a thread or a task may have left half of an answer.
        if isinstance(fault, Exception):
            with contextlib.suppress(*self._driver.faults):
                work.execute("ROLLBACK TO SAVEPOINT crmflow", ())
                work.execute("RELEASE SAVEPOINT crmflow", ())
                return
        self._host.give_up()

    def _explained(self, fault: Exception) -> Exception:
        found = self._driver.explained(self.name, fault)
        if isinstance(found, Busy):
            return UnavailableError(self.name, f"{found.reason}; {_AGAIN}")
        return found


class JoinedStore(SqlStore):
    """
    The store port over a host's transaction, for the thread or task that has it.

    Args:
        database: What the host's transaction sees.
    """

    def __init__(self, database: JoinedDatabase) -> None:
        super().__init__(database)
        self.make_ready = database.make_ready

    def _single(self, commit: Commit) -> Outcome:
        try:
            self._write_all((commit,))
        except Clash as clash:
            with self._database.reading() as work:
                conflict = self._conflict(work, commit)
            if conflict is None:
                raise UnavailableError(self._database.name, _UNSEEN) from clash
            return conflict
        return Committed(commit.row.version)

    def _patiently(self, write: Callable[[], None]) -> None:
        # Who has to go first can only be let go by the host.
        write()

    def copy(self, path: str) -> None:
        """Refuse: what is not committed is nothing to keep."""
        raise BackupError(path, _NO_COPIES)

    def verify(self, path: str, *, on: str | None = None) -> Checked:
        """Refuse: there are no copies of it."""
        raise BackupError(path, _NO_COPIES)
