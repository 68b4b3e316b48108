"""
Backups of a store: whole, checked, and there at once or not at all.

A backup is made beside its place, checked, flushed to the disk and only then given its name, so a
crash leaves a part that no reader takes for a backup. It holds all tenants. Chains of hashes are
verified over the stored bytes: no key and no machine is needed for it (STO-001).
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Mapping
from itertools import groupby, islice
from pathlib import Path
from shutil import copyfile

import attrs

from crmflow.codec import chained
from crmflow.core.errors import BackupError, SchemaOutOfDateError
from crmflow.storage.migrations import HEAD, VERSION_TABLE
from crmflow.storage.port import Store

PART = ".part"
"""Behind the name of a backup that is not whole yet."""

REPLACED = ".replaced"
"""Behind the name of a store that a backup took the place of."""

SHOWN = 5
"""Faults that an error names."""

_NO_HASH = bytes(32)
_PRUNES = "0006"
"""The first schema with marks of pruned journals."""

Starts = Mapping[tuple[str, ...], tuple[int, bytes]]
"""The version and hash behind which a pruned journal goes on, by its entity."""

_BESIDE = ("-wal", "-shm")


@attrs.frozen
class Checked:
    """
    A backup that was found whole.

    Attributes:
        file: Its path.
        schema: Revision of its schema.
        entities: How many entities it holds, of all tenants.
        records: How many journal records, every hash of them verified.
    """

    file: str
    schema: str
    entities: int
    records: int


def back_up(store: Store, file: Path) -> Checked:
    """
    Make a backup of a store that may be in use, and check it.

    Args:
        store: The store.
        file: Where to; there must be nothing yet.

    Raises:
        BackupError: The store cannot be copied, the file is there, or the copy is not whole.
        UnavailableError: The store does not answer.
    """
    if file.exists():
        raise BackupError(str(file), "it is there already; name a new file")
    with _placed(file) as part:
        store.copy(str(part))
        found = verify(part)
    return attrs.evolve(found, file=str(file))


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
    if into.exists() and not force:
        reason = "there is a store already; name a new file, or put it aside with --force"
        raise BackupError(str(into), reason)
    with _placed(into) as part:
        copyfile(file, part)
        # What was not yet written back belongs to the old file: the new one must not read it.
        for name in (into.name, *(f"{into.name}{end}" for end in _BESIDE)):
            if into.with_name(name).exists():
                into.with_name(name).replace(into.with_name(f"{name}{REPLACED}"))
    return attrs.evolve(found, file=str(into))


@contextlib.contextmanager
def _placed(file: Path) -> Iterator[Path]:
    """Give the path of a part; once it is written, flush it and give it its name."""
    part = file.with_name(f"{file.name}{PART}")
    try:
        part.unlink(missing_ok=True)
        yield part
        _flush(part)
        part.replace(file)
        _flush(file.parent)
    except OSError as fault:
        raise BackupError(str(file), f"it cannot be written: {fault}") from fault
    finally:
        # What kept the part from being written may keep it from being removed: that was told.
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    """Wait until the disk has a file, or the names in a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def verify(file: Path) -> Checked:
    """
    Check a backup: its pages, its schema, every chain of hashes and what it ends in.

    Raises:
        BackupError: It is not whole, or no backup at all; names what is wrong.
        SchemaOutOfDateError: It is of a newer release.
    """
    if not file.is_file():
        raise BackupError(str(file), "there is no such file")
    place = f"{file.absolute().as_uri()}?mode=ro"
    try:
        with contextlib.closing(sqlite3.connect(place, uri=True)) as db:
            return _verified(file, db)
    except sqlite3.Error as fault:
        raise BackupError(str(file), f"it is no whole store: {fault}") from fault


def _verified(file: Path, db: sqlite3.Connection) -> Checked:
    pages = [text for (text,) in db.execute(f"PRAGMA integrity_check({SHOWN})")]
    if pages != ["ok"]:
        raise BackupError(str(file), f"it is damaged: {'; '.join(pages)}")
    ((schema,),) = db.execute(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608 - our constant
    if schema > HEAD:
        raise SchemaOutOfDateError(str(file), schema, HEAD)
    starts = _starts(db) if schema >= _PRUNES else {}
    faults = list(islice(_broken(db, starts), SHOWN))
    if faults:
        raise BackupError(str(file), f"it was changed: {'; '.join(faults)}")
    ((entities,),) = db.execute("SELECT count(*) FROM crmflow_entity")
    ((records,),) = db.execute("SELECT count(*) FROM crmflow_journal")
    return Checked(str(file), schema, entities, records)


def _broken(db: sqlite3.Connection, starts: Starts) -> Iterator[str]:
    """Yield the entities whose chain is broken or ends elsewhere, and chains without an entity."""
    heads = db.execute(
        "SELECT tenant, machine, id, version, head FROM crmflow_entity ORDER BY tenant, machine, id"
    )
    ends = _ends(db, starts)
    end = next(ends, None)
    for *of, version, head in heads:
        while end is not None and end[0] < of:
            yield f"{_named(end[0])} has a journal and no entity"
            end = next(ends, None)
        if end is None or end[0] != of or end[1] != (version, head):
            yield f"the journal of {_named(of)} does not lead to its version {version}"
        if end is not None and end[0] == of:
            end = next(ends, None)
    if end is not None:
        yield f"{_named(end[0])} has a journal and no entity"


def _ends(
    db: sqlite3.Connection, starts: Starts
) -> Iterator[tuple[list[str], tuple[int, bytes] | None]]:
    """Yield the version and hash each journal leads to, None where its chain is broken."""
    rows = db.execute(
        "SELECT tenant, machine, id, version, body, hash FROM crmflow_journal "
        "ORDER BY tenant, machine, id, version"
    )
    for of, records in groupby(rows, key=lambda row: list(row[:3])):
        end: tuple[int, bytes] | None = starts.get(tuple(of), (0, _NO_HASH))
        for _, _, _, version, body, digest in records:
            whole = end is not None and (end[0] + 1, chained(end[1], body)) == (version, digest)
            end = (version, digest) if whole else None
        yield of, end


def _starts(db: sqlite3.Connection) -> Starts:
    marks = db.execute("SELECT tenant, machine, id, version, hash FROM crmflow_pruned")
    return {tuple(of): (version, digest) for *of, version, digest in marks}


def _named(of: list[str]) -> str:
    tenant, machine, id_ = of
    return f"{machine} {id_} ({tenant})"
