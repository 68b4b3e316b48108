"""
Make the pictures of the README: `python scripts/pictures.py [FOLDER]`.

A picture is what `crmflow demo` prints, kept as SVG. It is the same in every run and
fetches nothing: the fonts are those of the reader.
"""  # noqa: INP001 - run as a program

from __future__ import annotations

import io
import re
import sys
import tempfile
from pathlib import Path

import attrs
from rich.console import Console
from rich.terminal_theme import MONOKAI

from crmflow.cli.demo import FILE, live
from crmflow.cli.demo_report import show
from crmflow.cli.demo_year import Year

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
LANGUAGES = ("en", "zh")
PARTS = ("lanes", "refused")
WIDTH = 84
CELL = 12.2
"""Width of one sign in the drawing."""
FONTS = "'DejaVu Sans Mono', Menlo, Consolas, 'Noto Sans Mono CJK SC', monospace"

_SPACE = "&#160;"
_TEXT = re.compile(rf'x="([\d.]+)"([^>]*?)textLength="([\d.]+)"([^>]*)>((?:{_SPACE})+)')


def picture(year: Year) -> str:
    """Return the demo's output of a story as SVG."""
    lang = year.lang
    console = Console(record=True, width=WIDTH, file=io.StringIO(), highlight=False)
    spoken = "" if lang == "en" else f" --lang {lang}"
    console.print(f"$ crmflow demo{spoken}", style="green")
    # Where it was made is no part of the picture.
    show(attrs.evolve(year, file=FILE), console, PARTS)
    return settled(console.export_svg(title="crmflow", theme=MONOKAI, unique_id=f"demo-{lang}"))


def settled(drawn: str) -> str:
    """Return a drawing that fetches no font and that every viewer indents alike."""
    local = re.sub(r"@font-face\s*\{[^}]*\}", "", drawn)
    local = re.sub(r"font-family: [^;]*;", f"font-family: {FONTS};", local)
    local = _TEXT.sub(_moved, local)
    return "\n".join(line.rstrip() for line in local.splitlines() if line.strip()) + "\n"


def _moved(found: re.Match[str]) -> str:
    """Return a text's start without its leading spaces, which some viewers drop, moved instead."""
    x, between, length, rest, spaces = found.groups()
    gone = CELL * (len(spaces) // len(_SPACE))
    start, left = f"{float(x) + gone:.1f}", f"{float(length) - gone:.1f}"
    return f'x="{start}"{between}textLength="{left}"{rest}>'


def main(folder: Path) -> None:
    """Write every picture into *folder*."""
    for lang in LANGUAGES:
        with tempfile.TemporaryDirectory() as made:
            drawn = picture(live(Path(made) / FILE, lang=lang))
        (folder / f"demo-{lang}.svg").write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
