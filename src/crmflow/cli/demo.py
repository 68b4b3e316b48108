"""
`crmflow demo`: a company's month on a virtual clock, in an SQLite file to look at.

The file bears a mark of the demo. A file without it is never touched, so that nobody's
store is replaced by a game.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crmflow.cli.faults import USAGE
from crmflow.cli.session import session
from crmflow.cli.verbs import Verb, flag

if TYPE_CHECKING:
    from crmflow.cli.demo_month import Month

FILE = "crmflow-demo.db"
"""Where the month is kept unless told otherwise."""

MARK = 0x64656D6F
"""`user_version` of a file that the demo made; nothing else in crmflow sets one."""

_SQLITE = "sqlite:///"


class _NotOursError(click.ClickException):
    """The file was not made by the demo."""

    exit_code = USAGE


@click.command(cls=Verb, help="A company's month on a virtual clock.")
@flag("--store", "file", metavar="FILE", help="SQLite file to make; only a demo's is replaced.")
@flag("--seed", type=int, default=24, show_default=True, help="Another number, another month.")
def demo(file: str | None, seed: int) -> None:
    """Live the month, keep it in a file and print what came of it."""
    here = session()
    asked = file or str(here.flags.get("store", FILE))
    path = Path(asked.removeprefix(_SQLITE))
    clear(path)
    month = live(path, seed=seed, lang=here.lang)
    if here.output == "table":
        from rich.console import Console

        from crmflow.cli.demo_report import show

        show(month, Console(highlight=False))
    else:
        here.document(month.document(), tuple)


def clear(path: Path) -> None:
    """
    Make room for a new month: remove the file of an earlier one.

    Args:
        path: The file; where there is none, or an empty one, nothing is done.

    Raises:
        ClickException: It was not made by the demo.
    """
    if not path.exists() or (path.is_file() and not path.stat().st_size):
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


def live(path: Path, *, seed: int, lang: str) -> Month:
    """
    Live the month in a new file.

    Args:
        path: The file.
        seed: The same seed gives the same month.
        lang: Language of what people write and of the report, `en` or `zh`.

    Returns:
        What came of it.

    Raises:
        StoreError: The file cannot be made.
    """
    from crmflow.analysis.company_month import MACHINES, START, play
    from crmflow.cli.demo_month import month_of
    from crmflow.clock import ManualClock
    from crmflow.engine.engine import Engine
    from crmflow.storage.opening import open_store

    open_store(f"{_SQLITE}{path}").close()
    _put_mark(path)
    clock = ManualClock(START)
    # A game need not outlive a power cut, and is quicker so.
    store = f"{_SQLITE}{path}?synchronous=NORMAL"
    with Engine(store, machines=MACHINES, profile="demo", clock=clock) as engine:
        refused = play(engine, clock, seed=seed, lang=lang)
        return month_of(engine, refused, file=str(path), seed=seed, lang=lang)
