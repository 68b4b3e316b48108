"""The situations that were found and what leads from one to another."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

import attrs

from crmflow.analysis.happening import Happening
from crmflow.core.decision import Decision
from crmflow.core.entity import Snapshot
from crmflow.core.plain import plain
from crmflow.core.ref import EntityRef

__all__ = ["Edge", "Graph", "Situation", "nowhere", "plainly"]


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
        depth: How many happenings led into it first.
        cut: Whether a bound hides what happens in it next.
        looked: Whether all that may happen in it was tried.
        hides: Whether something leads on to what was taken for another situation.
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
    hides: bool = False
    leaves: list[Edge] = attrs.field(factory=list)

    @property
    def known(self) -> bool:
        """Whether all that follows it is known."""
        return self.looked and not self.hides

    @property
    def wait(self) -> Edge | None:
        """What the next timer does, or None where none runs."""
        return next((edge for edge in self.leaves if edge.waits), None)


def nowhere(_snapshot: Snapshot[Any]) -> bool:
    """Avoid nothing."""
    return False


@attrs.define
class Graph:
    """All situations of a machine; the first is that of the entity that is not there yet."""

    machine: str
    situations: list[Situation] = attrs.field(factory=list)

    def edges(self) -> Iterator[Edge]:
        """Yield all that happens, what happens nearest first."""
        for situation in (self.situations[0], *self.born()):
            yield from situation.leaves

    def born(self) -> Iterator[Situation]:
        """Yield the situations of an entity that is there, nearest first."""
        yield from (self.situations[number] for number in self._nearest)

    def nearest(self, situation: Situation) -> tuple[Edge, ...]:
        """
        Return the fewest happenings that lead into a situation, of all that were found.

        They may be parts of several lives, which count as one.
        """
        return self._nearest.get(situation.number, ())

    @cached_property
    def _nearest(self) -> dict[int, tuple[Edge, ...]]:
        """The nearest way into each situation, looked up once when all are found."""
        return {way[-1].target: way for way in self.ways()}

    def ways(
        self, avoided: Callable[[Snapshot[Any]], bool] = nowhere
    ) -> Iterator[tuple[Edge, ...]]:
        """
        Yield the nearest way into each situation, the shortest first.

        Args:
            avoided: Says where no way may lead.
        """
        waiting = deque([(self.situations[0], tuple[Edge, ...]())])
        met = {0}
        while waiting:
            here, way = waiting.popleft()
            for edge in here.leaves:
                target = self.situations[edge.target]
                if edge.target not in met and not avoided(target.snapshot):
                    met.add(edge.target)
                    waiting.append((target, (*way, edge)))
                    yield *way, edge

    def leading_to(self, goals: Iterable[int]) -> set[int]:
        """
        Return the situations from which one of some can be reached, these included.

        Situations of which not all is known may lead anywhere: they count as goals.

        Args:
            goals: Numbers of situations.
        """
        before: dict[int, list[int]] = {}
        for edge in self.edges():
            before.setdefault(edge.target, []).append(edge.source)
        found = {*goals, *(one.number for one in self.situations if not one.known)}
        waiting = deque(found)
        while waiting:
            for source in before.get(waiting.popleft(), ()):
                if source not in found:
                    found.add(source)
                    waiting.append(source)
        return found

    def way(self, situation: Situation) -> tuple[Edge, ...]:
        """Return how a situation was found first: one life, as it was decided."""
        edges: list[Edge] = []
        edge = situation.came
        while edge is not None:
            edges.append(edge)
            edge = self.situations[edge.source].came
        return tuple(reversed(edges))


def plainly(happening: Happening) -> Happening:
    """Return a happening that brings plain values: what is tried may have days as such."""
    payload = {name: plain(value) for name, value in happening.payload.items()}
    return attrs.evolve(happening, payload=payload)
