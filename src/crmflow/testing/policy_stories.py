"""Stories of an entity that a plugin is asked about: drawn once, told again to other engines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import attrs
from hypothesis import strategies as st

from crmflow.clock import ManualClock
from crmflow.core.actor import Actor
from crmflow.core.decision import Decision
from crmflow.core.errors import RequestError
from crmflow.core.journal import agrees, fold, unborn
from crmflow.core.machine import Machine
from crmflow.core.policy import Line, Policy
from crmflow.core.ref import EntityRef
from crmflow.engine.engine import Engine
from crmflow.flow.options import Explained
from crmflow.testing.strategies.drawing import Strategies, roles_in
from crmflow.testing.strategies.paths import Payload

BEGIN = datetime(2026, 3, 2, 1, tzinfo=UTC)
"""When stories begin: on a Monday morning in Shanghai."""

ID = "told-1"
_WAITS = st.sampled_from([timedelta(), *map(timedelta, (0, 1, 8, 40), (3600, 0, 0, 0))])


@attrs.frozen
class Step:
    """
    One thing that happens.

    Attributes:
        event: Name of the event.
        payload: What it brings.
        actor: Who asks.
        wait: How much time passes before; timers that are due by then have fired.
    """

    event: str
    payload: Payload
    actor: Actor
    wait: timedelta


@attrs.frozen
class Telling:
    """
    An engine with a clock, to which a story is told.

    Attributes:
        engine: The engine, over a store of its own.
        clock: Its clock.
        ref: The entity it is about.
    """

    engine: Engine
    clock: ManualClock
    ref: EntityRef

    @property
    def stored(self) -> object:
        """The entity as it is stored, or None."""
        return self.engine.store.load([self.ref])[0]

    @property
    def born(self) -> bool:
        """Whether the entity is there."""
        return self.stored is not None

    @property
    def folds(self) -> bool:
        """Whether the journal leads to what is stored; it does where there is nothing yet."""
        journal = [*self.engine.journal(self.ref)] if self.born else []
        if not journal:
            return True
        facts = self.engine.registry.machine(self.ref.machine).machine.facts
        folded = fold(journal, facts, unborn(self.ref, journal[0].event.at))
        return agrees(folded, self.engine.get(self.ref))

    def wait(self, step: Step) -> None:
        """Let the time before a step pass."""
        self.clock.advance(step.wait)
        self.engine.run_due()

    def tell(self, step: Step) -> Decision | None:
        """Let a step happen; None where the engine knows no such event."""
        with suppress(RequestError):
            if self.born:
                return self.engine.fire(self.ref, step.event, step.payload, actor=step.actor)
            return self.engine.create(
                self.ref.machine, step.payload, actor=step.actor, id=self.ref.id
            )
        return None

    def explained(self, step: Step) -> Explained | None:
        """Return why a step would be allowed or refused; None where there is no entity yet."""
        if not self.born:
            return None
        return self.engine.explain(self.ref, step.event, step.payload, actor=step.actor)

    def lines(self, policies: Mapping[str, Policy]) -> Iterator[Line]:
        """Yield what policies say of the entity, of which they remember something."""
        snapshot = self.engine.get(self.ref)
        for name, policy in policies.items():
            state = snapshot.policy(name)
            if state is not None:
                yield from policy.explain(state, snapshot)


@attrs.frozen
class Drawing:
    """
    What stories of a machine's entities are drawn from.

    Attributes:
        machine: The machine.
        forms: Reserved events of the plugin's policies, with their forms.
        drawn: Draws payloads.
        roles: Roles that people have besides those of the machine.
    """

    machine: Machine
    forms: Mapping[str, type | None]
    drawn: Strategies
    roles: frozenset[str]

    def step(self, telling: Telling) -> st.SearchStrategy[Step]:
        """Return a strategy for what happens next."""
        events = self._events(telling)
        return st.sampled_from(events).flatmap(
            lambda event: st.builds(
                Step, st.just(event), self._payload(event), self._actors(), _WAITS
            )
        )

    def _events(self, telling: Telling) -> Sequence[str]:
        """Return the events that a state knows, and those of the policies."""
        if not telling.born:
            return [self.machine.creating]
        state = telling.engine.get(telling.ref).state
        rows = [row for row in self.machine.rows if {state, "*"} & {*row.source}]
        return [*dict.fromkeys(row.event for row in rows), *self.forms] or self.machine.events

    def _payload(self, event: str) -> st.SearchStrategy[Payload]:
        if event not in self.forms:
            return self.drawn.payloads_for(self.machine, event)
        form = self.forms[event]
        return st.builds(dict) if form is None else self.drawn.payloads(form)

    def _actors(self) -> st.SearchStrategy[Actor]:
        everybody = Actor("everybody-1", roles_in(self.machine) | self.roles)
        return st.just(everybody) | self.drawn.actors(self.machine)


def outline(telling: Telling) -> list[tuple[object, ...]]:
    """Return what became of an entity: all that its journal tells but what policies remember."""
    records = telling.engine.journal(telling.ref) if telling.born else []
    return [
        (
            record.event.name,
            record.event.at,
            record.entry,
            record.to,
            record.facts,
            sorted(repr(one) for one in record.effects if one.shelf != "policies"),
            sorted(repr(attrs.evolve(one, version="")) for one in record.verdicts),
            [attrs.evolve(one, ordinal=0) for one in record.messages],
        )
        for record in records
    ]
