"""Values: examples of everything that a name can be, as its annotation and the cuts tell."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, Union, get_args, get_origin

import attrs

from crmflow.core.form import Check
from crmflow.core.kinds import hints_of
from crmflow.core.money import Money
from crmflow.expressions.kinds import Base, Kind, bare

__all__ = ["ELSE", "ITEMS", "Allowed", "allowed_in", "values_of"]

ELSE = "…"
"""Any text that no condition names."""

ITEMS = 10
"""So many written values of a list are told apart, each there or not: no more can be."""
_NESTING = 4


@attrs.frozen
class Allowed:
    """
    What a field's annotation lets it be.

    Attributes:
        annotation: The annotation, notes included; `object` says nothing.
        missing: Whether it may be missing.
        values: All that it can be, where that is known besides.
    """

    annotation: object = object
    missing: bool = False
    values: tuple[object, ...] = ()

    def holds(self, value: object) -> bool:
        """Say whether a value passes the checks of the annotation."""
        if value is ELSE:
            return True
        if self.bare is int and value != int(value):  # type: ignore[call-overload]
            return False
        return all(check.holds(self._typed(value)) for check in _checks(self.annotation))

    def _typed(self, value: object) -> object:
        if not isinstance(value, Decimal):
            return value
        makers: Mapping[object, Callable[[Decimal], object]] = {int: int, Money: Money}
        return makers.get(self.bare, Decimal)(value)

    @property
    def bare(self) -> object:
        """The type, notes and None left out."""
        return bare(self.annotation)


def _checks(annotation: object) -> Iterator[Check]:
    if get_origin(annotation) is Annotated:
        inner, *notes = get_args(annotation)
        yield from (note for note in notes if isinstance(note, Check))
        yield from _checks(inner)
    elif _is_union(annotation):
        for part in get_args(annotation):
            yield from _checks(part)


def _is_union(annotation: object) -> bool:
    return get_origin(annotation) is Union or type(annotation).__name__ == "UnionType"


def _may_miss(annotation: object) -> bool:
    if get_origin(annotation) is Annotated:
        return _may_miss(get_args(annotation)[0])
    return _is_union(annotation) and type(None) in get_args(annotation)


@functools.cache
def allowed_in(cls: type, prefix: str = "", missing: bool = False) -> Mapping[str, Allowed]:
    """Return what the fields of an attrs class may be by name, those within values too."""
    found: dict[str, Allowed] = {}
    hints = hints_of(cls)
    for field in attrs.fields(cls):
        hint = hints.get(field.name, object)
        name, lacks = f"{prefix}{field.name}", missing or _may_miss(hint)
        found[name] = Allowed(hint, lacks)
        inner = bare(hint)
        if inner is Money:
            found[f"{name}_currency"] = Allowed(missing=lacks)
        elif isinstance(inner, type) and attrs.has(inner) and name.count(".") < _NESTING:
            found |= allowed_in(inner, f"{name}.", lacks)
    return found


def values_of(kind: Kind, allowed: Allowed | None, cuts: Iterable[object]) -> tuple[object, ...]:
    """
    Return an example of each stretch of values that conditions tell apart.

    Args:
        kind: Kind of the name.
        allowed: What its annotation says; None of a name that may be anything or missing.
        cuts: Written values it is held against.
    """
    known = allowed or Allowed(missing=True)
    written = list(dict.fromkeys(cut for cut in cuts if cut is not None))
    given: Iterable[tuple[object, ...]] = ((one,) for one in known.values)
    stretches = list(given) or list(_stretches(kind, written))
    held = [next(filter(known.holds, stretch), _NONE) for stretch in stretches]
    found = [value for value in held if value is not _NONE]
    # Checks that take no example at all say nothing of what they take.
    some = found or [stretch[0] for stretch in stretches]
    return (*some, *((None,) if known.missing else ()))


_NONE = object()


def _stretches(kind: Kind, cuts: Sequence[Any]) -> Iterator[tuple[object, ...]]:
    """Yield examples of each stretch; of each the first that passes the checks stands for it."""
    match kind.base:
        case Base.TRUTH:
            yield from ((True,), (False,))
        case Base.TEXT:
            yield from ((one,) for one in sorted(kind.choices) or (*cuts, ELSE))
        case Base.LIST:
            sizes = range(len(cuts) + 1)
            parts = (part for size in sizes for part in itertools.combinations(cuts, size))
            yield from ((part, (*part, ELSE)) for part in parts)
        case Base.NUMBER:
            yield from _numbers(sorted(cuts))
        case Base.INSTANT | Base.DAY | Base.SPAN if cuts:
            yield from _times(sorted(cuts))
        case _:
            yield (ELSE,)


def _numbers(cuts: Sequence[Decimal]) -> Iterator[tuple[Decimal, ...]]:
    """Yield each cut, and numbers of many kinds between each two and beyond."""
    if not cuts:
        yield (Decimal(0), Decimal(1))
        return
    first, last = cuts[0], cuts[-1]
    below = (first - 1, first / 2, Decimal(0), *(first // ten * ten - ten for ten in _ROUND))
    yield tuple(value for value in below if value < first)
    yield from ((cut,) for cut in cuts)
    for low, high in itertools.pairwise(cuts):
        # Whole and round numbers have a middle of their own, unless they follow each other.
        between = ((low + high) / 2, *(low // ten * ten + ten for ten in _ROUND))
        yield tuple(value for value in between if low < value < high)
    yield (last + 1, *(last // ten * ten + ten for ten in _ROUND))


_ROUND = (Decimal(1), Decimal(10), Decimal(100), Decimal(1000))


def _times(cuts: Sequence[Any]) -> Iterator[tuple[object, ...]]:
    step = timedelta(minutes=1) if isinstance(cuts[0], timedelta) else timedelta(days=1)
    yield (cuts[0] - step,)
    yield from ((cut,) for cut in cuts)
    yield from ((low + (high - low) / 2,) for low, high in itertools.pairwise(cuts))
    yield (cuts[-1] + step,)
