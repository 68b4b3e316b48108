"""
Threads that hand messages to delivery handlers, some for each handler.

A handler that hangs keeps its own threads, and no other handler back: no thread can be ended
from outside. What it was given is taken up again by whoever leases it next; what it does in the
end comes too late and changes nothing in the outbox.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock, Thread

import attrs

from crmflow.clock import Clock
from crmflow.flow.leasing import lasts
from crmflow.storage.rows import MessageRow


@attrs.define(eq=False)
class Job:
    """
    A message in the hands of a thread, or waiting for one.

    Attributes:
        row: The message, as it was leased.
        work: Hands it over; raises nothing.
        started_at: When a thread began, or None.
        given_up: Whether nobody waits for it any more.
    """

    row: MessageRow
    work: Callable[[], None]
    started_at: datetime | None = None
    given_up: bool = False

    @property
    def handler(self) -> str:
        """Name of the handler."""
        return self.row.target.machine


@attrs.define(eq=False)
class _Bench:
    """The messages of one handler: those that wait, and those in the hands of its threads."""

    waiting: deque[Job] = attrs.field(factory=deque)
    busy: list[Job] = attrs.field(factory=list)
    threads: int = 0


class Hands:
    """
    The threads of one worker; they live as long as there is something to do.

    Args:
        threads: At most so many of each handler.
        timeout: How long a message may take.
        clock: Where 'now' comes from.
    """

    def __init__(self, threads: int, timeout: timedelta, clock: Clock) -> None:
        self._threads = threads
        self._timeout = timeout
        self._clock = clock
        self._lock = Lock()
        self._benches: dict[str, _Bench] = {}

    def take(self, job: Job) -> None:
        """Hand over a message as soon as a thread of its handler is free."""
        with self._lock:
            bench = self._benches.setdefault(job.handler, _Bench())
            bench.waiting.append(job)
            if bench.threads == self._threads:
                return
            bench.threads += 1
        Thread(
            target=self._go_on, args=(bench,), name=f"crmflow handler {job.handler}", daemon=True
        ).start()

    def is_free(self, handler: str) -> bool:
        """Say whether a handler has a thread for another message."""
        with self._lock:
            bench = self._benches.get(handler)
            return bench is None or (not bench.waiting and len(bench.busy) < self._threads)

    def overdue(self) -> list[Job]:
        """Give up what takes too long, and return it."""
        begun = self._clock.now() - self._timeout
        with self._lock:
            late = [
                job
                for bench in self._benches.values()
                for job in bench.busy
                if not job.given_up and job.started_at is not None and job.started_at <= begun
            ]
            for job in late:
                job.given_up = True
        return late

    def withdraw(self) -> list[Job]:
        """Return what no thread has begun, which none will begin now."""
        with self._lock:
            jobs = [job for bench in self._benches.values() for job in bench.waiting]
            for bench in self._benches.values():
                bench.waiting.clear()
        return jobs

    @property
    def count(self) -> int:
        """How many messages are waited for."""
        with self._lock:
            benches = list(self._benches.values())
            waiting = sum(len(bench.waiting) for bench in benches)
            return waiting + sum(not job.given_up for one in benches for job in one.busy)

    def stuck(self) -> dict[str, int]:
        """Return how many threads of each handler have not come back in time."""
        with self._lock:
            counts = {
                name: sum(job.given_up for job in bench.busy)
                for name, bench in self._benches.items()
            }
        return {name: count for name, count in counts.items() if count}

    def _go_on(self, bench: _Bench) -> None:
        while (job := self._next(bench)) is not None:
            try:
                job.work()
            finally:
                with self._lock:
                    bench.busy.remove(job)

    def _next(self, bench: _Bench) -> Job | None:
        """Return the next message of a handler; one whose lease is too short by now is left."""
        with self._lock:
            now = self._clock.now()
            while bench.waiting:
                job = bench.waiting.popleft()
                if lasts(job.row, now + self._timeout):
                    job.started_at = now
                    bench.busy.append(job)
                    return job
            bench.threads -= 1
        return None
