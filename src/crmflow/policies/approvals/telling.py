"""Telling: what an entity waits for, as lines of an explanation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from crmflow.core.policy import Line
from crmflow.policies.approvals.binding import Chains
from crmflow.policies.approvals.counting import due_seats, seat_vote, tally
from crmflow.policies.approvals.request import Approvals, Phase, Request, Signer, Step


def lines(state: Approvals, chains: Chains) -> Iterator[Line]:
    """Yield what is said of the open requests, then how the last ones ended."""
    for request in state.open:
        yield from _open(request, chains)
    for ended in state.ended:
        values = {
            "request": ended.key,
            "reason": ended.reason.value,
            "at": ended.at,
            "by": ended.by or "-",
            "comment": ended.comment or "-",
            "approvers": _names(ended.approved_by),
        }
        yield Line("approval_ended", values)


def _open(request: Request, chains: Chains) -> Iterator[Line]:
    found = chains.named(request.chain, request.version)
    rules = () if found is None else found.row.rules
    row = f"{request.chain} {request.version}".rstrip()
    asked = {"request": request.key, "by": request.requester.id, "at": request.opened_at}
    yield Line("approval_asked", asked, rules, row)
    if request.phase is Phase.RETURNED:
        yield Line("approval_with_requester", asked, rules, row)
    step = request.step
    if step is not None and request.phase is Phase.AWAITING:
        total = 0 if found is None else len(found.groups)
        yield Line("approval_step", _step(step, total), rules, row)
        yield Line(f"approval_ends_{step.mode}", {"needed": tally(step).needed}, rules, row)
        if step.due_at is not None:
            yield Line("approval_due", {"due_at": step.due_at}, rules, row)


def _step(step: Step, total: int) -> Mapping[str, object]:
    found = tally(step)
    voted = [f"{ballot.person}: {ballot.vote}" for ballot in step.ballots]
    return {
        "step": step.name,
        "number": step.index + 1,
        "steps": max(total, step.index + 1),
        "mode": step.mode.value,
        "yes": found.yes,
        "no": found.no,
        "needed": found.needed,
        "voted": _names(voted),
        "waiting": _names(_waiting(step)),
        "since": step.opened_at,
    }


def _waiting(step: Step) -> Iterator[str]:
    """Yield who is still to vote, with who was asked in their place."""
    voted = {ballot.person for ballot in step.ballots}
    due = [signer for seat in due_seats(step) for signer in seat.signers]
    rest = [s for seat in step.seats if seat_vote(seat, step.ballots) is None for s in seat.signers]
    for signer in dict.fromkeys((*due, *rest)):
        if signer.person not in voted:
            yield _name(signer)


def _name(signer: Signer) -> str:
    return signer.person if signer.holder is None else f"{signer.person} ({signer.holder})"


def _names(found: object) -> str:
    return ", ".join(map(str, found)) or "-"  # type: ignore[call-overload]
