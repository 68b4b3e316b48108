"""
What every law of this folder is run by: a short pass, a long one, and one without end in sight.

The law itself is the same for all inputs: it is taken, or refused by an error of crmflow's own
that says what is wrong; within bounds of time and memory, and nothing is written.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import itertools
import os
import resource
import signal
import traceback
from collections.abc import Callable, Iterator
from types import FrameType

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from crmflow.core.errors import (
    CrmflowError,
    GuardFailedError,
    PolicyFailedError,
    WorkFailedError,
)

SECONDS = 10.0
"""Of computing, that one input may take at most."""

MEGABYTES = 400
"""By which the inputs of one law may let the memory grow at most."""

BLAME = (GuardFailedError, PolicyFailedError, WorkFailedError)
"""Errors that blame what is shipped, and so say nothing of what was put in."""

LONGEST = 200_000
"""Characters of an error at most, whatever was put in."""

LAW = "law"
"""What the tests' own report calls a law: how many cases it was tried on, and what it says."""

Record = Callable[[str, object], None]
"""pytest's `record_property`."""

SOAK = int(os.environ.get("CRMFLOW_FUZZ", "100")) if os.environ.get("CRMFLOW_SOAK") else 0
"""How many times as long the long pass is in a soak run, whose examples are new each time."""


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
def told_clearly(*places: str, misuse: bool = False) -> Iterator[list[Exception]]:
    """
    Let the block refuse, if it does so by an error of crmflow's own which can be printed.

    Args:
        places: Words of which the error must have one: where the fault is.
        misuse: Whether a ValueError or TypeError will do too, where crmflow itself raises it.

    Yields:
        What takes the error.
    """
    refused = list[Exception]()
    with bounded():
        try:
            yield refused
        except (CrmflowError, TypeError, ValueError) as error:
            blames = isinstance(error, BLAME)
            if blames or not (isinstance(error, CrmflowError) or (misuse and _meant(error))):
                raise
            refused.append(error)
    for one in refused:
        told = str(one)
        assert told.strip(), f"{type(one).__name__} says nothing"
        assert len(told) <= LONGEST, f"{type(one).__name__} says {len(told)} characters"
        assert not places or any(place in told for place in places)


def _meant(error: Exception) -> bool:
    """Say whether an error is raised as such, not by something that was not foreseen."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return "/crmflow/" in last.filename and (last.line or "").startswith("raise ")


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def fuzzed(
    *, short: int, long: int, **drawn: st.SearchStrategy[object]
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """
    Run a law as two tests, a short one and one marked `slow`.

    Args:
        short: Examples of the short pass.
        long: Examples of the long pass; a soak run takes many times as many, others each time.
        drawn: Strategies, by the law's arguments; its other arguments are fixtures.
    """

    def wrapped(law: Callable[..., None]) -> Callable[..., None]:
        def test(examples: int, record_property: Record, **fixtures: object) -> None:
            tried = itertools.count()

            @functools.wraps(law)
            def counted(**given: object) -> None:
                law(**given)
                next(tried)

            run = settings(
                max_examples=examples,
                deadline=None,
                database=None,
                derandomize=not SOAK,
                phases=(Phase.explicit, Phase.generate, Phase.shrink),
                suppress_health_check=list(HealthCheck),
            )
            before = _memory()
            run(given(**drawn)(counted))(**fixtures)
            assert _memory() - before <= MEGABYTES, "the memory grew"
            record_property(LAW, [next(tried), " ".join((law.__doc__ or "").split())])

        test.__doc__ = law.__doc__
        asked = [name for name in inspect.signature(law).parameters if name not in drawn]
        test.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [
                inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY)
                for name in ("examples", "record_property", *asked)
            ]
        )
        passes = [
            pytest.param(short, id="short"),
            pytest.param(long * (SOAK or 1), id="long", marks=pytest.mark.slow),
        ]
        return pytest.mark.parametrize("examples", passes)(test)

    return wrapped
