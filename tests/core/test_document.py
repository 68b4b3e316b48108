"""Text of files and requests to plain values."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.core.document import DEEPEST, json_of, read_toml, toml_of
from crmflow.core.errors import ConfigurationError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda part: st.lists(part) | st.dictionaries(st.text(), part),
    max_leaves=5,
)


@given(JSON)
def test_json_is_read_as_it_is(value: object) -> None:
    """What is not deep is read as the standard library does."""
    assert json_of(json.dumps(value)) == value


def test_toml_is_read_as_it_is() -> None:
    """Line ends of both kinds are the same."""
    assert toml_of(b"a = [1]\r\n[b]\nc = 2026-03-01\n") == tomllib.loads(
        "a = [1]\n[b]\nc = 2026-03-01\n"
    )


@pytest.mark.parametrize("more", [1, 5000])
def test_what_is_too_deep_is_refused(more: int) -> None:
    """One level is too many, and so are more than Python can follow."""
    depth = DEEPEST + more
    for text in ("[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth):
        with pytest.raises(ValueError, match=f"nested more than {DEEPEST} deep"):
            json_of(text)
    for text in ("a = " + "[" * depth + "]" * depth, ".".join(["a"] * (depth + 1)) + " = 1"):
        with pytest.raises(ValueError, match=f"nested more than {DEEPEST} deep"):
            toml_of(text.encode())


def test_as_deep_as_may_be_is_read() -> None:
    """The deepest list of all is no fault."""
    assert json_of("[" * DEEPEST + "]" * DEEPEST)
    assert toml_of((".".join(["a"] * (DEEPEST - 1)) + " = 1").encode())


@pytest.mark.parametrize("raw", [b"\xff", b"a =", b"a = " + b"9" * 5000])
def test_what_is_no_toml_is_refused(raw: bytes) -> None:
    """No UTF-8, no TOML, a number that is too long."""
    with pytest.raises(ValueError, match=r"\S"):
        toml_of(raw)


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"[settings", "is no TOML: Expected ']' at the end of a table declaration"),
        ("a = 1\nb = '账'".encode("gbk"), "is no TOML: line 2 is not UTF-8: byte 0xd5"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, raw: bytes | None, told: str) -> None:
    """Missing, no TOML, or written in another encoding: with its path, and where."""
    path = tmp_path / "own.toml"
    if raw is not None:
        path.write_bytes(raw)
    with pytest.raises(ConfigurationError) as error:
        read_toml(path)
    assert error.value.source == str(path)
    assert [one.startswith(told) for one in error.value.faults] == [True]
