"""Laws of exploring, on machines drawn at random."""

from __future__ import annotations

import attrs
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crmflow.analysis.exploring.bounds import Bounds
from crmflow.analysis.exploring.ends import dead_ends, is_stuck
from crmflow.analysis.exploring.exploration import explore_machine
from crmflow.analysis.exploring.explored import Seen
from crmflow.analysis.exploring.explorer import Explorer
from crmflow.analysis.exploring.property import in_state, never
from crmflow.analysis.exploring.replaying import replay_story
from crmflow.analysis.exploring.shortening import Sight
from crmflow.analysis.exploring.staffing import staffed
from crmflow.analysis.exploring.walking import START
from crmflow.analysis.fault import FaultKind
from crmflow.analysis.happening import Story
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
    story = found.story(Sight(found.graph.nearest(situation), frozenset({situation.number})))
    assert story is not None
    replayed = replay_story(registry(blueprint), story)
    assert replayed.state == story.state == situation.snapshot.state
    assert replayed.snapshot is not None
    assert found.walker.at(replayed.snapshot, situation.opened) is situation
    assert len(replayed.answers) <= situation.depth


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


def distances(leads: dict[str, set[str]]) -> dict[str, int]:
    """Return how many happenings lead to each state, at least; the first creates."""
    found, ring = {"s0": 1}, {"s0"}
    while ring:
        ring = {one for state in ring for one in leads[state]} - {*found}
        found |= dict.fromkeys(ring, max(found.values()) + 1)
    return found


@settings(max_examples=40)
@given(blueprint=blueprints().map(simple))
def test_a_story_is_as_short_as_the_table_allows(blueprint: Blueprint) -> None:
    """Where guards and facts have no say, a plain walk over the table knows how short."""
    stated = [never(name, in_state(name)) for name in blueprint.names()]
    found = explore_machine(registry(blueprint), "counter", bounds=WIDE, properties=stated)
    far, stories = distances(moves(blueprint)), {}
    for fault in found.faults:
        if fault.kind in {FaultKind.DEAD_END, FaultKind.TRAP, FaultKind.BROKEN_PROPERTY}:
            assert fault.story is not None
            stories[fault.kind, fault.where] = len(fault.story.happenings)
    assert {where for kind, where in stories if kind is FaultKind.BROKEN_PROPERTY} == {*far}
    assert all(length == far[where] for (_, where), length in stories.items())


def dead(found: Seen, blueprint: Blueprint, story: Story) -> str | None:
    """Return the dead end that a story comes to when it is replayed, or None."""
    snapshot = replay_story(registry(blueprint), story).snapshot
    if snapshot is None:
        return None
    situation = found.walker.at(snapshot, frozenset())
    stuck = situation is not None and is_stuck(found, situation)
    return snapshot.state if stuck else None


@settings(max_examples=40)
@given(blueprint=blueprints())
def test_a_story_cannot_lose_any_single_happening(blueprint: Blueprint) -> None:
    """Without it, replayed, it comes to no dead end of that state any more."""
    found = seen(blueprint)
    for fault in dead_ends(found):
        assert fault.story is not None
        assert dead(found, blueprint, fault.story) == fault.where
        for place in range(len(fault.story.happenings)):
            happenings = [*fault.story.happenings]
            del happenings[place]
            less = attrs.evolve(fault.story, happenings=tuple(happenings))
            assert dead(found, blueprint, less) != fault.where


@settings(max_examples=60)
@given(blueprint=blueprints().map(simple))
def test_dead_ends_and_traps_are_those_of_the_graph(blueprint: Blueprint) -> None:
    """Where guards and facts have no say, a plain walk over the table knows them too."""
    found = explore_machine(registry(blueprint), "counter", bounds=WIDE)
    leads, finals = moves(blueprint), {*blueprint.names()} - {*blueprint.names(lasting=True)}
    reached = closure({"s0"}, leads)
    blocked = {state for state in reached - finals if not leads[state]}
    ends = finals | blocked
    traps = {state for state in reached if closure({state}, leads).isdisjoint(ends)}
    told = {kind: {one.where for one in found.faults if one.kind is kind} for kind in FaultKind}
    assert set(found.states) == reached
    assert told[FaultKind.DEAD_END] == blocked
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
