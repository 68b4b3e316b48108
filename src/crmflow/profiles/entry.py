"""Entries: a row of the layers as it was written, what it was read into, and its faults."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

import attrs

from crmflow.core.errors import did_you_mean
from crmflow.core.form import Fault, structure
from crmflow.core.held import Held
from crmflow.core.kinds import field_names
from crmflow.core.tables import Table, TableRow
from crmflow.profiles.blanks import filled, keys_in, marked
from crmflow.profiles.dating import Dated
from crmflow.profiles.layer import Draft, Source
from crmflow.profiles.settings import Settings

FILLED_IN = ("version", "origin")
"""Columns that the loader fills in and nobody writes."""


class Use(StrEnum):
    """Whether a row is in use, else why not."""

    USED = "used"
    OFF = "off"
    MACHINE = "machine"
    BLANK = "blank"


@attrs.frozen
class Entry:
    """
    A row of the layers, read.

    Attributes:
        table: Its kind of table.
        draft: What was written, and where.
        row: What it was read into; None where a blank is missing or it is faulty.
        faults: What is wrong with it; paths begin at the row, `$.target`.
        blanks: Keys of the blanks it names.
        lacking: Those of them without a value that can be used.
        filled: Where the values of the others were given.
        use: Whether it is in use, else why not.
    """

    table: Table
    draft: Draft
    row: TableRow | None
    faults: tuple[Fault, ...]
    blanks: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    filled: Mapping[str, Source] = attrs.field(factory=dict)
    use: Use = Use.USED

    @property
    def machine(self) -> str | None:
        """Name of its machine, None where it is about none."""
        row: type = self.table.row
        about, default = _machine_column(row)
        found = (self.draft.value("machine") or default) if about else None
        return found if isinstance(found, str) else None

    def __str__(self) -> str:
        return f"{self.table.name} {self.draft.name!r}"

    def used(self, use: Use) -> Entry:
        """Return it with its use."""
        return self if self.use is use else attrs.evolve(self, use=use)

    def told(self, fault: Fault) -> str:
        """Return a fault with file, place and name of the row."""
        return f"{self.place(fault.path)}: {fault.told}"

    def reached(self, path: str) -> object:
        """Return what a path leads to in the row that was read; None where that is nothing."""
        inner: object = self.row
        for field, item in _PART.findall(path):
            inner = getattr(inner, field, None) if field else _inner(inner, field, item)
        return inner if isinstance(inner, str) else None

    def place(self, path: str) -> str:
        """Return where a path of the row was written: in its file, or as a setting it names."""
        parts = _PART.findall(path)
        inner: object = {name: one.value for name, one in self.draft.columns.items()}
        for index, (field, item) in enumerate(parts):
            inner = _inner(inner, field, item)
            source = self.filled.get(marked(inner) or "")
            if source is not None:
                rest = "".join(f".{name}" if name else f"[{at}]" for name, at in parts[index + 1 :])
                return f"{source.at(rest)} ({self}, {path.removeprefix('$.')})"
        place = self.draft.source(parts[0][0] if parts else "").at(path.removeprefix("$"))
        return f"{place} ({self.draft.name})" if "name" in self.draft.columns else place


@functools.cache
def _machine_column(row: type) -> tuple[bool, object]:
    """Say whether rows are about machines, and about which where they do not say."""
    own = getattr(attrs.fields(row), "machine", None)
    return own is not None, getattr(own, "default", None)


_PART = re.compile(r"\.(\w+)|\[(\d+)\]")


def _inner(value: object, field: str, item: str) -> object:
    if isinstance(value, Mapping):
        return value.get(field)
    found = value if item and isinstance(value, list | tuple) else ()
    return found[int(item)] if item and int(item) < len(found) else None


def entry_of(table: Table, dated: Dated, settings: Settings) -> Entry:
    """
    Return a row, read with the values of its blanks.

    Args:
        table: Its kind of table.
        dated: What was written, its days settled.
        settings: Values of blanks.
    """
    draft = dated.draft
    plain = draft.shipped and not dated.faults and _plain(table, Held.of(draft))
    return plain or _entry(table, dated, settings)


@functools.lru_cache(maxsize=2048)
def _plain(table: Table, shipped: Held[Draft]) -> Entry | None:
    """Return a shipped row that names no blank, which every company reads alike; else None."""
    draft = shipped.thing
    blank = any(True for one in draft.columns.values() for _ in keys_in(one.value))
    return None if blank else _entry(table, Dated(draft), Settings())


def _entry(table: Table, dated: Dated, settings: Settings) -> Entry:
    draft = dated.draft
    written = {name: one.value for name, one in draft.columns.items()}
    named = {name: keys for name, one in written.items() if (keys := tuple(keys_in(one)))}
    blanks = tuple(dict.fromkeys(key for keys in named.values() for key in keys))
    values = {key: settings.written(key) for key in blanks if settings.fits(key)}
    columns = {**written, "version": draft.version, "origin": draft.origin}
    columns |= {name: filled(written[name], values) for name in named}
    row, faults = structure(table.row, columns)
    pending = {name for name, keys in named.items() if not values.keys() >= {*keys}}
    found: tuple[Fault, ...] = (
        *dated.faults,
        *(fault for fault in faults if _column(fault) not in pending),
        *_forbidden(written),
        *_undescribed(named, settings),
    )
    return Entry(
        table,
        draft,
        row if isinstance(row, table.row) and not found and not pending else None,
        found,
        blanks,
        tuple(key for key in blanks if key not in values),
        {key: source for key in values if (source := settings.source(key)) is not None},
    )


def _column(fault: Fault) -> str:
    return fault.path.removeprefix("$.").partition(".")[0].partition("[")[0]


def _forbidden(written: Mapping[str, object]) -> Iterator[Fault]:
    for name in FILLED_IN:
        if name in written:
            yield Fault(f"$.{name}", "given", "nothing: it is filled in when the row is loaded")


def _undescribed(named: Mapping[str, Iterable[str]], settings: Settings) -> Iterator[Fault]:
    known = (*settings.rows, *settings.blanks)
    for name, keys in named.items():
        for key in keys:
            if not settings.described(key):
                hint = f"{key!r} is no blank. {did_you_mean(key, known)}"
                yield Fault(f"$.{name}", "unknown", hint)


def references(value: object, tables: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """
    Yield (table, name) of the rows that a row names.

    A field called `calendar` names rows of the table `calendars`, at any depth.

    Args:
        value: A row, or a value in one.
        tables: The tables there are.
    """
    kind: type = type(value)
    if isinstance(value, Mapping):
        pairs = [(str(name), one) for name, one in value.items()]
    elif isinstance(value, list | tuple):
        pairs = [("", one) for one in value]
    else:
        pairs = [(name, getattr(value, name)) for name in field_names(kind)]
    for name, one in pairs:
        if f"{name}s" in tables:
            names = one if isinstance(one, list | tuple) else (one,)
            yield from ((f"{name}s", found) for found in names if isinstance(found, str))
        # Most of what a row holds are texts and numbers, with nothing within them.
        if one is not None and not isinstance(one, str | int):
            yield from references(one, tables)
