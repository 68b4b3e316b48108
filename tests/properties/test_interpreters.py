"""The table, the real transitions executor and a machine declared without us walk alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import Phase, event, given, settings

from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.compiled import Compiled
from crmflow.core.decision import Decision, decide
from crmflow.core.entity import Snapshot
from crmflow.core.errors import GuardFailedError
from crmflow.core.event import Attempt, Event
from crmflow.core.journal import unborn
from crmflow.core.machine import Asked
from crmflow.core.proposal import propose
from crmflow.core.ref import EntityRef
from crmflow.core.refusal import Refusal
from tests.faults.scale import scaled
from tests.properties.generated import (
    Blueprint,
    Counter,
    Walker,
    declared,
    direct,
    number_of,
    unchecked,
    walk,
    walks,
)

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
REF = EntityRef("t", "counter", "1")
Known = Snapshot[Counter]


def fired(name: str, actor: Actor = SYSTEM) -> Event[None]:
    """Return an event without a form."""
    return Event(name, actor, AT, None)


def answer(step: Callable[[], int | None]) -> int | type[BaseException] | None:
    """Return what a step takes, or the kind of exception a guard of it raised."""
    try:
        return step()
    except (ArithmeticError, LookupError) as error:
        return type(error)


def decided(compiled: Compiled, before: Known, asked: Event[None]) -> Decision | Refusal | type:
    """Return the decision on an event, its refusal, or the kind of exception below it."""
    try:
        proposal = propose(compiled, before, asked)
    except GuardFailedError as error:
        return type(error.__cause__)
    if isinstance(proposal, Refusal):
        return proposal
    return decide(compiled, proposal, ())


def lock_step(blueprint: Blueprint, walked: list[tuple[str, Actor]]) -> None:
    """Walk one drawn machine in its three forms; they agree at every step."""
    machine = declared(blueprint)
    table, stock = unchecked(machine), unchecked(machine, "stock")
    plain, walker = direct(blueprint), Walker()
    born = decided(table, unborn(REF, AT), fired("create"))
    assert isinstance(born, Decision)
    snapshot: Known = born.snapshot
    for name, actor in walked:
        asked = fired(name, actor)
        attempt: Asked = Attempt(snapshot, asked, {}, snapshot.facts)
        walker.actor = actor
        taken = answer(lambda: walk(plain, walker, name))  # noqa: B023 - called at once
        for way in (table, stock):
            found = answer(lambda: number_of(way, way.step(attempt)))  # noqa: B023 - the same
            assert found == taken
        first, second = decided(table, snapshot, asked), decided(stock, snapshot, asked)
        assert first == second
        event(type(first).__name__)
        if isinstance(first, Decision):
            snapshot = first.snapshot
        assert (snapshot.state, snapshot.facts.count) == (walker.state, walker.count)


QUICK = settings(max_examples=200)


@QUICK
@given(walks())
def test_interpreters_agree(drawn: tuple[Blueprint, list[tuple[str, Actor]]]) -> None:
    """Row taken, state, facts, refusal and exception are the same in all three."""
    lock_step(*drawn)


@pytest.mark.slow
@settings(
    QUICK, max_examples=scaled(600, 3000), phases=[Phase.explicit, Phase.generate, Phase.shrink]
)
@given(walks())
def test_interpreters_agree_in_full(drawn: tuple[Blueprint, list[tuple[str, Actor]]]) -> None:
    """As above, on many more machines."""
    lock_step(*drawn)
