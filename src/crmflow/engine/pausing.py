"""Pausing all entities of a machine, and letting them go on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

import attrs

from crmflow.core.actor import Actor
from crmflow.core.decision import Decision
from crmflow.core.entity import Snapshot
from crmflow.core.event import Event
from crmflow.core.journal import unborn
from crmflow.core.machine_pause import NAME, PauseState
from crmflow.core.pause import PauseScope
from crmflow.core.ref import EntityRef
from crmflow.core.reserved import UNPAUSE, Pausing
from crmflow.engine.bulk import Unmoved
from crmflow.flow.adopters import no_adopter
from crmflow.flow.commits import snapshot_of
from crmflow.flow.registry import Registry
from crmflow.storage.port import PAGE, Store, every
from crmflow.storage.query import Find

Verb = Literal["pause", "unpause"]
"""Events of `machine_pause`."""


@attrs.frozen
class PausedMachine:
    """
    What became of pausing a machine, or of lifting its pause.

    Attributes:
        decision: The decision on the machine: on its entity of `machine_pause`.
        entities: How many of its entities stand still, or go on, by this call.
        unmoved: Those that could not be brought to it, each with why.
    """

    decision: Decision
    entities: int = 0
    unmoved: tuple[Unmoved, ...] = ()


@attrs.frozen
class Order:
    """
    What every entity of a machine is told.

    Attributes:
        machine: Name of the machine.
        event: `$pause` or `$unpause`.
        form: Why.
        at: Aware UTC instant, that of the machine's own.
    """

    machine: str
    event: str
    form: Pausing
    at: datetime

    def left(self, registry: Registry, store: Store) -> Iterator[EntityRef]:
        """Yield the entities that do not stand as their machine does; those that ended never do."""
        final = registry.machine(self.machine).final
        for row in every(store, Find(registry.tenant, self.machine, limit=PAGE)):
            pauses = snapshot_of(registry.codec, row).attached.pauses
            stands = any(one.of is PauseScope.MACHINE for one in pauses)
            if stands is (self.event == UNPAUSE) and row.state not in final:
                yield row.ref


def order_of(pause: Snapshot[Any], verb: Verb) -> Order | None:
    """
    Return what the entities of a machine are told, None where it does not stand so.

    Args:
        pause: The `machine_pause` of the machine.
        verb: What is wanted.
    """
    wanted = PauseState.PAUSED if verb == "pause" else PauseState.LIFTED
    if pause.state != wanted:
        return None
    facts = pause.facts
    form = Pausing(facts.reason, PauseScope.MACHINE)
    return Order(pause.ref.id, f"${verb}", form, facts.since_at)


def no_right(
    registry: Registry, machine: str, verb: Verb, actor: Actor, at: datetime
) -> Decision | None:
    """
    Return the refusal of who may not pause a machine, else None.

    Raises:
        UnknownMachineError: The machine is not switched on.
    """
    compiled, ref = registry.machine(machine), registry.ref(NAME, machine)
    return no_adopter(compiled, unborn(ref, at), Event(verb, actor, at, None))
