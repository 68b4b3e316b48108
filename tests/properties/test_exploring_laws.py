"""Laws of exploring, on machines drawn at random."""

from __future__ import annotations

import attrs
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crmflow.analysis.exploring.bounds import Bounds
from crmflow.analysis.exploring.exploration import explore_machine
from crmflow.analysis.exploring.explored import Seen
from crmflow.analysis.exploring.explorer import START, Explorer
from crmflow.analysis.exploring.replaying import replay_story
from crmflow.analysis.exploring.staffing import staffed
from crmflow.analysis.fault import FaultKind
from crmflow.codec import Codec
from crmflow.core.actor import Actor
from crmflow.core.errors import CrmflowError
from crmflow.core.journal import unborn
from crmflow.core.searching import Searching
from crmflow.flow.answer import answer
from crmflow.flow.registry import Registry
from crmflow.flow.request import Request
from tests.properties.generated import (
    ACTORS,
    Blueprint,
    Drawn,
    blueprints,
    declared,
    unchecked,
    walks,
)

LONGEST = 13
WIDE = Bounds(situations=4000, depth=LONGEST, counted=LONGEST)
"""Everything that a drawn walk can come to, whatever it counts."""


def blind(_field: str, term: str) -> str:
    """Return a term as it is: nothing is searched."""
    return term


def registry(blueprint: Blueprint) -> Registry:
    """Return what runs a drawn machine, though its table may contradict itself."""
    machine = declared(blueprint)
    machines = {machine.name: machine}
    return Registry(
        "acme",
        {machine.name: unchecked(machine)},
        {},
        Codec(machines, {}),
        searching={machine.name: Searching(machine.name, (), frozenset(), blind)},
    )


def seen(blueprint: Blueprint) -> Seen:
    """Return all that exploring a drawn machine sees."""
    return Explorer(staffed(registry(blueprint)), "counter", WIDE).run()


def simple(blueprint: Blueprint) -> Blueprint:
    """Return a machine whose rows ask for nothing and change no facts."""
    rows = tuple(attrs.evolve(row, guards=(), who=False, counts=False) for row in blueprint.rows)
    return attrs.evolve(blueprint, rows=rows)


def moves(blueprint: Blueprint) -> dict[str, set[str]]:
    """Return where each state leads, as the drawn rows say it: the first row of an event wins."""
    lasting = blueprint.names(lasting=True)
    found: dict[str, dict[int, str]] = {name: {} for name in blueprint.names()}
    for row in blueprint.rows:
        for source in [f"s{one}" for one in sorted(row.sources)] or lasting:
            to = source if row.to is None else f"s{row.to}"
            found[source].setdefault(row.event, to)
    return {source: set(targets.values()) for source, targets in found.items()}


def closure(start: set[str], leads: dict[str, set[str]]) -> set[str]:
    """Return what can be reached from some states, these included."""
    found, waiting = set(start), list(start)
    while waiting:
        for state in leads[waiting.pop()] - found:
            found.add(state)
            waiting.append(state)
    return found


@settings(max_examples=40)
@given(blueprint=blueprints(), data=st.data())
def test_what_is_reached_is_reached_by_its_story(blueprint: Blueprint, data: st.DataObject) -> None:
    """Committed step by step to a real store, a story ends in the state it says."""
    found = seen(blueprint)
    situation = data.draw(st.sampled_from(list(found.graph.born())))
    story = found.graph.story(*found.graph.way(situation))
    replayed = replay_story(registry(blueprint), story)
    assert replayed.state == story.state == situation.snapshot.state
    assert replayed.snapshot is not None
    assert replayed.snapshot.facts == situation.snapshot.facts
    assert len(replayed.answers) == situation.depth


FALLS_THROUGH = Blueprint(
    2,
    0,
    1,
    (
        Drawn(frozenset(), 0, None, (), who=True, counts=False),
        Drawn(frozenset(), 0, 1, ("always",), who=False, counts=False),
    ),
)
"""Only who lacks the role of the first row comes to the second."""


@settings(max_examples=60)
@example(walk=(FALLS_THROUGH, [("e0", ACTORS[0])]))
@given(walk=walks())
def test_no_walk_comes_where_exploring_did_not(
    walk: tuple[Blueprint, list[tuple[str, Actor]]],
) -> None:
    """Whoever acts, and in whatever order."""
    blueprint, steps = walk
    one, ref = registry(blueprint), registry(blueprint).ref("counter", "C-1")
    reached = {situation.snapshot.state for situation in seen(blueprint).graph.born()}
    snapshot = unborn(ref, START)
    for event, actor in [("create", ACTORS[0]), *steps]:
        try:
            snapshot = answer(one, snapshot, Request(ref, event, None, actor, START)).snapshot
        except CrmflowError:
            continue
        assert snapshot.state in reached


@settings(max_examples=60)
@given(blueprint=blueprints().map(simple))
def test_dead_ends_and_traps_are_those_of_the_graph(blueprint: Blueprint) -> None:
    """Where guards and facts have no say, a plain walk over the table knows them too."""
    found = explore_machine(registry(blueprint), "counter", bounds=WIDE)
    leads, finals = moves(blueprint), {*blueprint.names()} - {*blueprint.names(lasting=True)}
    reached = closure({"s0"}, leads)
    dead = {state for state in reached - finals if not leads[state]}
    ends = finals | dead
    traps = {state for state in reached if closure({state}, leads).isdisjoint(ends)}
    told = {kind: {one.where for one in found.faults if one.kind is kind} for kind in FaultKind}
    assert set(found.states) == reached
    assert told[FaultKind.DEAD_END] == dead
    assert told[FaultKind.TRAP] == (traps if finals else set())


@given(blueprint=blueprints())
@settings(max_examples=15)
def test_exploring_twice_tells_the_same(blueprint: Blueprint) -> None:
    """The same situations in the same order, and the same faults with the same stories."""
    first, again = (
        explore_machine(registry(blueprint), "counter", bounds=Bounds(situations=200))
        for _ in range(2)
    )
    assert (first, [one.story for one in first.faults]) == (
        again,
        [one.story for one in again.faults],
    )
