"""The shortest way of events into a state, tried out without storing anything."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import attrs

from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.compiled import Compiled
from crmflow.core.decision import Decision, summary
from crmflow.core.entity import Snapshot
from crmflow.core.form import structure
from crmflow.core.journal import unborn
from crmflow.core.machine import Machine
from crmflow.core.plain import plain
from crmflow.core.ref import UNBORN, EntityRef
from crmflow.core.refusal import Refusal
from crmflow.engine.driving import at_once, drive
from crmflow.engine.engine import Engine
from crmflow.flow.answer import answer
from crmflow.flow.looking import looked_up
from crmflow.flow.request import Request
from crmflow.flow.run import Flow

Payload = Mapping[str, object]

MOST = 2000
"""Events tried out at most, before it is said that no way was found."""


@attrs.frozen
class Leg:
    """One event of a route: its name, what it brings and who asks."""

    event: str
    payload: Payload
    actor: Actor


@attrs.frozen
class _Place:
    snapshot: Snapshot[Any]
    legs: tuple[Leg, ...]


@attrs.define
class Routes:
    """
    Looks for a route into a state of one machine.

    A route has no event of the system and none that waits for an approval; timers due on the way
    fire.

    Attributes:
        engine: Whose machines and policies decide; nothing is stored.
        ref: The entity that is to come there.
        at: Aware UTC instant of all events.
        given: Facts by name; fields of forms are filled with those of their name.
        payloads: What an event brings, by its name, in place of that.
        actor: Who asks, or None for somebody with the roles that each event wants.
        refused: Why events were refused that would have led to the state.
    """

    engine: Engine
    ref: EntityRef
    at: datetime
    given: Payload
    payloads: Mapping[str, Payload]
    actor: Actor | None = None
    refused: dict[str, None] = attrs.field(factory=dict, init=False)

    def into(self, state: str) -> tuple[Leg, ...] | None:
        """Return the shortest route there with the given facts, or None."""
        seen: set[object] = set()
        tried, places = 0, deque([_Place(unborn(self.ref, self.at), ())])
        while places and tried < MOST:
            place = places.popleft()
            for first in self._legs(place.snapshot):
                tried += 1
                leg, decision = self._asked(place.snapshot, first)
                self._note(place.snapshot, decision, state)
                if not decision.accepted or decision.held:
                    continue
                found = _Place(decision.snapshot, (*place.legs, leg))
                held = self._held(found.snapshot)
                if found.snapshot.state == state and held == self.given.keys():
                    return found.legs
                known = self._known(found.snapshot, held)
                if known not in seen:
                    seen.add(known)
                    places.append(found)
        return None

    @property
    def _compiled(self) -> Compiled:
        return self.engine.registry.machine(self.ref.machine)

    def _legs(self, snapshot: Snapshot[Any]) -> Iterator[Leg]:
        machine = self._compiled.machine
        for event in self._compiled.possible(snapshot.state):
            yield Leg(event, self._payload(event), self.actor or fitting(machine, event))

    def _payload(self, event: str) -> Payload:
        form = self._compiled.machine.form(event)
        if event in self.payloads or form is None:
            return self.payloads.get(event, {})
        names = {field.name for field in attrs.fields(form)}
        return {name: value for name, value in self.given.items() if name in names}

    def _asked(self, snapshot: Snapshot[Any], leg: Leg) -> tuple[Leg, Decision]:
        """Return a leg and its decision; where others may do it, by one of them."""
        decision = self._try(snapshot, leg)
        if decision.refusal is not None and self.actor is None:
            leg = attrs.evolve(leg, actor=could(leg.actor, decision.refusal))
            decision = self._try(snapshot, leg)
        return leg, decision

    def _try(self, snapshot: Snapshot[Any], leg: Leg) -> Decision:
        asked = Request(
            self.ref, leg.event, leg.payload, leg.actor, self.at, creates=not snapshot.version
        )
        flow = Flow(self.engine.registry, self.engine.store, at_once, self.engine.clock)
        return answer(flow.registry, snapshot, asked, drive(looked_up(flow, asked, snapshot)))

    def _note(self, before: Snapshot[Any], decision: Decision, state: str) -> None:
        """Keep why an event did not lead there, or did not even make an entity."""
        event, refusal = decision.event.name, decision.refusal
        rows = self._compiled.candidates(before.state, event)
        if before.state != UNBORN and all(row.to != state for row in rows):
            return
        if decision.held:
            self.refused[f"{event} from {before.state!r} waits for an approval"] = None
        elif refusal is not None:
            told = "; ".join(summary(refusal))
            self.refused[f"{event} from {refusal.state!r}: {told}"] = None

    def _held(self, snapshot: Snapshot[Any]) -> frozenset[str]:
        """Return the names of the given facts that the entity has."""
        known = {**attrs.asdict(snapshot.facts, recurse=False), **self.given}
        told = {name: plain(value) for name, value in known.items() if value is not None}
        facts, _ = structure(self._compiled.machine.facts, told)
        has = (name for name in self.given if hasattr(facts, name))
        return frozenset(n for n in has if getattr(facts, n) == getattr(snapshot.facts, n))

    @staticmethod
    def _known(snapshot: Snapshot[Any], held: frozenset[str]) -> object:
        """Return by what a place is told from others: its state, and which facts are known."""
        facts = attrs.asdict(snapshot.facts, recurse=False)
        known = frozenset(name for name, one in facts.items() if one not in (None, ()))
        return snapshot.state, known, held


def fitting(machine: Machine, event: str) -> Actor:
    """Return somebody with every role that an event's rows and guards want."""
    rows = [row for row in machine.rows if row.event == event]
    wanted = [some for row in rows for some in (row.who, *(guard.roles for guard in row.guards))]
    roles = sorted(frozenset[str]().union(*wanted) - SYSTEM.roles)
    return Actor(f"{(*roles, 'anybody')[0]}-1", roles)


def could(actor: Actor, refusal: Refusal) -> Actor:
    """Return who could do what was refused, as far as the refusal says it is a matter of people."""
    people = refusal.people
    return Actor(people[0] if people else actor.id, {*actor.roles, *refusal.roles})
