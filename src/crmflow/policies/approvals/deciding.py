"""Actions that move a request: approve, refuse, return, resubmit, withdraw, take back, stop."""

from __future__ import annotations

from typing import Any

import attrs

from crmflow.core.form import structure
from crmflow.core.verdict import Verdict
from crmflow.policies.approvals.acting import Act, Answered, cast, may_vote, waiting_for
from crmflow.policies.approvals.counting import outcome
from crmflow.policies.approvals.reasons import Reason
from crmflow.policies.approvals.request import Ballot, Phase, Request, Step, Vote
from crmflow.policies.approvals.resolving import Note
from crmflow.policies.approvals.rows import Mode
from crmflow.policies.approvals.walking import Walked, entered, restarted, returned


def approve(act: Act) -> Answered:
    """Vote for the open step."""
    return cast(act, Vote.APPROVE, act.form.comment, payload=act.form.payload)


def refuse(act: Act) -> Answered:
    """Vote against the open step."""
    return cast(act, Vote.REFUSE, act.form.reason, payload=act.form.payload)


def send_back(act: Act) -> Answered:
    """Return a request to an earlier step or to its requester."""
    step, form = act.request.step, act.form
    if step is None:
        return act.deny(Reason.WAITS_FOR_RESUBMISSION, (act.request.requester.id,))
    signer = may_vote(act, step, Vote.REFUSE)
    if isinstance(signer, Verdict):
        return signer
    jump = form.resume == "jump"
    if form.to == "requester":
        note = Note(Reason.APPROVAL_RETURNED, step.name, (act.request.requester.id,))
        return Walked(returned(act.request, None, jump=jump), (note,))
    places = {done.name: done.index for done in act.request.done if done.index < step.index}
    if form.to not in places:
        return act.deny(Reason.UNKNOWN_STEP, steps=", ".join(["requester", *places]))
    back = returned(act.request, places[form.to], jump=jump)
    walked = entered(back, places[form.to], act.bound, act.case)
    return walked.noted(Note(Reason.APPROVAL_RETURNED, form.to))


def resubmit(act: Act) -> Answered:
    """Hand a returned request in again, by its requester."""
    request, form = act.request, act.form
    if act.actor.id != request.requester.id:
        return act.deny(Reason.NOT_REQUESTER, (request.requester.id,))
    if request.phase is not Phase.RETURNED:
        return act.deny(Reason.NOT_RETURNED, waiting_for(request, act.case))
    if form.payload is not None:
        faults = _faults(act.bound.form, form.payload)
        if faults:
            return act.deny(Reason.PAYLOAD_FAULTS, faults=faults)
        request = attrs.evolve(request, payload=form.payload)
    case = attrs.evolve(act.case, payload=request.payload)
    digest = act.bound.digest(case.snapshot.facts)
    same = digest == request.digest and request.payload == act.request.payload
    if request.jump is None or not same:
        # What was approved before was another thing: all steps are walked again.
        note = (Note(Reason.RESTARTED),) if request.jump is not None else ()
        return restarted(request, act.chains, case).noted(*note)
    return entered(attrs.evolve(request, jump=None), request.jump, act.bound, case)


def _faults(form: type | None, payload: Any) -> str:  # noqa: ANN401 - a caller's payload
    if form is None:
        return "$: unknown" if payload else ""
    return "; ".join(map(str, structure(form, payload)[1]))


def withdraw(act: Act) -> Answered:
    """End a request that is not decided, by its requester; in an approval state, take it back."""
    request = act.request
    if act.actor.id != request.requester.id:
        return act.deny(Reason.NOT_REQUESTER, (request.requester.id,))
    if not request.event:
        return Walked(returned(request, None, jump=False))
    return Walked(attrs.evolve(request, phase=Phase.REFUSED), (), Reason.APPROVAL_WITHDRAWN)


def stop(act: Act) -> Answered:
    """End a request, by an administrator, with a reason."""
    if not act.is_administrator:
        return act.deny(Reason.NOT_ADMINISTRATOR)
    return Walked(attrs.evolve(act.request, phase=Phase.REFUSED), (), Reason.APPROVAL_STOPPED)


def take_back(act: Act) -> Answered:
    """Take one's vote back while nobody has voted after it."""
    request, step, who = act.request, act.request.step, act.actor.id
    if step is None:
        return act.deny(Reason.NOTHING_TO_TAKE_BACK)
    ballot = _ballot(step, who)
    if ballot is not None:
        if step.mode is Mode.SEQUENCE and step.ballots[-1] != ballot:
            return act.deny(Reason.NEXT_STEP_TOUCHED, (step.ballots[-1].by,))
        return Walked(attrs.evolve(request, step=_without(step, ballot)))
    last = request.done[-1] if request.done else None
    ballot = None if last is None else _ballot(last, who)
    if last is None or ballot is None:
        return act.deny(Reason.NOTHING_TO_TAKE_BACK)
    voted = tuple(ballot.by for ballot in step.ballots if ballot.reason is None)
    if voted:
        return act.deny(Reason.NEXT_STEP_TOUCHED, voted)
    return _reopened(act, request, last, ballot)


def _ballot(step: Step, who: str) -> Ballot | None:
    """Return the vote that somebody cast, or a stand-in for them."""
    found = (ballot for ballot in step.ballots if ballot.reason is None)
    return next((ballot for ballot in found if who in {ballot.by, ballot.person}), None)


def _without(step: Step, ballot: Ballot) -> Step:
    return attrs.evolve(step, ballots=tuple(one for one in step.ballots if one != ballot))


def _reopened(act: Act, request: Request, last: Step, ballot: Ballot) -> Answered:
    """Return a request at the step before, the vote taken back; others of it may still do."""
    step = _without(attrs.evolve(last, passed_by=None), ballot)
    if outcome(step) is not None:
        # Others carry the step without this vote: nothing would be won by it.
        return act.deny(Reason.NOTHING_TO_TAKE_BACK)
    return Walked(attrs.evolve(request, step=step, done=request.done[:-1]))
