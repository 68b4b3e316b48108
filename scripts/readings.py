"""
Write the page of readings: `python scripts/readings.py [FOLDER]`.

It tells what the sources leave open, how crmflow reads it, by what a company reads it
otherwise, and which rules it is about.
"""  # noqa: INP001 - run as a program

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from crmflow.analysis.rules.catalogue import By, Reading, Switch, readings

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
HEAD = """# Readings

Where the sources contradict each other, are silent or are damaged, crmflow reads them as this
page says. A company that reads them otherwise changes what stands under *Switch*: a setting, which
has no default; a column of a row, which its own file overlays; a profile, which it takes over; or
rows that a plugin brings to a machine (`rows_for`). `crmflow rule show AMB-51` tells the same of
one reading, with what carries it and which tests show it.

This page is written by `scripts/readings.py` from the catalogue.
"""
WORDS = {
    By.BLANK: "setting `{}`",
    By.ROW: "row `{}`",
    By.PROFILE: "profile `{}`",
    By.MACHINE: "rows of machine `{}`",
}


def cells(reading: Reading) -> Sequence[str]:
    """Return a reading as the cells of a line."""
    switch = "<br>".join(map(told, reading.switch))
    return reading.id, reading.says, reading.reading, switch, ", ".join(reading.rules)


def told(switch: Switch) -> str:
    """Return by what a reading is changed, and what it is then."""
    place = WORDS[switch.by].format(switch.of)
    column = f", `{switch.column}`" if switch.column else ""
    return f"{place}{column}{f': {switch.reads}' if switch.reads else ''}"


def written() -> Iterator[tuple[str, str]]:
    """Yield (file name, text) of the page."""
    lines = [["Id", "The sources", "Reading", "Switch", "Rules"], ["---"] * 5]
    lines += [list(cells(one)) for one in readings().values()]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    yield "readings.md", f"{HEAD}\n{table}\n"


def main(folder: Path) -> None:
    """Write the page into *folder*."""
    for name, text in written():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
