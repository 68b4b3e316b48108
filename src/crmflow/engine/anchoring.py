"""
Anchors: the heads of all journals as of a moment, in a file that is kept elsewhere.

JSON, a line per entity, chained like a journal, with the root on the last line. Where an audit
key is set the root is signed; without one a file is as trustworthy as the place it is kept at.
"""

from __future__ import annotations

import contextlib
import heapq
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import groupby
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO

import attrs
import msgspec
from msgspec import Struct

from crmflow.codec import chained, micros, moment
from crmflow.codec.sealing import Vault
from crmflow.core.errors import AnchorError
from crmflow.core.ref import EntityRef
from crmflow.flow.commits import NO_HASH
from crmflow.storage.rows import EntityRow

SHAPE = 1
"""What the lines of an anchor are; its first line tells it."""


_LONGEST = 64 * 1024
"""Bytes of a line at the most: those of an anchor have far fewer, whoever wrote it."""

_ROOM = 8 * 1024 * 1024
"""Bytes of heads that are kept in memory; more go to a file that has no name."""


class _Begin(Struct):
    anchor: int
    tenant: str = ""
    at: int = 0


class _End(Struct):
    entities: int
    records: int
    root: str
    signature: str


_Line = tuple[str, str, int, str]
_BEGIN = msgspec.json.Decoder(_Begin)
_HEAD = msgspec.json.Decoder(_Line)
_LINE = msgspec.json.Decoder(_Line | _End)
_UNREADABLE = (ArithmeticError, RecursionError, ValueError)
"""What reading a file that is no anchor may raise."""

_NO_ANCHOR = "it is no anchor, or its end is missing"


@attrs.frozen
class Anchor:
    """
    What an anchor says as a whole.

    Attributes:
        file: Its path.
        tenant: Whose entities.
        at: Aware UTC instant.
        entities: How many there were.
        records: How many journal records they had had.
        root: Hash over every line before the last, in hex: short enough to note elsewhere too.
        signature: Name of a key and HMAC of the root, or empty.
    """

    file: str
    tenant: str
    at: datetime
    entities: int
    records: int
    root: str
    signature: str


@attrs.frozen
class Head:
    """Where the journal of an entity stood: version and hash of its last record."""

    ref: EntityRef
    version: int
    head: bytes


def write(file: Path, rows: Iterable[EntityRow], tenant: str, at: datetime, vault: Vault) -> Anchor:
    """
    Write an anchor.

    Args:
        file: Where to; there must be nothing yet.
        rows: All entities of the tenant, in order of (machine, id).
        tenant: Whose.
        at: Aware UTC instant.
        vault: Signs it.

    Raises:
        AnchorError: The file is there, or cannot be written.
    """
    entities = records = 0
    try:
        with _made(file) as out:
            root = _put(out.write, NO_HASH, {"anchor": SHAPE, "tenant": tenant, "at": micros(at)})
            for row in rows:
                head = [row.ref.machine, row.ref.id, row.version, row.head.hex()]
                root = _put(out.write, root, head)
                entities, records = entities + 1, records + row.version
            signature = vault.signed(_told(root.hex()))
            end = {"entities": entities, "records": records, "root": root.hex()}
            _put(out.write, root, {**end, "signature": signature})
    except FileExistsError as fault:
        raise AnchorError(str(file), "it is there already; name a new file") from fault
    except OSError as fault:
        raise AnchorError(str(file), f"it cannot be written: {fault.strerror}") from fault
    return Anchor(str(file), tenant, at, entities, records, root.hex(), signature)


@contextlib.contextmanager
def _made(file: Path) -> Iterator[IO[bytes]]:
    """Make a file that is not there yet; where it comes to nothing, it is not left in the way."""
    with contextlib.ExitStack() as undone:
        with file.open("xb") as out:
            undone.callback(_remove, file)
            yield out
        undone.pop_all()


def _remove(file: Path) -> None:
    # What kept it from being written may keep it from being removed: that was told.
    with contextlib.suppress(OSError):
        file.unlink()


def _put(write: Callable[[bytes], object], root: bytes, line: object) -> bytes:
    body = msgspec.json.encode(line)
    write(body + b"\n")
    return chained(root, body)


def _told(root: str) -> bytes:
    return msgspec.json.encode(["anchor", root])


def read(
    file: Path, tenant: str, vault: Vault, keep: Callable[[bytes], object] = lambda _: None
) -> Anchor:
    """
    Read what an anchor says as a whole, once every line of it is found as it was written.

    Args:
        file: The anchor.
        tenant: Whose it must be.
        vault: Its audit key, where it has one, must have signed the anchor.
        keep: Is called with the line of each head, before it is known whether all is right.

    Raises:
        AnchorError: It is no anchor, another tenant's, not whole, changed, or not signed.
    """
    try:
        return _read(file, tenant, vault, keep)
    except OSError as fault:
        raise AnchorError(str(file), f"it cannot be read: {fault.strerror}") from fault
    except _UNREADABLE as fault:
        raise AnchorError(str(file), _NO_ANCHOR) from fault


def _read(file: Path, tenant: str, vault: Vault, keep: Callable[[bytes], object]) -> Anchor:
    lines = _lines(file)
    first = next(lines, b"")
    begin, root = _BEGIN.decode(first), chained(NO_HASH, first)
    if begin.anchor != SHAPE:
        raise AnchorError(str(file), f"it is of another release; this one reads shape {SHAPE}")
    if begin.tenant != tenant:
        raise AnchorError(str(file), f"it is of tenant {begin.tenant!r}, not of {tenant!r}")
    before, entities, records = root, 0, 0
    line: _Line | _End | None = None
    last: EntityRef | None = None
    for body in lines:
        line = _LINE.decode(body)
        before, root = root, chained(root, body)
        if isinstance(line, tuple):
            head = _head(tenant, line)
            if last is not None and head.ref <= last:
                raise AnchorError(str(file), "it was changed: its lines are not in order")
            last, entities, records = head.ref, entities + 1, records + head.version
            keep(body + b"\n")
    if not isinstance(line, _End):
        raise AnchorError(str(file), _NO_ANCHOR)
    if (line.root, line.entities, line.records) != (before.hex(), entities, records):
        raise AnchorError(str(file), "it was changed: its root is not that of its lines")
    if not vault.vouched(_told(before.hex()), line.signature):
        raise AnchorError(str(file), f"the key {vault.auditing!r} did not sign it, nor any other")
    return Anchor(str(file), tenant, moment(begin.at), entities, records, line.root, line.signature)


def _lines(file: Path) -> Iterator[bytes]:
    """Yield the lines of a file that may be anything: never more at once than a line has."""
    with file.open("rb") as found:
        while line := found.readline(_LONGEST):
            if len(line) == _LONGEST:
                raise ValueError("no line of an anchor is so long")
            yield line.removesuffix(b"\n")


def heads(
    file: Path, tenant: str, vault: Vault, told: Callable[[Anchor], object]
) -> Iterator[Head]:
    """
    Yield where each journal stood, in order of (machine, id), once all of an anchor is right.

    The file is read once: nobody can put another one in its place after it was found right.

    Args:
        file: The anchor.
        tenant: Whose it must be.
        vault: As for `read`.
        told: Is called with what the anchor says as a whole, before the first head.

    Raises:
        AnchorError: As for `read`.
    """
    with SpooledTemporaryFile(_ROOM) as kept:
        told(read(file, tenant, vault, kept.write))
        kept.seek(0)
        for line in kept:
            yield _head(tenant, _HEAD.decode(line))


def _head(tenant: str, line: _Line) -> Head:
    machine, id_, version, head = line
    return Head(EntityRef(tenant, machine, id_), version, bytes.fromhex(head))


def paired(
    rows: Iterable[EntityRow], anchored: Iterable[Head]
) -> Iterator[tuple[EntityRow | Head, Head | None]]:
    """Yield each entity with its head, where the anchor has one; the head alone if it is gone."""
    both: Iterable[EntityRow | Head] = heapq.merge(rows, anchored, key=_ref)
    for _, found in groupby(both, key=_ref):
        first, *heads = found
        yield first, next((one for one in heads if isinstance(one, Head)), None)


def _ref(one: EntityRow | Head) -> EntityRef:
    return one.ref
