"""Counting: from seats and ballots to the outcome of a step; pure, the order never matters."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil

import attrs

from crmflow.policies.approvals.request import Ballot, Seat, Step, Vote
from crmflow.policies.approvals.rows import Mode, Refusal


@attrs.frozen
class Tally:
    """
    Votes of a step by weight.

    Attributes:
        needed: Votes that must approve.
        yes: Votes that approve.
        no: Votes that refuse.
        open: Votes that may still be cast.
    """

    needed: int
    yes: int
    no: int
    open: int


def seat_vote(seat: Seat, ballots: tuple[Ballot, ...]) -> Vote | None:
    """Return what a seat says: any signer refuses for it, all must approve for it."""
    cast = {ballot.person: ballot.vote for ballot in ballots}
    votes = [cast.get(signer.person) for signer in seat.signers]
    if Vote.REFUSE in votes:
        return Vote.REFUSE
    return None if None in votes else Vote.APPROVE


def needed(step: Step) -> int:
    """Return how many votes must approve."""
    total = sum(seat.weight for seat in step.seats)
    if step.mode is not Mode.VOTE:
        return total if step.mode in {Mode.ALL, Mode.SEQUENCE} else 1
    # Exact: two thirds of three votes are two, and never a rounding more.
    return step.count or ceil(Fraction(step.ratio or 1) * total)


def tally(step: Step) -> Tally:
    """Return the votes of a step."""
    sums: dict[Vote | None, int] = {Vote.APPROVE: 0, Vote.REFUSE: 0, None: 0}
    for seat in step.seats:
        sums[seat_vote(seat, step.ballots)] += seat.weight
    return Tally(needed(step), sums[Vote.APPROVE], sums[Vote.REFUSE], sums[None])


def outcome(step: Step) -> Vote | None:
    """
    Return what a step has come to, or None while the votes still open can change it.

    A refusal that ends at once is a veto: with it a vote passes only when nobody is left
    to cast one; `one` and `any` are decided by the first vote that decides.
    """
    found, veto = tally(step), step.refusal is Refusal.AT_ONCE
    if veto and found.no:
        return Vote.REFUSE
    if found.yes >= found.needed and not (veto and found.open and step.mode is Mode.VOTE):
        return Vote.APPROVE
    return Vote.REFUSE if found.yes + found.open < found.needed else None


def reachable(step: Step) -> bool:
    """Say whether the votes that are there, all approving, could make the quorum."""
    return sum(seat.weight for seat in step.seats) >= needed(step)


def due_seats(step: Step) -> Iterator[Seat]:
    """Yield the seats that may vote now: all that have not, or the first of a sequence."""
    waiting = (seat for seat in step.seats if seat_vote(seat, step.ballots) is None)
    for seat in waiting:
        yield seat
        if step.mode is Mode.SEQUENCE:
            return
