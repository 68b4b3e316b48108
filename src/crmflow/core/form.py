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
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Annotated, Any, TypeVar, get_args, get_origin

import attrs
from cattrs import (
    AttributeValidationNote,
    BaseValidationError,
    Converter,
    ForbiddenExtraKeysError,
    IterableValidationNote,
)
from cattrs.gen import make_dict_structure_fn

from crmflow.core.errors import did_you_mean
from crmflow.core.money import Money

E = TypeVar("E", bound=Enum)


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


Text = Annotated[str, Check("blank", _has_text, "text that is not blank")]
"""Text that says something."""

Names = Annotated[tuple[Text, ...], Check("empty", _has_items, "at least one entry")]
"""At least one text that says something."""


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
        return f"{self.path}: {self.code}, expected {self.expected}"


@attrs.define
class FieldError(ValueError):
    """A field's value that does not fit: the code and what would be right."""

    code: str
    expected: str

    def __str__(self) -> str:
        return f"{self.code}: expected {self.expected}"


def _text(value: object, kind: type) -> str | Enum:
    # A StrEnum is a str to cattrs' dispatch.
    if issubclass(kind, Enum):
        return _choice(value, kind)
    if not isinstance(value, str):
        raise FieldError("type", "text")
    try:
        value.encode()
    except UnicodeEncodeError:  # half a pair of surrogates, as JSON may spell it
        raise FieldError("type", "text of whole characters") from None
    return value


def _flag(value: object, _type: object) -> bool:
    if not isinstance(value, bool):
        raise FieldError("type", "true or false")
    return value


def _whole(value: object, kind: type) -> int | Enum:
    # As of text: an IntEnum is an int to cattrs' dispatch.
    if issubclass(kind, Enum):
        return _choice(value, kind)
    if isinstance(value, bool) or not isinstance(value, int):
        raise FieldError("type", "a whole number")
    return value


def _decimal(value: object, _type: object) -> Decimal:
    if isinstance(value, float | bool) or not isinstance(value, Decimal | int | str):
        raise FieldError("type", "a decimal as text, such as '12.50'")
    try:
        amount = Decimal(value)
    except InvalidOperation:
        amount = Decimal("nan")
    if not amount.is_finite():
        raise FieldError("type", "a decimal as text, such as '12.50'")
    return amount


def _money(value: object, _type: object) -> Money:
    if isinstance(value, Money):
        return value
    try:
        if isinstance(value, Mapping) and set(value) <= {"amount", "currency"}:
            return Money(**value)
        if isinstance(value, str):
            amount, _, currency = value.partition(" ")
            return Money(amount, currency or "CNY")
        if isinstance(value, Decimal | int):
            return Money(value)
    except (TypeError, ValueError) as error:
        raise FieldError("type", "an amount such as '12.50 CNY'") from error
    raise FieldError("type", "an amount such as '12.50 CNY'")


def instant(value: object) -> datetime:
    """
    Return an aware UTC instant.

    Args:
        value: Aware datetime, or ISO 8601 text with an offset.

    Raises:
        FieldError: *value* is neither, or names no offset.
    """
    expected = "an instant with its offset, such as '2026-03-01T09:00:00+08:00'"
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        if isinstance(moment, datetime) and moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):  # the first and last day of all lack a UTC instant
        raise FieldError("type", expected) from None
    raise FieldError("type", expected)


def _day(value: object, _type: object) -> date:
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        day = None
    if not isinstance(day, date) or isinstance(day, datetime):
        raise FieldError("type", "a date such as '2026-03-01'")
    return day


def span(value: object) -> timedelta:
    """
    Return a length of elapsed time.

    Args:
        value: timedelta, or text such as '90s', '30min', '48h' or '10d'.

    Raises:
        FieldError: *value* is neither, shorter than a second or longer than any calendar.
    """
    units = {"s": 1, "min": 60, "h": 3600, "d": 86400}
    found = value if isinstance(value, timedelta) else None
    if isinstance(value, str):
        number = value.rstrip("abcdefghijklmnopqrstuvwxyz")
        unit = value[len(number) :]
        if unit in units and number.isascii() and number.isdigit():
            found = timedelta(seconds=min(float(number) * units[unit], 1e12))
    if found is None or not timedelta(seconds=1) <= found < timedelta(days=1_000_000):
        raise FieldError("type", "a duration such as '30min', '48h' or '10d'")
    return found


def _choice(value: object, kind: type[E]) -> E:
    try:
        # 1 == 1.0 == True to Python, not to who fills in a form.
        found = None if isinstance(value, float | bool) else kind(value)
    except ValueError:
        found = None
    if found is None:
        known = [str(member.value) for member in kind]
        raise FieldError("choice", f"one of {', '.join(known)}")
    return found


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
    hooks: dict[type, Callable[[Any, Any], object]] = {
        str: _text,
        Enum: _choice,
        bool: _flag,
        int: _whole,
        Decimal: _decimal,
        datetime: lambda value, _type: instant(value),
        date: _day,
        timedelta: lambda value, _type: span(value),
    }
    for kind, hook in hooks.items():
        converter.register_structure_hook(kind, hook)
    converter.register_structure_hook_func(lambda kind: kind is object, lambda value, _: value)
    converter.register_structure_hook_factory(attrs.has, _record)
    converter.register_structure_hook_func(lambda kind: kind is Money, _money)
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
    build: Callable[..., object] = converter.gen_structure_mapping(kind)

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
