"""
Backups of a store on a server: its own tool's dump, proved by restoring it.

The same steps for every kind of server, which each brings what they are made of. A copy is
restored into a scratch database, counted there and verified to the last hash, and the scratch
database is dropped whatever comes of it (STO-001).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import attrs

from crmflow.core.errors import BackupError, StoreFileError
from crmflow.storage.backup import see_there
from crmflow.storage.chains import Checked, Rows, counted, whole
from crmflow.storage.dump import Dump

SCRATCH = "crmflow_check_"
"""What names of scratch databases begin with."""


class Dumps(Protocol):
    """
    How a store on a server is dumped, and a database on one is filled.

    Attributes:
        name: What errors call the database; without a password.
    """

    name: str

    def write(self, path: str) -> None:
        """Dump the store as of one instant to a file that is there and empty."""
        ...

    def read(self, path: str) -> Dump:
        """Return what a dump says, and refuse what no dump of a store says."""
        ...

    def see_room(self, dump: Dump) -> None:
        """See that the database has none of our tables, and that they would be found in it."""
        ...

    def scratch(self, path: str, dump: Dump) -> AbstractContextManager[Dumps]:
        """Give a new database on the same server, and drop it in the end."""
        ...

    def load(self, path: str) -> None:
        """Restore a dump into a scratch database."""
        ...

    def place(self, path: str, dump: Dump) -> None:
        """Restore a dump into the database itself, whole or not at all."""
        ...

    def reading(self) -> AbstractContextManager[Rows]:
        """Give what reads the database as of one instant."""
        ...


def copy(dumps: Dumps, path: str) -> None:
    """
    Dump a store to a new file that only its owner may read.

    Raises:
        BackupError: The tool is missing or fails, or the file cannot be written.
        UnavailableError: The server does not answer.
    """
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        dumps.write(path)
    except OSError as fault:
        raise BackupError(path, f"it cannot be written: {fault}") from fault


def verify(dumps: Dumps, path: str) -> Checked:
    """
    Restore a copy into a scratch database and check it there.

    Args:
        dumps: Where the scratch database is made.
        path: The copy.

    Raises:
        BackupError: It is not whole, or there may be no scratch database.
        SchemaOutOfDateError: It is of a newer release.
        UnavailableError: The server does not answer.
    """
    see_there(Path(path))
    return _verified(dumps, path, dumps.read(path))


def restore(dumps: Dumps, path: str, *, checked: bool = True, on: Dumps | None = None) -> Checked:
    """
    Make a store of a copy in a database that has none, and verify it there.

    Args:
        dumps: The database.
        path: The copy.
        checked: Whether it is checked in a scratch database first.
        on: Where that is made, None for beside the database itself.

    Raises:
        BackupError: There is a store already, or the copy is not whole. Nothing is left of it,
            unless it was not to be checked first and is found broken where it is now.
        SchemaOutOfDateError: It is of a newer release.
        UnavailableError: The server does not answer.
    """
    see_there(Path(path))
    dump = dumps.read(path)
    dumps.see_room(dump)
    if checked:
        _verified(on or dumps, path, dump)
    dumps.place(path, dump)
    return attrs.evolve(_whole(dumps, path, dump), file=dumps.name)


def _verified(dumps: Dumps, path: str, dump: Dump) -> Checked:
    with dumps.scratch(path, dump) as scratch:
        with _faults_of(path):
            scratch.load(path)
        return _whole(scratch, path, dump)


def _whole(dumps: Dumps, path: str, dump: Dump) -> Checked:
    """Compare a database with what a dump says, and verify it."""
    with _faults_of(path), dumps.reading() as rows:
        faults = [
            f"{table} has {found} rows, and the dump says {said}"
            for table, said in dump.rows.items()
            if (found := counted(rows, table)) != said
        ]
        if faults:
            raise BackupError(path, f"it was not restored whole: {'; '.join(faults)}")
        return whole(path, rows)


@contextmanager
def _faults_of(path: str) -> Iterator[None]:
    """Tell as a fault of a copy what a server refuses of it."""
    try:
        yield
    except StoreFileError as fault:
        raise BackupError(path, f"it is no whole store: {fault.reason}") from fault


def scratch_name(*of: str) -> str:
    """Return the name of the scratch database of something: always the same, so none pile up."""
    return f"{SCRATCH}{sha256(' '.join(of).encode()).hexdigest()[:16]}"


def no_scratch(path: str, name: str, fault: object, grant: str) -> BackupError:
    """
    Return the error where no scratch database may be made.

    Args:
        path: The copy.
        name: What errors call the database beside which it would be made.
        fault: What the server says.
        grant: The right that is missing.
    """
    reason = (
        f"no database may be made beside {name} to check it in ({fault}): grant {grant}, name "
        "another server or role (--check-on), or leave the check out (--no-check; 'checked = "
        "false' in a row of [[backups]])"
    )
    return BackupError(path, reason)


def see_alone(path: str, name: str, *, alone: bool) -> None:
    """
    See that no other backup is being checked in a scratch database.

    Raises:
        BackupError: One is.
    """
    if not alone:
        raise BackupError(path, f"another backup is being checked beside {name}; try again later")


def see_empty(name: str, tables: Sequence[str]) -> None:
    """
    See that a database has none of our tables.

    Raises:
        BackupError: It has; names one.
    """
    if tables:
        reason = f"there is a store already ({tables[0]}, ...); name a database that has none"
        raise BackupError(name, reason)
