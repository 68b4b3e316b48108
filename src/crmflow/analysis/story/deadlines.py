"""What deadlines have to tell: those just kept, those just missed, and waits that are over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import attrs

from crmflow.core.entity import Snapshot
from crmflow.core.ref import EntityRef
from crmflow.engine.engine import Engine
from crmflow.policies.sla import waits
from crmflow.policies.sla.run import Deadlines, Status

__all__ = ["DEADLINES", "Passed", "Watch"]

DEADLINES = "sla"
"""Name of the policy that watches deadlines."""


@attrs.frozen
class Passed:
    """
    A deadline whose due instant has passed.

    Attributes:
        deadline: Its name in the table.
        at: Aware UTC instant.
        is_wait: Whether nothing was promised: its own end is what it waits for.
    """

    deadline: str
    at: datetime
    is_wait: bool


@attrs.define
class Watch:
    """
    Watches the deadlines of entities, and tells of each end once.

    Args:
        engine: Whose entities.
    """

    engine: Engine
    _met: dict[tuple[EntityRef, str], int] = attrs.field(init=False, factory=dict)
    _told: set[tuple[EntityRef, str, datetime]] = attrs.field(init=False, factory=set)

    def kept(self, ref: EntityRef) -> Iterator[str]:
        """Yield the deadlines of an entity that were kept just now."""
        now, state = self.engine.clock.now(), _state(self.engine.get(ref))
        for deadline, count in _met(state).items():
            known = self._met.get((ref, deadline), 0)
            self._met[ref, deadline] = count
            run = state.run(deadline)
            # A repeated one begins anew as it is met.
            if count > known and run is not None and now in (run.ended_at, run.started_at):
                yield deadline

    def missed(self, ref: EntityRef) -> Iterator[Passed]:
        """Yield the deadlines of an entity that have passed and were not told yet."""
        over = waits(self.engine.registry.tables)
        for run in _state(self.engine.get(ref)).runs:
            if run.breached_at and self._is_new(ref, run.definition, run.breached_at):
                yield Passed(run.definition, run.breached_at, run.definition in over)

    def _is_new(self, ref: EntityRef, deadline: str, at: datetime) -> bool:
        known = len(self._told)
        self._told.add((ref, deadline, at))
        return len(self._told) > known


def _state(snapshot: Snapshot[Any]) -> Deadlines:
    found: Deadlines | None = snapshot.policy(DEADLINES)
    return Deadlines() if found is None else found


def _met(state: Deadlines) -> Mapping[str, int]:
    """Return how often each deadline was met in time."""
    met: Counter[str] = Counter()
    for tally in state.tallies:
        if tally.status is Status.MET:
            met[tally.definition] += tally.count
    return met
