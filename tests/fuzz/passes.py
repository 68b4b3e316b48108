"""
What every law of this folder is run by: a short pass, a long one, and one without end in sight.

The law itself is the same for all inputs: it is taken, or refused by an error of crmflow's own
that says what is wrong; within bounds of time and memory, and nothing is written.
"""

from __future__ import annotations

import contextlib
import inspect
import os
import resource
import signal
from collections.abc import Callable, Iterator
from types import FrameType

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from crmflow.core.errors import CrmflowError

SECONDS = 10.0
"""Of computing, that one input may take at most."""

MEGABYTES = 400
"""By which the inputs of one law may let the memory grow at most."""

LONGEST = 200_000
"""Characters of an error at most, whatever was put in."""

SOAK = 100 if os.environ.get("CRMFLOW_SOAK") else 1
"""How much longer the long pass is in a soak run, whose examples are new each time."""


def _late(_signal: int, _frame: FrameType | None) -> None:
    message = f"an input took more than {SECONDS} s of computing"
    raise AssertionError(message)


@contextlib.contextmanager
def bounded() -> Iterator[None]:
    """Fail where the block computes for too long; waiting for others does not count."""
    before = signal.signal(signal.SIGVTALRM, _late)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@contextlib.contextmanager
def told_clearly(*places: str) -> Iterator[list[CrmflowError]]:
    """
    Let the block refuse, if it does so by an error of crmflow's own which can be printed.

    Args:
        places: Words of which the error must have one: where the fault is.

    Yields:
        What takes the error.
    """
    refused = list[CrmflowError]()
    with bounded():
        try:
            yield refused
        except CrmflowError as error:
            refused.append(error)
    for one in refused:
        told = str(one)
        assert told.strip(), f"{type(one).__name__} says nothing"
        assert len(told) <= LONGEST, f"{type(one).__name__} says {len(told)} characters"
        assert not places or any(place in told for place in places)


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def fuzzed(
    *, short: int, long: int, **drawn: st.SearchStrategy[object]
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """
    Run a law as two tests, a short one and one marked `slow`.

    Args:
        short: Examples of the short pass.
        long: Examples of the long pass; a soak run takes a hundred times as many, others each
            time.
        drawn: Strategies, by the law's arguments; its other arguments are fixtures.
    """

    def wrapped(law: Callable[..., None]) -> Callable[..., None]:
        def test(examples: int, **fixtures: object) -> None:
            tried = settings(
                max_examples=examples,
                deadline=None,
                database=None,
                derandomize=SOAK == 1,
                phases=(Phase.explicit, Phase.generate, Phase.shrink),
                suppress_health_check=list(HealthCheck),
            )
            before = _memory()
            tried(given(**drawn)(law))(**fixtures)
            assert _memory() - before <= MEGABYTES, "the memory grew"

        test.__doc__ = law.__doc__
        asked = [name for name in inspect.signature(law).parameters if name not in drawn]
        test.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [
                inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY)
                for name in ("examples", *asked)
            ]
        )
        passes = [
            pytest.param(short, id="short"),
            pytest.param(long * SOAK, id="long", marks=pytest.mark.slow),
        ]
        return pytest.mark.parametrize("examples", passes)(test)

    return wrapped
