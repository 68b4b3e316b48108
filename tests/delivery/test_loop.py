"""A loop in a thread of its own: from any thread, within any loop, and ended cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from crmflow.delivery.loop import Loop


async def doubled(number: int) -> int:
    """Return twice a number, a little later."""
    await asyncio.sleep(0)
    return 2 * number


def threads() -> list[str]:
    """Return the threads of loops that run."""
    return [one.name for one in threading.enumerate() if one.name == "crmflow delivery"]


def test_many_threads_share_one_loop() -> None:
    """Which ends when it is closed, and starts again when it is used again."""
    before, loop = len(threads()), Loop()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: loop.run(doubled(number), 5), range(50)))
    assert found == [2 * number for number in range(50)]
    assert len(threads()) == before + 1
    loop.close()
    loop.close()
    assert len(threads()) == before
    assert loop.run(doubled(4), 5) == 8
    loop.close()


def test_it_runs_beside_its_callers_loop() -> None:
    """An asynchronous host may call it: no loop is entered twice."""
    loop = Loop()

    async def host() -> int:
        return loop.run(doubled(1), 5)

    assert asyncio.run(host()) == 2
    loop.close()


def test_a_loop_whose_thread_is_gone_starts_again() -> None:
    """As in a process that was forked."""
    loop = Loop()
    assert loop.run(doubled(1), 5) == 2
    running = loop._running
    assert running is not None
    running.loop.call_soon_threadsafe(running.end.set)
    running.thread.join(5)
    assert loop.run(doubled(2), 5) == 4
    loop.close()


def test_what_takes_too_long_is_cut_off() -> None:
    """Within the loop too: nothing is left running."""
    loop, ended = Loop(), threading.Event()

    async def hang() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    with pytest.raises(TimeoutError):
        loop.run(hang(), 0.05)
    assert ended.is_set()
    loop.close()


def test_what_will_not_be_cancelled_once_is_again() -> None:
    """As a client that takes it for a connection that is lost."""
    before, loop = len(threads()), Loop()
    cancelled: list[int] = []
    kept: list[asyncio.Task[None]] = []

    async def again_and_again() -> None:
        for time in range(3):
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                cancelled.append(time)

    async def left() -> None:
        kept.append(asyncio.create_task(again_and_again()))
        await asyncio.sleep(0)

    loop.run(left(), 5)
    loop.close()
    assert len(threads()) == before
    assert cancelled == [0, 1, 2]


def test_what_never_ends_does_not_keep_it_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is left to itself after a while."""
    monkeypatch.setattr("crmflow.delivery.loop.GRACE", 0.2)
    loop, stop = Loop(), threading.Event()

    async def stubborn() -> None:
        while not stop.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(0.01)

    kept: list[asyncio.Task[None]] = []

    async def left() -> None:
        kept.append(asyncio.create_task(stubborn()))
        await asyncio.sleep(0)

    loop.run(left(), 5)
    thread = loop._running.thread if loop._running else threading.current_thread()
    loop.close()
    assert thread.is_alive()
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
