"""A copy of an SQLite store: checked as a file, and put in a store's place."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from shutil import copyfile

import attrs

from crmflow.core.errors import BackupError
from crmflow.storage.backup import placed, see_there
from crmflow.storage.chains import SHOWN, Checked, whole

REPLACED = ".replaced"
"""Behind the name of a store that a backup took the place of."""

_BESIDE = ("-wal", "-shm")


def restore(file: Path, into: Path, *, force: bool = False) -> Checked:
    """
    Make a store of a backup, once the backup is found whole.

    Args:
        file: The backup.
        into: File of the store; no process may have it open.
        force: Whether a store that is there is put aside (`REPLACED` behind its name).

    Raises:
        BackupError: The backup is not whole, or there is a store and no *force*.
        SchemaOutOfDateError: The backup is of a newer release.
    """
    found = verify(file)
    with placed(into) as part:
        if into.exists() and not force:
            reason = "there is a store already; name a new file, or put it aside with --force"
            raise BackupError(str(into), reason)
        copyfile(file, part)
        # What was not yet written back belongs to the old file: the new one must not read it.
        for name in (into.name, *(f"{into.name}{end}" for end in _BESIDE)):
            if into.with_name(name).exists():
                into.with_name(name).replace(into.with_name(f"{name}{REPLACED}"))
    return attrs.evolve(found, file=str(into))


def verify(file: Path) -> Checked:
    """
    Check a backup: its pages, its schema, every chain of hashes and what it ends in.

    Raises:
        BackupError: It is not whole, or no backup at all; names what is wrong.
        SchemaOutOfDateError: It is of a newer release.
    """
    see_there(file)
    place = f"{file.absolute().as_uri()}?mode=ro"
    try:
        with contextlib.closing(sqlite3.connect(place, uri=True)) as db:
            pages = [text for (text,) in db.execute(f"PRAGMA integrity_check({SHOWN})")]
            if pages != ["ok"]:
                raise BackupError(str(file), f"it is damaged: {'; '.join(pages)}")
            return whole(str(file), db.execute)
    except sqlite3.Error as fault:
        raise BackupError(str(file), f"it is no whole store: {fault}") from fault
