"""What goes wrong while something happens; afterwards everybody does what they would do then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast

import attrs

from crmflow.clock import Clock
from crmflow.core.errors import UnavailableError
from crmflow.engine.engine import Engine
from crmflow.storage.commit import Commit, Outcome
from crmflow.storage.port import Store
from crmflow.testing.crashing import CrashingStore
from crmflow.testing.rehearsal.stage import Stage
from crmflow.testing.rehearsal.steps import Ask, RunDue, Work

CALLS = ("load", "commit", "journal", "outbox", "keyed", "settle", "mark", "claim_due",
         "claim_messages", "due")  # fmt: skip
"""Calls to the store that may fail: what is written, and what is read for it."""

Doing = Ask | Work | RunDue


@attrs.frozen
class Cut:
    """
    A call to the store fails while something happens.

    Attributes:
        step: What happens.
        at: Which call, from 1.
        after: Whether it takes effect, and only the answer is lost.
        dies: Whether the process dies of it; another one goes on.
        calls: The calls that are counted.
    """

    step: Doing
    at: int
    after: bool
    dies: bool
    calls: tuple[str, ...] = CALLS

    def __str__(self) -> str:
        which = f"call {self.at} of {', '.join(self.calls)}" if self.calls != CALLS else self.at
        when = "after" if self.after else "before"
        what = "the process dies" if self.dies else "the store is away"
        return f"{self.step}; {what} {when} {which}"

    def take(self, stage: Stage, engine: Engine) -> None:
        """Let it happen until the call fails; whoever asked asks again with the same key."""
        fault = UnavailableError("memory:", "cut off")
        store = CrashingStore(
            stage.witness.port(), fault, at=self.at, after=self.after, calls=self.calls
        )
        try:
            self.step.take(stage, stage.over(store))
        except UnavailableError:
            stage.counts["unanswered"] += 1
        if store.count < self.at:
            return
        stage.counts["crash" if self.dies else "store away"] += 1
        if self.dies:
            stage.restart()
            engine = stage.engine
        if isinstance(self.step, Ask):
            self.step.take(stage, engine)


@attrs.define(eq=False)
class _Overtaken:
    """A store over which somebody else writes between the reading and the first commit."""

    store: Store
    stage: Stage
    other: Ask | None

    def commit(self, batch: Sequence[Commit]) -> Sequence[Outcome]:
        """Let the other go first, and pass on."""
        other, self.other = self.other, None
        if other is not None:
            before = self.stage.witness.records
            other.take(self.stage, self.stage.engine)
            self.stage.meanwhile += self.stage.witness.records - before
        return self.store.commit(batch)

    def __getattr__(self, name: str) -> object:
        return getattr(self.store, name)


@attrs.frozen
class Overtaken:
    """
    Somebody else asks for something of the same entity before an answer is written.

    Attributes:
        step: What is asked.
        other: What the other asks for.
    """

    step: Ask
    other: Ask

    def __str__(self) -> str:
        return f"{self.step}; before it is written {self.other}"

    def take(self, stage: Stage, engine: Engine) -> None:
        """Ask, and be overtaken."""
        _ = engine
        before = stage.meanwhile
        store = _Overtaken(stage.witness.port(), stage, self.other)
        self.step.take(stage, stage.over(cast("Store", store)))
        stage.counts["conflict"] += stage.meanwhile > before


@attrs.frozen
class Skewed:
    """A clock that is wrong by some time."""

    clock: Clock
    by: timedelta

    def now(self) -> datetime:
        """Return the instant that it takes for now."""
        return self.clock.now() + self.by

    def new_id(self) -> str:
        """Return the next id of the right one."""
        return self.clock.new_id()


@attrs.frozen
class WrongClock:
    """
    A host whose clock is wrong does something.

    Attributes:
        step: What it does.
        by: How much its clock is ahead, or behind where negative.
    """

    step: Doing
    by: timedelta

    def __str__(self) -> str:
        return f"{self.step}; on a host whose clock is wrong by {self.by}"

    def take(self, stage: Stage, engine: Engine) -> None:
        """Let it happen there."""
        _ = engine
        wrong = Skewed(stage.clock, self.by)
        self.step.take(stage, stage.over(stage.witness.port(), wrong))
        stage.counts["wrong clock"] += 1
