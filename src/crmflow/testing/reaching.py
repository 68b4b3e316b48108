"""Whether a row can be taken at all: tried from each of its states with facts and forms drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample
from msgspec.structs import replace

from crmflow.core.actor import SYSTEM
from crmflow.core.compiled import Compiled
from crmflow.core.definition import sources
from crmflow.core.entity import Snapshot
from crmflow.core.errors import CrmflowError
from crmflow.core.form import structure
from crmflow.core.journal import unborn
from crmflow.core.machine import Row
from crmflow.core.ref import UNBORN
from crmflow.engine.engine import Engine
from crmflow.flow.answer import answer
from crmflow.flow.request import Request
from crmflow.testing.routes import could, fitting
from crmflow.testing.standing import facts_in
from crmflow.testing.strategies import Strategies
from crmflow.testing.walking.drawing import Samples


def can_be_taken(
    engine: Engine, row: Row, machine: str, drawn: Strategies, samples: Samples, tries: int = 100
) -> bool:
    """
    Say whether a row is taken by some event on some entity; nothing is stored.

    Args:
        engine: Whose machines and policies decide.
        row: A row of the machine.
        machine: Name of the machine.
        drawn: Draws facts and payloads.
        samples: Payloads that are known to be good, by event.
        tries: How many entities and events are drawn at most.
    """
    compiled, now = engine.registry.machine(machine), engine.clock.now()
    actor = SYSTEM if row.who == SYSTEM.roles else fitting(compiled.machine, row.event)
    known = st.sampled_from(samples.get(row.event, ({},)))
    payloads = known | drawn.payloads_for(compiled.machine, row.event)

    def taken(case: tuple[Snapshot[Any], Mapping[str, object]]) -> bool:
        snapshot, payload = case
        asked = Request(snapshot.ref, row.event, payload, actor, now, not snapshot.version)
        try:
            decision = answer(engine.registry, snapshot, asked)
            if decision.refusal is not None:
                able = replace(asked, actor=could(actor, decision.refusal))
                decision = answer(engine.registry, snapshot, able)
        except CrmflowError:
            return False  # facts that contradict each other: a walk tells what fails
        return decision.record is not None and decision.record.row == row.name

    places = [_standing(engine, compiled, one, drawn) for one in sources(compiled.machine, row)]
    try:
        find(st.tuples(st.one_of(places), payloads), taken, settings=sure(tries))
    except NoSuchExample:
        return False
    return True


def sure(tries: int) -> settings:
    """Return settings that draw so many cases, the same in every run, and shrink nothing."""
    return settings(
        max_examples=tries,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )


def _standing(
    engine: Engine, compiled: Compiled, source: str, drawn: Strategies
) -> st.SearchStrategy[Snapshot[Any]]:
    """Return a strategy for entities in a state, as if they had come there just now."""
    ref, now = engine.registry.ref(compiled.machine.name, "X-1"), engine.clock.now()
    if source == UNBORN:
        return st.just(unborn(ref, now))

    def standing(given: Mapping[str, object]) -> Snapshot[Any]:
        facts, _ = structure(compiled.machine.facts, given)
        return Snapshot(ref, source, 1, now, now, facts, definition=compiled.machine.version)

    return facts_in(compiled.machine, source, drawn).map(standing)
