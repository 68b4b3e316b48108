"""The policy that sends what happens to entities to the outside, with the decision itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from crmflow.core.entity import Snapshot
from crmflow.core.journal import Entry
from crmflow.core.kinds import kinds_of
from crmflow.core.machine import Machine
from crmflow.core.message import MessageKind
from crmflow.core.policy import Evolve, Evolved, FirstShape, Line, Occurrence, Outgoing
from crmflow.core.tables import Tables
from crmflow.delivery.rows import Delivery
from crmflow.policies.outputs.company import is_confidential
from crmflow.policies.outputs.payload import INTERNAL

POLICY = "delivery"


@attrs.frozen
class Nothing:
    """What the policy remembers of an entity."""


@attrs.frozen
class EventPolicy(FirstShape):
    """
    Events of one machine that go to the outside; it remembers nothing.

    Attributes:
        machine: The machine.
        rows: The rows that name it.
        tables: All rows in use.
        name: Its name.
        state: Class of its state.
        reserved: Its reserved events: none.
    """

    machine: Machine
    rows: tuple[Delivery, ...]
    tables: Tables
    name: str = attrs.field(default=POLICY, init=False)
    state: type = attrs.field(default=Nothing, init=False)
    reserved: Mapping[str, type | None] = attrs.field(factory=dict, init=False)

    def evolve_for(self, event: str) -> Evolve | None:
        """Return what tells of an event, None where nobody is told of it."""
        rows = tuple(row for row in self.rows if row.tells(event))
        if event not in self.machine.events or not rows:
            return None
        inside = is_confidential(self.machine, self.tables)
        known = kinds_of(self.machine.facts)
        told = [(row.name, tuple(one for one in row.facts if one in known)) for row in rows]

        def evolve(_state: object, seen: Occurrence) -> Evolved | None:
            if seen.entry is not Entry.DECISION:
                return None
            sent = (_outgoing(name, facts, seen, inside=inside) for name, facts in told)
            return Evolved(None, messages=tuple(sent))

        return evolve

    def explain(self, state: object, snapshot: Snapshot[Any]) -> Iterable[Line]:
        """Yield nothing: what is on its way is in the outbox."""
        return ()


def _outgoing(handler: str, facts: tuple[str, ...], seen: Occurrence, *, inside: bool) -> Outgoing:
    """
    Return the message that tells of a decision.

    Rules: INT-001 INT-002 ACC-011
    """
    after, event = seen.after, seen.event
    payload = {
        "machine": after.ref.machine,
        "id": after.ref.id,
        "version": seen.version,
        "event": event.name,
        "before": seen.before.state,
        "state": after.state,
        "at": event.at,
        "facts": {name: getattr(after.facts, name) for name in facts},
        INTERNAL: inside,
    }
    return Outgoing(handler, event.name, payload, str(after.ref), MessageKind.FIRE)
