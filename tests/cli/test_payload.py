"""From `--set` and `--payload` to what an event brings."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import attrs
import click
import pytest

from crmflow.cli.payload import moment_of, payload_of
from crmflow.core.form import Names, Text
from crmflow.core.money import Money


class Colour(StrEnum):
    """A choice."""

    RED = "red"


@attrs.frozen
class Inner:
    """A record in a form."""

    name: str


@attrs.frozen
class Form:
    """A field of every kind."""

    text: Text
    colour: Colour
    number: int
    flag: bool | None
    names: Names
    perhaps: tuple[str, ...] | None
    amount: Money
    at: datetime
    inner: Inner
    table: Mapping[str, object]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("text=12", "12"),
        ("text=a=b", "a=b"),
        ("colour=red", "red"),
        ("number=12", 12),
        ("number=many", "many"),
        ("flag=true", True),
        ("names=a", ["a"]),
        ('names=["a", "b"]', ["a", "b"]),
        ("perhaps=1", ["1"]),
        ("amount=12.50 CNY", "12.50 CNY"),
        ("at=2026-03-01T09:00:00+08:00", "2026-03-01T09:00:00+08:00"),
        ('inner={"name": "x"}', {"name": "x"}),
        ('table={"a": 1}', {"a": 1}),
        ("stranger=1", "1"),
    ],
)
def test_text_is_meant_as_the_field_has_it(text: str, value: object) -> None:
    """What does not fit stays text, so that the form says what is wrong."""
    assert payload_of(Form, [text], None) == {text.partition("=")[0]: value}


def test_repeated_fields_make_a_list_where_they_can() -> None:
    """Elsewhere the last one counts."""
    sets = ["names=a", "names=b", "text=x", "text=y"]
    assert payload_of(Form, sets, None) == {"names": ["a", "b"], "text": "y"}


def test_nothing_said_is_nothing() -> None:
    """An empty payload is something."""
    assert payload_of(Form, [], None) is None
    assert payload_of(None, [], "{}") == {}
    assert payload_of(None, ["a=1"], None) == {"a": "1"}


def test_payload_comes_from_text_file_or_stdin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A field set wins over it."""
    file = tmp_path / "payload.json"
    file.write_text('{"text": "甲"}', "utf-8")
    monkeypatch.setattr(sys, "stdin", io.StringIO('{"text": "乙"}'))
    assert payload_of(Form, ["number=1"], f"@{file}") == {"text": "甲", "number": 1}
    assert payload_of(Form, [], "-") == {"text": "乙"}
    assert payload_of(Form, ["text=z"], '{"text": "x"}') == {"text": "z"}


@pytest.mark.parametrize("payload", ["[1]", "{", "@nowhere.json"])
def test_wrong_payload_is_a_usage_error(payload: str) -> None:
    """Saying what is wrong with it."""
    with pytest.raises(click.BadParameter, match="it "):
        payload_of(Form, [], payload)


@pytest.mark.parametrize("text", ["text", "=x"])
def test_set_needs_a_field_and_a_value(text: str) -> None:
    """Else it is a usage error."""
    with pytest.raises(click.BadParameter, match="no field=value"):
        payload_of(Form, [text], None)


def test_instants_need_an_offset() -> None:
    """A naive one is a usage error."""
    assert moment_of("2026-03-01T09:00:00+08:00") == datetime(2026, 3, 1, 1, tzinfo=UTC)
    with pytest.raises(click.BadParameter, match="offset"):
        moment_of("2026-03-01T09:00:00")


def test_unchecked_kinds_are_read_as_json() -> None:
    """What a class leaves open may be anything."""

    @attrs.frozen
    class Open:
        anything: Any

    assert payload_of(Open, ["anything=1"], None) == {"anything": 1}
