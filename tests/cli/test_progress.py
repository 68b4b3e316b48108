"""A bar on stderr, only for long work on a terminal."""

from __future__ import annotations

import io
import threading

import pytest

from crmflow.cli.progress import DELAY, Progress


class Terminal(io.StringIO):
    """Text that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def appeared(progress: Progress) -> bool:
    """Wait until the bar's own thread has ended."""
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.join()
    return progress.shown


def test_bar_appears_on_a_terminal() -> None:
    """It shows the label and how many are done, and goes away."""
    stream = Terminal()
    with Progress("实体 [x]", 3, delay=0.0, stream=stream) as progress:
        progress.advance()
        assert appeared(progress)
        progress.advance(2)
    assert progress.done == 3
    assert "实体 [x]" in stream.getvalue()
    assert "3/3" in stream.getvalue()


def test_short_work_shows_nothing() -> None:
    """What ends within a second leaves no trace."""
    stream = Terminal()
    with Progress("entities", stream=stream) as progress:
        progress.advance()
    assert (DELAY, stream.getvalue(), progress.shown) == (1.0, "", False)


def test_pipe_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """A file of messages stays free of bars."""
    with Progress("entities", delay=0.0) as progress:
        progress.advance()
    assert not progress.shown
    assert capsys.readouterr().err == ""
