"""Exploring small machines: what is reached, and how, within which bounds."""

from __future__ import annotations

import functools
from datetime import timedelta

import pytest

from crmflow.analysis.exploring import (
    Bounds,
    always,
    eventually_possible,
    explore,
    in_state,
    leads_to,
    never,
    precedes,
)
from crmflow.analysis.exploring.exploration import explore_machine
from crmflow.analysis.exploring.explored import Seen
from crmflow.analysis.exploring.explorer import Explorer
from crmflow.analysis.exploring.property import Property
from crmflow.analysis.exploring.replaying import replay_story
from crmflow.analysis.exploring.shortening import Sight
from crmflow.analysis.exploring.staffing import registry_of, staffed
from crmflow.analysis.fault import Fault
from crmflow.core.errors import ConfigurationError, UnknownMachineError
from crmflow.core.people import Person
from crmflow.core.ref import UNBORN
from crmflow.core.reserved import MIRROR
from crmflow.directory import ListedDirectory
from crmflow.flow.registry import Registry
from tests.analysis.exploring.parcels import LATER, MACHINES, PARCEL


@functools.cache
def registry(directory: ListedDirectory | None = None) -> Registry:
    """Return what runs parcels and their bills."""
    return staffed(registry_of(MACHINES, directory=directory))


@functools.cache
def seen(directory: ListedDirectory | None = None) -> Seen:
    """Return what exploring parcels sees."""
    return Explorer(registry(directory), "parcel", Bounds()).run()


def states(found: Seen) -> set[str]:
    """Return the states that were reached."""
    return {one.snapshot.state for one in found.graph.born()}


def test_the_whole_life_is_explored() -> None:
    """By choices, by numbers around a constant, by time, by news, and by each role alone."""
    assert seen().whole
    assert states(seen()) == {"sent", "hauled", "late", "closed"}
    happened = {edge.happening.event for edge in seen().graph.edges()}
    assert happened == {"send", "haul", "close", "lift", MIRROR, ""}
    lifted = {
        edge.happening.actor.id for edge in seen().graph.edges() if edge.happening.event == "lift"
    }
    # Whoever may lift as a carrier never comes to the row of the boss.
    assert {"carrier-1", "boss-1"} <= lifted


def test_every_situation_is_reached_again_by_its_story() -> None:
    """On a real flow."""
    for situation in seen().graph.born():
        way = seen().graph.nearest(situation)
        story = seen().story(Sight(way, frozenset({situation.number})))
        assert story is not None
        again = replay_story(registry(), story).snapshot
        assert again is not None
        assert seen().walker.at(again, situation.opened) is situation


@pytest.mark.parametrize(
    ("bounds", "limit"),
    [
        (Bounds(situations=2), "situations"),
        (Bounds(depth=1), "depth"),
        (Bounds(horizon=timedelta(hours=1)), "horizon"),
    ],
)
def test_a_bound_that_is_hit_is_told(bounds: Bounds, limit: str) -> None:
    """Then nothing is said of what never is, nor of ways out that may lie beyond."""
    found = explore_machine(registry(), "parcel", bounds=bounds)
    assert found.faults == ()
    assert set(found.limits) == {limit}


@pytest.mark.parametrize("wrong", [{"situations": 0}, {"depth": 0}, {"payloads": 0}])
def test_bounds_leave_something_to_explore(wrong: dict[str, int]) -> None:
    """Else everything would be found to be in order."""
    with pytest.raises(ValueError, match="must be >= 1"):
        Bounds(**wrong)  # type: ignore[arg-type]


def test_people_of_a_directory_act_where_there_is_one() -> None:
    """Two of each kind; nobody else, and those without a role of the machine not at all."""
    people = (
        *(Person(f"carrier-{n}", ("carrier",)) for n in range(3)),
        Person("boss-7", ("boss",), departments=("head office",)),
        Person("cook-1", ("cook",)),
    )
    found = seen(directory=ListedDirectory(people))
    actors = {edge.happening.actor.id for edge in found.graph.edges()} - {"system"}
    assert actors >= {"carrier-0", "carrier-1", "boss-7"}
    assert actors.isdisjoint({"carrier-2", "cook-1", "asker-1"})


def test_samples_stand_in_place_of_what_is_made_up() -> None:
    """Here nothing is ever heavy enough to be hauled."""
    found = explore(
        PARCEL, machines=MACHINES[1:], samples={"send": [{"weight": 3}, {"size": "large"}]}
    )
    assert "hauled" in found.states
    found = explore(PARCEL, machines=MACHINES[1:], samples={"send": [{"weight": 3}]})
    assert [(str(one.kind), one.where) for one in found.faults] == [("dead_event", "haul")]
    assert found.states == ("closed", "late", "sent")


def test_what_happens_at_an_instant_that_a_fact_names_is_found() -> None:
    """Nothing else wakes it up."""
    found = explore(LATER, bounds=Bounds(situations=20))
    assert (found.states, found.faults) == (("closed", "opened"), ())
    soon = explore(LATER, bounds=Bounds(horizon=timedelta(hours=1)))
    assert soon.states == ("opened",)


def test_a_property_that_holds_adds_no_fault() -> None:
    """To those that were found besides."""
    assert explore(LATER, properties=HOLDING[:1]).faults == ()


def test_a_machine_is_explored_by_its_name_too() -> None:
    """A shipped one, with the bounds that are usual; one that is not there is refused."""
    found = explore("churn_case", profile="demo")
    assert (found.faults, found.machine) == ((), "churn_case")
    assert found.situations < found.happenings
    with pytest.raises(UnknownMachineError):
        explore("parcel")


HOLDING = (
    never("never_unborn", in_state(UNBORN)),
    always("always_sized", lambda parcel: parcel.facts.size is not None),
    eventually_possible("can_close", in_state("closed")),
    precedes("sent_first", in_state("sent"), in_state("hauled", "late", "closed")),
    leads_to("late_after_all", lambda parcel: bool(parcel.timers), in_state("late")),
)
BROKEN = (
    (never("never_late", in_state("late"), rules="DLV-001"), "late"),
    (always("always_sent", in_state("sent")), "late"),
    (eventually_possible("can_haul", in_state("hauled")), "sent"),
    (precedes("hauled_first", in_state("hauled"), in_state("closed")), "closed"),
    (leads_to("late_leads_on", in_state("late"), in_state("closed")), "late"),
    (leads_to("hauled_leads_on", in_state("hauled"), in_state("closed")), "hauled"),
    # The boss lifts it back to where it was, and nobody starts the timer again.
    (leads_to("sent_is_late", in_state("sent"), in_state("late")), "sent"),
)


@pytest.fixture(scope="module")
def broken() -> dict[str, Fault]:
    """Return the faults of parcels by where they are, with all that is stated and broken."""
    stated = [one for one, _ in BROKEN]
    found = explore(PARCEL, machines=MACHINES[1:], properties=stated)
    return {fault.where: fault for fault in found.faults}


@pytest.mark.parametrize("stated", HOLDING, ids=lambda one: one.name)
def test_a_property_that_holds_is_not_told(stated: Property) -> None:
    """Of nothing that was explored it is untrue."""
    assert list(stated.breach(seen().graph)) == []


@pytest.mark.parametrize(("stated", "state"), BROKEN, ids=lambda one: getattr(one, "name", one))
def test_a_property_that_does_not_hold_is_told(
    stated: Property, state: str, broken: dict[str, Fault]
) -> None:
    """With its name, its rules, and the story that breaks it."""
    fault = broken[stated.name]
    assert (fault.kind, fault.rules) == ("broken_property", stated.rules)
    assert len(broken) == len(BROKEN)
    assert fault.story is not None
    assert fault.story.state == state


def test_a_property_of_a_state_that_is_not_there_is_refused() -> None:
    """It would hold of nothing, or of everything, whatever the machine does."""
    stated = (never("never_lost", in_state("lost")), always("fine", in_state("sent", "hauld")))
    with pytest.raises(ConfigurationError) as caught:
        explore(PARCEL, machines=MACHINES[1:], properties=stated)
    assert caught.value.source == "the properties of 'parcel'"
    lost, hauled = caught.value.faults
    assert lost.startswith("property 'never_lost': unknown state 'lost'.")
    assert hauled == "property 'fine': unknown state 'hauld'. Did you mean 'hauled'?"


def test_a_property_that_fails_is_named() -> None:
    """With what its claim raised."""
    stated = always("heavy", lambda parcel: parcel.facts.colour == "red")
    with pytest.raises(ConfigurationError, match=r"'heavy' fails: AttributeError: .*colour"):
        explore(PARCEL, machines=MACHINES[1:], properties=[stated])


def test_what_precedes_is_broken_by_a_way_round_it() -> None:
    """The story never comes by what should have been before, though the first way does."""
    stated = precedes("late_first", in_state("late"), in_state("closed"))
    way = next(stated.breach(seen().graph))
    states = [seen().graph.situations[edge.target].snapshot.state for edge in way]
    assert "late" not in states
    assert states[-1] == "closed"
    sight = Sight(way, frozenset({way[-1].target}), avoided=stated.avoided)
    story = seen().story(sight)
    assert story is not None
    assert replay_story(registry(), story).state == story.state == "closed"
