"""
Progress of long work, as a bar on stderr.

    with Progress("entities", total=100) as progress:
        for entity in entities:
            ...
            progress.advance()

The bar appears where the work lasts longer than a second and stderr is a terminal.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Self, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

DELAY = 1.0
"""Seconds of work before a bar appears."""


class Progress:
    """
    Counts what is done; a context manager.

    Args:
        label: What is counted, in the caller's language.
        total: How many there will be, or None where nobody knows.
        delay: Seconds before the bar appears.
        stream: Where it appears, or None for stderr.
    """

    def __init__(
        self,
        label: str,
        total: int | None = None,
        *,
        delay: float = DELAY,
        stream: TextIO | None = None,
    ) -> None:
        self.done = 0
        self._label, self._total = label, total
        self._stream = stream or sys.stderr
        self._bar: Bar | None = None
        self._task: TaskID
        self._timer = threading.Timer(delay, self._appear)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        if self._stream.isatty():
            self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._timer.ident is not None:
            self._timer.join()
        if self._bar is not None:
            self.advance(0)
            self._bar.stop()

    def advance(self, count: int = 1) -> None:
        """Say that *count* more are done."""
        self.done += count
        if self._bar is not None:
            self._bar.update(self._task, completed=self.done)

    @property
    def shown(self) -> bool:
        """Whether the bar has appeared."""
        return self._bar is not None

    def _appear(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        bar = Bar(*columns, console=Console(file=self._stream), transient=True)
        self._task = bar.add_task(self._label, total=self._total, completed=self.done)
        bar.start()
        self._bar = bar
