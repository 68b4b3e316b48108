"""
A commit on PostgreSQL: one statement in one round trip, whole or not at all.

Every part of a wave of commits is a data-modifying WITH query; the main query counts what they
touched and fails where an entity has another version or a claim another holder, which rolls all
of it back. Few rows travel one by one, many as one array for each column, so that there are few
different texts and the server knows them prepared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import attrs
from sqlalchemy import Integer, LargeBinary, Table
from sqlalchemy.types import TypeEngine

from crmflow.core.claim import Claim
from crmflow.core.ref import EntityRef
from crmflow.storage import sql_rows as rows
from crmflow.storage.commit import Commit
from crmflow.storage.postgresql_waking import CHANNEL, is_told
from crmflow.storage.sql_rows import Values
from crmflow.storage.tables import (
    CHECKPOINT,
    CLAIM,
    ENTITY,
    JOURNAL,
    KEY,
    MESSAGE,
    SECRET,
    TASK,
    TERM,
    TIMER,
)

_PLACE = ("tenant", "machine", "id")
_MOVING = ("version", "state", "at", "snapshot", "head")
_COUNTED = ("move", "take_claim")

FEW = 4
"""Up to so many rows of a part travel one by one: measured, arrays of few cost more to write."""


@attrs.frozen
class Part:
    """
    What a wave writes to a table: in which columns, and how.

    Attributes:
        table: The table.
        columns: Columns of its values, in their order.
        write: Makes its query of so many rows, or of arrays where 0.
    """

    table: Table
    columns: tuple[str, ...]
    write: Callable[[Part, int], str]

    def names(self) -> str:
        """Return the columns as they are written."""
        return _names(self.columns)

    def source(self, count: int) -> str:
        """Return the values as a query of some rows, or of one array for each column where 0."""
        kinds = [_kind(self.table.c[_column(name)].type) for name in self.columns]
        if count:
            row = ", ".join(f"%s::{kind}" for kind in kinds)
            return f"VALUES {', '.join([f'({row})'] * count)}"
        # Binary, because the text of an array of bytes is long.
        return f"SELECT * FROM unnest({', '.join(f'%b::{kind}[]' for kind in kinds)})"  # noqa: S608 - our own names


def _column(name: str) -> str:
    return "version" if name == "expected" else name


def _kind(of: TypeEngine[Any]) -> str:
    if isinstance(of, LargeBinary):
        return "bytea"
    return "bigint" if isinstance(of, Integer) else "text"


def _names(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _move(part: Part, count: int) -> str:
    new = ", ".join(f'"{name}" = new."{name}"' for name in _MOVING)
    same = " AND ".join(f'old."{name}" = new."{name}"' for name in _PLACE)
    return (
        f"UPDATE {part.table.name} AS old SET {new} "  # noqa: S608 - as above
        f"FROM ({part.source(count)}) AS new ({part.names()}) "
        f'WHERE {same} AND old."version" = new."expected" RETURNING 1'
    )


def _insert(part: Part, count: int) -> str:
    return f"INSERT INTO {part.table.name} ({part.names()}) {part.source(count)}"


def _put(part: Part, count: int) -> str:
    keys = part.table.primary_key.columns.keys()
    new = (f'"{name}" = excluded."{name}"' for name in part.columns if name not in keys)
    return f"{_insert(part, count)} ON CONFLICT ({_names(keys)}) DO UPDATE SET {', '.join(new)}"


def _add(part: Part, count: int) -> str:
    return f"{_insert(part, count)} ON CONFLICT DO NOTHING"


def _take(part: Part, count: int) -> str:
    own = " AND ".join(f'{part.table.name}."{name}" = excluded."{name}"' for name in _PLACE[1:])
    return f"{_put(part, count)} WHERE {own} RETURNING 1"


def _drop(part: Part, count: int) -> str:
    same = " AND ".join(f'old."{name}" = gone."{name}"' for name in part.columns)
    gone = f"({part.source(count)}) AS gone ({part.names()})"
    return f"DELETE FROM {part.table.name} AS old USING {gone} WHERE {same}"  # noqa: S608 - as above


def _whole(table: Table, write: Callable[[Part, int], str]) -> Part:
    return Part(table, tuple(table.c.keys()), write)


PARTS: Mapping[str, Part] = {
    "move": Part(ENTITY, (*_MOVING, *_PLACE, "expected"), _move),
    "take_claim": _whole(CLAIM, _take),
    "create": _whole(ENTITY, _insert),
    "append": _whole(JOURNAL, _insert),
    "add_key": _whole(KEY, _insert),
    "drop_timer": Part(TIMER, (*_PLACE, "name"), _drop),
    "set_timer": _whole(TIMER, _put),
    "drop_task": Part(TASK, (*_PLACE, "name"), _drop),
    "set_task": _whole(TASK, _put),
    "drop_term": _whole(TERM, _drop),
    "add_term": _whole(TERM, _add),
    "set_secret": _whole(SECRET, _put),
    "send": _whole(MESSAGE, _insert),
    "keep": _whole(CHECKPOINT, _insert),
    "free_claim": _whole(CLAIM, _drop),
}
"""The parts by the statements of `sql` that they stand for, those that lock first in front."""


@lru_cache(1000)
def statement(shape: tuple[tuple[str, int], ...], *, told: bool) -> str:
    """
    Return the statement of some parts.

    It takes each part's values, then how many rows `move` and `take_claim` must touch, as far as
    they are among the parts; then whom it is told of.

    Args:
        shape: Name of each part and how many rows it has, 0 for columns as arrays.
        told: Whether waiting workers are told.
    """
    queries = (f'"{name}" AS ({PARTS[name].write(PARTS[name], count)})' for name, count in shape)
    counted = [name for name, _ in shape if name in _COUNTED]
    counts = [f'(SELECT count(*) FROM "{name}") = %s' for name in counted]  # noqa: S608 - as above
    # A part that touched fewer rows must not stay: dividing by nought undoes all.
    check = f"1 / ({' AND '.join(counts)})::integer" if counts else "1"
    telling = f", pg_notify('{CHANNEL}', %s)" if told else ""
    return f"WITH {', '.join(queries)} SELECT {check}{telling}"


def one_statement(wave: Sequence[Commit]) -> tuple[str, Sequence[object]]:
    """
    Return the statement of a wave, and its values.

    Args:
        wave: Commits of different entities, of which none takes a claim that another one touches.
    """
    shape: list[tuple[str, int]] = []
    values: list[object] = []
    counts: list[int] = []
    for name, found in _written(wave):
        if not found:
            continue
        if len(found) <= FEW:
            shape.append((name, len(found)))
            values += [value for row in found for value in row]
        else:
            shape.append((name, 0))
            values += map(list, zip(*found, strict=True))
        if name in _COUNTED:
            counts.append(len(found))
    told = is_told(wave)
    whom = [wave[0].row.ref.tenant] if told else []
    return statement(tuple(shape), told=told), [*values, *counts, *whom]


def _written(wave: Sequence[Commit]) -> Iterator[tuple[str, Sequence[Values]]]:
    """Yield the values of each part."""
    yield "move", [rows.moved(one) for one in wave if one.expected]
    more = [one for one in wave if one.has_more]
    yield "take_claim", _last("take_claim", more)
    yield "create", [rows.created(one) for one in wave if not one.expected]
    yield "append", [row for one in wave for row in rows.records(one)]
    yield "add_key", [row for one in wave if one.keys for row in rows.keys(one)]
    if more:
        yield from ((name, _last(name, more)) for name in rows.PARTS)
        yield "free_claim", _last("free_claim", more)


_UNDONE = {
    "drop_timer": "set_timer",
    "drop_task": "set_task",
    "drop_term": "add_term",
    "free_claim": "take_claim",
}
"""Removals come before what is set: of both in one statement only the setting may be there."""

_VALUES = {**rows.PARTS, "take_claim": rows.claims, "free_claim": rows.claims_gone}


def _last(name: str, wave: Sequence[Commit]) -> list[Values]:
    """Return the values of a part, the last word about each row."""
    part, setting = PARTS[name], _UNDONE.get(name)
    # What is removed is named by all its values: a claim by its holder too.
    key = len(part.columns if setting else part.table.primary_key)
    found = {row[:key]: row for one in wave for row in _VALUES[name](one)}
    if found and setting:
        for row in _last(setting, wave):
            found.pop(row[:key], None)
    return list(found.values())


def waves(batch: Sequence[Commit]) -> Iterator[Sequence[Commit]]:
    """
    Cut a batch where an entity comes again, or takes a claim that another one frees or takes.

    Members come in the order of their entities, so that two batches do not wait for each other.
    """
    for wave in rows.waves(batch):
        cut: list[Commit] = []
        touched: dict[Claim, EntityRef] = {}
        for one in wave:
            ref = one.row.ref
            if any(touched.get(claim, ref) != ref for claim in one.claims):
                yield _sorted(cut)
                cut, touched = [], {}
            cut.append(one)
            touched |= dict.fromkeys((*one.claims_gone, *one.claims), ref)
        yield _sorted(cut)


def _sorted(wave: list[Commit]) -> Sequence[Commit]:
    return sorted(wave, key=lambda one: one.row.ref) if len(wave) > 1 else wave
