"""
The backups that are made by themselves, when what is due is run.

When the last one was made is told by the files alone. Of several processes one makes it: a lock
of the folder, which ends with the process that holds it, lets the others go on (STO-001).
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from crmflow.core import logs
from crmflow.core.errors import BackupError, CrmflowError
from crmflow.core.tables import Tables
from crmflow.policies.backups import Backup
from crmflow.storage.backup import PART, back_up, back_up_unchecked
from crmflow.storage.port import Store

LOCK = ".crmflow-backups.lock"
"""File of a folder by which processes know that one of them is making a backup."""


def back_up_due(
    tables: Tables, store: Store, now: datetime
) -> tuple[tuple[str, ...], tuple[CrmflowError, ...]]:
    """
    Make the backups that are due.

    Args:
        tables: The rows in use.
        store: What is copied.
        now: Aware UTC instant.

    Returns:
        Paths of those that were made, and what failed; it is tried again at the next run.

    Rule: STO-001
    """
    made: list[str] = []
    errors: list[CrmflowError] = []
    for row in tables.of("backups", Backup):
        if row.folder is None or not row.enabled or not row.in_force(tables.day(now)):
            continue
        try:
            made += _made(row, Path(row.folder), tables, store, now)
        except CrmflowError as error:
            errors.append(error)
        except OSError as fault:
            errors.append(BackupError(row.folder, f"it cannot be used: {fault}"))
    for one in errors:
        logs.failed("a backup", one)
    return tuple(made), tuple(errors)


def _made(row: Backup, folder: Path, tables: Tables, store: Store, now: datetime) -> Iterator[str]:
    if not folder.is_dir():
        raise BackupError(str(folder), "there is no such folder; make it first")
    if not row.is_due(_last(row, folder), now, tables.zone):
        return
    with _locked(folder) as alone:
        # Asked again: another process may have made it in between.
        if not alone or not row.is_due(_last(row, folder), now, tables.zone):
            return
        for part in folder.glob(f"{row.name}-*{PART}"):
            if row.made_at(part.name.removesuffix(PART)) is not None:
                part.unlink()
        file = folder / row.file(now)
        if row.checked:
            back_up(store, file)
        else:
            back_up_unchecked(store, file)
        for old in sorted(_files(row, folder))[: -row.keep]:
            (folder / row.file(old)).unlink()
        yield str(file)


def _files(row: Backup, folder: Path) -> Iterator[datetime]:
    made = (row.made_at(file.name) for file in folder.iterdir())
    return (at for at in made if at is not None)


def _last(row: Backup, folder: Path) -> datetime | None:
    return max(_files(row, folder), default=None)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Hold the folder's lock, or say that another holds it."""
    try:
        lock = sqlite3.connect(folder / LOCK, timeout=0, isolation_level=None)
        with contextlib.closing(lock):
            try:
                lock.execute("BEGIN EXCLUSIVE")
            except sqlite3.DatabaseError as fault:
                if fault.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                    raise
                yield False
            else:
                yield True
    except sqlite3.Error as fault:
        raise BackupError(str(folder), f"it cannot be written: {fault}") from fault
