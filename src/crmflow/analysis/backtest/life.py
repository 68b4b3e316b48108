"""What a life shows, record by record: deadlines, events, approvals, tiers, tasks, messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import attrs

from crmflow.analysis.backtest.past import is_input
from crmflow.analysis.contrast import Item, Topic
from crmflow.core.decision import Decision, summary
from crmflow.core.entity import PolicyState, Snapshot
from crmflow.core.journal import Entry, JournalRecord, Put, apply
from crmflow.core.message import MessageKind
from crmflow.core.plain import plain
from crmflow.core.task import Task
from crmflow.policies.approvals.request import Approvals, Request
from crmflow.policies.sla.run import Deadlines, Run
from crmflow.policies.tiers.standing import Standing, TierState

__all__ = ["Life"]

REFUSED = "refused"
"""What is told of an event that is refused; nothing of it is in any journal."""

Place = tuple[str, datetime]
"""A name and an aware UTC instant: what tells a thing from others of its kind."""


@attrs.define
class Life:
    """
    One entity's life as it is told record by record.

    Attributes:
        snapshot: The entity by now.
        facts: Class of its facts.
        refused: How often what was asked is refused.
    """

    snapshot: Snapshot[Any]
    facts: type
    refused: int = attrs.field(default=0, init=False)
    _turns: list[Item] = attrs.field(factory=list, init=False)
    _runs: dict[Place, Run] = attrs.field(factory=dict, init=False)
    _due: dict[Place, datetime] = attrs.field(factory=dict, init=False)
    _breached: dict[Place, datetime] = attrs.field(factory=dict, init=False)
    _asked: dict[Place, tuple[Request, dict[str, None]]] = attrs.field(factory=dict, init=False)
    _moves: dict[Place, Item] = attrs.field(factory=dict, init=False)
    _tasks: dict[Place, Task] = attrs.field(factory=dict, init=False)
    _messages: list[Item] = attrs.field(factory=list, init=False)

    def __attrs_post_init__(self) -> None:
        for state in self.snapshot.attached.policies:
            self._remember(state)

    def see(self, record: JournalRecord) -> None:
        """Take the next record."""
        self.snapshot = apply(self.snapshot, record, self.facts)
        if _is_turn(record):
            told = {"answer": record.entry.value, "state": self.snapshot.state}
            self._turns.append(_turn(record.event.name, record.event.at, told, record.facts))
        for effect in record.effects:
            if isinstance(effect, Put) and isinstance(effect.item, PolicyState):
                self._remember(effect.item)
            elif isinstance(effect, Put) and isinstance(effect.item, Task):
                self._tasks[effect.item.name, effect.item.opened_at] = effect.item
        self._messages += _sent(record)

    def decide(self, decision: Decision) -> None:
        """Take the next decision, which may be a refusal."""
        if decision.record is not None:
            self.see(decision.record)
            return
        event = decision.event
        self.refused += 1
        told = {"answer": REFUSED, "state": self.snapshot.state, "reasons": _reasons(decision)}
        self._turns.append(_turn(event.name, event.at, told))

    def items(self, until: datetime) -> Iterator[Item]:
        """Yield all that it shows, and where the entity is at an aware UTC instant."""
        yield from self._turns
        yield from (self._promise(place) for place in self._runs)
        yield from (_approval(key, at, *found) for (key, at), found in self._asked.items())
        yield from self._moves.values()
        for (name, at), task in self._tasks.items():
            told = {"role": task.role, "assignee": task.assignee, "due_at": plain(task.due_at)}
            yield Item(Topic.TASK, name, at, told)
        yield from self._messages
        yield Item(Topic.STATE, self.snapshot.ref.machine, until, {"state": self.snapshot.state})

    def _promise(self, place: Place) -> Item:
        run = self._runs[place]
        told = {
            "target": run.limit or run.target,
            "due_at": plain(self._due.get(place)),
            "breached_at": plain(self._breached.get(place)),
        }
        return Item(Topic.DEADLINE, *place, told)

    def _remember(self, kept: PolicyState) -> None:
        """Take what a policy remembers; of one that is not here it is nothing one can read."""
        value = kept.value
        if isinstance(value, Deadlines):
            for run in value.runs:
                self._run(run)
        elif isinstance(value, Approvals):
            for request in value.open:
                self._request(request)
        elif isinstance(value, TierState):
            for standing in value.standings:
                self._standing(standing)

    def _run(self, run: Run) -> None:
        place = run.definition, run.started_at
        self._runs[place] = run
        if run.due_at is not None:
            self._due[place] = run.due_at
        if run.breached_at is not None:
            self._breached.setdefault(place, run.breached_at)

    def _request(self, request: Request) -> None:
        place = request.key, request.opened_at
        _, people = self._asked.get(place, (request, {}))
        signers = request.step.signers if request.step is not None else ()
        self._asked[place] = request, people | dict.fromkeys(one.person for one in signers)

    def _standing(self, standing: Standing) -> None:
        for move in standing.moves:
            told = {"before": move.before, "tier": move.tier, "cause": move.cause.value}
            place = standing.scheme, move.at
            self._moves[place] = Item(Topic.TIER, *place, told)


def _turn(
    name: str, at: datetime, told: Mapping[str, object], facts: Mapping[str, object] | None = None
) -> Item:
    return Item(Topic.EVENT, name, at, told, dict(facts or {}))


def _is_turn(record: JournalRecord) -> bool:
    """Say whether something happened in a record, beside what policies tell themselves."""
    own = record.entry is Entry.POLICY and not is_input(record)
    return not own or record.to is not None or bool(record.facts)


def _approval(key: str, at: datetime, request: Request, people: Mapping[str, None]) -> Item:
    told = {"chain": request.chain, "asked": list(people), "by": request.requester.id}
    return Item(Topic.APPROVAL, key, at, told)


def _sent(record: JournalRecord) -> Iterator[Item]:
    """Yield the messages of a record; what mirrors tell, states and facts tell already."""
    for one in record.messages:
        if one.kind is not MessageKind.MIRROR:
            told = {"to": one.machine, "kind": one.kind.value}
            name = f"{one.machine}.{one.event}"
            yield Item(Topic.MESSAGE, name, record.event.at, told, dict(one.payload))


def _reasons(decision: Decision) -> list[str]:
    return [] if decision.refusal is None else summary(decision.refusal)
