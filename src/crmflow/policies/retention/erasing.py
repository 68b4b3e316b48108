"""Requests to erase: who asked and why is kept, what is to be erased is not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import attrs

from crmflow.core.entity import Snapshot
from crmflow.core.form import Text
from crmflow.core.policy import Denied, Evolve, Evolved, FirstShape, Line, Occurrence
from crmflow.core.tables import Tables
from crmflow.core.verdict import Answer, Verdict
from crmflow.policies.retention.keeping import applying, find
from crmflow.policies.retention.row import Retention

POLICY = "retention"
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
    """The requests of an entity, in their order."""

    asked: tuple[Asked, ...] = ()


@attrs.frozen
class Keeping(FirstShape):
    """The policy of one machine whose entities are kept for some time."""

    rows: tuple[Retention, ...]
    tables: Tables
    name: str = POLICY
    state: type = RetentionState
    reserved: Mapping[str, type | None] = attrs.field(factory=lambda: {ASK_ERASURE: ErasureRequest})

    def evolve_for(self, event: str) -> Evolve | None:
        """Return what keeps a request; nothing follows other events."""
        return self._asked if event == ASK_ERASURE else None

    def _asked(self, state: RetentionState | None, seen: Occurrence) -> Evolved | Denied:
        event, form = seen.event, seen.event.form
        mine = applying(self.rows, seen.before, self.tables.day(event.at))
        roles = sorted({role for row in mine for role in row.erasers})
        if event.actor.roles.isdisjoint(roles):
            rules = tuple(dict.fromkeys(rule for row in mine for rule in row.rules))
            verdict = Verdict(
                POLICY, Answer.REFUSE, "erasure_not_allowed", rules=rules, roles=roles
            )
            return Denied((verdict,))
        before = () if state is None else state.asked
        return Evolved(RetentionState((*before, Asked(event.actor.id, event.at, form.reason))))

    def explain(self, state: RetentionState | None, snapshot: Snapshot[Any]) -> Iterable[Line]:
        """Yield what was asked, and how long the entity must be kept all the same."""
        if state is None:
            return
        yield from find(self.rows, snapshot, snapshot.at, self.tables.zone).why
        for one in state.asked:
            yield Line("erasure_asked", {"by": one.by, "at": one.at, "reason": one.reason})
