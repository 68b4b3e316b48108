"""
`crmflow demo`: a customer's life on a virtual clock, in an SQLite file to look at.

The file bears a mark of the demo. A file without it is never touched, so that nobody's
store is replaced by a game.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crmflow.cli.faults import USAGE
from crmflow.cli.session import session
from crmflow.cli.verbs import Verb, flag

if TYPE_CHECKING:
    from crmflow.cli.demo_year import Year

FILE = "crmflow-demo.db"
"""Where the story is kept unless told otherwise."""

MARK = 0x64656D6F
"""`user_version` of a file that the demo made; nothing else in crmflow sets one."""

_SQLITE = "sqlite:///"


class _NotOursError(click.ClickException):
    """The file was not made by the demo."""

    exit_code = USAGE


@click.command(cls=Verb, help="A customer's life with a company, on a virtual clock.")
@flag("--store", "file", metavar="FILE", help="SQLite file to make; only a demo's is replaced.")
def demo(file: str | None) -> None:
    """Live the story, keep it in a file and print what came of it."""
    here = session()
    asked = file or str(here.flags.get("store", FILE))
    path = Path(asked.removeprefix(_SQLITE))
    clear(path)
    year = live(path, lang=here.lang)
    if here.output == "table":
        from rich.console import Console

        from crmflow.cli.demo_report import show

        show(year, Console(highlight=False))
    else:
        here.document(year.document(), tuple)


def clear(path: Path) -> None:
    """
    Make room for a new story: remove the file of an earlier one.

    Args:
        path: The file; where there is none, or an empty one, nothing is done.

    Raises:
        ClickException: It was not made by the demo.
    """
    if not os.path.exists(path):  # noqa: PTH110 - false also of a name too long
        return
    if path.is_file() and not path.stat().st_size:
        return
    if _mark(path) != MARK:
        message = f"{path} was not made by the demo and is left alone; name another with --store."
        raise _NotOursError(message)
    for name in (path, *(path.with_name(f"{path.name}{end}") for end in ("-wal", "-shm"))):
        name.unlink(missing_ok=True)


def _mark(path: Path) -> int | None:
    """Return a database's mark, None for what is no database."""
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        try:
            return int(connection.execute("PRAGMA user_version").fetchone()[0])
        finally:
            connection.close()
    except sqlite3.Error:
        return None


def _put_mark(path: Path) -> None:
    connection = sqlite3.connect(path)
    try:
        connection.execute(f"PRAGMA user_version = {MARK}")
    finally:
        connection.close()


def live(path: Path, *, lang: str) -> Year:
    """
    Live the story in a new file.

    Args:
        path: The file.
        lang: Language of what people say and write, and of the report, `en` or `zh`.

    Returns:
        What came of it.

    Raises:
        StoreError: The file cannot be made.
    """
    from crmflow.analysis.story import START, LetterBox, company, tell_story
    from crmflow.cli.demo_year import year_of
    from crmflow.clock import ManualClock
    from crmflow.storage.opening import open_store

    open_store(f"{_SQLITE}{path}").close()
    _put_mark(path)
    clock, letters = ManualClock(START), LetterBox()
    # A game need not outlive a power cut, and is quicker so.
    with company(f"{_SQLITE}{path}?synchronous=NORMAL", clock, letters) as engine:
        return year_of(tell_story(engine, clock, lang), letters, str(path))
