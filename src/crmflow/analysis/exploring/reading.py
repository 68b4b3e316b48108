"""What functions read: the names, texts and numbers in their code and in all that they use."""

from __future__ import annotations

import dis
import functools
import inspect
import math
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any

import attrs

from crmflow.core.kinds import field_names
from crmflow.core.money import Money

__all__ = ["Code", "codes_of", "number_of"]

_FOREIGN = frozenset({*sys.stdlib_module_names, "attr", "attrs", "msgspec", "cattrs"})
_CONSTANT = (str, int, float, Decimal, Money, tuple, list, set, frozenset, dict)
_NUMERAL = re.compile(r"-?\d+(?:\.\d+)?(?: [A-Z]{3})?")


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
        calculates: Whether it does more with numbers than to compare them.
        opaque: Whether it has no code to read, so that it may name anything.
    """

    attributes: frozenset[str]
    texts: frozenset[str]
    numbers: frozenset[Decimal]
    facts: bool
    form: bool
    calculates: bool = False
    opaque: bool = False

    @property
    def words(self) -> frozenset[str]:
        """All names and texts."""
        return self.attributes | self.texts


def codes_of(value: object, records: Iterable[type] = ()) -> list[Code]:
    """
    Return what a callable names, and every function that it uses, each once.

    Args:
        value: The callable.
        records: Classes of what it is given: their methods and properties count as used where
            they are named.
    """
    return list(_codes(value, set(), tuple(records), facts=True, form=True))


def _codes(
    value: object, seen: set[int], records: tuple[type, ...], *, facts: bool, form: bool
) -> Iterator[Code]:
    if isinstance(value, FunctionType):
        if id(value) in seen or _is_foreign(value.__module__):
            return
        seen.add(id(value))
        names = frozenset(_names(value.__code__))
        if {"facts", "form"} & names and not {"snapshot", "linked"} & names:
            # One that reads the form alone hands nothing else to what it calls.
            facts, form = "facts" in names, "form" in names
        consts = (one for one in _consts(value.__code__) if one != value.__doc__)
        used = [*consts, *_used(value, names, records)]
        calculates = any(map(_calculates, _bodies(value.__code__)))
        yield _code(names, used, facts=facts, form=form, calculates=calculates)
        for one in used:
            yield from _codes(one, seen, records, facts=facts, form=form)
        return
    parts = list(_parts(value))
    if parts or _is_opaque(value):
        yield _code(frozenset(), parts, facts=facts, form=form, opaque=not parts)
    for part in parts:
        yield from _codes(part, seen, records, facts=facts, form=form)


def _parts(value: object) -> Iterator[object]:
    """Yield what may hold functions within a value."""
    if isinstance(value, MethodType):
        yield from (value.__func__, value.__self__)
    elif isinstance(value, functools.partial):
        yield from (value.func, *value.args, *value.keywords.values())
    elif isinstance(value, tuple | list | frozenset | set):
        yield from value
    elif isinstance(value, dict):
        yield from value.values()
    elif isinstance(call := getattr(type(value), "__call__", None), FunctionType):  # noqa: B004 - its own
        kind: type = type(value)
        yield from (call, *(getattr(value, name) for name in field_names(kind)))
    elif isinstance(value, _CACHED):
        yield value.__wrapped__


_CACHED = type(functools.cache(len))


def _is_opaque(value: object) -> bool:
    """Say whether a callable has no code to read, such as that of `operator.attrgetter`."""
    return callable(value) and not isinstance(value, type | BuiltinFunctionType)


def _code(names: frozenset[str], used: list[object], **said: bool) -> Code:
    plain = list(_plain(used))
    texts = frozenset(str(one) for one in plain if isinstance(one, str))
    numbers = frozenset(one for one in map(number_of, plain) if one is not None)
    return Code(names, texts, numbers, **said)


def number_of(value: object) -> Decimal | None:
    """Return the number that a constant is, or that its text writes; None where it is none."""
    if isinstance(value, Money):
        return value.amount
    if isinstance(value, str):
        return Decimal(value.split(" ")[0]) if _NUMERAL.fullmatch(value) else None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    return Decimal(str(value)) if math.isfinite(value) else None


def _plain(values: list[object]) -> Iterator[object]:
    """Yield texts and numbers, those in collections too."""
    for value in values:
        if isinstance(value, Mapping):
            yield from _plain([*value.keys(), *value.values()])
        elif isinstance(value, tuple | list | frozenset | set):
            yield from _plain(list(value))
        else:
            yield value


def _used(
    function: FunctionType, names: frozenset[str], records: tuple[type, ...]
) -> Iterator[object]:
    """Yield what a function closes over, its defaults, and what it reaches by name."""
    held = [cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell)]
    held += [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    yield from held
    found = [function.__globals__[name] for name in sorted(names & {*function.__globals__})]
    yield from filter(_is_read, found)
    # What attrs keeps of cached properties stands in a method that nobody names.
    yield from _within((*held, *found), names, set())
    yield from _within(records, names | {"__getattr__"}, set())


def _within(holders: Iterable[object], names: frozenset[str], met: set[int]) -> Iterator[object]:
    """Yield what is reached by name within modules, classes and objects, one in the other."""
    for holder in holders:
        if id(holder) not in met and not _is_foreign(_home(holder)):
            met.add(id(holder))
            members = [_member(holder, name) for name in sorted(names)]
            yield from filter(_is_read, members)
            yield from _within(members, names, met)


def _is_read(value: object) -> bool:
    return isinstance(value, _CONSTANT) or (callable(value) and not isinstance(value, type))


def _member(holder: object, name: str) -> object:
    """Return what a name is within a holder: of a property its function, which does not run."""
    direct = isinstance(holder, type | ModuleType)
    found = getattr(holder, name, None) if direct else inspect.getattr_static(holder, name, None)
    if isinstance(found, property):
        return found.fget
    if isinstance(found, MemberDescriptorType):
        return getattr(holder, name, None)
    if isinstance(found, staticmethod | classmethod):
        return found.__func__
    return found.func if isinstance(found, functools.cached_property) else found


def _home(holder: object) -> str | None:
    """Return the name of the module that a module, a class, or the class of an object is in."""
    if isinstance(holder, ModuleType):
        return holder.__name__
    return (holder if isinstance(holder, type) else type(holder)).__module__


def _is_foreign(module: str | None) -> bool:
    return (module or "").partition(".")[0] in _FOREIGN


def _bodies(code: CodeType) -> Iterator[CodeType]:
    """Yield a code and all that is written within it."""
    yield code
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield from _bodies(one)


def _consts(code: CodeType) -> Iterator[object]:
    for body in _bodies(code):
        yield from (one for one in body.co_consts if not isinstance(one, CodeType))
        # From Python 3.14 on small numbers stand in the instructions alone.
        loaded = dis.get_instructions(body)
        yield from (one.argval for one in loaded if one.opname == "LOAD_SMALL_INT")


def _names(code: CodeType) -> Iterator[str]:
    for body in _bodies(code):
        yield from body.co_names


def _calculates(code: CodeType) -> bool:
    """Say whether it adds, takes the rest, or the like; to look up by key is none of these."""
    return any(
        one.opname == "BINARY_OP" and one.argrepr != "[]" for one in dis.get_instructions(code)
    )


def _is_filled(cell: Any) -> bool:  # noqa: ANN401 - cells have no public type
    try:
        return cell.cell_contents is not None
    except ValueError:  # a function that names itself before it is there
        return False
