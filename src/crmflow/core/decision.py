"""The third pure phase: a Decision is everything to commit, or every reason why not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn, Self

import attrs
from msgspec import Struct

from crmflow.core.compiled import Compiled
from crmflow.core.consequences import consequences, fired, received
from crmflow.core.entity import Snapshot
from crmflow.core.errors import GuardFailedError, RefusedError
from crmflow.core.event import Event
from crmflow.core.hold import Hold
from crmflow.core.journal import (
    Effect,
    Entry,
    JournalRecord,
    Put,
    apply,
    known_after,
)
from crmflow.core.message import Message
from crmflow.core.proposal import Proposal
from crmflow.core.ref import EntityRef
from crmflow.core.refusal import Because, Refusal
from crmflow.core.verdict import Answer, Verdict


class Decision(Struct, frozen=True):
    """
    The engine's answer to an event.

    Attributes:
        event: The event asked for.
        snapshot: The entity afterwards; where refused, as it is.
        record: The journal record, or None where refused.
        refusal: Every reason why not, or None.
        fired: Own timers that were due first, as decisions of the same commit.
        caused: Events that policies raised, as decisions of the same commit after this one;
            `snapshot` is the entity after the last of them.
        repeated: Whether the key was seen before and this is the first answer again.
    """

    event: Event[Any]
    snapshot: Snapshot[Any]
    record: JournalRecord | None = None
    refusal: Refusal | None = None
    fired: tuple[Decision, ...] = ()
    caused: tuple[Decision, ...] = ()
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
        """Whether it, or a decision of the same commit, put a message in the outbox."""
        if self.record is None:
            # Refused: the timers that were due first are not committed either.
            return False
        return any(one.messages for one in (self, *self.fired, *self.caused))

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
    waits = _waits(proposal, verdicts) if verdicts or before.attached.holds else None
    if isinstance(waits, Refusal):
        refusal = attrs.evolve(waits, possible=compiled.possible(before.state))
        return Decision(event, before, refusal=refusal)
    try:
        if waits is not None:
            entry, effects = waits
            effects = (*effects, *fired(event), *received(event))
            return conclude(
                compiled, before, event, entry, None, {}, effects, (), candidate.name, verdicts
            )
        known = known_after(before.facts, proposal.changes, compiled.machine.facts)
        effects, messages = consequences(compiled, proposal, known)
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
            known,
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
    known: object = None,
) -> Decision:
    """
    Return the decision that commits a record of these parts; every record is made here.

    The facts afterwards are *known* where they are made already.
    """
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
    return Decision(event, apply(before, record, compiled.machine.facts, known), record)


def _waits(
    proposal: Proposal, verdicts: tuple[Verdict, ...]
) -> tuple[Entry, tuple[Effect, ...]] | Refusal | None:
    """Return what keeps a proposal from being applied now: a refusal, a hold, a vote, nothing."""
    before, event = proposal.before, proposal.event
    answers = {verdict.answer for verdict in verdicts}
    if Answer.REFUSE in answers:
        return Refusal(Because.POLICY, before.state, verdicts=verdicts)
    held = {hold.event for hold in before.holds}
    blocked = proposal.candidate.row.while_held == "block" and held - {event.name}
    # What one policy lets pass may still wait for another: the hold is theirs then.
    raised = event.cause is not None and event.cause.policy is not None
    if blocked or (Answer.HOLD in answers and event.name in held and not raised):
        return Refusal(
            Because.HELD, before.state, verdicts=verdicts, detail=", ".join(sorted(held))
        )
    if Answer.HOLD in answers:
        first = next(verdict for verdict in verdicts if verdict.answer is Answer.HOLD)
        hold = Hold(event.name, first.policy, first.reason, event.actor.id, event.at)
        return Entry.HELD, (Put("holds", hold),)
    return (Entry.VOTE, ()) if answers else None
