"""
Backups of a store: whole, checked, and there at once or not at all.

A backup is made beside its place, checked, flushed to the disk and only then given its name, so a
crash leaves a part that no reader takes for a backup. It holds all tenants (STO-001).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import attrs

from crmflow.core.errors import BackupError
from crmflow.storage.chains import Checked
from crmflow.storage.port import Store

PART = ".part"
"""Behind the name of a backup that is not whole yet."""


def back_up(store: Store, file: Path, *, on: str | None = None) -> Checked:
    """
    Make a backup of a store that may be in use, and check it.

    Args:
        store: The store.
        file: Where to; there must be nothing yet.
        on: URL of another server or role to check the copy of a server's store with.

    Raises:
        BackupError: The store cannot be copied, the file is there, or the copy is not whole.
        UnavailableError: The store does not answer.
    """
    with placed(file, new=True) as part:
        store.copy(str(part))
        return attrs.evolve(store.verify(str(part), on=on), file=str(file))


def back_up_unchecked(store: Store, file: Path) -> None:
    """
    Make a backup of a store that nobody knows to be whole.

    Args:
        store: The store.
        file: Where to; there must be nothing yet.

    Raises:
        BackupError: The store cannot be copied, or the file is there.
        UnavailableError: The store does not answer.
    """
    with placed(file, new=True) as part:
        store.copy(str(part))


@contextlib.contextmanager
def placed(file: Path, *, new: bool = False) -> Iterator[Path]:
    """
    Give the path of a part; once it is written, flush it and give it its name.

    Args:
        file: The name.
        new: Whether there must be nothing of that name.

    Raises:
        BackupError: The file is there, or the disk refuses.
    """
    part = file.with_name(f"{file.name}{PART}")
    try:
        if new:
            _see_free(file)
        part.unlink(missing_ok=True)
        yield part
        _flush(part)
        part.replace(file)
        _flush(file.parent)
    except BackupError as fault:
        # Nobody asked for the part.
        fault.file = fault.file.removesuffix(PART)
        raise
    except OSError as fault:
        raise BackupError(str(file), f"it cannot be written: {fault}") from fault
    finally:
        # What kept the part from being written may keep it from being removed: that was told.
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _see_free(file: Path) -> None:
    if file.exists():
        raise BackupError(str(file), "it is there already; name a new file")


def see_there(file: Path) -> None:
    """
    Look whether a backup is there.

    Raises:
        BackupError: There is no such file, or the system takes no such name.
    """
    try:
        there = file.is_file()
    except OSError as fault:
        raise BackupError(str(file), f"it cannot be read: {fault.strerror}") from fault
    if not there:
        raise BackupError(str(file), "there is no such file")


def _flush(path: Path) -> None:
    """Wait until the disk has a file, or the names in a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
