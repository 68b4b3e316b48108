"""Requests to erase, erasures, prunings: who and why is kept, what is gone is not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import attrs

from crmflow.core.actor import SYSTEM
from crmflow.core.entity import Snapshot
from crmflow.core.erasure import ERASE
from crmflow.core.form import Text
from crmflow.core.policy import Denied, Evolve, Evolved, FirstShape, Line, Occurrence
from crmflow.core.tables import MachineRow, Tables
from crmflow.core.verdict import Answer, Verdict
from crmflow.policies.retention.keeping import applying, find
from crmflow.policies.retention.pruning import POLICY, PRUNE, Pruning
from crmflow.policies.retention.row import Retention

ENCRYPTION = "encryption"
"""Table whose rows say what is encrypted; nothing else can be erased from a journal."""

ASK_ERASURE = "$ask_erasure"
"""Reserved event by which somebody asks that what is known of a person is erased."""


@attrs.frozen
class ErasureRequest:
    """Why it is to be erased; never what."""

    reason: Text


@attrs.frozen
class Asked:
    """A request to erase: who, when, why."""

    by: str
    at: datetime
    reason: str


@attrs.frozen
class RetentionState:
    """
    What was asked and done about an entity, in its order.

    Attributes:
        asked: Requests to erase.
        erased: Erasures: who, when, why.
    """

    asked: tuple[Asked, ...] = ()
    erased: tuple[Asked, ...] = ()


@attrs.frozen
class Keeping(FirstShape):
    """The policy of one machine whose entities are kept for some time."""

    rows: tuple[Retention, ...]
    tables: Tables
    name: str = POLICY
    state: type = RetentionState
    reserved: Mapping[str, type | None] = attrs.field(
        factory=lambda: {ASK_ERASURE: ErasureRequest, ERASE: ErasureRequest, PRUNE: Pruning}
    )

    def evolve_for(self, event: str) -> Evolve | None:
        """Return what follows the events that are its own: others are none of its business."""
        return {ASK_ERASURE: self._asked, ERASE: self._erased, PRUNE: _pruned}.get(event)

    def _asked(self, state: RetentionState | None, seen: Occurrence) -> Evolved | Denied:
        denied = self._not_allowed(seen)
        if denied is not None:
            return denied
        before = state or RetentionState()
        return Evolved(attrs.evolve(before, asked=(*before.asked, _asked_by(seen))))

    def _erased(self, state: RetentionState | None, seen: Occurrence) -> Evolved | Denied:
        """Let the key be destroyed: by right, once nothing must be kept, where there is one."""
        denied = self._not_allowed(seen)
        if denied is not None:
            return denied
        found = find(self.rows, seen.before, seen.event.at, self.tables.zone)
        if seen.event.at < found.until:
            rules = tuple(dict.fromkeys(rule for line in found.why for rule in line.rules))
            told = {"until": found.until.isoformat()}
            return _denied("must_be_kept", rules, values=told)
        rows = self.tables.of(ENCRYPTION, MachineRow)
        if not any(row.machine == seen.before.ref.machine and row.enabled for row in rows):
            return _denied("nothing_encrypted", ("STO-002",))
        before = state or RetentionState()
        return Evolved(attrs.evolve(before, erased=(*before.erased, _asked_by(seen))))

    def _not_allowed(self, seen: Occurrence) -> Denied | None:
        """Return the refusal of who has no right to erase."""
        event = seen.event
        mine = applying(self.rows, seen.before, self.tables.day(event.at))
        roles = sorted({role for row in mine for role in row.erasers})
        if not event.actor.roles.isdisjoint(roles):
            return None
        rules = tuple(dict.fromkeys(rule for row in mine for rule in row.rules))
        return _denied("erasure_not_allowed", rules, roles=roles)

    def explain(self, state: RetentionState | None, snapshot: Snapshot[Any]) -> Iterable[Line]:
        """Yield what was asked, and how long the entity must be kept all the same."""
        if state is None:
            return
        yield from find(self.rows, snapshot, snapshot.at, self.tables.zone).why
        for one in state.asked:
            yield Line("erasure_asked", {"by": one.by, "at": one.at, "reason": one.reason})
        for one in state.erased:
            yield Line("erased", {"by": one.by, "at": one.at, "reason": one.reason})


def _pruned(_state: RetentionState | None, seen: Occurrence) -> Denied | None:
    """Let the pruning be journaled, which nobody but the engine does; nothing changes by it."""
    if seen.event.actor == SYSTEM:
        return None
    return _denied("pruned_by_the_engine", ("STO-003",), roles=SYSTEM.roles)


def _asked_by(seen: Occurrence) -> Asked:
    event = seen.event
    return Asked(event.actor.id, event.at, event.form.reason)


def _denied(
    reason: str,
    rules: tuple[str, ...],
    *,
    roles: Iterable[str] = (),
    values: Mapping[str, object] | None = None,
) -> Denied:
    told = {} if values is None else values
    return Denied((Verdict(POLICY, Answer.REFUSE, reason, rules=rules, roles=roles, values=told),))
