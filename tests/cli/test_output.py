"""Tables, one JSON document, or a line of JSON per row."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING

import pytest

from crmflow.cli.output import Record, Sheet, cell, pairs, write_document, write_rows, write_sheets

if TYPE_CHECKING:
    from tests.cli.conftest import Crm

ROWS: list[Record] = [
    {"name": "甲", "state": None, "more": [1]},
    {"name": "[red]b[/red]", "state": "open"},
]


class Terminal(io.StringIO):
    """Text that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def same(text: str) -> str:
    """Return a heading as it is."""
    return text


def test_cells_are_text() -> None:
    """Nothing for None, lists with commas, mappings as JSON."""
    assert cell(None) == ""
    assert cell("x") == "x"
    assert cell(["a", None, 1]) == "a, , 1"
    assert cell({"甲": True}) == '{"甲": true}'


def test_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    """All keys of all rows, Chinese readable."""
    write_rows("json", Sheet(("name",), ()), iter(ROWS), same)
    shown = capsys.readouterr().out
    assert json.loads(shown) == ROWS
    assert "甲" in shown


def test_jsonl_is_a_line_per_row(capsys: pytest.CaptureFixture[str]) -> None:
    """Each a document of its own."""
    write_rows("jsonl", Sheet(("name",), ()), ROWS, same)
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == ROWS


def test_table_shows_columns_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    """Headings translated, brackets no markup, nothing cut in a pipe."""
    rows = [*ROWS, {"name": "x" * 500}]
    write_rows("table", Sheet(("name", "state"), (), "Title"), rows, str.upper)
    shown = capsys.readouterr().out
    assert shown.startswith("Title")
    assert "NAME" in shown
    assert "[red]b[/red]" in shown
    assert "x" * 500 in shown
    assert "\x1b" not in shown


def test_document_is_one_line_of_jsonl(capsys: pytest.CaptureFixture[str]) -> None:
    """And one document of JSON, and its parts for people."""
    write_document("jsonl", ROWS[0], (), same)
    assert len(capsys.readouterr().out.splitlines()) == 1
    write_document("json", ROWS[0], (), same)
    assert json.loads(capsys.readouterr().out) == ROWS[0]
    write_document("table", ROWS[0], ["line", pairs({"a_b": 1, "none": None}, same)], same)
    shown = capsys.readouterr().out
    assert shown.startswith("line\n")
    assert "a b" in shown
    assert "none" not in shown


def test_no_color_means_no_escape(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even on a terminal; without the variable a terminal may have styles."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.delenv("NO_COLOR", raising=False)
    for variable, styled in (("", True), ("1", False)):
        monkeypatch.setenv("NO_COLOR", variable)
        monkeypatch.setattr(sys, "stdout", Terminal())
        write_sheets([Sheet(("name",), ROWS, "Title")], same)
        assert isinstance(sys.stdout, Terminal)
        assert ("\x1b" in sys.stdout.getvalue()) is styled


def test_verbs_respect_no_color(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where colours are forced, NO_COLOR still wins."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in crm.bare("machine", "list").stdout
