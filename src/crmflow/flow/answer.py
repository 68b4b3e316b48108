"""The pure answer to a request: what the entity has to catch up on, then the event's steps."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from crmflow.core.actor import SYSTEM
from crmflow.core.compiled import Compiled
from crmflow.core.decision import Decision
from crmflow.core.entity import Snapshot
from crmflow.core.errors import GuardFailedError
from crmflow.core.event import Attempt, Cause, Event
from crmflow.core.form import Fault
from crmflow.core.refusal import Because, Refusal, refuse
from crmflow.core.reserved import FORMS
from crmflow.flow.migrating import is_former, migration
from crmflow.flow.pausing import halted
from crmflow.flow.registry import Registry
from crmflow.flow.request import Request
from crmflow.flow.steps import consulted, formed, refused, settle, steps


def answer(
    registry: Registry,
    snapshot: Snapshot[Any],
    request: Request,
    looked: dict[str, object] | None = None,
) -> Decision:
    """
    Return the decision on a request; what comes before it in the commit is in its `fired`.

    Args:
        registry: Machines, judges, policies and codec.
        snapshot: The entity as stored, or unborn.
        request: What is asked.
        looked: What was looked up for it, by question.

    Raises:
        UnknownEventError: Neither the machine nor a policy of it has such an event.
        MigrationError: The entity cannot come to today's definition.
        GuardFailedError: A function of the machine raised.
        PolicyFailedError: A plugin raised.
    """
    name = request.ref.machine
    compiled = registry.machine(name)
    form, faults = (
        (request.payload, ())
        if request.event in FORMS
        else formed(registry, name, request.event, request.payload)
    )
    at = request.at if request.strict else max(request.at, snapshot.at)
    behind = snapshot.attached.timers or is_former(compiled, snapshot)
    fired = caught_up(registry, compiled, snapshot, at) if behind else None
    if fired:
        snapshot = fired[-1].snapshot
    event: Event[Any] = Event(request.event, request.actor, at, form, request.key, request.cause)
    if faults:
        decision = halted(snapshot, event)
        if decision is None:
            decision = _misformed(compiled, snapshot, event, faults)
    else:
        decision = chained(steps(registry, compiled, snapshot, event, looked))
    return replace(decision, fired=tuple(fired)) if fired else decision


def _misformed(
    compiled: Compiled, snapshot: Snapshot[Any], event: Event[Any], faults: tuple[Fault, ...]
) -> Decision:
    """Return the refusal of a form with faults, which tells also what facts speak against it."""
    attempt = Attempt(snapshot, event, compiled.settings, snapshot.facts)
    try:
        return Decision(event, snapshot, refusal=refuse(compiled, attempt, faults))
    except Exception as error:
        raise GuardFailedError(snapshot.ref, event.name, "a guard") from error


def chained(decisions: list[Decision]) -> Decision:
    """Return the first of an event's decisions, which has the others as what it caused."""
    first = decisions[0]
    if len(decisions) == 1:
        return first
    return replace(first, snapshot=decisions[-1].snapshot, caused=tuple(decisions[1:]))


def caught_up(
    registry: Registry, compiled: Compiled, snapshot: Snapshot[Any], until: datetime
) -> list[Decision]:
    """
    Bring an entity to today's definition and fire its timers due by *until*.

    Returns:
        The decisions in order; none where nothing was left to do.

    Raises:
        MigrationError: The entity cannot come to today's definition.
        GuardFailedError: See `elapse`.
    """
    first = migration(registry, compiled, snapshot)
    if first is None:
        return elapse(registry, compiled, snapshot, until)
    return [first, *elapse(registry, compiled, first.snapshot, until)]


def elapse(
    registry: Registry, compiled: Compiled, snapshot: Snapshot[Any], until: datetime
) -> list[Decision]:
    """
    Fire the entity's own timers due by *until*, in (due, name) order, each at its due instant.

    Args:
        registry: Machines, judges, policies and codec.
        compiled: The entity's machine.
        snapshot: The entity as stored.
        until: Aware UTC instant, included.

    Returns:
        The decisions in order, each with what it caused behind it.

    Raises:
        GuardFailedError: A function of the machine raised, or a timer starts itself
            again without moving on.
    """
    decisions: list[Decision] = []
    while due := [timer for timer in snapshot.timers if timer.due_at <= until]:
        timer = min(due, key=lambda timer: (timer.due_at, timer.name))
        at = max(timer.due_at, snapshot.at)
        event: Event[None] = Event(timer.event, SYSTEM, at, None, cause=Cause(timer=timer.name))
        found = steps(registry, compiled, snapshot, event)
        if found[0].refusal is not None:
            found = [refused(compiled, found[0], found[0].refusal)]
        snapshot = found[-1].snapshot
        decisions += found
        again = (t for t in snapshot.timers if t.name == timer.name and t.due_at <= timer.due_at)
        if any(again):
            raise GuardFailedError(snapshot.ref, timer.event, f"timer {timer.name!r}, never later,")
    return decisions


def tried(
    registry: Registry,
    compiled: Compiled,
    snapshot: Snapshot[Any],
    event: Event[Any],
    looked: dict[str, object] | None = None,
) -> Decision:
    """Return what would be decided on an event alone, without what follows from it."""
    decision, _ = settle(registry, compiled, snapshot, event, consulted(registry, event, looked))
    return decision


def claim_refused(
    registry: Registry, snapshot: Snapshot[Any], request: Request, detail: str
) -> Decision:
    """Return the refusal of a request whose claim another entity holds."""
    compiled = registry.machine(snapshot.ref.machine)
    event: Event[Any] = Event(request.event, request.actor, request.at, None, request.key)
    refusal = Refusal(
        Because.CLAIM, snapshot.state, detail=detail, possible=compiled.possible(snapshot.state)
    )
    return Decision(event, snapshot, refusal=refusal)
