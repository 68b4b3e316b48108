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
from typing import Any, get_args, get_origin

import attrs
import msgspec
from cattrs import Converter
from cattrs.cols import (
    is_mapping,
    is_sequence,
    iterable_unstructure_factory,
    mapping_structure_factory,
    mapping_unstructure_factory,
)
from cattrs.errors import StructureHandlerNotFoundError

from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.errors import MachineDefinitionError
from crmflow.core.kinds import alternatives, hints_of
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


@attrs.frozen
class Shape:
    """
    The two directions of a class.

    Attributes:
        cls: The class.
        dump: Gives a value as JSON can say it.
        load: Reads it back; takes the class too.
    """

    cls: type
    dump: Callable[[Any], Any]
    load: Callable[[Any, Any], Any]


@functools.cache
def shape_of(cls: type) -> Shape:
    """Return the directions of a class, built when it is first written, once in a process."""
    made = converter()
    return Shape(cls, made.get_unstructure_hook(cls), made.get_structure_hook(cls))


@functools.cache
def strange_in(cls: type) -> object | None:
    """
    Return what the fields of a class hold that cannot be stored, None where all of it can.

    Nothing is built for the class: most of those an engine knows are never written.
    """
    left, seen = [cls], set()
    while left:
        kind: Any = left.pop()
        if kind in seen:
            continue
        seen.add(kind)
        parts = _parts(kind)
        left += parts
        try:
            if not parts:
                converter().get_structure_hook(kind)
        except StructureHandlerNotFoundError as error:
            return error.type_
    return None


def _parts(kind: Any) -> list[Any]:  # noqa: ANN401 - any annotation
    """Return the kinds that a kind is made of, none where it is a kind of value itself."""
    if isinstance(kind, type) and attrs.has(kind):
        hints = hints_of(kind)
        return [hints[one.name] for one in attrs.fields(kind) if one.init and one.name in hints]
    if _is_struct(kind):
        return [field.type for field in msgspec.structs.fields(kind)]
    found = alternatives(kind)
    if found != (kind,):
        # cattrs has its own way with several.
        return [*found] if len(found) == 1 else []
    if get_origin(kind) in _COLLECTIONS:
        return [one for one in get_args(kind) if one is not ...]
    return []


_MAPPINGS: frozenset[object] = frozenset({dict, Mapping})
_COLLECTIONS: frozenset[object] = frozenset({tuple, list, set, frozenset, *_MAPPINGS})


def _money(value: str, _type: object) -> Money:
    amount, currency = value.split(" ")
    return Money(amount, currency)


@functools.cache
def converter() -> Converter:
    """Return the converter, made once: what it builds for a class serves every codec."""
    made = Converter(omit_if_default=True, detailed_validation=False)
    _register_collections(made)
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


def _register_collections(made: Converter) -> None:
    """
    Build collections by factories that note nothing in the converter.

    Its own note what they built, and all that was looked up before is forgotten and built
    again, as often as a further kind of list is met.
    """
    made.register_unstructure_hook_factory(
        is_sequence, lambda kind: iterable_unstructure_factory(kind, made, unstructure_to=list)
    )
    made.register_unstructure_hook_factory(
        is_mapping, lambda kind: mapping_unstructure_factory(kind, made, unstructure_to=dict)
    )
    made.register_structure_hook_factory(
        lambda kind: get_origin(kind) in _MAPPINGS,
        lambda kind: mapping_structure_factory(kind, made),
    )


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


def storable(machine: str, cls: type) -> type:
    """
    Return a machine's class, all of whose fields can be stored.

    Raises:
        MachineDefinitionError: One cannot; names its type.
    """
    strange = strange_in(cls)
    if strange is not None:
        fault = f"{cls.__name__} has a field of a type that cannot be stored: {strange}"
        raise MachineDefinitionError(machine, (fault,))
    return cls
