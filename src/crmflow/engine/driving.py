"""Driving the flow's coroutines without an event loop."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def at_once(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Perform a call to the store here and now."""
    return call(*args, **kwargs)


def drive(steps: Coroutine[Any, Any, T]) -> T:
    """
    Run a coroutine that never suspends, and return what it returns.

    Raises:
        RuntimeError: It suspended, which only a foreign `run` can make it do.
    """
    try:
        steps.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    steps.close()
    message = "the synchronous engine cannot await: its store must answer at once"
    raise RuntimeError(message)
