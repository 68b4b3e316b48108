"""What a row's decision attaches, drops and sends, and what it tells its watchers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from crmflow.core.compiled import Compiled
from crmflow.core.entity import Attached, Received
from crmflow.core.event import Attempt, Event
from crmflow.core.journal import KEYS, Drop, Effect, Put, Shelf
from crmflow.core.link import Watcher
from crmflow.core.machine import Asked, Changes, Machine, Row, Send
from crmflow.core.measure import counted_on
from crmflow.core.message import Message, MessageKind
from crmflow.core.plain import plain
from crmflow.core.proposal import Proposal
from crmflow.core.ref import EntityRef
from crmflow.core.task import Task
from crmflow.core.timer import Timer

ENDING: tuple[Shelf, ...] = ("timers", "tasks", "claims", "holds")
"""What no entity keeps in a final state, but for claims that the row into it takes."""


def consequences(
    compiled: Compiled, proposal: Proposal, known: object
) -> tuple[tuple[Effect, ...], tuple[Message, ...]]:
    """
    Return what a row attaches, drops and sends; most rows do none of it.

    Args:
        compiled: The entity's machine.
        proposal: What the row would do.
        known: The facts afterwards.
    """
    attached, event = proposal.attempt.snapshot.attached, proposal.attempt.event
    quiet = not (attached.watchers or attached.holds or event.cause)
    if quiet and proposal.candidate.plain:
        return (), ()
    machine, row = compiled.machine, proposal.candidate.row
    attempt = proposal.attempt
    # Timers, tasks, messages and claims see the attempt with the new facts.
    after: Asked = Attempt(attempt.snapshot, attempt.event, attempt.settings, known)
    watchers = _watchers(event)
    effects = (
        *_ended(compiled, proposal),
        *(_begun(row, after) if proposal.candidate.to not in compiled.final else ()),
        *_claimed(compiled, proposal, after),
        *(Put("watchers", watcher) for watcher in watchers),
        *received(event),
    )
    sent = tuple(_sent(row, after))
    first = max(len(row.send), sent[-1].ordinal + 1 if sent else 0)
    return effects, (*sent, *_mirrored(machine, proposal, after, watchers, first))


def ended(attached: Attached) -> tuple[Drop, ...]:
    """Return the end of all that no entity keeps in a final state."""
    return tuple(
        Drop(shelf, KEYS[shelf](item)) for shelf in ENDING for item in getattr(attached, shelf)
    )


def _ended(compiled: Compiled, proposal: Proposal) -> Iterator[Effect]:
    """Yield what ends: in a final state all timers, tasks, claims and holds."""
    row, attached = proposal.candidate.row, proposal.before.attached
    if proposal.candidate.to in compiled.final:
        yield from ended(attached)
        return
    yield from (Drop("timers", name) for name in row.stop)
    yield from (Drop("tasks", name) for name in row.done)
    yield from fired(proposal.event)
    void = (row.while_held or ("allow" if proposal.candidate.to is None else "void")) == "void"
    yield from (Drop("holds", h.event) for h in attached.holds if void or h.event == row.event)


def _begun(row: Row, after: Asked) -> Iterator[Put]:
    """Yield what begins: timers and tasks."""
    version = after.snapshot.version + 1
    over = {*row.stop, *(drop.of for drop in fired(after.event))}
    timers = {timer.name: timer for timer in after.snapshot.timers if timer.name not in over}
    for start in row.start:
        duration = start.after(after) if callable(start.after) else start.after
        if duration is not None:
            due_at = duration.due_at(start.since(after))
            on = counted_on(duration)
            timers[start.name] = Timer(start.name, start.event, due_at, version, on)
            yield Put("timers", timers[start.name])
    for task in row.tasks:
        role = task.role if isinstance(task.role, str) else task.role(after)
        due = timers.get(task.timer or "")
        until = None if due is None else due.due_at
        yield Put("tasks", Task(f"{task.name}.{version}", task.name, role, after.at, until))


def _claimed(compiled: Compiled, proposal: Proposal, after: Asked) -> Iterator[Effect]:
    """Yield the claims a row takes and those it frees; into a final state it frees all others."""
    claims = proposal.candidate.row.claims
    if claims is None:
        return
    held = () if proposal.candidate.to in compiled.final else after.snapshot.attached.claims
    taken = claims(after)
    if held:
        given_up = (claim for claim in claims(proposal.attempt) if claim not in taken)
        yield from (Drop("claims", KEYS["claims"](claim)) for claim in given_up if claim in held)
    yield from (Put("claims", claim) for claim in taken if claim not in held)


def fired(event: Event[Any]) -> tuple[Drop, ...]:
    """Return the end of the timer that fired the event: applied or held, it fires once."""
    return () if event.timer is None else (Drop("timers", event.timer),)


def received(event: Event[Any]) -> tuple[Put, ...]:
    """Return the note that a message was taken; nothing for other causes."""
    cause = event.cause
    if cause is None or cause.source is None:
        return ()
    return (Put("received", Received(cause.source, cause.version, cause.ordinal)),)


def _watchers(event: Event[Any]) -> tuple[Watcher, ...]:
    cause = event.cause
    if cause is None or cause.source is None or cause.link is None:
        return ()
    return (Watcher(cause.source, cause.link),)


def _sent(row: Row, after: Asked) -> Iterator[Message]:
    """Yield the row's messages; each of its sends takes one ordinal at least."""
    source, version, ordinal = after.snapshot.ref, after.snapshot.version + 1, 0
    for send in row.send:
        letters = _letters(send, after) if send.when(after) else ()
        for number, (to, told) in enumerate(letters, ordinal):
            target = derived_id(source, version, number) if to is None else to
            payload = {name: plain(value) for name, value in told.items()}
            yield Message(number, send.kind, send.machine, target, send.event, payload, send.link)
        ordinal += max(1, len(letters))


def _letters(send: Send, after: Asked) -> tuple[tuple[str | None, Changes], ...]:
    """Return target and payload of each message of a send; None for one to be created."""
    ids: Sequence[str | None] = (None,)
    if send.to is not None:
        to = send.to(after)
        ids = (to,) if isinstance(to, str) else to or ()
    if not ids:
        return ()
    told = send.payload(after)
    payloads = (told,) if isinstance(told, Mapping) else told
    return tuple((id_, payload) for id_ in ids for payload in payloads)


def _mirrored(
    machine: Machine, proposal: Proposal, after: Asked, new: tuple[Watcher, ...], first: int
) -> tuple[Message, ...]:
    """Return what every watcher is told; the ordinals follow those of the row's messages."""
    watchers = proposal.before.attached.watchers + new
    if not watchers:
        return ()
    shared = shared_facts(machine, after.facts)
    return tuple(
        mirror(watcher, ordinal, proposal.to, shared)
        for ordinal, watcher in enumerate(watchers, first)
    )


def shared_facts(machine: Machine, facts: object) -> Mapping[str, object]:
    """Return what a machine's entities share, as plain values."""
    return {name: plain(getattr(facts, name)) for name in machine.shares}


def mirror(watcher: Watcher, ordinal: int, state: str, shared: Mapping[str, object]) -> Message:
    """Return the message that tells a watcher of a state and the shared facts."""
    ref, kind = watcher.ref, MessageKind.MIRROR
    return Message(ordinal, kind, ref.machine, ref.id, watcher.name, shared, None, state)


def derived_id(source: EntityRef, version: int, ordinal: int) -> str:
    """Return the id of the entity a message creates: the same for every delivery."""
    key = f"{source.tenant}\0{source.machine}\0{source.id}\0{version}\0{ordinal}"
    return hashlib.sha256(key.encode()).hexdigest()[:16]
