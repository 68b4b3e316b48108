"""The situations that were found and what leads from one to another."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from crmflow.analysis.happening import Happening, Story
from crmflow.core.decision import Decision
from crmflow.core.entity import Snapshot
from crmflow.core.plain import plain
from crmflow.core.ref import EntityRef

__all__ = ["Edge", "Graph", "Situation"]


@attrs.frozen
class Edge:
    """
    Something that happens in a situation.

    Attributes:
        source: Number of the situation.
        target: Number of the one it leads to.
        happening: What happens.
        decisions: What was decided, in order.
    """

    source: int
    target: int
    happening: Happening
    decisions: tuple[Decision, ...] = attrs.field(repr=False)

    @property
    def waits(self) -> bool:
        """Whether only time passes."""
        return not self.happening.event


@attrs.define(eq=False)
class Situation:
    """
    One situation, with the first entity that came into it.

    Attributes:
        number: Its place, in the order in which they were found.
        snapshot: The entity.
        opened: Names of links it has opened.
        asked: Whom it sent a request to, by the request's name.
        came: What led into it first; None of the first of all.
        depth: How many happenings lead into it.
        cut: Whether a bound hides what happens in it next.
        looked: Whether all that may happen in it was tried.
        leaves: What happens in it.
    """

    number: int
    snapshot: Snapshot[Any]
    opened: frozenset[str] = frozenset()
    asked: Mapping[str, EntityRef] = attrs.field(factory=dict)
    came: Edge | None = None
    depth: int = 0
    cut: bool = False
    looked: bool = False
    leaves: list[Edge] = attrs.field(factory=list)

    @property
    def wait(self) -> Edge | None:
        """What the next timer does, or None where none runs."""
        return next((edge for edge in self.leaves if edge.waits), None)


@attrs.define
class Graph:
    """All situations of a machine; the first is that of the entity that is not there yet."""

    machine: str
    situations: list[Situation] = attrs.field(factory=list)

    def edges(self) -> Iterator[Edge]:
        """Yield all that happens, in the order in which it was found."""
        for situation in self.situations:
            yield from situation.leaves

    def born(self) -> Iterator[Situation]:
        """Yield the situations of an entity that is there, nearest first."""
        yield from self.situations[1:]

    def leading_to(self, goals: Iterable[int]) -> set[int]:
        """
        Return the situations from which one of some can be reached, these included.

        Situations that were not looked at may lead anywhere: they count as goals.

        Args:
            goals: Numbers of situations.
        """
        before: dict[int, list[int]] = {}
        for edge in self.edges():
            before.setdefault(edge.target, []).append(edge.source)
        found = {*goals, *(one.number for one in self.situations if not one.looked)}
        waiting = deque(found)
        while waiting:
            for source in before.get(waiting.popleft(), ()):
                if source not in found:
                    found.add(source)
                    waiting.append(source)
        return found

    def way(self, situation: Situation) -> tuple[Edge, ...]:
        """Return how a situation was found first, which is seldom longer than it need be."""
        edges: list[Edge] = []
        edge = situation.came
        while edge is not None:
            edges.append(edge)
            edge = self.situations[edge.source].came
        return tuple(reversed(edges))

    def story(self, *steps: Edge | Happening) -> Story:
        """
        Return the story of a way.

        Args:
            steps: The way from nothing; behind it what is refused or raises, which is no edge.
        """
        state, happenings = self.situations[0].snapshot.state, []
        for one in steps:
            happening = one.happening if isinstance(one, Edge) else one
            happenings.append(attrs.evolve(happening, payload=_plain(happening)))
            if isinstance(one, Edge):
                state = self.situations[one.target].snapshot.state
        return Story(self.machine, tuple(happenings), state)


def _plain(happening: Happening) -> dict[str, object]:
    """Return what a happening brings as plain values: what is tried may have days as such."""
    return {name: plain(value) for name, value in happening.payload.items()}
