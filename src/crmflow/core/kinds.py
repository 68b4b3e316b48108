"""Kinds: what the fields of a class of facts or of a form hold, by their annotations."""

from __future__ import annotations

import functools
import types
from collections.abc import Mapping
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import attrs


def alternatives(annotation: object) -> tuple[object, ...]:
    """Return what an annotation lets a value be, its notes and its None left out."""
    if get_origin(annotation) is Annotated:
        return alternatives(get_args(annotation)[0])
    if get_origin(annotation) in {Union, types.UnionType}:
        members = (member for member in get_args(annotation) if member is not type(None))
        return tuple(kind for member in members for kind in alternatives(member))
    return (annotation,)


@functools.cache
def field_names(cls: type) -> tuple[str, ...]:
    """Return the names of an attrs class's fields, read once; none where it is no such class."""
    return tuple(field.name for field in attrs.fields(cls)) if attrs.has(cls) else ()


@functools.cache
def hints_of(cls: type) -> Mapping[str, object]:
    """Return the annotations of a class, notes included, read once: text becomes types."""
    return get_type_hints(cls, include_extras=True)


def defaults_of(cls: type) -> dict[str, object]:
    """Return the defaults of an attrs class's fields, by name; not those made of other fields."""
    defaults: dict[str, Any] = {field.name: field.default for field in attrs.fields(cls)}
    return {
        name: value.factory() if isinstance(value, attrs.Factory) else value  # type: ignore[arg-type]
        for name, value in defaults.items()
        if value is not attrs.NOTHING and not getattr(value, "takes_self", False)
    }


@functools.cache
def kinds_of(cls: type | None) -> Mapping[str, tuple[object, ...]]:
    """
    Return what each field of an attrs class may hold, in their order.

    Args:
        cls: Facts or form class; None, which an event without a form has, has no fields.

    Returns:
        Alternatives by name; `object` where a field has no annotation.
    """
    if cls is None:
        return {}
    hints = hints_of(cls)
    return {field.name: alternatives(hints.get(field.name, object)) for field in attrs.fields(cls)}
