"""Walking: a request is opened, goes from step to step, and passes or is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import attrs

from crmflow.policies.approvals.binding import Bound, Case, Chains
from crmflow.policies.approvals.counting import outcome, reachable
from crmflow.policies.approvals.reasons import Reason
from crmflow.policies.approvals.request import Ballot, Phase, Request, Seat, Step, Vote
from crmflow.policies.approvals.resolving import (
    Note,
    acting_for,
    seats_of,
    stand_ins,
    stated_none,
)
from crmflow.policies.approvals.rows import SamePerson, StepRow


@attrs.frozen
class Walked:
    """
    A request after a change.

    Attributes:
        request: The request; its phase says whether it goes on.
        notes: What the mechanism did by itself.
        reason: Why it ended, where it did.
    """

    request: Request
    notes: tuple[Note, ...] = ()
    reason: Reason | None = None

    def noted(self, *notes: Note) -> Walked:
        """Return this with notes that come first."""
        return attrs.evolve(self, notes=(*notes, *self.notes))


def opened(bound: Bound, case: Case, *, event: str) -> Walked:
    """
    Return a new request at its first step.

    Args:
        bound: The chain it goes by.
        case: Who asks for what.
        event: The held event; empty for an approval state.
    """
    row = bound.row
    request = Request(
        case.key,
        row.name,
        row.version,
        case.requester,
        case.at,
        event,
        case.payload,
        bound.digest(case.snapshot.facts),
    )
    return entered(request, 0, bound, case)


def entered(request: Request, index: int, bound: Bound, case: Case) -> Walked:
    """Return a request at the first step from *index* on that awaits anybody."""
    notes: list[Note] = []
    request = attrs.evolve(request, phase=Phase.AWAITING, step=None)
    for at in range(index, len(bound.groups)):
        number = bound.alternative(at, case)
        row = None if number is None else bound.groups[at][number].row
        if number is None or row is None or stated_none(row):
            notes.append(Note(Reason.STEP_NOT_NEEDED, bound.groups[at][0].row.name))
            continue
        found = seats_of(row, case)
        notes += found.notes
        if found.reason is not None:
            return refused(request, found.reason, notes, row.name)
        if found.skipped:
            continue
        step = _carried(request, _step(row, at, number, found.seats, bound, case), bound)
        notes += _unable(step, case)
        notes += [Note(Reason.APPROVED_BEFORE, step.name, (b.person,)) for b in step.ballots]
        request = attrs.evolve(request, step=step)
        if not reachable(step):
            return refused(request, Reason.QUORUM_UNREACHABLE, notes, row.name)
        if outcome(step) is not Vote.APPROVE:
            return Walked(request, tuple(notes))
        request = _closed(request)
    return Walked(attrs.evolve(request, phase=Phase.PASSED), tuple(notes), Reason.APPROVED)


def _step(
    row: StepRow, index: int, number: int, seats: tuple[Seat, ...], bound: Bound, case: Case
) -> Step:
    return Step(
        row.name,
        index,
        number,
        row.mode,
        row.refuses,
        row.own_request,
        seats,
        case.at,
        row.ratio,
        row.count,
        due_at=limit_end(row, bound, case),
    )


def limit_end(row: StepRow, bound: Bound, case: Case) -> datetime | None:
    """Return the instant at which a step's time limit passes, counted from now."""
    if row.limit is None:
        return None
    return row.limit.due_at(case.at, bound.calendars[row.calendar or ""])


def _carried(request: Request, step: Step, bound: Bound) -> Step:
    """Return a step with the ballots of those who approved before, as the chain counts them."""
    same = bound.row.same_person
    earlier = [done for done in request.done if done.index < step.index]
    if same is SamePerson.EACH or not earlier:
        return step
    counted = earlier if same is SamePerson.ONCE else earlier[-1:]
    given = {
        ballot.person for done in counted for ballot in done.ballots if ballot.vote is Vote.APPROVE
    }
    ballots = tuple(
        Ballot(one.person, one.person, Vote.APPROVE, step.opened_at, reason=Reason.APPROVED_BEFORE)
        for one in step.signers
        if one.person in given
    )
    return attrs.evolve(step, ballots=ballots)


def _unable(step: Step, case: Case) -> Iterator[Note]:
    """Yield who is away and has nobody left to vote in their place: the quorum waits for them."""
    taken: set[str] = set()
    for signer in step.signers:
        if not acting_for(signer.person, case):
            continue
        free = [one for one in stand_ins(signer, step, case) if one not in taken]
        taken.update(free[:1])
        if not free:
            yield Note(Reason.STAND_IN_CANNOT_VOTE, step.name, (signer.person,))


def _closed(request: Request) -> Request:
    """Return a request with its step among those that passed."""
    done = (*request.done, request.step) if request.step is not None else request.done
    return attrs.evolve(request, step=None, done=done)


def refused(request: Request, reason: Reason, notes: Iterable[Note] = (), step: str = "") -> Walked:
    """Return a request that ends refused, the reason noted."""
    noted = (*notes, Note(reason, step))
    return Walked(attrs.evolve(request, phase=Phase.REFUSED), noted, reason)


def advanced(request: Request, step: Step, bound: Bound, case: Case) -> Walked:
    """Return a request with its step changed: it stays, goes on, passes or is refused."""
    request = attrs.evolve(request, step=step)
    found = Vote.APPROVE if step.passed_by is not None else outcome(step)
    if found is None:
        return Walked(request)
    if found is Vote.REFUSE:
        return Walked(attrs.evolve(request, phase=Phase.REFUSED), (), Reason.APPROVAL_REFUSED)
    following = step.index + 1 if request.jump is None else request.jump
    return entered(attrs.evolve(_closed(request), jump=None), following, bound, case)


def returned(request: Request, index: int | None, *, jump: bool) -> Request:
    """
    Return a request that goes back.

    Args:
        request: A request with an open step.
        index: Step it goes back to, or None for the requester.
        jump: Whether it comes straight back to the open step afterwards.
    """
    here = 0 if request.step is None else request.step.index
    if index is None:
        kept = request.done if jump else ()
        phase = Phase.RETURNED
    else:
        kept = tuple(
            done for done in request.done if done.index < index or (jump and done.index > index)
        )
        phase = Phase.AWAITING
    return attrs.evolve(request, phase=phase, step=None, done=kept, jump=here if jump else None)


def restarted(request: Request, chains: Chains, case: Case) -> Walked:
    """Return a request that walks anew: the chain that the facts and the form of now ask for."""
    bound = chains.chosen(case)
    if bound is None:
        passed = attrs.evolve(request, phase=Phase.PASSED, step=None, done=(), jump=None)
        return Walked(passed, (Note(Reason.APPROVAL_NOT_NEEDED),), Reason.APPROVED)
    fresh = attrs.evolve(
        request,
        chain=bound.row.name,
        version=bound.row.version,
        done=(),
        jump=None,
        digest=bound.digest(case.snapshot.facts),
    )
    return entered(fresh, 0, bound, case)
