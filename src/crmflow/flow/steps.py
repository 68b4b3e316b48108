"""One event and what follows from it in the same commit."""

from __future__ import annotations

from typing import Any, cast

from msgspec.structs import replace

from crmflow.core.compiled import Compiled
from crmflow.core.consequences import fired, received
from crmflow.core.decision import Decision, conclude, decide
from crmflow.core.entity import Snapshot
from crmflow.core.errors import PolicyFailedError
from crmflow.core.event import Attempt, Cause, Event
from crmflow.core.evolving import HOOK, BoundEvolve, Follow, add, ask, evolve
from crmflow.core.form import Fault, structure
from crmflow.core.journal import Drop, Effect, Entry
from crmflow.core.judging import judge
from crmflow.core.people import NOBODY, People
from crmflow.core.policy import Denied, Occurrence
from crmflow.core.proposal import propose
from crmflow.core.refusal import Because, Refusal, refuse
from crmflow.core.reserved import ATTACH, FORMS, OBSERVE
from crmflow.core.verdict import Answer, Verdict
from crmflow.directory import Consulted
from crmflow.flow.pausing import halted
from crmflow.flow.registry import Registry
from crmflow.flow.reserved import answer_reserved

NO_FORM = (Fault("$", "unknown", "Nothing: this event has no form."),)

MOST_FOLLOWING = 100
"""Events that may follow from one in the same commit: policies that raise in a ring are stopped."""

Settled = tuple[Decision, tuple[Follow, ...]]


def consulted(
    registry: Registry, event: Event[Any], looked: dict[str, object] | None
) -> Consulted | None:
    """Return what an event reads, where something was looked up for it."""
    return None if looked is None else Consulted(registry.directory, event.at, looked)


def steps(
    registry: Registry,
    compiled: Compiled,
    snapshot: Snapshot[Any],
    event: Event[Any],
    looked: dict[str, object] | None = None,
) -> list[Decision]:
    """
    Return the decision on an event, and then those on what policies raise because of it.

    Args:
        registry: Machines, judges, policies and codec.
        compiled: The entity's machine.
        snapshot: The entity.
        event: The event, its form structured.
        looked: What was looked up for it, by question.

    Raises:
        GuardFailedError: A function of the machine raised.
        PolicyFailedError: A plugin raised, or policies raise events without end.
    """
    people = consulted(registry, event, looked)
    first, follows = settle(registry, compiled, snapshot, event, people)
    decisions, pending = [first], list(follows)
    while pending:
        follow = pending.pop(0)
        if len(decisions) > MOST_FOLLOWING:
            raise PolicyFailedError(follow.policy, HOOK, follow.raised.event)
        decision, more = _followed(registry, compiled, decisions[-1], follow)
        decisions.append(decision)
        pending = [*more, *pending]
    return decisions


def settle(
    registry: Registry,
    compiled: Compiled,
    snapshot: Snapshot[Any],
    event: Event[Any],
    people: Consulted | None = None,
    verdicts: tuple[Verdict, ...] | None = None,
) -> Settled:
    """
    Run the pure phases for one event.

    Args:
        registry: Machines, judges, policies and codec.
        compiled: The entity's machine.
        snapshot: The entity.
        event: The event, its form structured.
        people: What a record read, where it is decided again, or what was looked up for the
            event; else the directory is asked.
        verdicts: What a record was judged by, likewise; else the judges are asked.

    Returns:
        The decision, and the events that policies raise.
    """
    standing = halted(snapshot, event) if snapshot.attached.pauses else None
    if standing is not None:
        return standing, ()
    pair = (snapshot.ref.machine, event.name)
    owner = registry.reserved.get(pair)
    judges, evolvers = registry.judges.get(pair), registry.evolvers.get(pair, ())
    if people is None and (judges or evolvers or owner):
        people = Consulted(registry.directory, event.at)
    if owner is not None:
        return _read(_policy_event(compiled, owner, snapshot, event, people or NOBODY), people)
    row = None
    if event.name in FORMS:
        decision = answer_reserved(registry, compiled, snapshot, event)
        if event.name == ATTACH:
            evolvers = tuple(one for one in evolvers if one.policy.name == event.form.policy)
    else:
        proposal = propose(compiled, snapshot, event, people or NOBODY)
        if isinstance(proposal, Refusal):
            return Decision(event, snapshot, refusal=proposal), ()
        if verdicts is None:
            verdicts = judge(judges, proposal) if judges else ()
        decision, row = decide(compiled, proposal, verdicts), proposal.candidate.row
    if not evolvers or event.name == OBSERVE:
        return _read((decision, ()), people)
    return _read(evolve(compiled, evolvers, snapshot, decision, row, people or NOBODY), people)


def verdicts_on(
    registry: Registry,
    compiled: Compiled,
    snapshot: Snapshot[Any],
    event: Event[Any],
    looked: dict[str, object] | None = None,
) -> tuple[Verdict, ...]:
    """Return what every judge says of an event, those who allow it included."""
    judges = registry.judges.get((snapshot.ref.machine, event.name))
    if not judges:
        return ()
    people = Consulted(registry.directory, event.at, looked or {})
    proposal = propose(compiled, snapshot, event, people)
    return () if isinstance(proposal, Refusal) else judge(judges, proposal)


def _read(settled: Settled, people: Consulted | None) -> Settled:
    """Note in the record what the directory was asked."""
    decision, follows = settled
    if decision.record is None or people is None or not people.answers:
        return settled
    return replace(decision, record=replace(decision.record, reads=people.answers)), follows


def _policy_event(
    compiled: Compiled,
    owner: BoundEvolve,
    snapshot: Snapshot[Any],
    event: Event[Any],
    people: People,
) -> Settled:
    """Return a policy's answer to its own reserved event."""
    if event.at < snapshot.at:
        detail = f"{event.at.isoformat()} is before {snapshot.at.isoformat()}"
        return Decision(
            event, snapshot, refusal=Refusal(Because.EARLIER, snapshot.state, detail=detail)
        ), ()
    seen = Occurrence(snapshot, snapshot, event, Entry.POLICY, None, people)
    answer = ask(owner, snapshot.policy(owner.policy.name), seen)
    if isinstance(answer, Denied):
        possible = compiled.possible(snapshot.state)
        refusal = Refusal(
            Because.POLICY, snapshot.state, verdicts=answer.verdicts, possible=possible
        )
        return Decision(event, snapshot, refusal=refusal), ()
    effects: tuple[Effect, ...] = (*fired(event), *received(event))
    decision = conclude(compiled, snapshot, event, Entry.POLICY, None, {}, effects)
    return (decision, ()) if answer is None else add(compiled, decision, [(owner, answer)])


def _followed(registry: Registry, compiled: Compiled, before: Decision, follow: Follow) -> Settled:
    """Return the decision on an event that a policy raised; a refusal of it is journaled."""
    raised, snapshot = follow.raised, before.snapshot
    cause = Cause(policy=follow.policy, approved_by=raised.approved_by)
    form, faults = formed(registry, snapshot.ref.machine, raised.event, raised.payload)
    event: Event[Any] = Event(raised.event, raised.actor, before.event.at, form, None, cause)
    if faults:
        attempt = Attempt(snapshot, event, compiled.settings, snapshot.facts)
        settled: Settled = Decision(event, snapshot, refusal=refuse(compiled, attempt, faults)), ()
    else:
        settled = settle(registry, compiled, snapshot, event)
    decision, _ = settled
    if decision.refusal is None:
        return settled
    pair = (snapshot.ref.machine, event.name)
    ended = refused(compiled, decision, decision.refusal)
    people = Consulted(registry.directory, event.at)
    found = evolve(compiled, registry.evolvers.get(pair, ()), snapshot, ended, None, people)
    return _read(found, people)


def refused(compiled: Compiled, decision: Decision, refusal: Refusal) -> Decision:
    """
    Return the journaled end of an event that nobody can be told is refused.

    A timer's does not fire again; a hold whose policy let it pass ends with the reasons.
    """
    event, before = decision.event, decision.snapshot
    effects: tuple[Effect, ...] = (*fired(event), *received(event))
    entry = Entry.TIMER_REFUSED
    if event.cause is not None and event.cause.policy is not None:
        entry, policy = Entry.RAISE_REFUSED, event.cause.policy
        mine = [h for h in before.holds if (h.event, h.policy) == (event.name, policy)]
        effects = (*effects, *(Drop("holds", hold.event) for hold in mine))
    return conclude(compiled, before, event, entry, None, {}, effects, verdicts=_reasons(refusal))


def _reasons(refusal: Refusal) -> tuple[Verdict, ...]:
    """Return every reason of a refusal as verdicts, which journals keep."""
    machine = [
        Verdict("machine", Answer.REFUSE, reason.code, tried.row, rules=reason.rules)
        for tried in refusal.tried
        for reason in tried.reasons
    ]
    faults = [Verdict("form", Answer.REFUSE, fault.code, fault.path) for fault in refusal.faults]
    found = (*refusal.verdicts, *machine, *faults)
    return found or (Verdict("machine", Answer.REFUSE, refusal.because.value),)


def formed(
    registry: Registry, machine: str, event: str, payload: object
) -> tuple[object, tuple[Fault, ...]]:
    """
    Return the form of an event and no faults, or None and every fault of the payload.

    Raises:
        UnknownEventError: Neither the machine nor a policy of it has such an event.
    """
    form = registry.form(machine, event)
    if form is None:
        return None, NO_FORM if payload else ()
    if isinstance(payload, form):
        return payload, ()
    # What is no mapping is a fault of the form, not of this call; nothing brings no field.
    given = {} if payload is None else payload
    return structure(form, cast("dict[str, object]", given))
