"""Stores that say they have written what they have not: faults that a rehearsal has to find."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import attrs
from msgspec.structs import replace

from crmflow.storage.commit import Commit, Committed, Outcome, singly
from crmflow.storage.memory import MemoryStore
from crmflow.storage.port import Store

Lie = Callable[[Commit], Commit | None]
"""What is written in place of a commit; None for nothing."""


@attrs.define(eq=False)
class Lying:
    """A store in memory that writes something else for every so many-th commit that fits."""

    lie: Lie
    every: int
    inner: MemoryStore = attrs.field(factory=MemoryStore)
    count: int = 0

    def commit(self, batch: Sequence[Commit]) -> Sequence[Outcome]:
        """Write, or lie; what is lied about is said to be committed."""
        return singly(batch, self._committed)

    def _committed(self, commit: Commit) -> Outcome:
        lied = self.lie(commit)
        self.count += lied != commit
        if lied == commit or self.count % self.every:
            return self.inner.commit([commit])[0]
        return Committed(commit.row.version) if lied is None else self.inner.commit([lied])[0]

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)


class Hasty(MemoryStore):
    """A store that forgets of a batch which entities it has lost already."""

    def commit(self, batch: Sequence[Commit]) -> Sequence[Outcome]:
        """Write each member as if it were the only one."""
        return [super(Hasty, self).commit([one])[0] for one in batch]


def lying(lie: Lie, every: int = 1) -> Callable[[], Store]:
    """Return what makes such stores."""
    return lambda: cast("Store", Lying(lie, every))


def loses(_commit: Commit) -> None:
    """Write nothing."""


def forgets_keys(commit: Commit) -> Commit:
    """Write a commit without its keys."""
    return replace(commit, keys={})


def loses_messages(commit: Commit) -> Commit:
    """Write a commit without its messages."""
    return replace(commit, messages=())


def loses_timers(commit: Commit) -> Commit:
    """Write a commit without the timers that it sets."""
    return replace(commit, timers=())


def loses_outside(commit: Commit) -> Commit:
    """Write a commit without what it tells the outside."""
    kept = tuple(one for one in commit.messages if one.target.machine != "outside")
    return replace(commit, messages=kept)
