"""
Say what was measured: sections of rows and bars, as JSON and as a table.

A bar is a promise with its number beside it. The JSON holds seconds and bytes
and never a rounded figure; the table rounds for the eye.
"""

import json
import os
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import attrs
from rich.console import Console
from rich.table import Table

from benchmarks.harness import Row

COMPARED = (
    "crmflow",
    "transitions",
    "python-statemachine",
    "xstate-statemachine",
    "dbos",
    "eventsourcing",
    "django",
    "django-fsm-2",
    "harel",
    "psycopg",
    "sqlalchemy",
    "attrs",
    "msgspec",
    "holidays",
)


@attrs.frozen(kw_only=True)
class Bar:
    """
    A promised limit and the number measured against it.

    Args:
        name: What is promised.
        value: What was measured.
        limit: What it must keep to.
        aim: What it should keep to; None where the limit is all.
        at_most: Whether the value must stay below the limit, else above it.
        unit: Unit of the three numbers; empty for a ratio.
        note: What the reader should know beside the number.
    """

    name: str
    value: float
    limit: float
    aim: float | None = None
    at_most: bool = True
    unit: str = ""
    note: str = ""

    @property
    def reached(self) -> bool:
        """Whether the limit holds."""
        return self._holds(self.limit)

    @property
    def aimed(self) -> bool | None:
        """Whether the aim holds; None where there is none."""
        return None if self.aim is None else self._holds(self.aim)

    def _holds(self, limit: float) -> bool:
        return self.value <= limit if self.at_most else self.value >= limit


@attrs.frozen(kw_only=True)
class Section:
    """
    One table of the report.

    Args:
        name: What ``--only`` calls it.
        title: One line for the reader.
        rows: What was timed.
        baseline: The row that ratios refer to; None where there is none.
        bars: The promises it answers.
        sizes: Numbers that are no times, by name with their unit.
    """

    name: str
    title: str
    rows: tuple[Row, ...] = ()
    baseline: str | None = None
    bars: tuple[Bar, ...] = ()
    sizes: dict[str, float] = attrs.field(factory=dict)

    def row(self, name: str) -> Row:
        """
        Return the row called *name*.

        Raises:
            KeyError: There is none.
        """
        return next_named(self.rows, name)


def next_named(rows: Sequence[Row], name: str) -> Row:
    """
    Return the row of *rows* called *name*.

    Raises:
        KeyError: There is none.
    """
    for row in rows:
        if row.name == name:
            return row
    raise KeyError(name)


def surroundings() -> dict[str, str | int]:
    """Return what the numbers depend on: interpreter, machine, libraries."""
    found: dict[str, str | int] = {
        "python": sys.version.split()[0],
        "implementation": platform.python_implementation(),
        "system": platform.platform(terse=True),
        "processors": os.cpu_count() or 0,
    }
    for name in COMPARED:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def as_json(sections: Sequence[Section]) -> str:
    """Return the report as JSON text; times in seconds, shares unrounded."""
    report = {
        "surroundings": surroundings(),
        "sections": [
            attrs.asdict(section)
            | {
                "bars": [
                    attrs.asdict(bar) | {"reached": bar.reached, "aimed": bar.aimed}
                    for bar in section.bars
                ]
            }
            for section in sections
        ],
    }
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"


def write_json(sections: Sequence[Section], path: Path) -> None:
    """Write the report as JSON to *path*, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_json(sections), encoding="utf-8")


def duration(seconds: float) -> str:
    """Return *seconds* in the unit that reads best."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def number(value: float, unit: str = "") -> str:
    """Return *value* with three digits and its unit; seconds in a fitting unit."""
    if unit == "s":
        return duration(value)
    figure = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{figure} {unit}".strip()


def show(sections: Sequence[Section], console: Console) -> None:
    """Print every section and, last, the bars of all of them."""
    for section in sections:
        if section.rows:
            console.print(times_table(section))
        if section.sizes:
            console.print(sizes_table(section))
    bars = [bar for section in sections for bar in section.bars]
    if bars:
        console.print(bars_table(bars))


def times_table(section: Section) -> Table:
    """Return the table of the times of *section*."""
    table = Table(title=section.title, title_justify="left")
    table.add_column("contender")
    for heading in ("median", "p10", "p90", "per second", "ratio"):
        table.add_column(heading, justify="right")
    for row in section.rows:
        mark = " (1)" if row.name == section.baseline else ""
        table.add_row(
            row.name + mark,
            duration(row.median),
            duration(row.p10),
            duration(row.p90),
            f"{1 / row.median:,.0f}",
            "" if row.ratio is None else f"{row.ratio:.3f}",
        )
    return table


def sizes_table(section: Section) -> Table:
    """Return the table of the numbers of *section* that are no times."""
    table = Table(title=section.title, title_justify="left")
    table.add_column("what")
    table.add_column("measured", justify="right")
    for name, value in section.sizes.items():
        table.add_row(name, number(value))
    return table


def bars_table(bars: Sequence[Bar]) -> Table:
    """Return the table of promises and whether each is kept."""
    table = Table(title="Bars", title_justify="left")
    table.add_column("bar")
    for heading in ("limit", "aim", "measured"):
        table.add_column(heading, justify="right")
    table.add_column("reached")
    table.add_column("note")
    for bar in bars:
        sign = "≤" if bar.at_most else "≥"
        aim = "" if bar.aim is None else f"{sign} {number(bar.aim, bar.unit)}"
        word = "[green]yes[/green]" if bar.reached else "[red]no[/red]"
        short = bar.reached and bar.aimed is False
        table.add_row(
            bar.name,
            f"{sign} {number(bar.limit, bar.unit)}",
            aim,
            number(bar.value, bar.unit),
            word + (", not the aim" if short else ""),
            bar.note,
        )
    return table
