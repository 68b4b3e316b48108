"""What wakes a worker that waits."""

from __future__ import annotations

import contextlib
from queue import Empty, SimpleQueue


class Bell:
    """
    Wakes who waits; rung from any thread, and from a signal's handler.

    A lock would not do: who is interrupted by a signal may hold it. This queue's `put` may come
    at any time.
    """

    def __init__(self) -> None:
        self._rung: SimpleQueue[None] = SimpleQueue()

    def ring(self) -> None:
        """Wake who waits, or who will wait next."""
        if self._rung.empty():
            self._rung.put(None)

    def wait(self, seconds: float) -> None:
        """Return when it is rung, or was rung since the last time, or when the time is over."""
        with contextlib.suppress(Empty):
            self._rung.get(timeout=max(seconds, 0.0))
