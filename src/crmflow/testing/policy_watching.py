"""Watching a plugin: each call of its judges and policies is noted, to be made again."""

from __future__ import annotations

import gc
import random
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from datetime import date
from typing import Any

import attrs
from msgspec.structs import replace

from crmflow.core.entity import Snapshot
from crmflow.core.evolving import BoundEvolve
from crmflow.core.judging import BoundJudge
from crmflow.core.people import NOBODY
from crmflow.core.policy import Occurrence
from crmflow.core.proposal import Proposal
from crmflow.core.ref import Pair
from crmflow.flow.registry import Registry

_MODULES = frozenset({"time", "_socket"})
_TODAY = frozenset({"now", "utcnow", "today"})
_FUNCTIONS = frozenset({"urandom", "getrandom", "open"})


@attrs.frozen
class Call:
    """
    One call of a hook's function.

    Attributes:
        hook: `judge_for` or `policies_for`.
        policy: Name of the policy; empty for a judge.
        event: Name of the event.
        run: The function.
        given: What it was given.
        told: How that looked before.
        answer: What it answered.
    """

    hook: str
    policy: str
    event: str
    run: Callable[..., Any]
    given: tuple[Any, ...]
    told: str
    answer: Any

    def __str__(self) -> str:
        return f"{self.hook} of {self.policy or 'a judge'} on {self.event!r}"

    @property
    def changed(self) -> bool:
        """Whether what it was given is another thing now."""
        return _told(self.given) != self.told

    def again(self) -> Any:  # noqa: ANN401 - whatever the hook answers
        """Return what it answers now."""
        return self.run(*self.given)

    def alone(self, own: frozenset[str]) -> Any:  # noqa: ANN401 - whatever the hook answers
        """Return what it answers where no other policy has any state."""
        return self.run(*(_alone(one, own) for one in self.given))


def _told(given: tuple[Any, ...]) -> str:
    """Return how what a hook is given looks; the directory notes what it is asked."""
    seen = (Occurrence, Proposal)
    return repr([replace(one, people=NOBODY) if isinstance(one, seen) else one for one in given])


def _alone(value: Any, own: frozenset[str]) -> Any:  # noqa: ANN401 - what a hook is given
    """Return what a hook is given, without the states of policies that are not its own."""
    if isinstance(value, Snapshot):
        kept = tuple(one for one in value.attached.policies if one.policy in own)
        return replace(value, attached=replace(value.attached, policies=kept))
    if isinstance(value, Occurrence):
        return replace(value, before=_alone(value.before, own), after=_alone(value.after, own))
    if isinstance(value, Proposal):
        attempt = replace(value.attempt, snapshot=_alone(value.before, own))
        return replace(value, attempt=attempt)
    return value


@attrs.frozen
class Watch:
    """
    Notes what is asked of a plugin.

    Attributes:
        plugin: Its name.
        calls: Every call so far.
    """

    plugin: str
    calls: list[Call] = attrs.field(factory=list)

    def over(self, registry: Registry) -> Registry:
        """Return what an engine runs, with the plugin's functions watched."""
        return attrs.evolve(
            registry,
            judges={of: tuple(map(self._judge, some)) for of, some in registry.judges.items()},
            evolvers={
                of: tuple(self._evolve(of, one) for one in some)
                for of, some in registry.evolvers.items()
            },
            reserved={of: self._evolve(of, one) for of, one in registry.reserved.items()},
        )

    def _judge(self, bound: BoundJudge) -> BoundJudge:
        if bound.plugin != self.plugin:
            return bound

        def ask(before: Snapshot[Any], proposal: Proposal) -> Any:  # noqa: ANN401 - as the hook
            return self._called("judge_for", "", proposal.event.name, bound.ask, (before, proposal))

        return BoundJudge(bound.plugin, ask)

    def _evolve(self, of: Pair, bound: BoundEvolve) -> BoundEvolve:
        if bound.plugin != self.plugin:
            return bound

        def run(state: Any, seen: Occurrence) -> Any:  # noqa: ANN401 - as the hook
            return self._called("policies_for", bound.policy.name, of[1], bound.run, (state, seen))

        return BoundEvolve(bound.plugin, bound.policy, run)

    def _called(
        self, hook: str, policy: str, event: str, run: Callable[..., Any], given: tuple[Any, ...]
    ) -> Any:  # noqa: ANN401 - as the hook
        told = _told(given)
        answer = run(*given)
        self.calls.append(Call(hook, policy, event, run, given, told, answer))
        return answer


def spied(run: Callable[[], Any]) -> tuple[Any, list[str]]:
    """
    Return an answer, and what was read for it that a pure function does not read.

    Args:
        run: Called once, aside: a thread has a profiler of its own, and one that is on here, which
            may be none that a function can put back, is left alone. What Python's own profiler
            sees is seen: built-in functions.
    """
    called: list[object] = []

    def watched() -> Any:  # noqa: ANN401 - whatever it answers
        sys.setprofile(lambda _frame, kind, one: called.append(one) if kind == "c_call" else None)
        try:
            return run()
        finally:
            sys.setprofile(None)

    with _uncollected(), ThreadPoolExecutor(1) as aside:
        answer = aside.submit(copy_context().run, watched).result()
    return answer, [name for one in called if (name := impure(one)) is not None]


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector away: who is told of it, as Hypothesis is, reads clocks then."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def impure(called: object) -> str | None:
    """Return the name of a built-in function that is none of a pure function's business."""
    name, module = getattr(called, "__name__", ""), getattr(called, "__module__", None)
    of = getattr(called, "__self__", None)
    if isinstance(of, random.Random):
        return f"random.{name}"
    if module in _MODULES:
        return f"{module}.{name}"
    if isinstance(of, type) and issubclass(of, date) and name in _TODAY:
        return f"{of.__name__}.{name}"
    return name if name in _FUNCTIONS else None
