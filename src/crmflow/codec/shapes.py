"""
How values are written as JSON can say it, and read back: the converter of the codec.

What equals its default is left out. Attrs classes and structs alike are mappings of their
fields.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, get_origin

import msgspec
from cattrs import Converter

from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.money import Money
from crmflow.core.ref import EntityRef

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(at: datetime) -> int:
    """Return an aware instant as microseconds since 1970-01-01 UTC."""
    since = at - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def moment(value: int) -> datetime:
    """Return microseconds since 1970-01-01 UTC as an aware UTC instant."""
    return EPOCH + timedelta(microseconds=value)


def _money(value: str, _type: object) -> Money:
    amount, currency = value.split(" ")
    return Money(amount, currency)


@functools.cache
def converter() -> Converter:
    """Return the converter, made once: what it builds for a class serves every codec."""
    made = Converter(omit_if_default=True, detailed_validation=False)
    pairs: tuple[tuple[type, Callable[[Any], object], Callable[[Any, Any], object]], ...] = (
        (datetime, micros, lambda value, _type: moment(value)),
        (date, date.isoformat, lambda value, _type: date.fromisoformat(value)),
        (timedelta, lambda span: span // _MICROSECOND, lambda v, _t: timedelta(microseconds=v)),
        (Decimal, str, lambda value, _type: Decimal(value)),
        (Money, str, _money),
        (EntityRef, lambda ref: [ref.tenant, ref.machine, ref.id], lambda v, _t: EntityRef(*v)),
    )
    for kind, unstructure, structure in pairs:
        made.register_unstructure_hook(kind, unstructure)
        made.register_structure_hook(kind, structure)
    # A set has no order of its own, and the bytes of a record are hashed.
    made.register_unstructure_hook_func(
        _is_set, lambda value: sorted(map(made.unstructure, value), key=msgspec.json.encode)
    )
    made.register_structure_hook(Actor, actor_of)
    made.register_unstructure_hook_factory(_is_struct, functools.partial(_dump, made))
    made.register_structure_hook_factory(_is_struct, functools.partial(_load, made))
    # What a mapping of unknown values holds is plain already.
    made.register_structure_hook_func(lambda kind: kind is object, lambda value, _type: value)
    return made


def _is_set(kind: object) -> bool:
    return (get_origin(kind) or kind) in (frozenset, set)


def _is_struct(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _dump(made: Converter, cls: type[msgspec.Struct]) -> Callable[[Any], dict[str, object]]:
    """Return what gives the fields of a struct that are not their defaults."""
    parts = [
        (field.name, field.default, made.get_unstructure_hook(field.type))
        for field in msgspec.structs.fields(cls)
    ]

    def dump(value: msgspec.Struct) -> dict[str, object]:
        body = {}
        for name, default, dumped in parts:
            found = getattr(value, name)
            if found != default:
                body[name] = dumped(found)
        return body

    return dump


def _load(
    made: Converter, cls: type[msgspec.Struct]
) -> Callable[[Mapping[str, Any], Any], msgspec.Struct]:
    """Return what makes a struct of its fields; names it does not know are passed over."""
    parts = [
        (field.name, field.type, made.get_structure_hook(field.type))
        for field in msgspec.structs.fields(cls)
    ]
    return lambda body, _type: cls(
        **{name: loaded(body[name], kind) for name, kind, loaded in parts if name in body}
    )


def actor_of(value: Mapping[str, Any], _type: object) -> Actor:
    """Return the actor of a record; the machine itself is the one there is."""
    actor = Actor(value["id"], value.get("roles", ()), departments=value.get("departments", ()))
    return SYSTEM if actor == SYSTEM else actor
