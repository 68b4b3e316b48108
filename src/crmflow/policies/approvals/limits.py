"""Time limits of steps: who is late is reminded, or another decides, as the table says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import attrs

from crmflow.core.pause import kept
from crmflow.core.people import superiors
from crmflow.policies.approvals.binding import Bound, Case
from crmflow.policies.approvals.counting import due_seats
from crmflow.policies.approvals.reasons import Reason
from crmflow.policies.approvals.request import Request, Seat, Signer, Step
from crmflow.policies.approvals.resolving import Note, resolve
from crmflow.policies.approvals.rows import OnTimeOut, OwnRequest, StepRow
from crmflow.policies.approvals.walking import Walked, advanced, limit_end, refused


def row_of(request: Request, bound: Bound) -> StepRow | None:
    """Return the row of the open step, or None where the table no longer has it."""
    step = request.step
    if step is None or step.index >= len(bound.groups):
        return None
    group = bound.groups[step.index]
    same = step.row < len(group) and group[step.row].row.name == step.name
    return group[step.row].row if same else None


def late(request: Request, step: Step, bound: Bound, case: Case) -> Walked:
    """Return a request whose open step's time limit has passed."""
    row = row_of(request, bound)
    if row is None:
        return _again(request, step, None, bound, case).noted(Note(Reason.CHAIN_CHANGED, step.name))
    if row.on_time_out is OnTimeOut.REFUSE:
        return refused(request, Reason.APPROVAL_TIMED_OUT, (), step.name)
    if row.on_time_out is OnTimeOut.PASS:
        passed = attrs.evolve(step, passed_by=Reason.PASSED_BY_LIMIT)
        walked = advanced(request, passed, bound, case)
        return walked.noted(Note(Reason.PASSED_BY_LIMIT, step.name))
    if row.on_time_out is OnTimeOut.REMIND:
        reminded = attrs.evolve(request, reminded_at=case.at)
        note = Note(Reason.REMINDED_OF_LIMIT, step.name)
        return _again(reminded, step, row, bound, case).noted(note)
    return _taken_over(request, step, row, bound, case)


def _again(request: Request, step: Step, row: StepRow | None, bound: Bound, case: Case) -> Walked:
    """Return a request whose time limit runs once more."""
    due_at = None if row is None else limit_end(row, bound, case)
    return Walked(attrs.evolve(request, step=attrs.evolve(step, due_at=due_at)))


def after_pause(request: Request, bound: Bound, since: datetime, at: datetime) -> Request:
    """Return a request as it goes on after a pause of its entity: its time limit stood still."""
    step = request.step
    if step is None or step.due_at is None:
        return request
    row = row_of(request, bound)
    calendar = None
    if row is not None and row.limit is not None and row.limit.working:
        calendar = bound.calendars[row.calendar or ""]
    due_at = kept(step.due_at, since, at, calendar)
    return attrs.evolve(request, step=attrs.evolve(step, due_at=due_at))


def _taken_over(request: Request, step: Step, row: StepRow, bound: Bound, case: Case) -> Walked:
    """Return a request whose late seats others decide now: superiors, or those named."""
    escalates = row.on_time_out is OnTimeOut.ESCALATE
    reason = Reason.ESCALATED if escalates else Reason.TRANSFERRED_BY_LIMIT
    named = [person for approver in row.to for person in resolve(approver, case)]
    notes: list[Note] = []
    for seat in list(due_seats(step)):
        signer = next(one for one in seat.signers if one.person not in step.voters)
        others = named if row.to else superiors(case.people, signer.person)
        heir = next(_free(others, signer, step, case), None)
        if heir is None:
            notes.append(Note(Reason.NOBODY_TO_TAKE_OVER, step.name, (signer.person,)))
        else:
            notes.append(Note(reason, step.name, (signer.person, heir)))
            step = replaced(step, signer, passed_on(signer, heir))
    reminded = attrs.evolve(request, reminded_at=case.at)
    return _again(reminded, step, row, bound, case).noted(*notes)


def _free(others: Iterable[str], signer: Signer, step: Step, case: Case) -> Iterator[str]:
    """Yield those who may take a signer's place."""
    taken = {one.person for one in step.signers} | step.voters | set(signer.trail)
    if step.own_request is not OwnRequest.ALLOW:
        taken.add(case.requester.id)
    for one in others:
        if one not in taken and case.people.person(one) is not None:
            yield one


def passed_on(signer: Signer, to: str) -> Signer:
    """Return who decides in a signer's place."""
    return Signer(to, signer.role, None, signer.added_by, (*signer.trail, signer.person))


def replaced(step: Step, old: Signer, *new: Signer) -> Step:
    """Return a step with signers in the place of one; with none that one is gone."""
    seats = []
    for seat in step.seats:
        signers = tuple(
            one for had in seat.signers for one in (new if had.person == old.person else (had,))
        )
        if signers:
            seats.append(Seat(signers, seat.weight))
    return attrs.evolve(step, seats=tuple(seats))
