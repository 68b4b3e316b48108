"""A loop in a thread of its own: from any thread, within any loop, and ended cleanly."""

from __future__ import annotations

import asyncio
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
