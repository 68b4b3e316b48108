"""What is drawn for the forms, facts and events of every shipped machine fits them."""

import functools
from collections.abc import Mapping

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmflow.codec.shapes import shape_of
from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.form import structure
from crmflow.core.plain import plain
from crmflow.states import EVERY, load
from crmflow.testing import Faulty, Strategies

DRAWN = Strategies()
FEW, MANY = 1, 15


@functools.cache
def forms() -> Mapping[str, tuple[type, ...]]:
    """Return the forms of every shipped machine by its name, each form once."""
    seen: set[type | None] = {None}
    found = {}
    for name in EVERY:
        machine = load(name)
        own = dict.fromkeys(machine.form(event) for event in machine.events)
        found[name] = tuple(form for form in own if form is not None and form not in seen)
        seen |= own.keys()
    return found


def as_payload(value: object) -> Mapping[str, object]:
    """Return a form as a caller gives it."""
    payload = plain(value)
    assert isinstance(payload, Mapping)
    return payload


def check(form: type, examples: int) -> None:
    """Assert that values of a form are read and stored, and a fault is found where it is put."""

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
    @given(DRAWN.of(form), DRAWN.faulty(form))
    def law(value: object, faulty: Faulty) -> None:
        assert structure(form, as_payload(value)) == (value, ())
        shape = shape_of(form)
        assert shape.load(shape.dump(value), form) == value
        refused, faults = structure(form, faulty.payload)
        assert refused is None
        assert [fault.path for fault in faults] == [faulty.path]
        assert {fault.code for fault in faults} <= faulty.codes

    law()


@pytest.mark.parametrize("machine", EVERY)
def test_forms_are_accepted_and_faulty_ones_refused_at_the_fault(machine: str) -> None:
    """Of each shipped form: values round-trip, and the one fault is told with its place."""
    for form in forms()[machine]:
        check(form, FEW)


@pytest.mark.slow
@pytest.mark.parametrize("machine", EVERY)
def test_many_forms_are_accepted_and_faulty_ones_refused(machine: str) -> None:
    """The same, with many of each."""
    for form in forms()[machine]:
        check(form, MANY)


@pytest.mark.parametrize("machine", EVERY)
def test_facts_are_stored(machine: str) -> None:
    """The facts of each shipped machine are written and read back as they were."""
    shape = shape_of(load(machine).facts)

    @settings(max_examples=3, suppress_health_check=list(HealthCheck))
    @given(DRAWN.facts_for(load(machine)))
    def law(facts: object) -> None:
        assert shape.load(shape.dump(facts), shape.cls) == facts

    law()


@given(st.data())
def test_an_event_brings_its_form(data: st.DataObject) -> None:
    """Payloads of an event are read into the form; one without a form takes none."""
    machine = load("deal")
    event = data.draw(st.sampled_from(machine.events))
    form = machine.form(event)
    payload = data.draw(DRAWN.payloads_for(machine, event))
    value = data.draw(DRAWN.forms_for(machine, event))
    if form is None:
        assert (payload, value) == ({}, None)
        assert DRAWN.faulty_for(machine, event).is_empty
    else:
        assert structure(form, payload)[1] == ()
        assert isinstance(value, form)
        assert structure(form, data.draw(DRAWN.faulty_for(machine, event)).payload)[1]


@pytest.mark.parametrize("name", ["deal", "quote"])
def test_people_have_roles_that_a_machine_knows(name: str) -> None:
    """Actors have the roles of the machine's rows and guards, all or some, or are the system."""
    rows = load(name).rows
    known = {role for row in rows for role in row.who}
    known |= {role for row in rows for guard in row.guards for role in guard.roles}

    @given(DRAWN.actors(load(name)), DRAWN.actors())
    def law(actor: Actor, anybody: Actor) -> None:
        assert actor is SYSTEM or actor.roles <= known
        assert isinstance(anybody, Actor)

    law()


@attrs.frozen
class Parcel:
    """A form with an override."""

    weight: int
    label: str = "none"


@given(Strategies({(Parcel, "weight"): st.just(7), str: st.just("mine")}).of(Parcel))
def test_ones_own_strategies_win(parcel: Parcel) -> None:
    """A field of a class and a type are drawn from what one gives for them."""
    assert parcel.weight == 7
    assert parcel.label in {"mine", "none"}
