"""
Blanks: what the catalogue leaves to each company, and how a value of one is read.

They are rows of a table of their own, so that a company describes the blanks of its own
rows in the same way. A key below a described one (`tier.thresholds.core`) is described
by it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import time
from enum import StrEnum
from typing import Any

import attrs

from crmflow.core.form import Fault, Text
from crmflow.core.local_time import zone_named
from crmflow.core.machine import Blank, Machine
from crmflow.core.reading import FieldError, read_money, span
from crmflow.core.tables import Table, TableRow, Tables

MARK = "blank"
"""The one key of an inline table that stands for a value still to be given."""


class BlankKind(StrEnum):
    """What a value of a blank is."""

    TEXT = "text"
    ROLE = "role"
    CHOICE = "choice"
    PREDICATE = "predicate"
    FLAG = "flag"
    COUNT = "count"
    DAYS = "days"
    DURATION = "duration"
    MEASURE = "measure"
    TIME = "time"
    MONEY = "money"
    ZONE = "zone"
    LIST = "list"
    MAP = "map"
    MEASURES = "measures"
    PREDICATES = "predicates"


@attrs.frozen
class BlankRow(TableRow):
    """
    A blank, described; its name is its dotted key.

    Attributes:
        kind: What a value of it is.
        meaning_en: One sentence, in English.
        meaning_zh: The same in Chinese.
        feature: Where it is needed; its label is in the locale section `phrases`.
        choices: What may be chosen, for the kind `choice` alone.
    """

    kind: BlankKind
    meaning_en: Text
    meaning_zh: Text
    feature: Text
    choices: tuple[Text, ...] = ()

    def meaning(self, lang: str) -> str:
        """Return what it means in a language, `en` or `zh`."""
        return self.meaning_zh if lang == "zh" else self.meaning_en


def _check(
    rows: Sequence[BlankRow], tables: Tables, machines: Mapping[str, Machine]
) -> Iterator[Fault]:
    for index, row in enumerate(rows):
        if bool(row.choices) != (row.kind is BlankKind.CHOICE):
            expected = "choices for the kind choice, and for no other"
            yield Fault(f"$.blanks[{index}].choices", "choices", expected)


BLANKS = Table("blanks", BlankRow, _check)
"""The table of blanks; the loader knows it without a plugin."""


def marked(value: object) -> str | None:
    """Return the key that a value stands for, None where it is a value itself."""
    found = value.get(MARK) if isinstance(value, dict) and len(value) == 1 else None
    return found if isinstance(found, str) else None


def keys_in(value: object) -> Iterator[str]:
    """Yield the keys of the blanks that stand in a value as TOML gives it, at any depth."""
    if isinstance(value, dict):
        key = marked(value)
        if key is not None:
            yield key
            return
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from keys_in(one)


def filled(value: object, values: Mapping[str, object]) -> object:
    """Return a value with the blanks in it replaced; those without a value stay."""
    if isinstance(value, dict):
        key = marked(value)
        if key is not None:
            return values.get(key, value)
        return {name: filled(one, values) for name, one in value.items()}
    return [filled(one, values) for one in value] if isinstance(value, list) else value


def described(key: str, rows: Mapping[str, BlankRow]) -> tuple[BlankRow, BlankKind | None] | None:
    """
    Return the row that describes a key and what a value of it is.

    Args:
        key: Dotted key of a blank, or one below it.
        rows: Blanks by key.

    Returns:
        The row and the kind, which is None for what lies in a map of anything; None where
        nothing describes the key.
    """
    if key in rows:
        return rows[key], rows[key].kind
    inner = {BlankKind.MEASURES: BlankKind.MEASURE, BlankKind.PREDICATES: BlankKind.PREDICATE}
    above = key
    while "." in above:
        above = above.rpartition(".")[0]
        if above in rows and rows[above].kind in {*inner, BlankKind.MAP}:
            return rows[above], inner.get(rows[above].kind)
    return None


def nested(given: Mapping[str, object]) -> Mapping[str, object]:
    """
    Return what settings say of every key and of every key above one.

    Args:
        given: Settings by dotted key.

    Returns:
        By dotted key a value, or the table of what lies below; a value hides what is
        written below it.
    """
    found: dict[str, Any] = {}
    for key, value in given.items():
        *above, last = key.split(".")
        table: dict[str, Any] = {}
        path = ""
        for part in above:
            path = f"{path}.{part}" if path else part
            inner = found.setdefault(path, {})
            table.setdefault(part, inner)
            table = inner
        table[last] = value
    return {**found, **given}


def read(kind: BlankKind | None, value: object, choices: Iterable[str] = ()) -> object:
    """
    Return a value of a blank as settings keep it.

    Args:
        kind: What it is, or None for anything.
        value: As it was written, or None.
        choices: What may be chosen.

    Raises:
        FieldError: It is missing or does not fit.
    """
    what = "value" if kind is None else str(kind)
    if value is None:
        raise FieldError("missing", f"a {what}")
    if kind is BlankKind.CHOICE:
        return _choice(value, tuple(choices))
    return value if kind is None else _READERS[kind](value)


def of_machine(blank: Blank, value: object) -> object:
    """
    Return a value of a blank that a machine's own functions read.

    Raises:
        FieldError: It is missing or does not fit.
    """
    return read(BlankKind(blank.kind), value)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise FieldError("blank", "text")
    return value


def _choice(value: object, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise FieldError("choice", f"one of {', '.join(choices)}")
    return str(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise FieldError("type", "true or false")
    return value


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise FieldError("type", "a whole number, zero or more")
    return value


def _measure(value: object) -> str:
    # What a row may say there it checks itself when it is read.
    if not isinstance(value, str) or not re.search(r"\d", value):
        raise FieldError("type", "a length of time with its measure, such as '4wh', '2wd' or '10d'")
    return value


def _days(value: object) -> object:
    whole = isinstance(value, int) and not isinstance(value, bool) and value > 0
    return value if whole else _measure(value)


def _time(value: object) -> str:
    try:
        found = time.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        found = None
    if not isinstance(found, time) or found.tzinfo is not None:
        raise FieldError("type", "a time of day such as '17:30'")
    return found.isoformat("minutes")


def _zone(value: object) -> str:
    try:
        return zone_named(_text(value)).key
    except ValueError:
        raise FieldError("zone", "the name of a time zone such as 'Asia/Shanghai'") from None


def _list(value: object) -> list[object]:
    if not isinstance(value, list | tuple) or not value:
        raise FieldError("type", "a list, at least one entry")
    return list(value)


def _map(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise FieldError("type", "a table of values")
    return value


_READERS: Mapping[BlankKind, Callable[[object], object]] = {
    BlankKind.TEXT: _text,
    BlankKind.ROLE: _text,
    BlankKind.PREDICATE: _text,
    BlankKind.FLAG: _flag,
    BlankKind.COUNT: _count,
    BlankKind.DAYS: _days,
    BlankKind.DURATION: span,
    BlankKind.MEASURE: _measure,
    BlankKind.TIME: _time,
    BlankKind.MONEY: lambda value: str(read_money(value, None)),
    BlankKind.ZONE: _zone,
    BlankKind.LIST: _list,
    BlankKind.MAP: _map,
    BlankKind.MEASURES: _map,
    BlankKind.PREDICATES: _map,
}
