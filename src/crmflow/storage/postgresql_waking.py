"""
What wakes waiting workers on PostgreSQL: NOTIFY with a commit, LISTEN on a connection of its own.

A commit tells of itself only where it may make something due soon: telling serialises commits
on the server, and whoever works looks for itself in any case.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from crmflow.storage.commit import Commit
from crmflow.storage.postgresql_server import parameters
from crmflow.storage.server_url import ServerUrl

CHANNEL = "crmflow"
"""Channel of the notifications; each says whose."""

NEAR = timedelta(minutes=1)
"""Timers that are set further ahead need no telling: a poll finds them in time."""

_NEAR = NEAR // timedelta(microseconds=1)

_PATIENCE = 0.5
"""Seconds between two looks at whether to go on, and before a new connection is tried."""


def is_told(wave: Sequence[Commit]) -> bool:
    """Say whether commits send a message, or set a timer that is near."""
    return any(
        one.messages
        or any(timer.due_at - one.records[-1].recorded_at <= _NEAR for timer in one.timers)
        for one in wave
    )


@contextlib.contextmanager
def waking(url: ServerUrl, woken: Callable[[str | None], object]) -> Iterator[None]:
    """
    Tell of commits that may make something due, as long as the context lasts.

    Args:
        url: The server's.
        woken: Called in a thread with the tenant; with None where some may have been missed.
    """
    ended = threading.Event()
    thread = threading.Thread(
        target=_listen, args=(url, woken, ended), name="crmflow waking", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _listen(url: ServerUrl, woken: Callable[[str | None], object], ended: threading.Event) -> None:
    # Late: where it is missing, `postgresql_server` says what to install.
    import psycopg

    while not ended.is_set():
        try:
            with psycopg.connect(**parameters(url), autocommit=True) as connection:
                connection.execute(f"LISTEN {CHANNEL}")
                woken(None)
                while not ended.is_set():
                    for one in connection.notifies(timeout=_PATIENCE):
                        woken(one.payload)
        except psycopg.Error:
            # Workers poll in the meantime.
            ended.wait(_PATIENCE)
