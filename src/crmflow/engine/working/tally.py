"""What a worker has done for one tenant since it began."""

from __future__ import annotations

import attrs

from crmflow.core.decision import Decision
from crmflow.engine.values import Due


@attrs.define
class Tally:
    """
    Counts since the worker began.

    Attributes:
        rounds: Rounds.
        fired: Timers that fired.
        forestalled: Commits that somebody else forestalled: the work was done by then.
        delivered: Messages that were taken.
        parked: Messages that were refused, or failed for the last time.
        failed: Failures of timers, messages, backups and of the store.
    """

    rounds: int = 0
    fired: int = 0
    forestalled: int = 0
    delivered: int = 0
    parked: int = 0
    failed: int = 0

    def add(self, due: Due, forestalled: int = 0) -> None:
        """Count what was done."""
        self.fired += sum(map(timers_of, due.fired))
        self.forestalled += forestalled
        # Who sent a message that is parked is told, and counts among those it was applied to.
        self.delivered += len(due.applied) - len(due.parked)
        self.parked += len(due.parked)
        self.failed += len(due.errors)


def timers_of(decision: Decision) -> int:
    """Return how many timers a commit fired."""
    chain = (*decision.fired, decision)
    return sum(one.event.cause is not None and one.event.cause.timer is not None for one in chain)
