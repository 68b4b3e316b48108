"""The third pure phase: a Decision is everything to commit, or every reason why not."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn, Self

from msgspec import Struct

from crmflow.core.compiled import Compiled
from crmflow.core.entity import Attached, Received, Snapshot
from crmflow.core.errors import GuardFailedError, RefusedError
from crmflow.core.event import Attempt, Event
from crmflow.core.hold import Hold
from crmflow.core.journal import (
    KEYS,
    Drop,
    Effect,
    Entry,
    JournalRecord,
    Put,
    Shelf,
    apply,
    known_after,
)
from crmflow.core.link import Watcher
from crmflow.core.machine import Asked, Machine, Row
from crmflow.core.message import Message, MessageKind
from crmflow.core.plain import plain
from crmflow.core.proposal import Proposal
from crmflow.core.ref import EntityRef
from crmflow.core.refusal import Because, Refusal
from crmflow.core.task import Task
from crmflow.core.timer import Timer
from crmflow.core.verdict import Answer, Verdict

ENDING: tuple[Shelf, ...] = ("timers", "tasks", "claims", "holds")
"""What no entity keeps in a final state."""


class Decision(Struct, frozen=True):
    """
    The engine's answer to an event.

    Attributes:
        event: The event asked for.
        snapshot: The entity afterwards; where refused, as it is.
        record: The journal record, or None where refused.
        refusal: Every reason why not, or None.
        fired: Own timers that were due first, as decisions of the same commit.
        repeated: Whether the key was seen before and this is the first answer again.
    """

    event: Event[Any]
    snapshot: Snapshot[Any]
    record: JournalRecord | None = None
    refusal: Refusal | None = None
    fired: tuple[Decision, ...] = ()
    repeated: bool = False

    def __bool__(self) -> NoReturn:
        """Raise: a decision is neither true nor false; ask `accepted` or call `require()`."""
        message = "a Decision has no truth value: ask .accepted or call .require()"
        raise TypeError(message)

    @property
    def entity(self) -> EntityRef:
        """The entity asked."""
        return self.snapshot.ref

    @property
    def accepted(self) -> bool:
        """Whether the event was applied or is held; False where refused."""
        return self.refusal is None

    @property
    def held(self) -> bool:
        """Whether the event waits for an approval."""
        return self.record is not None and self.record.entry is Entry.HELD

    @property
    def messages(self) -> tuple[Message, ...]:
        """Messages put in the outbox, those of fired timers left out."""
        return () if self.record is None else self.record.messages

    @property
    def sends(self) -> bool:
        """Whether it, or a timer fired before it, put a message in the outbox."""
        if self.record is not None and self.record.messages:
            return True
        return bool(self.fired) and any(fired.messages for fired in self.fired)

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Verdicts that did more than allow."""
        if self.refusal is not None:
            return self.refusal.verdicts
        return () if self.record is None else self.record.verdicts

    def require(self) -> Self:
        """
        Return this decision where it is accepted.

        Raises:
            RefusedError: The event was refused; the error says why.
        """
        if self.refusal is None:
            return self
        reasons = tuple(summary(self.refusal))
        raise RefusedError(
            self.entity, self.event.name, self.refusal.state, reasons, self.refusal.possible
        )


def _cited(rules: tuple[str, ...]) -> str:
    return f" ({', '.join(rules)})" if rules else ""


def summary(refusal: Refusal) -> list[str]:
    """Return each reason of a refusal as a short line of codes and rule ids, doubles left out."""
    lines = [str(fault) for fault in refusal.faults]
    for tried in refusal.tried:
        for reason in tried.reasons:
            needs = f" needs one of {', '.join(reason.roles)}" if reason.roles else ""
            lines.append(f"{reason.code}{needs}{_cited(reason.rules)}")
    lines += [
        f"policy {verdict.policy}: {verdict.reason}{_cited(verdict.rules)}"
        for verdict in refusal.verdicts
        if verdict.answer is not Answer.ALLOW
    ]
    return list(dict.fromkeys(lines or [f"{refusal.because} {refusal.detail}".rstrip()]))


def decide(compiled: Compiled, proposal: Proposal, verdicts: tuple[Verdict, ...]) -> Decision:
    """
    Return everything to commit, or every reason why not.

    Args:
        compiled: The entity's machine.
        proposal: What the row would do.
        verdicts: What the policies say of it.

    Raises:
        GuardFailedError: An effect of the row raised; nothing was changed.
    """
    if verdicts:
        verdicts = tuple([v for v in verdicts if v.answer is not Answer.ALLOW])
    before, event, candidate = proposal.attempt.snapshot, proposal.attempt.event, proposal.candidate
    held = _held(proposal, verdicts) if verdicts else None
    if isinstance(held, Refusal):
        return Decision(event, before, refusal=held)
    try:
        if held is not None:
            return conclude(
                compiled,
                before,
                event,
                Entry.HELD,
                None,
                {},
                (Put("holds", held), *_fired(event), *received(event)),
                row=candidate.name,
                verdicts=verdicts,
            )
        effects, messages = _consequences(compiled, proposal)
        return conclude(
            compiled,
            before,
            event,
            Entry.DECISION,
            candidate.to,
            proposal.changes,
            effects,
            messages,
            candidate.name,
            verdicts,
        )
    except Exception as error:
        raise GuardFailedError(before.ref, event.name, "an effect") from error


def conclude(
    compiled: Compiled,
    before: Snapshot[Any],
    event: Event[Any],
    entry: Entry,
    to: str | None,
    facts: Mapping[str, object],
    effects: tuple[Effect, ...] = (),
    messages: tuple[Message, ...] = (),
    row: str = "",
    verdicts: tuple[Verdict, ...] = (),
) -> Decision:
    """Return the decision that commits a record of these parts; every record is made here."""
    record = JournalRecord(
        before.ref,
        before.version + 1,
        entry,
        event,
        before.state,
        to,
        facts,
        effects,
        messages,
        row,
        compiled.basis,
        verdicts,
    )
    return Decision(event, apply(before, record, compiled.machine.facts), record)


def _held(proposal: Proposal, verdicts: tuple[Verdict, ...]) -> Hold | Refusal | None:
    """Return what the verdicts make of a proposal: a hold, a refusal, or nothing."""
    before, event = proposal.before, proposal.event
    if any(verdict.answer is Answer.REFUSE for verdict in verdicts):
        return Refusal(Because.POLICY, before.state, verdicts=verdicts)
    if any(hold.event == event.name for hold in before.holds):
        return Refusal(Because.HELD, before.state, verdicts=verdicts)
    first = verdicts[0]
    return Hold(event.name, first.policy, first.reason, event.actor.id, event.at)


def _consequences(
    compiled: Compiled, proposal: Proposal
) -> tuple[tuple[Effect, ...], tuple[Message, ...]]:
    """Return what a row attaches, drops and sends; most rows do none of it."""
    attached, event = proposal.attempt.snapshot.attached, proposal.attempt.event
    quiet = not (attached.watchers or attached.holds or event.cause)
    if quiet and proposal.candidate.plain:
        return (), ()
    machine, row = compiled.machine, proposal.candidate.row
    after = _after(machine, proposal)
    watchers = _watchers(event)
    effects = (
        *_ended(compiled, proposal),
        *(_begun(row, after) if proposal.candidate.to not in compiled.final else ()),
        *(Put("watchers", watcher) for watcher in watchers),
        *received(event),
    )
    return effects, (*_sent(row, after), *_mirrored(machine, proposal, after, watchers))


def _after(machine: Machine, proposal: Proposal) -> Asked:
    """Return the attempt as timers, tasks, messages and claims see it: with the new facts."""
    attempt = proposal.attempt
    facts = known_after(attempt.facts, proposal.changes, machine.facts)
    return Attempt(attempt.snapshot, attempt.event, attempt.settings, facts)


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
    yield from _fired(proposal.event)
    leaves = proposal.candidate.to is not None
    yield from (Drop("holds", h.event) for h in attached.holds if leaves or h.event == row.event)


def _begun(row: Row, after: Asked) -> Iterator[Put]:
    """Yield what begins: timers, tasks and claims."""
    version = after.snapshot.version + 1
    over = {*row.stop, *(drop.of for drop in _fired(after.event))}
    timers = {timer.name: timer for timer in after.snapshot.timers if timer.name not in over}
    for start in row.start:
        duration = start.after(after) if callable(start.after) else start.after
        if duration is not None:
            due_at = duration.due_at(start.since(after))
            timers[start.name] = Timer(start.name, start.event, due_at, version)
            yield Put("timers", timers[start.name])
    for task in row.tasks:
        role = task.role if isinstance(task.role, str) else task.role(after)
        due = timers.get(task.timer or "")
        until = None if due is None else due.due_at
        yield Put("tasks", Task(f"{task.name}.{version}", task.name, role, after.at, until))
    if row.claims is not None:
        yield from (Put("claims", claim) for claim in row.claims(after))


def _fired(event: Event[Any]) -> tuple[Drop, ...]:
    """Return the end of the timer that fired the event: applied or held, it fires once."""
    cause = event.cause
    return () if cause is None or cause.timer is None else (Drop("timers", cause.timer),)


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
    source, version = after.snapshot.ref, after.snapshot.version + 1
    for ordinal, send in enumerate(row.send):
        if not send.when(after):
            continue
        to = derived_id(source, version, ordinal) if send.to is None else send.to(after)
        if to is not None:
            payload = {name: plain(value) for name, value in send.payload(after).items()}
            yield Message(ordinal, send.kind, send.machine, to, send.event, payload, send.link)


def _mirrored(
    machine: Machine, proposal: Proposal, after: Asked, new: tuple[Watcher, ...]
) -> tuple[Message, ...]:
    """Return what every watcher is told; the ordinals follow those of the row's messages."""
    watchers = proposal.before.attached.watchers + new
    if not watchers:
        return ()
    first = len(proposal.candidate.row.send)
    shared = {name: plain(getattr(after.facts, name)) for name in machine.shares}
    return tuple(
        mirror(watcher, ordinal, proposal.to, shared)
        for ordinal, watcher in enumerate(watchers, first)
    )


def mirror(watcher: Watcher, ordinal: int, state: str, shared: Mapping[str, object]) -> Message:
    """Return the message that tells a watcher of a state and the shared facts."""
    ref, kind = watcher.ref, MessageKind.MIRROR
    return Message(ordinal, kind, ref.machine, ref.id, watcher.name, shared, None, state)


def derived_id(source: EntityRef, version: int, ordinal: int) -> str:
    """Return the id of the entity a message creates: the same for every delivery."""
    key = f"{source.tenant}\0{source.machine}\0{source.id}\0{version}\0{ordinal}"
    return hashlib.sha256(key.encode()).hexdigest()[:16]
