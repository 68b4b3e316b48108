"""What functions read: the names, texts and numbers in their code and in all that they use."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator, Mapping
from decimal import Decimal
from types import CodeType, FunctionType, MethodType
from typing import Any

import attrs

from crmflow.core.kinds import field_names

__all__ = ["Code", "codes_of"]

_FOREIGN = frozenset({*sys.stdlib_module_names, "attr", "attrs", "msgspec", "cattrs"})


@attrs.frozen
class Code:
    """
    What one function names.

    Attributes:
        attributes: Names of attributes and globals.
        texts: Texts in it, and in what it closes over.
        numbers: Numbers, likewise.
        facts: Whether it may read facts.
        form: Whether it may read a form.
    """

    attributes: frozenset[str]
    texts: frozenset[str]
    numbers: frozenset[Decimal]
    facts: bool
    form: bool

    @property
    def words(self) -> frozenset[str]:
        """All names and texts."""
        return self.attributes | self.texts


def codes_of(value: object) -> list[Code]:
    """Return what a callable names, and every function that it uses, each once."""
    return list(_codes(value, set(), facts=True, form=True))


def _codes(value: object, seen: set[int], *, facts: bool, form: bool) -> Iterator[Code]:
    if isinstance(value, FunctionType):
        if id(value) in seen or (value.__module__ or "").partition(".")[0] in _FOREIGN:
            return
        seen.add(id(value))
        names = frozenset(_names(value.__code__))
        if {"facts", "form"} & names and not {"snapshot", "linked"} & names:
            # One that reads the form alone hands nothing else to what it calls.
            facts, form = "facts" in names, "form" in names
        used = [*_consts(value.__code__), *_used(value, names)]
        yield _code(names, used, facts=facts, form=form)
        for one in used:
            yield from _codes(one, seen, facts=facts, form=form)
        return
    parts = list(_parts(value))
    if parts:
        yield _code(frozenset(), parts, facts=facts, form=form)
    for part in parts:
        yield from _codes(part, seen, facts=facts, form=form)


def _parts(value: object) -> Iterator[object]:
    """Yield what may hold functions within a value."""
    if isinstance(value, MethodType):
        yield from (value.__func__, value.__self__)
    elif isinstance(value, functools.partial):
        yield from (value.func, *value.args, *value.keywords.values())
    elif isinstance(value, tuple | list | frozenset | set):
        yield from value
    elif isinstance(call := getattr(type(value), "__call__", None), FunctionType):  # noqa: B004 - its own
        kind: type = type(value)
        yield from (call, *(getattr(value, name) for name in field_names(kind)))


def _code(names: frozenset[str], used: list[object], *, facts: bool, form: bool) -> Code:
    plain = list(_plain(used))
    texts = frozenset(str(one) for one in plain if isinstance(one, str))
    numbers = frozenset(
        Decimal(one)
        for one in plain
        if isinstance(one, int | Decimal) and not isinstance(one, bool)
    )
    return Code(names, texts, numbers, facts=facts, form=form)


def _plain(values: list[object]) -> Iterator[object]:
    """Yield texts and numbers, those in collections too."""
    for value in values:
        if isinstance(value, Mapping):
            yield from _plain([*value.keys(), *value.values()])
        elif isinstance(value, tuple | list | frozenset | set):
            yield from _plain(list(value))
        else:
            yield value


def _used(function: FunctionType, names: frozenset[str]) -> Iterator[object]:
    """Yield what a function closes over, its defaults, and the globals it names."""
    cells = (cell for cell in function.__closure__ or () if _is_filled(cell))
    yield from (cell.cell_contents for cell in cells)
    yield from function.__defaults__ or ()
    for name in sorted(names):
        found = function.__globals__.get(name)
        if isinstance(found, FunctionType | str | int | Decimal | tuple | frozenset | dict):
            yield found


def _consts(code: CodeType) -> Iterator[object]:
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield from _consts(one)
        else:
            yield one


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names(inner)


def _is_filled(cell: Any) -> bool:  # noqa: ANN401 - cells have no public type
    try:
        return cell.cell_contents is not None
    except ValueError:  # a function that names itself before it is there
        return False
