"""Entities and their messages in memory, delivered in whatever order a test likes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import attrs

from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.decision import Decision
from crmflow.core.entity import Snapshot
from crmflow.core.event import Cause
from crmflow.core.journal import JournalRecord, unborn
from crmflow.core.message import Message, MessageKind
from crmflow.core.ref import EntityRef
from crmflow.flow.answer import answer, elapse
from crmflow.flow.registry import Registry
from crmflow.flow.request import Request

Pair = tuple[EntityRef, EntityRef]


@attrs.define
class World:
    """
    What an engine keeps, without one: order holds per pair of entities and nowhere else.

    Attributes:
        registry: Machines, judges and policies.
        now: The instant of all that happens.
        entities: Every entity.
        underway: Messages on their way, by source and target, with the source's version.
    """

    registry: Registry
    now: datetime
    entities: dict[EntityRef, Snapshot[Any]] = attrs.field(factory=dict)
    underway: dict[Pair, list[tuple[Message, int]]] = attrs.field(factory=dict)

    def get(self, ref: EntityRef) -> Snapshot[Any]:
        """Return an entity, unborn where there is none."""
        return self.entities.get(ref) or unborn(ref, self.now)

    def fire(
        self, ref: EntityRef, event: str, payload: Mapping[str, object], actor: Actor
    ) -> Decision:
        """Return the decision on a request, made and remembered."""
        return self._ask(Request(ref, event, payload, actor, self.now, creates=None))

    def deliver(self, pair: Pair) -> Decision:
        """Return the decision on the first message between two entities."""
        source, target = pair
        message, version = self.underway[pair].pop(0)
        if not self.underway[pair]:
            del self.underway[pair]
        assert message.kind in (MessageKind.FIRE, MessageKind.ENSURE)
        cause = Cause(source=source, version=version, ordinal=message.ordinal)
        event, payload = message.event, message.payload
        asked = Request(target, event, payload, SYSTEM, self.now, creates=None, cause=cause)
        return self._ask(asked)

    def settle(self) -> None:
        """Deliver every message, and those that come of it."""
        while self.underway:
            decision = self.deliver(min(self.underway))
            assert decision.refusal is None, decision.refusal

    def pass_time(self, until: datetime) -> None:
        """Fire every timer due by an instant."""
        self.now = until
        for ref, snapshot in list(self.entities.items()):
            for decision in elapse(
                self.registry, self.registry.machine(ref.machine), snapshot, until
            ):
                self._keep(decision)

    def _ask(self, request: Request) -> Decision:
        decision = answer(self.registry, self.get(request.ref), request)
        for one in (*decision.fired, decision):
            self._keep(one)
        if decision.refusal is None:
            self.entities[request.ref] = decision.snapshot
        return decision

    def _keep(self, decision: Decision) -> None:
        for record in _records(decision):
            for message in record.messages:
                target = EntityRef(record.ref.tenant, message.machine, message.id)
                self.underway.setdefault((record.ref, target), []).append((message, record.version))
        if decision.record is not None:
            self.entities[decision.record.ref] = decision.snapshot


def _records(decision: Decision) -> Iterator[JournalRecord]:
    if decision.record is not None:
        yield decision.record
    for caused in decision.caused:
        yield from _records(caused)
