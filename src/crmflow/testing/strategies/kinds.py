"""From annotations to strategies: what a class says of its fields is enough."""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import attrs
import msgspec
from hypothesis import reject
from hypothesis import strategies as st

from crmflow.core.form import Check
from crmflow.core.kinds import hints_of
from crmflow.testing.strategies.pieces import PIECES, Claim, Piece, Values, narrowed

MOST = 2
"""Entries of a list or mapping at most."""

REFUSALS = (AttributeError, TypeError, ValueError)
"""What a validator or a constructor raises of a value that it does not take."""

Overrides = Mapping[object, Values]
"""Strategies of one's own: by type, by annotation, or by (class, name of the field)."""

_SETS: tuple[object, ...] = (set, frozenset, AbstractSet)
_LISTS: tuple[object, ...] = (list, tuple, Sequence)
_MAPPINGS: tuple[object, ...] = (dict, Mapping)
_UNIONS: tuple[object, ...] = (Union, types.UnionType)


@attrs.frozen
class Field:
    """
    A field of a class.

    Attributes:
        name: Its name, as payloads have it.
        alias: As the constructor calls it.
        kind: Its annotation; `object` where it has none.
        needed: Whether it has no default.
        claims: What its validator asks for.
    """

    name: str
    alias: str
    kind: Any
    needed: bool
    claims: tuple[Claim, ...] = ()


def fields_of(cls: type) -> Iterator[Field]:
    """Yield what the constructor of an attrs class or struct takes; nothing for other classes."""
    if issubclass(cls, msgspec.Struct):
        for one in msgspec.structs.fields(cls):
            yield Field(one.name, one.name, one.type, one.required)
    elif attrs.has(cls):
        hints = hints_of(cls)
        for field in attrs.fields(cls):
            if field.init:
                kind = hints.get(field.name, object)
                needed = field.default is attrs.NOTHING
                alias = field.alias or field.name
                yield Field(field.name, alias, kind, needed, tuple(_validated(field)))


class _OfTheWholeError(Exception):
    """A validator looks at other fields: the constructor judges, once there are any."""


class _Unbuilt:
    """What has no fields yet, given to the validator of one of them."""

    def __getattr__(self, _name: str) -> object:
        raise _OfTheWholeError


_UNBUILT = _Unbuilt()


def _validated(field: attrs.Attribute[Any]) -> Iterator[Claim]:
    """Yield the claim of a field's validator; options and patterns are drawn from, not tried."""
    validator: Any = field.validator
    if validator is None:
        return

    def holds(value: object) -> bool:
        try:
            validator(_UNBUILT, field, value)
        except _OfTheWholeError:
            return True
        except REFUSALS:
            return False
        return True

    options, pattern = getattr(validator, "options", None), getattr(validator, "pattern", None)
    values = None
    if options is not None:
        values = st.sampled_from(list(options))
    elif pattern is not None:
        values = st.from_regex(pattern, fullmatch=True)
    yield Claim(holds, values=values)


def checks_of(kind: object) -> tuple[object, tuple[Claim, ...]]:
    """Return an annotation without its notes, and the claims that are among them."""
    if get_origin(kind) is not Annotated:
        return kind, ()
    inner, *notes = get_args(kind)
    return inner, tuple(map(_claim, (one for one in notes if isinstance(one, Check))))


def _claim(check: Check) -> Claim:
    told = [one for one in examples_in(check.expected) if check.holds(one)]
    return Claim(check.holds, check.code, st.sampled_from(told) if told else None)


def examples_in(expected: str) -> list[str]:
    """Return the examples that the text of a fault names."""
    return re.findall(r"'([^']+)'", expected)


@attrs.frozen
class Kinds:
    """
    Strategies by annotation.

    Attributes:
        overrides: Strategies of one's own, which win.
        words: Strategy for the texts of a field by its name, None where any text will do.
        keys: Strategy for the keys of mappings, where they are texts; None for any.
    """

    overrides: Overrides = attrs.field(factory=dict)
    words: Callable[[str], Values | None] = lambda _name: None
    keys: Values | None = None
    _records: dict[type, Values] = attrs.field(factory=dict, init=False, eq=False, repr=False)

    def of(self, kind: Any, claims: tuple[Claim, ...] = ()) -> Values:  # noqa: ANN401 - any annotation
        """
        Return a strategy for the values of an annotation.

        Args:
            kind: A type, with notes or without, a union, a collection of such.
            claims: What has to hold besides.

        Raises:
            TypeError: Nothing is known of a kind within it; says how to give a strategy.
        """
        if kind in self.overrides:
            return narrowed([Piece(self.overrides[kind])], claims)
        inner, checks = checks_of(kind)
        if inner is not kind:
            return self.of(inner, (*checks, *claims))
        if get_origin(kind) in _UNIONS:
            return st.one_of([*self._members(kind, claims)])
        return narrowed(self.pieces(kind), claims)

    def _members(self, kind: object, claims: tuple[Claim, ...]) -> Iterator[Values]:
        """Yield strategies for the members of a union, None first; a claim may allow some only."""
        members = sorted(get_args(kind), key=lambda one: one is not type(None))
        for one in members:
            if one is not type(None) or all(claim.holds(None) for claim in claims):
                yield self.of(one, claims)

    def pieces(self, kind: Any) -> Sequence[Piece]:  # noqa: ANN401 - any annotation
        """Return the pieces of a kind without notes that is no union; see `of`."""
        found, origin = PIECES.get(kind), get_origin(kind)
        if found is not None:
            return found
        if isinstance(kind, type) and issubclass(kind, Enum):
            return [Piece(st.just(one), (one,)) for one in kind]
        if origin is Literal:
            return [Piece(st.just(one), (one,)) for one in get_args(kind)]
        if origin in (*_LISTS, *_SETS, *_MAPPINGS):
            return self._collection(origin, get_args(kind))
        if isinstance(kind, type) and next(fields_of(kind), None) is not None:
            return [Piece(self.record(kind))]
        message = f"no strategy is known for {kind!r}: give one in overrides={{{kind!r}: ...}}"
        raise TypeError(message)

    def _collection(self, origin: Any, parts: tuple[Any, ...]) -> Sequence[Piece]:  # noqa: ANN401 - any class
        if origin in _MAPPINGS:
            keys = self.of(parts[0]) if self.keys is None else self.keys
            values = self.of(parts[1])
            entries = st.dictionaries(keys, values, min_size=1, max_size=MOST)
            return [Piece(st.builds(dict), ({},)), Piece(entries)]
        if origin is tuple and parts[1:] != (...,):
            return [Piece(st.tuples(*map(self.of, parts)))]
        make: Callable[[Iterable[object]], object] = _maker(origin)
        some: Values = st.lists(self.of(parts[0]), min_size=1, max_size=MOST)
        return [Piece(st.just(()).map(make), (make(()),)), Piece(some.map(make))]

    def field(self, cls: type, field: Field) -> Values:
        """Return a strategy for what a field of a class may hold."""
        own, words = self.overrides.get((cls, field.name)), self.words(field.name)
        if own is not None:
            return own
        kinds = (
            self if words is None else attrs.evolve(self, overrides={**self.overrides, str: words})
        )
        return kinds.of(field.kind, field.claims)

    def record(self, cls: type) -> Values:
        """Return a strategy for the values of an attrs class or struct; see `of`."""
        if cls not in self._records:
            # Put there before its fields are looked at: one of them may hold the class again.
            self._records[cls] = st.deferred(lambda: self._built(cls))
        return self._records[cls]

    def _built(self, cls: type) -> Values:
        needed: dict[str, Values] = {}
        optional: dict[str, Values] = {}
        for field in fields_of(cls):
            (needed if field.needed else optional)[field.alias] = self.field(cls, field)

        def build(given: Mapping[str, object]) -> object:
            try:
                return cls(**given)
            except REFUSALS:  # a claim of the whole
                reject()

        return st.fixed_dictionaries(needed, optional=optional).map(build)


def _maker(origin: Any) -> Any:  # noqa: ANN401 - any class
    """Return what makes a collection of an annotation's class: of a protocol, what is frozen."""
    return {Sequence: tuple, AbstractSet: frozenset}.get(origin, origin)
