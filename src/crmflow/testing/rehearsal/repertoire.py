"""
The repertoire: what people may ask of each machine, and what of it is worth asking.

Payloads are made once, as they are for exploring; what was taken before is asked more often, so
that lives get on without anybody having to say how.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

import attrs

from crmflow.analysis.exploring.relevance import relevance_of
from crmflow.analysis.exploring.samples import ANY_ID, Payload, Sampling, is_timely
from crmflow.analysis.simulation.streams import Stream
from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.compiled import Compiled
from crmflow.core.machine import Machine
from crmflow.flow.registry import Registry
from crmflow.policies.roles.row import Role
from crmflow.testing.routes import fitting

T = TypeVar("T")

START = datetime(2026, 3, 2, 1, tzinfo=UTC)
"""When rehearsals begin: Monday, nine o'clock in Beijing."""

PAYLOADS = 24
"""So many payloads of one form at most."""

PEOPLE = ("everything-1", "everything-2")
"""Two people with every role; fields for a person name one of them."""

LONG_AGO = timedelta(days=45)
"""So much earlier are the days of what is told afterwards."""

CURIOUS = 0.2
"""How often something is asked whatever became of it before."""

UNTRIED = 1.0
"""How much something is worth asking that was never asked."""


def one_of(chance: Stream, found: Sequence[T]) -> T:
    """Return one of several, each as often as the others."""
    return found[int(chance.uniform() * len(found))]


@attrs.frozen
class Part:
    """
    An event that people may ask for.

    Attributes:
        event: Its name.
        actors: Who may ask: two people with the roles that it wants, two with all there are.
        payloads: What it may bring, as of `START`.
        timely: Whether there are days or instants in it, which go along with the time.
    """

    event: str
    actors: tuple[Actor, ...]
    payloads: tuple[Payload, ...]
    timely: bool
    choices: range = attrs.field(init=False)
    _fixed: tuple[bool, ...] = attrs.field(init=False)

    @choices.default
    def _choices(self) -> range:
        """Places of all payloads."""
        return range(len(self.payloads) * (1 + self.timely))

    @_fixed.default
    def _are_fixed(self) -> tuple[bool, ...]:
        return tuple(map(_is_fixed, self.payloads))

    def filled(self, place: int, id: str, at: datetime) -> Mapping[str, object]:  # noqa: A002 - the field's word
        """
        Return a payload as of an instant, with an entity's id wherever a text may be any.

        Args:
            place: Which one; behind the last one they begin again, and are told long afterwards.
            id: The id.
            at: Aware UTC instant.
        """
        behind, place = divmod(place, len(self.payloads))
        payload = self.payloads[place]
        if self._fixed[place]:
            return payload
        by = at.date() - START.date() - behind * LONG_AGO
        return {name: _filled(one, id, by) for name, one in payload.items()}


def _filled(value: object, id: str, by: timedelta) -> object:  # noqa: A002 - the field's word
    """Return a part of a payload with an id for any text, and all its days so much later."""
    if isinstance(value, str):
        return id if value == ANY_ID else value
    if isinstance(value, dict):
        return {name: _filled(one, id, by) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, id, by) for one in value]
    return value + by if isinstance(value, date) else value


def _is_fixed(value: object) -> bool:
    """Say whether a part of a payload is the same whenever and for whomever it is asked."""
    if isinstance(value, dict):
        return all(map(_is_fixed, value.values()))
    if isinstance(value, list):
        return all(map(_is_fixed, value))
    return value != ANY_ID and not isinstance(value, date)


@attrs.frozen
class Offer:
    """
    What people may ask of an entity.

    Attributes:
        events: The events.
        going: Those of them after which its life goes on, or may go on.
    """

    events: Sequence[str]
    going: Sequence[str]


@attrs.frozen
class Repertoire:
    """
    The parts of one machine.

    Attributes:
        compiled: The machine.
        parts: Its events that people may ask for, by name.
    """

    compiled: Compiled
    parts: Mapping[str, Part]
    _offers: dict[tuple[str, bool], Offer] = attrs.field(factory=dict, init=False, eq=False)

    @classmethod
    def of(cls, registry: Registry, name: str) -> Repertoire:
        """Return what people may ask of a machine."""
        compiled = registry.machine(name)
        machine, everything = compiled.machine, _roles(registry)
        sampling = Sampling(relevance_of(machine, registry.tables), PEOPLE, PAYLOADS)
        wanted = {row.event for row in machine.rows if row.who != SYSTEM.roles}
        return cls(
            compiled,
            {
                event: _part(machine, event, form, sampling, everything)
                for event, form in compiled.events.items()
                if event in wanted
            },
        )

    def offer(self, state: str, *, odd: bool) -> Offer:
        """
        Return what people may ask for in a state, where there is anything.

        Args:
            state: The state.
            odd: Whether they ask for whatever the machine knows, in that state or not.
        """
        found = self._offers.get((state, odd))
        if found is None:
            possible = [] if odd else self.compiled.possible(state)
            events = [one for one in possible if one in self.parts] or [*self.parts]
            going = [one for one in events if not self._ends(state, one)]
            found = self._offers[state, odd] = Offer(events, going)
        return found

    def _ends(self, state: str, event: str) -> bool:
        """Say whether an event leads from a state to nothing but ends."""
        found = self.compiled.candidates(state, event)
        return bool(found) and all(one.row.to in self.compiled.final for one in found)


def _roles(registry: Registry) -> frozenset[str]:
    """Return every role that is named by a table, or wanted by a row of any machine."""
    rows = (row for one in registry.machines.values() for row in one.machine.rows)
    named = (row.name for row in registry.tables.of("roles", Role))
    return frozenset(named).union(*(row.who for row in rows)) - SYSTEM.roles


def _part(
    machine: Machine, event: str, form: type | None, sampling: Sampling, everything: frozenset[str]
) -> Part:
    asking = fitting(machine, event)
    name = asking.id.rpartition("-")[0]
    payloads = sampling.payloads(form, START) if form is not None else [Payload()]
    people = [Actor(f"{name}-{place}", asking.roles) for place in (1, 2)]
    people += [Actor(one, everything) for one in PEOPLE]
    return Part(event, tuple(people), tuple(payloads), form is not None and is_timely(form))


@attrs.define
class Habits:
    """How often what was asked for was taken, and how much each thing is worth asking by that."""

    _known: dict[Hashable, tuple[int, int]] = attrs.field(factory=dict, init=False)
    _likings: dict[Hashable, float] = attrs.field(factory=dict, init=False)

    def note(self, what: Hashable, *, taken: bool) -> None:
        """Note what became of something."""
        asked, took = self._known.get(what, (0, 0))
        asked, took = asked + 1, took + taken
        self._known[what] = (asked, took)
        # What was taken of what was asked, less where it was taken often already.
        self._likings[what] = math.sqrt(took + 1) / (asked + 1)

    def choose(self, chance: Stream, found: Sequence[T], of: Hashable) -> T:
        """Return one of several: of two that are drawn the one that is more worth asking."""
        one, other = one_of(chance, found), one_of(chance, found)
        if chance.uniform() < CURIOUS or one == other:
            return one
        likings = self._likings
        return (
            one if likings.get((of, one), UNTRIED) >= likings.get((of, other), UNTRIED) else other
        )
