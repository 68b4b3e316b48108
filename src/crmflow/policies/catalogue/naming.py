"""Which products a form or facts name: found by the mark of their fields, at any depth."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Union, get_args, get_origin

import attrs

from crmflow.core.goods import NamesProduct
from crmflow.core.kinds import hints_of

_NESTING = 4
"""How deep is looked: forms that hold themselves would have no end."""


@attrs.frozen
class Named:
    """
    A product that is named.

    Attributes:
        product: Its name.
        path: Where, from the root `$`.
        holders: What it stands in, the nearest first: a line, then the form.
    """

    product: str
    path: str
    holders: tuple[object, ...]

    def said(self, field: str) -> object:
        """Return what the nearest holder that has a field says in it, or None."""
        found = (getattr(holder, field, None) for holder in self.holders)
        return next((value for value in found if value is not None), None)


Find = Callable[[Any, str, tuple[object, ...]], Iterator[Named]]
"""(value, path, holders) -> the products it names."""


def _name(value: Any, path: str, holders: tuple[object, ...]) -> Iterator[Named]:  # noqa: ANN401
    yield Named(value, path, holders)


def _finder(annotation: object, depth: int) -> Find | None:
    """Return what finds products in the values of an annotation, None where it holds none."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        marked = any(isinstance(note, NamesProduct) for note in parts[1:])
        return _name if marked else _finder(parts[0], depth)
    if origin in {Union, types.UnionType}:
        finders = (_finder(part, depth) for part in parts)
        return next((find for find in finders if find is not None), None)
    if origin is tuple:
        return _in_items(parts[0], depth)
    if isinstance(annotation, type) and attrs.has(annotation) and depth:
        return finder_of(annotation, depth - 1)
    return None


def _in_items(kind: object, depth: int) -> Find | None:
    find = _finder(kind, depth)
    if find is None:
        return None

    def found(value: Any, path: str, holders: tuple[object, ...]) -> Iterator[Named]:  # noqa: ANN401
        for number, item in enumerate(value):
            yield from find(item, f"{path}[{number}]", holders)

    return found


@functools.cache
def finder_of(cls: type, depth: int = _NESTING) -> Find | None:
    """
    Return what finds the products that values of an attrs class name.

    Args:
        cls: Class of a form or of facts.
        depth: How many values within values are looked into.

    Returns:
        A function, or None where no field of the class may name a product.
    """
    hints = hints_of(cls)
    finders = {
        field.name: find
        for field in attrs.fields(cls)
        if (find := _finder(hints.get(field.name, object), depth)) is not None
    }
    if not finders:
        return None

    def found(value: Any, path: str, holders: tuple[object, ...]) -> Iterator[Named]:  # noqa: ANN401
        for name, find in finders.items():
            inner = getattr(value, name)
            if inner is not None:
                yield from find(inner, f"{path}.{name}", (value, *holders))

    return found


def named_in(value: object) -> tuple[Named, ...]:
    """Return the products that a form or facts name; none where it is None."""
    cls: type = type(value)
    find = finder_of(cls) if attrs.has(cls) else None
    return () if find is None else tuple(find(value, "$", ()))
