"""What an event brings, from `--set field=value` and `--payload`; and instants from text."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import attrs
import click

from crmflow.core.document import json_of


def moment_of(text: str) -> datetime:
    """
    Return the instant of an option.

    Args:
        text: ISO 8601 with an offset.

    Raises:
        click.BadParameter: It is none, or has no offset.
    """
    from crmflow.core.reading import FieldError, instant

    try:
        return instant(text)
    except FieldError as error:
        raise click.BadParameter(f"{text!r} does not fit: {error}") from error


def payload_of(
    form: type | None, sets: Iterable[str], payload: str | None
) -> dict[str, object] | None:
    """
    Return what an event brings, None where nothing was said.

    Args:
        form: Class whose fields tell how the text of `--set` is meant, or None.
        sets: Texts `field=value`; a repeated field makes a list where it is one.
        payload: A JSON object, `@` and the path of a file with one, or `-` for stdin.

    Raises:
        click.BadParameter: A text is no `field=value`, or the payload no JSON object.
    """
    found = {} if payload is None else _document(payload)
    lists: dict[str, list[object]] = {}
    hints = {} if form is None else get_type_hints(form)
    for text in sets:
        name, value = pair_of(text, "--set")
        meant = _meant(hints.get(name, str), value)
        if isinstance(meant, list):
            lists[name] = lists.get(name, []) + meant
        found[name] = lists.get(name, meant)
    return found if sets or payload is not None else None


def pair_of(text: str, option: str = "--where") -> tuple[str, str]:
    """
    Return name and value of a text `field=value`.

    Raises:
        click.BadParameter: It is none; names the option.
    """
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise click.BadParameter(f"{text!r} is no field=value", param_hint=option)
    return name, value


def _document(payload: str) -> dict[str, object]:
    try:
        if payload == "-":
            payload = sys.stdin.read()
        elif payload.startswith("@"):
            payload = Path(payload[1:]).read_text("utf-8")
        found = json_of(payload)
    except (OSError, ValueError) as error:
        raise click.BadParameter(f"it cannot be read: {error}", param_hint="--payload") from error
    if not isinstance(found, Mapping):
        raise click.BadParameter("it is no JSON object", param_hint="--payload")
    return dict(found)


def _meant(hint: object, value: str) -> object:
    """Return the text as the field's kind has it; what does not fit stays text."""
    parts = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    kind = next(part for part in parts if part is not NoneType)
    if get_origin(kind) is tuple:
        found = _json(value)
        return found if isinstance(found, list) else [value]
    return _json(value) if _is_json(kind) else value


def _is_json(kind: object) -> bool:
    """Say whether values of a kind are no text in JSON: numbers, flags, records, mappings."""
    from crmflow.core.money import Money

    if not isinstance(kind, type) or kind in (Any, object):
        return True
    return issubclass(kind, int) or (attrs.has(kind) and kind is not Money)


def _json(value: str) -> object:
    try:
        return json_of(value)
    except ValueError:
        return value
