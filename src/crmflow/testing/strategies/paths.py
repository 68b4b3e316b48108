"""Paths: what stands where a fault is told, and a payload with something else there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from crmflow.core.kinds import defaults_of
from crmflow.core.plain import plain

Payload = Mapping[str, object]
Step = str | int

GONE = object()
"""Stands for a value that is left out."""

_STEP = re.compile(r"\.(\w+)|\[([^\]]+)\]")


def told(value: object) -> Any:  # noqa: ANN401 - any JSON
    """Return a value as plain values, what equals its default left out."""
    kind: type = type(value)
    if isinstance(value, Mapping):
        return {key: told(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [told(one) for one in value]
    if not attrs.has(kind) or isinstance(plain(value), str):  # an amount is a text
        return plain(value)
    given = {field.name: getattr(value, field.name) for field in attrs.fields(kind) if field.init}
    defaults = defaults_of(kind)
    return {
        name: told(one)
        for name, one in given.items()
        if one is not None and (name not in defaults or one != defaults[name])
    }


def path_of(steps: Sequence[Step]) -> str:
    """Return the path of a place, as a `Fault` has it."""
    return "$" + "".join(f".{one}" if isinstance(one, str) else f"[{one}]" for one in steps)


def steps_of(path: str) -> tuple[Step, ...]:
    """Return the names and numbers that lead to the place of a path."""
    found = [name or key for name, key in _STEP.findall(path)]
    return tuple(int(one) if one.isdigit() else one for one in found)


def reached(payload: Any, steps: Sequence[Step]) -> object:  # noqa: ANN401 - any JSON
    """Return what stands at a place, GONE where nothing does."""
    for step in steps:
        known = isinstance(payload, Mapping) or isinstance(step, int)
        if not known or isinstance(payload, str):
            return GONE
        try:
            payload = payload[step]
        except (LookupError, TypeError):
            return GONE
    return payload


def replaced(payload: Payload, steps: Sequence[Step], value: object) -> Payload:
    """Return a payload with another value at a place, or without what is there where it is GONE."""
    found: Payload = _replaced(payload, steps, value)
    return found


def _replaced(payload: Any, steps: Sequence[Step], value: object) -> Any:  # noqa: ANN401 - any JSON
    first, *rest = steps
    found: Any = dict(payload) if isinstance(payload, Mapping) else list(payload)
    if rest:
        found[first] = _replaced(found[first], rest, value)
    elif value is not GONE:
        found[first] = value
    elif reached(payload, steps) is not GONE:
        del found[first]
    return found
