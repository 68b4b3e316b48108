"""
The repertoire: what people may ask of each machine, and what of it is worth asking.

Payloads are made once, as they are for exploring; what was taken before is asked more often, so
that lives get on without anybody having to say how.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import attrs

from crmflow.analysis.exploring.relevance import relevance_of
from crmflow.analysis.exploring.samples import ANY_ID, Payload, Sampling, is_timely, later
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

    @property
    def choices(self) -> range:
        """Places of all payloads."""
        return range(len(self.payloads) * (1 + self.timely))

    def filled(self, place: int, id: str, at: datetime) -> Mapping[str, object]:  # noqa: A002 - the field's word
        """
        Return a payload as of an instant, with an entity's id wherever a text may be any.

        Args:
            place: Which one; behind the last one they begin again, and are told long afterwards.
            id: The id.
            at: Aware UTC instant.
        """
        behind, place = divmod(place, len(self.payloads))
        payload: object = self.payloads[place]
        if self.timely:
            payload = later(payload, at.date() - START.date() - behind * LONG_AGO)
        filled = _named(payload, id)
        return filled if isinstance(filled, Mapping) else {}


def _named(value: object, id: str) -> object:  # noqa: A002 - the field's word
    if value == ANY_ID:
        return id
    if isinstance(value, dict):
        return {name: _named(one, id) for name, one in value.items()}
    return [_named(one, id) for one in value] if isinstance(value, list) else value


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

    def possible(self, state: str) -> list[str]:
        """Return the events that people may ask for in a state."""
        return [one for one in self.compiled.possible(state) if one in self.parts]

    def ends(self, state: str, event: str) -> bool:
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
    """How often what was asked for was taken."""

    _asked: dict[Hashable, int] = attrs.field(factory=lambda: defaultdict(int), init=False)
    _taken: dict[Hashable, int] = attrs.field(factory=lambda: defaultdict(int), init=False)

    def note(self, what: Hashable, *, taken: bool) -> None:
        """Note what became of something."""
        self._asked[what] += 1
        self._taken[what] += taken

    def choose(self, chance: Stream, found: Sequence[T], of: Hashable) -> T:
        """Return one of several: of two that are drawn the one that is more worth asking."""
        one, other = one_of(chance, found), one_of(chance, found)
        if chance.uniform() < CURIOUS or self._liking((of, one)) >= self._liking((of, other)):
            return one
        return other

    def _liking(self, what: Hashable) -> float:
        """Return what was taken of what was asked, less where it was taken often already."""
        return math.sqrt(self._taken[what] + 1) / (self._asked[what] + 1)
