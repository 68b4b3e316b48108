"""Payloads of every form there is: taken, or every fault named with its path."""

from __future__ import annotations

import functools
from typing import Any

from hypothesis import strategies as st

from crmflow.clock import ManualClock
from crmflow.core.actor import Actor
from crmflow.core.form import Fault, structure
from crmflow.core.machine import Machine
from crmflow.engine.engine import Engine
from crmflow.states import EVERY, load
from crmflow.storage.memory import MemoryStore
from crmflow.testing import Strategies
from crmflow.testing.bench import shipped
from crmflow.testing.fixtures import MONDAY
from crmflow.testing.strategies.drawing import roles_in
from tests.fuzz.hostile import TEXTS, VALUES, mutated
from tests.fuzz.passes import bounded, fuzzed, told_clearly

DRAWN = Strategies()
MACHINES = st.sampled_from(sorted(EVERY)).map(load)


@functools.cache
def payloads(form: type) -> st.SearchStrategy[Any]:
    """Return a strategy for payloads of a form, right ones with something wrong put in."""
    return DRAWN.payloads(form).map(dict).flatmap(mutated)


@st.composite
def asked(draw: st.DrawFn) -> tuple[Machine, str, Any]:
    """Draw a machine, an event of it, and what is brought to it."""
    machine = draw(MACHINES)
    event = draw(st.sampled_from(machine.events))
    form = machine.form(event)
    strange = st.dictionaries(TEXTS, VALUES, max_size=2)
    return machine, event, draw(strange if form is None else payloads(form) | strange)


@fuzzed(short=60, long=300, drawn=asked())
def test_forms_are_read_or_their_faults_named(drawn: tuple[Machine, str, Any]) -> None:
    """A payload makes a form, or its faults are named with their paths; nothing else is raised."""
    machine, event, payload = drawn
    form = machine.form(event)
    if form is None:
        return
    with bounded():
        found, faults = structure(form, payload)
    assert isinstance(found, form) is not bool(faults)
    for fault in faults:
        assert isinstance(fault, Fault)
        assert fault.path.startswith("$")
        assert fault.code
        assert fault.expected


@functools.cache
def engine(name: str) -> Engine:
    """Return an engine that runs a machine over a store of its own."""
    return shipped(name).engine(MemoryStore(), ManualClock(MONDAY))


@fuzzed(
    short=25,
    long=150,
    drawn=asked(),
    words=st.tuples(TEXTS, TEXTS | st.none(), TEXTS),
    strange=st.booleans(),
)
def test_engines_decide_or_refuse(
    drawn: tuple[Machine, str, Any], words: tuple[str, str | None, str], strange: bool
) -> None:
    """Whatever is brought, an engine decides, or says why not and writes nothing."""
    machine, event, payload = drawn
    running = engine(machine.name)
    id_, key, who = words if strange else ("E-1", None, "tester-1")
    actor = Actor(who, roles_in(machine))
    ref, before = running.registry.ref(machine.name, id_ or "E-2"), None
    with told_clearly():
        before = running.store.load([ref])[0]
    decision = None
    with told_clearly():
        if event == machine.creating:
            decision = running.create(machine.name, payload, actor=actor, id=ref.id, key=key)
        else:
            decision = running.fire(ref, event, payload, actor=actor, key=key)
    if decision is None or not decision.accepted:
        with told_clearly():
            assert running.store.load([ref])[0] == before
