"""Actions that change who votes and who knows: transfer, delegate, signers, copies, reminders."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from crmflow.core.verdict import Verdict
from crmflow.policies.approvals.acting import Act, Answered, waiting_for
from crmflow.policies.approvals.counting import reachable
from crmflow.policies.approvals.limits import passed_on, replaced
from crmflow.policies.approvals.reasons import Reason
from crmflow.policies.approvals.request import Place, Request, Seat, Signer, Step
from crmflow.policies.approvals.rows import OwnRequest
from crmflow.policies.approvals.walking import Walked, advanced


def _mine(act: Act) -> tuple[Step, Signer] | Verdict:
    """Return the open step and the actor's own vote in it that is not cast, or why none."""
    step = act.request.step
    if step is None:
        return act.deny(Reason.WAITS_FOR_RESUBMISSION, (act.request.requester.id,))
    signer = next((one for one in step.signers if one.person == act.actor.id), None)
    if signer is None:
        return act.deny(Reason.NOT_APPROVER, waiting_for(act.request, act.case))
    if signer.person in step.voters:
        return act.deny(Reason.ALREADY_VOTED, waiting_for(act.request, act.case))
    return step, signer


def _unfit(act: Act, step: Step, person: str) -> Verdict | None:
    """Return why somebody cannot become one who votes, or None."""
    own = step.own_request is not OwnRequest.ALLOW
    if own and person == act.request.requester.id:
        return act.deny(Reason.OWN_REQUEST, person=person)
    if act.case.people.person(person) is None:
        return act.deny(Reason.UNKNOWN_PERSON, person=person)
    holders = {one.holder for one in step.signers}
    if person in {one.person for one in step.signers} | step.voters | holders:
        return act.deny(Reason.ALREADY_APPROVER, person=person)
    return None


def _mine_to(act: Act, person: str, *, anew: bool = True) -> tuple[Step, Signer] | Verdict:
    """
    Return the open step and the actor's own vote in it, or why somebody cannot share it.

    Args:
        act: What is done.
        person: Who shares it, or gets it.
        anew: Whether somebody who passed it on may get it again.
    """
    found = _mine(act)
    if isinstance(found, Verdict):
        return found
    step, signer = found
    if not anew and person in signer.trail:
        return act.deny(Reason.PASSED_ON_IN_A_CIRCLE, person=person)
    return _unfit(act, step, person) or found


def transfer(act: Act) -> Answered:
    """Let another decide in one's place."""
    found = _mine_to(act, act.form.to, anew=False)
    if isinstance(found, Verdict):
        return found
    step, signer = found
    return _stepped(act, replaced(step, signer, passed_on(signer, act.form.to)))


def delegate(act: Act) -> Answered:
    """Ask another for an opinion; then it returns to the delegator, who decides."""
    found = _mine_to(act, act.form.to)
    if isinstance(found, Verdict):
        return found
    step, signer = found
    return _stepped(act, replaced(step, signer, attrs.evolve(signer, holder=act.form.to)))


def add_signer(act: Act) -> Answered:
    """Let another sign too: before or after one's own approval, or with a vote beside it."""
    found = _mine_to(act, act.form.person)
    if isinstance(found, Verdict):
        return found
    step, signer = found
    added = Signer(act.form.person, added_by=act.actor.id)
    if act.form.place is Place.BESIDE:
        return _stepped(act, _beside(step, signer, added))
    pair = (added, signer) if act.form.place is Place.BEFORE else (signer, added)
    return _stepped(act, replaced(step, signer, *pair))


def _beside(step: Step, signer: Signer, added: Signer) -> Step:
    seats: list[Seat] = []
    for seat in step.seats:
        seats.append(seat)
        if signer in seat.signers:
            seats.append(Seat((added,)))
    return attrs.evolve(step, seats=tuple(seats))


def remove_signer(act: Act) -> Answered:
    """Take a signer away who has not voted: whom one added, or anybody by an administrator."""
    step, person = act.request.step, act.form.person
    signer = None
    if step is not None:
        signer = next((one for one in step.signers if one.person == person), None)
    if step is None or signer is None:
        return act.deny(Reason.NOT_A_SIGNER, person=person)
    if signer.added_by != act.actor.id and not act.may_arrange:
        by = () if signer.added_by is None else (signer.added_by,)
        return act.deny(Reason.NOT_WHO_ADDED, by, person=person)
    if person in step.voters:
        return act.deny(Reason.ALREADY_VOTED, person=person)
    if len(step.signers) == 1:
        return act.deny(Reason.LAST_SIGNER, person=person)
    fewer = replaced(step, signer)
    if not reachable(fewer):
        return act.deny(Reason.QUORUM_UNREACHABLE, person=person)
    return _stepped(act, fewer)


def _stepped(act: Act, step: Step) -> Walked:
    return advanced(act.request, step, act.bound, act.case)


def _involved(request: Request) -> set[str]:
    steps = request.done if request.step is None else (*request.done, request.step)
    return {request.requester.id} | {one.person for step in steps for one in step.signers}


def copy_to(act: Act) -> Answered:
    """Let people read along, by anybody the request is about."""
    involved = _involved(act.request)
    if act.actor.id not in involved and not act.is_administrator:
        return act.deny(Reason.NOT_INVOLVED, tuple(sorted(involved)))
    unknown = [one for one in act.form.people if act.case.people.person(one) is None]
    if unknown:
        return act.deny(Reason.UNKNOWN_PERSON, person=", ".join(unknown))
    copied = tuple(dict.fromkeys((*act.request.copied, *act.form.people)))
    return Walked(attrs.evolve(act.request, copied=copied))


def remind(act: Act) -> Answered:
    """Remind those a request waits for, not more often than its chain says."""
    request, at = act.request, act.case.at
    involved = _involved(request)
    if act.actor.id not in involved and not act.is_administrator:
        return act.deny(Reason.NOT_INVOLVED, tuple(sorted(involved)))
    if request.reminded_at is not None:
        next_at = request.reminded_at + act.bound.row.remind_every
        if at < next_at:
            return act.deny(Reason.REMINDED_TOO_SOON, next_at=next_at.isoformat())
    return Walked(attrs.evolve(request, reminded_at=at))


def hand_over(act: Act) -> Answered:
    """Give another all that waits for someone who leaves, by an administrator."""
    if not act.may_arrange:
        reason = Reason.OWN_REQUEST if act.is_administrator else Reason.NOT_ADMINISTRATOR
        return act.deny(reason)
    step, leaves, to = act.request.step, act.form.person, act.form.to
    if step is None or not _concerns(step, leaves):
        return act.deny(Reason.NOT_A_SIGNER, person=leaves)
    step = attrs.evolve(step, seats=tuple(_without_holder(step.seats, leaves)))
    signer = next((one for one in step.signers if one.person == leaves), None)
    if signer is None or leaves in step.voters:
        return _stepped(act, step)
    unfit = _unfit(act, step, to)
    if unfit is not None:
        return unfit
    return _stepped(act, replaced(step, signer, passed_on(signer, to)))


def _concerns(step: Step, person: str) -> bool:
    """Say whether a step waits for a person, or for their opinion."""
    waits = {one.person for one in step.signers} - step.voters
    return person in waits | {one.holder for one in step.signers}


def _without_holder(seats: Iterable[Seat], person: str) -> Iterable[Seat]:
    """Yield seats that are back with who asked a person for an opinion."""
    for seat in seats:
        signers = tuple(
            attrs.evolve(one, holder=None) if one.holder == person else one for one in seat.signers
        )
        yield Seat(signers, seat.weight)
