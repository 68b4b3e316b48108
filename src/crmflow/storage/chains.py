"""
What tells that a store is whole, whatever database it is in: every chain of hashes and its head.

Verified over the stored bytes: no key and no machine is needed for it (STO-001).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from typing import Any

import attrs

from crmflow.codec import chained
from crmflow.core.errors import BackupError, SchemaOutOfDateError
from crmflow.storage.migrations import HEAD, VERSION_TABLE

SHOWN = 5
"""Faults that an error names."""

NEEDED = (VERSION_TABLE, "crmflow_entity", "crmflow_journal")
"""Tables without which nothing is a store."""

Rows = Callable[[str], Iterable[Sequence[Any]]]
"""What gives the rows of a query, several at the same time."""

_NO_HASH = bytes(32)
_PRUNES = "0006"
"""The first schema with marks of pruned journals."""

_Starts = Mapping[tuple[str, ...], tuple[int, bytes]]
"""The version and hash behind which a pruned journal goes on, by its entity."""

_Chain = tuple[list[str], tuple[int, bytes] | None]
"""An entity, and the version and hash its journal leads to; None where it is broken."""


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


def whole(file: str, rows: Rows) -> Checked:
    """
    Check a store: its schema, every chain of hashes and what it ends in.

    Args:
        file: What errors call it.
        rows: What reads it, as of one instant.

    Raises:
        BackupError: It is not whole; names what is wrong.
        SchemaOutOfDateError: It is of a newer release.
    """
    revisions = [text for (text,) in rows(f"SELECT version_num FROM {VERSION_TABLE}")]  # noqa: S608 - our constant
    if len(revisions) != 1:
        raise BackupError(file, f"it names {len(revisions)} schemas, and a store has one")
    (schema,) = revisions
    if schema > HEAD:
        raise SchemaOutOfDateError(file, schema, HEAD)
    starts = _starts(rows) if schema >= _PRUNES else {}
    faults = list(islice(_broken(rows, starts), SHOWN))
    if faults:
        raise BackupError(file, f"it was changed: {'; '.join(faults)}")
    return Checked(file, schema, counted(rows, "crmflow_entity"), counted(rows, "crmflow_journal"))


def counted(rows: Rows, table: str) -> int:
    """Return how many rows a table of ours has."""
    ((count,),) = rows(f"SELECT count(*) FROM {table}")  # noqa: S608 - a name of ours
    return int(count)


def _broken(rows: Rows, starts: _Starts) -> Iterator[str]:
    """Yield the entities whose chain is broken or ends elsewhere, and chains without an entity."""
    heads = rows(
        "SELECT tenant, machine, id, version, head FROM crmflow_entity ORDER BY tenant, machine, id"
    )
    ends = _ends(rows, starts)
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


def _ends(rows: Rows, starts: _Starts) -> Iterator[_Chain]:
    records = rows(
        "SELECT tenant, machine, id, version, body, hash FROM crmflow_journal "
        "ORDER BY tenant, machine, id, version"
    )
    for of, found in groupby(records, key=lambda row: list(row[:3])):
        end: tuple[int, bytes] | None = starts.get(tuple(of), (0, _NO_HASH))
        for _, _, _, version, body, digest in found:
            goes_on = end is not None and (end[0] + 1, chained(end[1], body)) == (version, digest)
            end = (version, digest) if goes_on else None
        yield of, end


def _starts(rows: Rows) -> _Starts:
    marks = rows("SELECT tenant, machine, id, version, hash FROM crmflow_pruned")
    return {tuple(of): (version, digest) for *of, version, digest in marks}


def _named(of: list[str]) -> str:
    tenant, machine, id_ = of
    return f"{machine} {id_} ({tenant})"
