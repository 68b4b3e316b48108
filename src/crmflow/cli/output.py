"""What goes to stdout: a table for people, one JSON document, or a line of JSON per row."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import attrs
import click

Record = Mapping[str, object]
"""A row: column name -> text, number, boolean, list, mapping or None."""

PIPED = 100_000
"""Width of a table that no terminal limits: nothing is folded or cut."""


@attrs.frozen
class Sheet:
    """
    A table.

    Attributes:
        columns: Keys of the rows, in order; the headings are their translations.
        rows: The rows.
        title: What it shows, in the caller's language, or empty.
    """

    columns: Sequence[str]
    rows: Sequence[Record]
    title: str = ""


def dumped(value: object, *, indent: int | None = None) -> str:
    """Return JSON text; Chinese stays readable."""
    return json.dumps(value, ensure_ascii=False, indent=indent)


def cell(value: object) -> str:
    """Return a value as the text of a table's cell."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return ", ".join(map(cell, value))
    return dumped(value)


def headed(headings: Mapping[str, str], rows: Iterable[Record]) -> list[Record]:
    """Return rows by heading; what has none is left out."""
    return [
        {headings[name]: value for name, value in row.items() if name in headings} for row in rows
    ]


def write_rows(
    output: str, sheet: Sheet, rows: Iterable[Record], say: Callable[[str], str]
) -> None:
    """
    Write rows in the chosen form.

    Args:
        output: `table`, `json` (one list) or `jsonl`.
        sheet: Columns and title of the table; its own rows are not used.
        rows: The rows; JSON has all their keys, a table those of its columns.
        say: Translates the headings.
    """
    if output == "jsonl":
        for row in rows:
            click.echo(dumped(row))
    elif output == "json":
        click.echo(dumped(list(rows), indent=2))
    else:
        write_sheets([attrs.evolve(sheet, rows=list(rows))], say)


def write_document(
    output: str, document: Record, parts: Iterable[Sheet | str], say: Callable[[str], str]
) -> None:
    """
    Write one thing in the chosen form.

    Args:
        output: `table`, `json` or `jsonl` (the document on one line).
        document: What JSON shows.
        parts: What people are shown: tables, and lines of text.
        say: Translates the headings.
    """
    if output == "table":
        write_sheets(parts, say)
    else:
        click.echo(dumped(document, indent=2 if output == "json" else None))


def make_folder(folder: Path, option: str) -> None:
    """
    Make the folder that an option names, where it is not there.

    Raises:
        click.BadParameter: It cannot be made; names the option.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        text = f"{str(folder)!r} cannot be made: {error.strerror}"
        raise click.BadParameter(text, param_hint=repr(option)) from error


def write_sheets(parts: Iterable[Sheet | str], say: Callable[[str], str]) -> None:
    """Write tables and lines for people; colours only on a terminal, never with NO_COLOR."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(
        file=sys.stdout,
        width=None if sys.stdout.isatty() else PIPED,
        color_system=None if os.environ.get("NO_COLOR") else "auto",
    )
    for part in parts:
        if isinstance(part, str):
            click.echo(part)
            continue
        if part.title:
            # A title of rich's own is folded to the width of its table.
            click.echo(part.title)
        table = Table(box=box.SIMPLE_HEAD)
        for name in part.columns:
            table.add_column(say(name.replace("_", " ")), overflow="fold")
        for row in part.rows:
            # As text, so that brackets in what people wrote are no markup.
            table.add_row(*(Text(cell(row.get(name))) for name in part.columns))
        console.print(table)


def pairs(record: Record, say: Callable[[str], str], title: str = "") -> Sheet:
    """Return a record as a table of names and values; what is None is left out."""
    rows = [
        {"name": say(name.replace("_", " ")), "value": value}
        for name, value in record.items()
        if value is not None
    ]
    return Sheet(("name", "value"), rows, title)
