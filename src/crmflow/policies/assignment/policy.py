"""The policy `assignment` of one machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import attrs

from crmflow.core.entity import Snapshot
from crmflow.core.journal import Effect
from crmflow.core.policy import Denied, Evolve, Evolved, FirstShape, Line, Occurrence
from crmflow.core.reserved import UNPAUSE, may_change
from crmflow.policies.assignment import forms as f
from crmflow.policies.assignment import owning as o
from crmflow.policies.assignment.asking import assign, lock, pick_up, put_back, refused, unlock
from crmflow.policies.assignment.binding import Rows
from crmflow.policies.assignment.limits import BoundPool
from crmflow.policies.assignment.rows import OWNER
from crmflow.policies.assignment.state import Ownership

Answered = Callable[[Rows, Ownership, Occurrence], Evolved | Denied]


@attrs.frozen
class Owning(FirstShape):
    """
    Owners of the entities of one machine, and its public pool.

    Attributes:
        rows: The rows about the machine.
    """

    rows: Rows
    name: str = f.NAME
    state: type = Ownership
    reserved: Mapping[str, type | None] = f.RESERVED

    def evolve_for(self, event: str) -> Evolve | None:
        """Return what runs after an event: after all of the machine's, and its own."""
        own: Mapping[str, Answered] = {
            f.TIMER: self._timer,
            f.PICK_UP: pick_up,
            f.PUT_BACK: put_back,
            f.ASSIGN: assign,
            f.LOCK: lock,
            f.UNLOCK: unlock,
        }
        if event in own:
            return self._asked(own[event])
        if event == UNPAUSE:
            return self._unpaused
        return self._follow if may_change(event) else None

    def explain(self, state: Ownership, snapshot: Snapshot[Any]) -> Iterable[Line]:
        """Yield until when the owner has it and why, or since when it is in the pool."""
        pool = self.rows.pool(snapshot.at)
        if pool is None:
            return
        row = pool.row
        values: dict[str, object] = {
            "owner": state.owner,
            "since_at": state.owned_at,
            "due_at": state.due_at,
            "limit": state.limit,
            "last_owner": state.last_owner,
            "cooling_until_at": state.cooling_until_at,
        }
        if state.lock is not None:
            values |= {"by": state.lock.by, "reason": state.lock.reason}
        for code in _codes(pool, state):
            yield Line(code, values, row.rules, row.edition)

    def _asked(self, answer: Answered) -> Evolve:
        """Return what answers a reserved event; of an ended entity nothing is asked."""

        def run(state: Ownership | None, seen: Occurrence) -> Evolved | Denied | None:
            if seen.after.state in self.rows.final:
                return refused("final")
            owner: str | None = getattr(seen.after.facts, OWNER, None)
            return answer(self.rows, state or Ownership(seen.event.at, owner), seen)

        return run

    def _follow(self, state: Ownership | None, seen: Occurrence) -> Evolved | None:
        if o.is_own(seen):
            return None if state is None else o.unchanged(self.rows, state, seen)
        if not seen.changes:
            return None
        if seen.after.state in self.rows.final:
            return None if state is None else Evolved(None)
        answer = o.followed(self.rows, state, seen)
        changes = answer.effects or answer.raises or answer.state != state
        return answer if changes else None

    def _unpaused(self, state: Ownership | None, seen: Occurrence) -> Evolved | None:
        """Treat the time an entity stood still as time it was exempt: its owner is warned first."""
        pool = self.rows.pool(seen.event.at)
        idle = seen.after.paused_since is not None or seen.after.state in self.rows.final
        if state is None or pool is None or idle:
            return None
        effects = list[Effect]()
        freed = attrs.evolve(state, free_at=seen.event.at)
        return Evolved(o.limited(pool, freed, seen, effects), tuple(effects))

    def _timer(self, rows: Rows, state: Ownership, seen: Occurrence) -> Evolved | Denied:
        timer = seen.event.timer
        pool, effects = rows.pool(seen.event.at), list[Effect]()
        if timer is None:
            return refused("owner_timer_only")
        if pool is None:  # its days are over
            return Evolved(attrs.evolve(state, due_at=None, limit=""))
        if timer == o.UNLOCKED:
            state = attrs.evolve(state, lock=None)
            return Evolved(o.limited(pool, state, seen, effects), tuple(effects))
        now = o.limited(pool, state, seen, effects)
        if now.due_at is None or now.due_at != state.due_at:
            return Evolved(now, tuple(effects))  # what it was for has changed since
        if timer == o.WARN:
            role, due_at = pool.row.role, now.due_at
            return Evolved(now, (o.opened(seen, o.WARNING, role, due_at, now.owner),))
        return Evolved(now, (), (), (o.given(pool.row.through, pool.row.keeper, now.limit),))


def _codes(pool: BoundPool, state: Ownership) -> Iterator[str]:
    if state.owner == pool.row.keeper:
        yield "pool_holds"
        if state.cooling_until_at is not None:
            yield "pool_cools"
    if state.due_at is not None:
        yield "owner_until"
    if state.lock is not None:
        yield "owner_locked"
    elif state.stays:
        yield "owner_exempt"
