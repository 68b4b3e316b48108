"""Callers who meet at a store that keeps them waiting."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from crmflow.storage.commit import Commit, Outcome
from crmflow.storage.memory import MemoryStore

PATIENCE = 30.0
"""Seconds after which a test that hangs fails instead."""


class Gate(MemoryStore):
    """A memory store in which commits wait to be let through, while it is shut."""

    def __init__(self) -> None:
        super().__init__()
        self.is_shut = False
        self.passes = threading.Semaphore(0)
        self.entered = threading.Semaphore(0)
        self.fault: BaseException | None = None
        self.batches: list[int] = []

    def commit(self, batch: Sequence[Commit]) -> Sequence[Outcome]:
        """Wait, and then fail or commit."""
        self.batches.append(len(batch))
        self.entered.release()
        if self.is_shut:
            assert self.passes.acquire(timeout=PATIENCE)
        if self.fault is not None:
            raise self.fault
        return super().commit(batch)

    def shut(self) -> None:
        """Let commits wait from now on, and forget what was counted."""
        self.is_shut = True
        self.entered = threading.Semaphore(0)
        self.batches.clear()

    def open(self) -> None:
        """Let all through that wait, and those that come."""
        self.is_shut = False
        self.passes.release(1000)


class Caller(threading.Thread):
    """A thread that asks once, and keeps what it gets."""

    def __init__(self, ask: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self.ask = ask
        self.got: object = None
        self.start()

    def run(self) -> None:
        """Ask."""
        try:
            self.got = self.ask()
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is looked at
            self.got = error

    def result(self) -> object:
        """Return what was asked, or raised."""
        self.join(PATIENCE)
        assert not self.is_alive()
        return self.got


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    last = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < last
        time.sleep(0.0005)
