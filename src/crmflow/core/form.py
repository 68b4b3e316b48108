"""
Forms: from a caller's payload to a value of the form's attrs class.

A payload is JSON-like: text, numbers, booleans, lists and mappings; aware
datetimes, dates, decimals and `Money` may be given as such. All faults are
found at once, each with its path (`$.lines[2].amount`).
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Mapping
from typing import Annotated, Any, get_args, get_origin

import attrs
from cattrs import (
    AttributeValidationNote,
    BaseValidationError,
    Converter,
    ForbiddenExtraKeysError,
    IterableValidationNote,
)
from cattrs.gen import make_dict_structure_fn, mapping_structure_factory

from crmflow.core.errors import did_you_mean
from crmflow.core.measure import Measure, read_measure
from crmflow.core.money import Money
from crmflow.core.reading import READERS, FieldError, hint_opening, read_money


@attrs.frozen
class Check:
    """
    A claim about a field's value, attached with `Annotated`.

    Args:
        code: Code of the fault where the claim does not hold.
        holds: Pure predicate over the structured value.
        expected: What would be right, in English.
    """

    code: str
    holds: Callable[[object], bool]
    expected: str


def _has_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _has_items(value: object) -> bool:
    return isinstance(value, tuple) and bool(value)


def _is_some(value: object) -> bool:
    return isinstance(value, int) and value > 0


def _is_count(value: object) -> bool:
    return isinstance(value, int) and value >= 0


Text = Annotated[str, Check("blank", _has_text, "text that is not blank")]
"""Text that says something."""

Names = Annotated[tuple[Text, ...], Check("empty", _has_items, "at least one entry")]
"""At least one text that says something."""

Some = Annotated[int, Check("number", _is_some, "a whole number from 1")]
"""How many, one at least."""

Count = Annotated[int, Check("number", _is_count, "a whole number from 0")]
"""How many, or none."""


@attrs.frozen
class Fault:
    """
    One fault of a payload.

    Attributes:
        path: Where, from the payload's root `$`.
        code: `missing`, `unknown`, `blank`, `empty`, `choice`, `type` or a check's own.
        expected: What would be right, in English.
    """

    path: str
    code: str
    expected: str

    def __str__(self) -> str:
        return f"{self.path}: {self.told}"

    @property
    def told(self) -> str:
        """What is wrong and what would be right, without where."""
        return f"{self.code}{hint_opening(self.code)}{self.expected}"


def _is_checked(kind: object) -> bool:
    return get_origin(kind) is Annotated and any(isinstance(m, Check) for m in get_args(kind)[1:])


def _checked(kind: object, converter: Converter) -> Callable[[object, object], object]:
    inner, *notes = get_args(kind)
    checks = [note for note in notes if isinstance(note, Check)]

    def structure(value: object, _type: object) -> object:
        found: object = converter.structure(value, inner)
        for check in checks:
            if not check.holds(found):
                raise FieldError(check.code, check.expected)
        return found

    return structure


def _sequence(kind: object, converter: Converter) -> Callable[[object, object], object]:
    items: Any = types.GenericAlias(list, get_args(kind)[0])

    def structure(value: object, _type: object) -> object:
        if isinstance(value, str | Mapping) or not hasattr(value, "__iter__"):
            raise FieldError("type", "a list")
        return tuple(converter.structure(list(value), items))

    return structure


@functools.cache
def _converter() -> Converter:
    converter = Converter(detailed_validation=True, forbid_extra_keys=True)
    for kind, reader in READERS.items():
        converter.register_structure_hook(kind, reader)
    converter.register_structure_hook_func(lambda kind: kind is object, lambda value, _: value)
    converter.register_structure_hook_factory(attrs.has, _record)
    converter.register_structure_hook_func(lambda kind: kind is Money, read_money)
    converter.register_structure_hook_func(lambda kind: kind is Measure, read_measure)
    converter.register_structure_hook_factory(_is_homogeneous, _sequence)
    converter.register_structure_hook_factory(_is_mapping, _mapping)
    converter.register_structure_hook_factory(_is_checked, _checked)
    return converter


def _record(kind: type, converter: Converter) -> Callable[[object, object], object]:
    build: Callable[..., object] = make_dict_structure_fn(
        kind, converter, _cattrs_forbid_extra_keys=True, _cattrs_detailed_validation=True
    )

    def structure(value: object, _type: object) -> object:
        if not isinstance(value, Mapping):
            raise FieldError("type", f"a mapping of {kind.__name__}'s fields")
        return build(value, kind)

    return structure


def _is_mapping(kind: object) -> bool:
    origin: object = get_origin(kind)
    return origin is Mapping


def _mapping(kind: type, converter: Converter) -> Callable[[object, object], object]:
    # Not the converter's own method: it would put its hook in the place of this one.
    build: Callable[..., object] = mapping_structure_factory(kind, converter)

    def structure(value: object, _type: object) -> object:
        if not isinstance(value, Mapping):
            raise FieldError("type", "a mapping")
        return build(value, kind)

    return structure


def _is_homogeneous(kind: object) -> bool:
    return get_origin(kind) is tuple and get_args(kind)[1:] == (...,)


def _fault(error: BaseException, path: str) -> list[Fault]:
    if isinstance(error, ForbiddenExtraKeysError):
        known = [field.name for field in attrs.fields(error.cl)]
        return [
            Fault(f"{path}.{name}", "unknown", did_you_mean(name, known))
            for name in sorted(map(str, error.extra_fields))
        ]
    if isinstance(error, KeyError):
        return [Fault(f"{path}.{error.args[0]}", "missing", "a value")]
    if isinstance(error, FieldError):
        return [Fault(path, error.code, error.expected)]
    if isinstance(error, BaseValidationError):
        return _faults(error, path)
    # What is left comes from the form's own attrs validators.
    return [Fault(path, "invalid", str(error))]


def _faults(group: BaseValidationError, path: str) -> list[Fault]:
    found: list[Fault] = []
    for error in group.exceptions:
        here, missing = path, isinstance(error, KeyError)
        for note in getattr(error, "__notes__", ()):
            if isinstance(note, AttributeValidationNote) and not missing:
                here = f"{path}.{note.name}"
            elif isinstance(note, IterableValidationNote):
                here = f"{path}[{note.index}]"
        found += _fault(error, here)
    return found


def structure(form: type, payload: Mapping[str, object]) -> tuple[object, tuple[Fault, ...]]:
    """
    Return the form's value, or every fault of the payload.

    Args:
        form: An attrs class.
        payload: JSON-like mapping of its fields.

    Returns:
        (value, ()) or (None, faults), the faults ordered by path.
    """
    try:
        return _converter().structure(payload, form), ()
    except (BaseValidationError, FieldError) as error:
        return None, tuple(sorted(_fault(error, "$"), key=lambda fault: fault.path))


def read_value(kind: object, value: object) -> object:
    """
    Return a value of an annotation, read from its plain form; None where it does not fit.

    Args:
        kind: What a class says its field holds.
        value: As `core.plain` gives it, or None.
    """
    if value is None:
        return None
    try:
        found: object = _converter().structure(value, kind)  # type: ignore[arg-type]
    except (BaseValidationError, FieldError):
        return None
    return found
