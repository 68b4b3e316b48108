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
from crmflow.testing.rehearsal.bulk import Many
from crmflow.testing.rehearsal.stage import Stage
from crmflow.testing.rehearsal.steps import Ask, RunDue, Work

CALLS = ("load", "commit", "journal", "outbox", "keyed", "settle", "mark", "claim_due",
         "claim_messages", "due")  # fmt: skip
"""Calls to the store that may fail: what is written, and what is read for it."""

Doing = Ask | Many | Work | RunDue


def _end(step: Doing, stage: Stage, engine: Engine, *, dies: bool) -> None:
    """Go on where a call has failed: whoever asked asks again with the same key."""
    stage.counts["crash" if dies else "store away"] += 1
    if dies:
        stage.restart()
        engine = stage.engine
    if isinstance(step, Ask | Many):
        step.take(stage, engine)


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
        """Let it happen until the call fails."""
        fault = UnavailableError("memory:", "cut off")
        store = CrashingStore(engine.store, fault, at=self.at, after=self.after, calls=self.calls)
        try:
            self.step.take(stage, stage.over(store))
        except UnavailableError:
            stage.counts["unanswered"] += 1
        if store.count >= self.at:
            _end(self.step, stage, engine, dies=self.dies)


@attrs.define(eq=False)
class _Torn:
    """A store that fails once in a commit of several: the first ones are written."""

    store: Store
    whole: int
    torn: bool = False

    def commit(self, batch: Sequence[Commit]) -> Sequence[Outcome]:
        """Write some and fail, or pass on."""
        if self.torn or len(batch) <= self.whole:
            return self.store.commit(batch)
        self.torn = True
        self.store.commit(batch[: self.whole])
        fault = "cut off in the middle"
        raise UnavailableError("memory:", fault)

    def __getattr__(self, name: str) -> object:
        return getattr(self.store, name)


@attrs.frozen
class Torn:
    """
    A commit of several is cut off in its middle.

    Attributes:
        step: What is asked.
        whole: How many members of the commit are written.
        dies: Whether the process dies of it.
    """

    step: Many
    whole: int
    dies: bool

    def __str__(self) -> str:
        what = "the process dies" if self.dies else "the store is away"
        return f"{self.step}; {what} when {self.whole} of them are committed"

    def take(self, stage: Stage, engine: Engine) -> None:
        """Ask until the commit fails."""
        store = _Torn(engine.store, self.whole)
        try:
            self.step.take(stage, stage.over(cast("Store", store)))
        except UnavailableError:
            stage.counts["unanswered"] += 1
        if store.torn:
            stage.counts["torn"] += 1
            _end(self.step, stage, engine, dies=self.dies)


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
        step: What is asked, perhaps with a fault.
        other: What the other asks for.
    """

    step: Ask | Many | Cut | Torn
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
