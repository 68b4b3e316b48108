"""Machines that a plugin declares wrongly: refused when built, every fault named at once."""

from __future__ import annotations

from typing import Any

import attrs
from hypothesis import strategies as st

from crmflow.core.compiled import compile_machine
from crmflow.core.machine import Machine
from crmflow.states import EVERY, load
from tests.fuzz.hostile import TEXTS
from tests.fuzz.passes import fuzzed, told_clearly

MACHINES = st.sampled_from(sorted(EVERY)).map(load)


@st.composite
def declared(draw: st.DrawFn) -> Machine:
    """Draw a machine whose rows, states or facts searched by are not those it was meant to have."""
    machine = draw(MACHINES)
    names = st.sampled_from([*machine.events, *(one.name for one in machine.states)]) | TEXTS
    way = draw(st.sampled_from(("rows", "states", "names")))
    if way == "rows":
        rows = list(machine.rows)
        place = draw(st.integers(0, len(rows) - 1))
        column = draw(st.sampled_from(("source", "event", "to", "stop", "done")))
        other: dict[str, Any] = {column: draw(names)}
        rows[place] = attrs.evolve(rows[place], **other)
        return attrs.evolve(machine, rows=rows[: draw(st.integers(0, len(rows)))])
    if way == "states":
        states = list(machine.states)
        place = draw(st.integers(0, len(states) - 1))
        states[place] = attrs.evolve(states[place], name=draw(names))
        return attrs.evolve(machine, states=states)
    column = draw(st.sampled_from(("name", "shares", "searchable", "adopters", "serves")))
    changed: dict[str, Any] = {column: draw(names)}
    return attrs.evolve(machine, **changed)


@fuzzed(short=30, long=600, machine=declared())
def test_machines_are_built_or_their_faults_named(machine: Machine) -> None:
    """A machine is built, or refused by an error with its name and every fault."""
    with told_clearly(repr(machine.name)):
        compile_machine(machine)
