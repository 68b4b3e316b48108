"""
Text of files and requests to plain values: TOML and JSON, as deep as anybody writes them.

What is nested without end is no document: reading it would end in an error of Python's own.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["DEEPEST", "json_of", "toml_of"]

DEEPEST = 100
"""How deep lists and mappings may be in each other."""


def toml_of(raw: bytes) -> dict[str, Any]:
    """
    Return what a TOML file says.

    Args:
        raw: Its bytes, UTF-8.

    Raises:
        ValueError: They are no UTF-8, no TOML, or deeper than `DEEPEST`; says where.
    """
    found: dict[str, Any] = _read(tomllib.loads, raw.decode("utf-8"))
    return found


def json_of(text: str) -> Any:  # noqa: ANN401 - JSON may be anything
    """
    Return what a JSON text says.

    Raises:
        ValueError: It is no JSON, or deeper than `DEEPEST`; says where.
    """
    return _read(json.loads, text)


def _read(reader: Callable[[str], Any], text: str) -> Any:  # noqa: ANN401 - JSON may be anything
    deep = ValueError(f"it is nested more than {DEEPEST} deep")
    try:
        found = reader(text)
    except RecursionError:
        raise deep from None
    level: list[Any] = [found]
    for _ in range(DEEPEST):
        level = [one for value in level for one in _within(value)]
    if any(isinstance(one, dict | list) for one in level):
        raise deep
    return found


def _within(value: object) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
