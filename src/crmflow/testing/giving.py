"""A test that begins in the middle of a life: an entity in any state, as an engine made it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs

from crmflow.core.actor import Actor
from crmflow.core.errors import RefusedError, RequestError, did_you_mean
from crmflow.core.ref import EntityRef
from crmflow.engine.engine import Engine
from crmflow.engine.values import Adopting
from crmflow.testing.routes import Leg, Payload, Routes

REASON = "given by a test"
"""Why an entity is adopted that no route leads to."""


@attrs.define
class StateNotGivenError(RequestError):
    """
    No entity can be put into a state with what is given.

    Attributes:
        machine: Name of the machine.
        state: Name of the state.
        refused: Why the events were refused that lead there.
        missing: Why it was not adopted there either.
    """

    machine: str
    state: str
    refused: tuple[str, ...]
    missing: tuple[str, ...]

    def __str__(self) -> str:
        ways = "".join(f"\n  - {one}" for one in self.refused) or " none was found."
        lacks = "".join(f"\n  - {one}" for one in self.missing)
        return (
            f"no {self.machine} can be given in state {self.state!r}. Events that lead there:{ways}"
            f"\nIt cannot be adopted either; name what is missing in `facts`:{lacks}"
        )


def given_state(
    engine: Engine,
    machine: str,
    state: str,
    facts: Mapping[str, object] | None = None,
    *,
    payloads: Mapping[str, Payload] | None = None,
    actor: Actor | None = None,
    id: str | None = None,  # noqa: A002 - the field's word
    at: datetime | None = None,
) -> EntityRef:
    """
    Return a new entity in a state, with these facts; all of it stands in its journal.

    The shortest route of events is taken that leads there and leaves these facts. Forms are
    filled with the facts of their fields' names, timers due on the way fire; an event that waits
    for an approval is no part of a route. Where there is no route, the entity is adopted.

    Args:
        engine: Its machines and policies decide, its store keeps the entity.
        machine: Name of the machine.
        state: Name of the state.
        facts: What is known of it, by the names of the machine's facts.
        payloads: What an event brings, by its name, where facts do not say it.
        actor: Who asks for all events; left out, somebody with the roles that each wants.
        id: Id of the entity, or None to draw one.
        at: Aware instant of all of it, or None for the clock's.

    Raises:
        UnknownMachineError: The machine is not switched on.
        ValueError: It has no such state.
        StateNotGivenError: Neither is possible; names what is missing.
    """
    declared = engine.registry.machine(machine).machine
    states = [one.name for one in declared.states]
    if state not in states:
        raise ValueError(f"{machine} has no state {state!r}. {did_you_mean(state, states)}")
    ref = engine.registry.ref(machine, id or engine.clock.new_id())
    moment = at or engine.clock.now()
    routes = Routes(engine, ref, moment, facts or {}, payloads or {}, actor)
    legs = routes.into(state)
    try:
        if legs is None:
            adopting = Adopting(ref, state, facts or {}, reason=REASON, at=at)
            engine.adopt(adopting, actor=Actor("tester-1", declared.adopters)).require()
        for leg in legs or ():
            _take(engine, ref, leg, at)
    except RefusedError as error:
        raise StateNotGivenError(machine, state, tuple(routes.refused), error.reasons) from error
    came = engine.get(ref).state
    if came != state:
        told = f"it was there, and policies led it on to {came!r} at once: see its journal"
        raise StateNotGivenError(machine, state, tuple(routes.refused), (told,))
    return ref


def _take(engine: Engine, ref: EntityRef, leg: Leg, at: datetime | None) -> None:
    creating = engine.registry.machine(ref.machine).machine.creating
    if leg.event == creating and not engine.store.load([ref])[0]:
        made = engine.create(ref.machine, leg.payload, actor=leg.actor, id=ref.id, at=at)
    else:
        made = engine.fire(ref, leg.event, leg.payload, actor=leg.actor, at=at)
    made.require()
