"""
Text of files and requests to plain values: TOML and JSON, as deep as anybody writes them.

What is nested without end is no document: reading it would end in an error of Python's own.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from crmflow.core.errors import ConfigurationError

__all__ = ["DEEPEST", "json_of", "read_toml", "toml_of"]

DEEPEST = 100
"""How deep lists and mappings may be in each other."""


def read_toml(path: Path | str) -> dict[str, Any]:
    """
    Return what a TOML file says.

    Raises:
        ConfigurationError: It cannot be read, or is not UTF-8, no TOML, or too deep.
    """
    try:
        return toml_of(Path(path).read_bytes())
    except OSError as error:
        raise ConfigurationError(str(path), (f"cannot be read: {error.strerror}",)) from error
    except ValueError as error:
        raise ConfigurationError(str(path), (f"is no TOML: {error}",)) from error


def toml_of(raw: bytes) -> dict[str, Any]:
    """
    Return what a TOML file says.

    Args:
        raw: Its bytes, UTF-8.

    Raises:
        ValueError: They are not UTF-8, no TOML, or deeper than `DEEPEST`; says where.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ValueError(f"line {line} is not UTF-8: byte 0x{raw[error.start]:02x}") from error
    found: dict[str, Any] = _read(tomllib.loads, text)
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
