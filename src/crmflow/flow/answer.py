"""The pure answer to a request: the entity's own timers first, then propose, judge, decide."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from msgspec.structs import replace

from crmflow.core.actor import SYSTEM
from crmflow.core.compiled import Compiled
from crmflow.core.decision import Decision, conclude, decide
from crmflow.core.entity import Snapshot
from crmflow.core.errors import GuardFailedError
from crmflow.core.event import Attempt, Cause, Event
from crmflow.core.form import Fault, structure
from crmflow.core.journal import Drop, Entry
from crmflow.core.judging import judge
from crmflow.core.proposal import propose
from crmflow.core.refusal import Because, Refusal, refuse
from crmflow.core.reserved import FORMS
from crmflow.core.verdict import Answer, Verdict
from crmflow.flow.registry import Registry
from crmflow.flow.request import Request
from crmflow.flow.reserved import answer_reserved

NO_FORM = (Fault("$", "unknown", "nothing: this event has no form"),)


def answer(registry: Registry, snapshot: Snapshot[Any], request: Request) -> Decision:
    """
    Return the decision on a request; the timers due before it are in its `fired`.

    Args:
        registry: Machines, judges and codec.
        snapshot: The entity as stored, or unborn.
        request: What is asked.

    Raises:
        UnknownEventError: The machine declares no such event.
        GuardFailedError: A function of the machine raised.
        PolicyFailedError: A plugin raised.
    """
    reserved = request.event in FORMS
    name = request.ref.machine
    compiled = registry.machine(name) if reserved else registry.checked(name, request.event)
    at = request.at if request.strict else max(request.at, snapshot.at)
    fired = elapse(registry, compiled, snapshot, at) if snapshot.attached.timers else None
    if fired:
        snapshot = fired[-1].snapshot
    form, faults = (
        (request.payload, ()) if reserved else formed(compiled, request.event, request.payload)
    )
    event: Event[Any] = Event(request.event, request.actor, at, form, request.key, request.cause)
    if reserved:
        decision = answer_reserved(compiled, snapshot, event)
    elif faults:
        attempt = Attempt(snapshot, event, compiled.settings, snapshot.facts)
        decision = Decision(event, snapshot, refusal=refuse(compiled, attempt, faults))
    else:
        decision = settle(registry, compiled, snapshot, event)
    return replace(decision, fired=tuple(fired)) if fired else decision


def formed(compiled: Compiled, event: str, payload: object) -> tuple[object, tuple[Fault, ...]]:
    """Return the form of an event and no faults, or None and every fault of the payload."""
    form = compiled.events[event]
    if form is None:
        return None, NO_FORM if payload else ()
    if isinstance(payload, form):
        return payload, ()
    # What is no mapping is a fault of the form, not of this call; nothing brings no field.
    given = {} if payload is None else payload
    return structure(form, cast("Mapping[str, object]", given))


def settle(
    registry: Registry, compiled: Compiled, snapshot: Snapshot[Any], event: Event[Any]
) -> Decision:
    """Run the three pure phases."""
    proposal = propose(compiled, snapshot, event)
    if isinstance(proposal, Refusal):
        return Decision(event, snapshot, refusal=proposal)
    judges = registry.judges.get((snapshot.ref.machine, event.name))
    verdicts = judge(judges, proposal) if judges else ()
    return decide(compiled, proposal, verdicts)


def elapse(
    registry: Registry, compiled: Compiled, snapshot: Snapshot[Any], until: datetime
) -> list[Decision]:
    """
    Fire the entity's own timers due by *until*, in (due, name) order, each at its due instant.

    Args:
        registry: Machines, judges and codec.
        compiled: The entity's machine.
        snapshot: The entity as stored.
        until: Aware UTC instant, included.

    Raises:
        GuardFailedError: A function of the machine raised, or a timer starts itself
            again without moving on.
    """
    decisions: list[Decision] = []
    while due := [timer for timer in snapshot.timers if timer.due_at <= until]:
        timer = min(due, key=lambda timer: (timer.due_at, timer.name))
        at = max(timer.due_at, snapshot.at)
        event: Event[None] = Event(timer.event, SYSTEM, at, None, cause=Cause(timer=timer.name))
        decision = settle(registry, compiled, snapshot, event)
        if decision.refusal is not None:
            decision = consumed(compiled, decision, decision.refusal)
        snapshot = decision.snapshot
        decisions.append(decision)
        again = (t for t in snapshot.timers if t.name == timer.name and t.due_at <= timer.due_at)
        if any(again):
            raise GuardFailedError(snapshot.ref, timer.event, f"timer {timer.name!r}, never later,")
    return decisions


def consumed(compiled: Compiled, decision: Decision, refusal: Refusal) -> Decision:
    """Return the journaled end of a timer whose event is refused: it does not fire again."""
    event, before = decision.event, decision.snapshot
    name = "" if event.cause is None or event.cause.timer is None else event.cause.timer
    reasons = refusal.verdicts or tuple(
        Verdict("machine", Answer.REFUSE, reason.code, tried.row, rules=reason.rules)
        for tried in refusal.tried
        for reason in tried.reasons
    )
    return conclude(
        compiled,
        before,
        event,
        Entry.TIMER_REFUSED,
        None,
        {},
        (Drop("timers", name),),
        verdicts=reasons,
    )


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
