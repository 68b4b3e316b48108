"""An event loop in a thread of its own, for clients that are asynchronous."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Any, TypeVar

import attrs

T = TypeVar("T")

GRACE = 5.0
"""Seconds beside its own time that something which was cut off has for its end."""


@attrs.define
class _Running:
    """A loop that runs: its thread, and what ends it."""

    thread: Thread
    loop: asyncio.AbstractEventLoop
    end: asyncio.Event


@attrs.define(eq=False)
class Loop:
    """
    A loop that starts when it is first needed; safe to use from several threads.

    Whatever loop its caller may have is left alone, so synchronous and asynchronous engines
    use it alike.
    """

    _running: _Running | None = attrs.field(default=None, init=False)
    _lock: Lock = attrs.field(factory=Lock, init=False, repr=False)

    def run(self, steps: Coroutine[Any, Any, T], seconds: float) -> T:
        """
        Return what a coroutine returns, run in the loop.

        Args:
            steps: The coroutine.
            seconds: How long it may take.

        Raises:
            TimeoutError: It took too long, and was cut off.
        """
        limited = asyncio.wait_for(steps, seconds)
        return asyncio.run_coroutine_threadsafe(limited, self._started()).result(seconds + GRACE)

    def close(self) -> None:
        """End the loop, what still runs in it too; it starts again where it is used again."""
        with self._lock:
            running, self._running = self._running, None
        if running is not None:
            running.loop.call_soon_threadsafe(running.end.set)
            # A client that will not end does not keep its engine from it.
            running.thread.join(GRACE)

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            # In a process that was forked the thread is not there any more.
            if self._running is None or not self._running.thread.is_alive():
                self._running = _start()
            return self._running.loop


def _start() -> _Running:
    ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        end = asyncio.Event()
        ready.set_result((asyncio.get_running_loop(), end))
        await end.wait()
        await _cancel_others()

    thread = Thread(target=lambda: asyncio.run(serve()), name="crmflow delivery", daemon=True)
    thread.start()
    return _Running(thread, *ready.result())


async def _cancel_others() -> None:
    """Cancel what is left, until it ends: a client may take once for a connection that is lost."""
    for _ in range(round(GRACE / _AGAIN)):
        left = asyncio.all_tasks() - {asyncio.current_task()}
        if not left:
            return
        for one in left:
            one.cancel()
        await asyncio.wait(left, timeout=_AGAIN)


_AGAIN = 0.05
"""Seconds until what did not end is cancelled again."""
