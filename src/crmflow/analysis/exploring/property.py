"""
What a company states of a process: predicates over entities, and how they must hold.

A predicate is a plain function of a `Snapshot`. A file of properties names them by machine:

    from crmflow.analysis.exploring import always, in_state, precedes

    PROPERTIES = {
        "contract": [
            precedes("approved_before_signed", is_approved, in_state("signed"), rules="CON-011"),
        ],
    }
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs

from crmflow.analysis.exploring.graph import Edge, Graph, Situation, nowhere
from crmflow.core.entity import Snapshot
from crmflow.core.errors import did_you_mean
from crmflow.core.machine import Machine
from crmflow.core.ref import UNBORN
from crmflow.core.words import words

__all__ = [
    "Property",
    "always",
    "eventually_possible",
    "in_state",
    "leads_to",
    "never",
    "precedes",
]

Predicate = Callable[[Snapshot[Any]], bool]
"""A claim about an entity."""

Search = Callable[[Graph], Iterator[Sequence[Edge]]]
"""Finds the ways that break a property, the shortest first."""


@attrs.frozen
class Property:
    """
    Something that must hold of every life of an entity.

    Attributes:
        name: What it is called.
        breach: Finds the ways that break it.
        why: What is told of where they end.
        avoided: Where none of them leads.
        claims: What it is made of; the states that `in_state` names are looked up.
        rules: Rule ids.
    """

    name: str
    breach: Search
    why: str
    avoided: Predicate = nowhere
    claims: tuple[Predicate, ...] = attrs.field(default=(), kw_only=True)
    rules: tuple[str, ...] = attrs.field(default=(), converter=words, kw_only=True)

    def unknown(self, machine: Machine) -> Iterator[str]:
        """Yield what is wrong with the states its claims name."""
        known = [UNBORN, *(one.name for one in machine.states)]
        for claim in self.claims:
            for state in claim.states if isinstance(claim, _InState) else ():
                if state not in known:
                    yield f"property {self.name!r}: unknown state {state!r}. " + did_you_mean(
                        state, known
                    )


@attrs.frozen
class _InState:
    states: tuple[str, ...]

    def __call__(self, snapshot: Snapshot[Any]) -> bool:
        return snapshot.state in self.states


def in_state(*states: str) -> Predicate:
    """Return the claim that an entity is in one of some states."""
    return _InState(states)


def _ways(graph: Graph, breaks: Callable[[Situation], bool]) -> Iterator[Sequence[Edge]]:
    """Yield the ways to the situations of a kind."""
    return (graph.nearest(one) for one in graph.born() if breaks(one))


def never(name: str, claim: Predicate, *, rules: str = "") -> Property:
    """Return the property that a claim holds of no entity at any time."""

    def breach(graph: Graph) -> Iterator[Sequence[Edge]]:
        return _ways(graph, lambda one: claim(one.snapshot))

    why = "what must never be is reached"
    return Property(name, breach, why, claims=(claim,), rules=rules)


def always(name: str, claim: Predicate, *, rules: str = "") -> Property:
    """Return the property that a claim holds of every entity at all times."""
    found = never(name, lambda snapshot: not claim(snapshot), rules=rules)
    return attrs.evolve(found, claims=(claim,))


def eventually_possible(name: str, claim: Predicate, *, rules: str = "") -> Property:
    """Return the property that from wherever an entity is it can come to where a claim holds."""

    def breach(graph: Graph) -> Iterator[Sequence[Edge]]:
        goals = (one.number for one in graph.born() if claim(one.snapshot))
        possible = graph.leading_to(goals)
        return _ways(graph, lambda one: one.number not in possible)

    why = "from here it is never possible again"
    return Property(name, breach, why, claims=(claim,), rules=rules)


def precedes(name: str, before: Predicate, after: Predicate, *, rules: str = "") -> Property:
    """Return the property that one claim held, once at least, before another one does."""

    def breach(graph: Graph) -> Iterator[Sequence[Edge]]:
        ends = graph.situations
        return (way for way in graph.ways(before) if after(ends[way[-1].target].snapshot))

    why, claims = "the one is reached without the other", (before, after)
    return Property(name, breach, why, before, claims=claims, rules=rules)


def leads_to(name: str, cause: Predicate, effect: Predicate, *, rules: str = "") -> Property:
    """
    Return the property that after one claim held another one does, though nobody does anything.

    Timers are fair: they fire when they are due. Where the last one has fired, or they go round
    in a circle, and the effect has not come, it never will.
    """

    def breach(graph: Graph) -> Iterator[Sequence[Edge]]:
        good: dict[int, bool] = {}

        def breaks(one: Situation) -> bool:
            return cause(one.snapshot) and not _comes(graph, one, effect, good)

        return _ways(graph, breaks)

    why = "as time goes on, what must follow does not"
    return Property(name, breach, why, claims=(cause, effect), rules=rules)


def _comes(graph: Graph, situation: Situation, effect: Predicate, good: dict[int, bool]) -> bool:
    """Say whether an effect comes by itself; what was found out is kept by number."""
    way: list[int] = []
    here: Situation | None = situation
    found = False
    while here is not None and here.number not in good and here.number not in way:
        way.append(here.number)
        if effect(here.snapshot) or not here.known:
            found = True
            break
        edge: Edge | None = here.wait
        here = None if edge is None else graph.situations[edge.target]
    if here is not None and here.number in good:
        found = good[here.number]
    good.update(dict.fromkeys(way, found))
    return found
