"""What is remembered of an entity's approvals: requests, their step, seats and ballots."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import attrs

from crmflow.core.actor import Actor
from crmflow.policies.approvals.reasons import Reason
from crmflow.policies.approvals.rows import Mode, OwnRequest, Refusal


class Vote(StrEnum):
    """What a ballot says."""

    APPROVE = "approve"
    REFUSE = "refuse"


class Place(StrEnum):
    """Where an added signer stands: their consent comes before, after or beside another's."""

    BEFORE = "before"
    AFTER = "after"
    BESIDE = "beside"


class Phase(StrEnum):
    """What a request waits for."""

    AWAITING = "awaiting"
    RETURNED = "returned"
    PASSED = "passed"
    REFUSED = "refused"


@attrs.frozen
class Ballot:
    """
    One vote.

    Attributes:
        person: Whose vote it is; who stays responsible where a stand-in casts it.
        by: Who cast it.
        vote: What it says.
        at: Aware UTC instant.
        comment: What was said with it.
        reason: Why the mechanism cast it by itself, or None.
        event: In an approval state the event by which it was cast; empty by a reserved one.
        payload: The form of that event, as plain values.
    """

    person: str
    by: str
    vote: Vote
    at: datetime
    comment: str = ""
    reason: Reason | None = None
    event: str = ""
    payload: Mapping[str, object] = attrs.field(factory=dict)


@attrs.frozen
class Signer:
    """
    One whose approval a seat needs.

    Attributes:
        person: Id.
        role: Role by which the person was found, or empty.
        holder: Who was asked for an opinion, after which it returns to the person.
        added_by: Who added the signer, or None.
        trail: Who had it before; it goes back to none of them.
    """

    person: str
    role: str = ""
    holder: str | None = None
    added_by: str | None = None
    trail: tuple[str, ...] = ()


@attrs.frozen
class Seat:
    """
    One vote of a step: its signers in order, all of whom must approve for it to.

    Attributes:
        signers: The approver, with those added before and after.
        weight: Votes it counts for.
    """

    signers: tuple[Signer, ...]
    weight: int = 1


@attrs.frozen
class Step:
    """
    A step as it was opened: it keeps its rules even when the table changes.

    Attributes:
        name: Its name.
        index: Its place in the chain, alternatives counted as one.
        row: Which of the alternatives.
        mode: How votes come to an outcome.
        refusal: What one refusal means.
        own_request: Whether the requester may vote.
        seats: Who votes.
        opened_at: Aware UTC instant.
        ratio: Share that must approve, or None.
        count: Number that must approve, or None.
        ballots: Votes so far.
        due_at: Aware UTC instant of its time limit, or None.
        passed_by: Why it passed without its quorum, as the table says, or None.
    """

    name: str
    index: int
    row: int
    mode: Mode
    refusal: Refusal
    own_request: OwnRequest
    seats: tuple[Seat, ...]
    opened_at: datetime
    ratio: str | None = None
    count: int | None = None
    ballots: tuple[Ballot, ...] = ()
    due_at: datetime | None = None
    passed_by: Reason | None = None

    @property
    def signers(self) -> tuple[Signer, ...]:
        """All signers of all seats."""
        return tuple(signer for seat in self.seats for signer in seat.signers)

    @property
    def voters(self) -> frozenset[str]:
        """Ids of those who have voted, or whose vote was cast."""
        return frozenset(who for ballot in self.ballots for who in (ballot.person, ballot.by))


@attrs.frozen
class Request:
    """
    A request for approval.

    Attributes:
        key: The held event, or the approval state.
        chain: Row of the table it goes by.
        version: Version of that row.
        requester: Who asked, with the roles of that time.
        opened_at: Aware UTC instant.
        event: The held event; empty for an approval state.
        payload: The form of the held event, as plain values.
        digest: Digest of the facts it covers.
        phase: What it waits for.
        step: The open step, or None while nothing is voted on.
        done: Steps that passed, in order.
        jump: Place of the step to go on with after a return, or None to walk all again.
        copied: Ids of those who got a copy.
        reminded_at: Aware UTC instant of the last reminder, or None.
    """

    key: str
    chain: str
    version: str
    requester: Actor
    opened_at: datetime
    event: str = ""
    payload: Mapping[str, object] = attrs.field(factory=dict)
    digest: str = ""
    phase: Phase = Phase.AWAITING
    step: Step | None = None
    done: tuple[Step, ...] = ()
    jump: int | None = None
    copied: tuple[str, ...] = ()
    reminded_at: datetime | None = None

    @property
    def ballots(self) -> tuple[Ballot, ...]:
        """All votes of all steps, in order."""
        steps = self.done if self.step is None else (*self.done, self.step)
        return tuple(ballot for step in steps for ballot in step.ballots)

    @property
    def approvers(self) -> tuple[str, ...]:
        """Ids of those whose approval was given, each once."""
        given = [ballot.person for ballot in self.ballots if ballot.vote is Vote.APPROVE]
        return tuple(dict.fromkeys(given))


@attrs.frozen
class Ended:
    """
    How the last request of an event or state ended.

    Attributes:
        key: The event or state.
        reason: Why.
        at: Aware UTC instant.
        requester: Who had asked.
        by: Who ended it, where it was a person.
        comment: What was said.
        approved_by: Ids of those who had approved.
    """

    key: str
    reason: Reason
    at: datetime
    requester: Actor
    by: str = ""
    comment: str = ""
    approved_by: tuple[str, ...] = ()


def _keyed(items: tuple[Request, ...]) -> Mapping[str, Request]:
    return {item.key: item for item in items}


@attrs.frozen
class Approvals:
    """
    All that is remembered of one entity.

    Attributes:
        open: Requests that are not ended.
        ended: The last that ended, one of each event or state.
    """

    open: tuple[Request, ...] = ()
    ended: tuple[Ended, ...] = ()

    def find(self, key: str) -> Request | None:
        """Return the open request of an event or state, or None."""
        return _keyed(self.open).get(key)

    def last(self, key: str) -> Ended | None:
        """Return how the last request of an event or state ended, or None."""
        return next((ended for ended in self.ended if ended.key == key), None)

    def with_request(self, request: Request) -> Approvals:
        """Return these with a request in place of the one of its key."""
        return attrs.evolve(self, open=tuple({**_keyed(self.open), request.key: request}.values()))

    def without(self, ended: Ended) -> Approvals:
        """Return these with a request ended."""
        rest = tuple(request for request in self.open if request.key != ended.key)
        last = tuple(old for old in self.ended if old.key != ended.key)
        return Approvals(rest, (*last, ended))


NOTHING = Approvals()
