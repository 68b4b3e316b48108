"""What is due seldom and takes long, beside the rounds: backups, and what need not be kept."""

from __future__ import annotations

from queue import Empty, SimpleQueue
from threading import Thread

from crmflow.core.errors import StoreError
from crmflow.engine.engine import Engine
from crmflow.engine.values import Due
from crmflow.engine.working.bell import Bell


class Seldom:
    """
    Sees to the upkeep of one tenant's store, in a thread of its own.

    Args:
        engine: The tenant's engine.
        bell: Rung when it has ended.
        beside: Whether in a thread; else whoever asks waits for it.
    """

    def __init__(self, engine: Engine, bell: Bell, *, beside: bool) -> None:
        self._engine = engine
        self._bell = bell
        self._beside = beside
        self._thread: Thread | None = None
        self._done: SimpleQueue[Due] = SimpleQueue()

    def begin(self) -> None:
        """See to what is due, unless that is being done."""
        if not self._beside:
            self._see()
        elif not self.is_busy:
            # What does not end with the process leaves a part that nobody takes for a backup.
            self._thread = Thread(target=self._see, name="crmflow upkeep", daemon=True)
            self._thread.start()

    @property
    def is_busy(self) -> bool:
        """Whether it is being seen to."""
        return self._thread is not None and self._thread.is_alive()

    def ended(self) -> Due:
        """Return what was done since it was asked last."""
        try:
            return self._done.get_nowait()
        except Empty:
            return Due()

    def _see(self) -> None:
        try:
            due = self._engine.upkeep()
        except StoreError as error:
            due = Due(errors=(error,))
        self._done.put(due)
        self._bell.ring()
