"""Kinds of values in expressions, and the names that facts and forms give them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any, Literal, cast, get_args, get_origin

import attrs

from crmflow.core.kinds import alternatives, hints_of
from crmflow.core.link import Link
from crmflow.core.money import Money

_NESTING = 4
"""How many dots a name may have: facts that hold themselves would have no end."""

Env = tuple[object, object, object, object, object, object, Sequence[Link]]
"""What an expression is asked about: facts, form, state, event, actor, instant, links."""

Read = Callable[[Env], Any]


class Base(StrEnum):
    """What may be done with a value; the text says it to an author."""

    TRUTH = "true or false"
    NUMBER = "a number"
    TEXT = "a text"
    INSTANT = "an instant"
    DAY = "a day"
    SPAN = "a span of time"
    LIST = "a list"
    NOTHING = "null"
    OTHER = "a value that can only be compared with null"


@attrs.frozen
class Kind:
    """
    The kind of a value.

    Attributes:
        base: What may be done with it.
        items: For a list: what its items are.
        choices: For a text: all it can be, or none where it can be anything.
    """

    base: Base
    items: Base | None = None
    choices: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return str(self.base)


@attrs.frozen
class Named:
    """A name that expressions may use: the kind of its value and how it is read."""

    kind: Kind
    read: Read


_BASES: Mapping[type, Base] = {
    bool: Base.TRUTH,
    int: Base.NUMBER,
    float: Base.NUMBER,
    Decimal: Base.NUMBER,
    Money: Base.NUMBER,
    str: Base.TEXT,
    datetime: Base.INSTANT,
    date: Base.DAY,
    timedelta: Base.SPAN,
}


def bare(kind: object) -> object:
    """Return what an annotation says a value is, its notes and its None left out."""
    found = alternatives(kind)
    return found[0] if len(found) == 1 else object


def kind_of(annotation: object) -> Kind:
    """Return the kind of the values of an annotation."""
    kind, origin = bare(annotation), get_origin(bare(annotation))
    if origin is Literal and all(isinstance(choice, str) for choice in get_args(kind)):
        return Kind(Base.TEXT, choices=frozenset(get_args(kind)))
    if origin in {tuple, frozenset} and get_args(kind):
        return Kind(Base.LIST, kind_of(get_args(kind)[0]).base)
    lineage = kind.__mro__ if isinstance(kind, type) else ()
    base = next((_BASES[cls] for cls in lineage if cls in _BASES), Base.OTHER)
    if base is Base.TEXT and Enum in lineage:
        return Kind(
            base, choices=frozenset(str(member.value) for member in cast("type[Enum]", kind))
        )
    return Kind(base)


def _number(value: object) -> object:
    """Return a number that compares exactly: a float by its shortest text, no NaN."""
    if isinstance(value, Money):
        return value.amount
    if isinstance(value, float):
        return Decimal(repr(value)) if math.isfinite(value) else None
    return None if isinstance(value, Decimal) and not value.is_finite() else value


def _converter(kind: Kind) -> Callable[[Any], object] | None:
    if kind.base is Base.NUMBER:
        return _number
    if kind.base is Base.LIST and kind.items is Base.NUMBER:
        return lambda values: tuple(map(_number, values))
    return None


def at_slot(slot: int, path: tuple[str, ...] = (), kind: Kind | None = None) -> Read:
    """Return what reads a value; whatever is missing on the way makes it missing."""
    convert = None if kind is None else _converter(kind)

    def read(env: Env) -> object:
        value = env[slot]
        for name in path:
            value = getattr(value, name, None)
        return value if convert is None or value is None else convert(value)

    return read


def of_key(name: str, kind: Kind) -> Named:
    """Return the name of a value in facts that are a mapping."""
    convert = _converter(kind)

    def read(env: Env) -> object:
        facts = env[0]
        value = facts.get(name) if isinstance(facts, Mapping) else None
        return value if convert is None or value is None else convert(value)

    return Named(kind, read)


def fields_of(
    cls: type, slot: int, prefix: str = "", path: tuple[str, ...] = ()
) -> Iterator[tuple[str, Named]]:
    """
    Yield the names that an attrs class gives, those of values within values too.

    Args:
        cls: Facts or form class.
        slot: Where its value stands in what an expression is asked about.
        prefix: What stands before each name.
        path: Attributes that lead to it.
    """
    hints = hints_of(cls)
    for field in attrs.fields(cls):
        here = (*path, field.name)
        yield from field_names(hints.get(field.name, object), slot, f"{prefix}{field.name}", here)


def field_names(
    annotation: object, slot: int, name: str, path: tuple[str, ...]
) -> Iterator[tuple[str, Named]]:
    """Yield the names that one field gives: its own, of money its currency, those within it."""
    inner, kind = bare(annotation), kind_of(annotation)
    yield name, Named(kind, at_slot(slot, path, kind))
    if inner is Money:
        yield f"{name}_currency", Named(Kind(Base.TEXT), at_slot(slot, (*path, "currency")))
    elif isinstance(inner, type) and attrs.has(inner) and len(path) < _NESTING:
        yield from fields_of(inner, slot, f"{name}.", path)


def result_of(kind: type) -> tuple[Base, Callable[[Any], object]]:
    """Return what an expression of a result type must be, and what makes its value one."""
    if kind is bool:
        return Base.TRUTH, lambda value: value is True
    makers: Mapping[type, Callable[[Any], object]] = {Decimal: Decimal, str: str}
    make = makers.get(kind)
    if kind not in _BASES or kind in {int, float, Money}:
        message = f"an expression gives bool, Decimal, str or a time, not {kind.__name__}"
        raise TypeError(message)
    if make is None:
        return _BASES[kind], lambda value: value
    return _BASES[kind], lambda value: None if value is None else make(value)
