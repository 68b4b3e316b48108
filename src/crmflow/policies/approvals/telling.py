"""Telling: what an entity waits for, as lines of an explanation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from crmflow.core.entity import Snapshot
from crmflow.core.policy import Line
from crmflow.core.tables import edition
from crmflow.policies.approvals.binding import Chains
from crmflow.policies.approvals.counting import due_seats, seat_vote, tally
from crmflow.policies.approvals.effects import APPROVE
from crmflow.policies.approvals.request import Approvals, Phase, Request, Step


def lines(state: Approvals, chains: Chains, snapshot: Snapshot[Any]) -> Iterator[Line]:
    """Yield what is said of the open requests, then how the last ones ended."""
    for request in state.open:
        yield from _open(request, chains, acting(request, snapshot))
    for ended in state.ended:
        values = {
            "request": ended.key,
            "at": ended.at,
            "by": ended.by or "-",
            "comment": ended.comment or "-",
            "approvers": _names(ended.approved_by),
        }
        yield Line(f"ended_{ended.reason}", values)


def acting(request: Request, snapshot: Snapshot[Any]) -> Mapping[str, str]:
    """Return who has the task in a person's place, by that person."""
    prefix = f"{APPROVE}:{request.key}:"
    found = {task.name.removeprefix(prefix): task.assignee or "" for task in snapshot.tasks}
    return {person: who for person, who in found.items() if who not in {"", person}}


def _open(request: Request, chains: Chains, others: Mapping[str, str]) -> Iterator[Line]:
    found = chains.named(request.chain, request.version)
    rules = () if found is None else found.row.rules
    row = edition(request.chain, request.version)
    asked = {"request": request.key, "by": request.requester.id, "at": request.opened_at}
    yield Line("approval_asked", asked, rules, row)
    if request.phase is Phase.RETURNED:
        yield Line("approval_with_requester", asked, rules, row)
    step = request.step
    if step is not None and request.phase is Phase.AWAITING:
        total = 0 if found is None else len(found.groups)
        yield Line("approval_step", _step(step, total, others), rules, row)
        yield Line(f"approval_ends_{step.mode}", {"needed": tally(step).needed}, rules, row)
        if step.due_at is not None:
            yield Line("approval_due", {"due_at": step.due_at}, rules, row)


def _step(step: Step, total: int, others: Mapping[str, str]) -> Mapping[str, object]:
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
        "waiting": _names(_waiting(step, others)),
        "since": step.opened_at,
    }


def _waiting(step: Step, others: Mapping[str, str]) -> Iterator[str]:
    """Yield who is still to vote, with the stand-in or who was asked in their place."""
    voted = {ballot.person for ballot in step.ballots}
    due = [signer for seat in due_seats(step) for signer in seat.signers]
    rest = [s for seat in step.seats if seat_vote(seat, step.ballots) is None for s in seat.signers]
    for signer in dict.fromkeys((*due, *rest)):
        if signer.person not in voted:
            other = others.get(signer.person)
            yield signer.person if other is None else f"{signer.person} ({other})"


def _names(found: object) -> str:
    return ", ".join(map(str, found)) or "-"  # type: ignore[call-overload]
