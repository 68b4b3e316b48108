"""Acting: who may vote now, and what a vote does to a request."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

from crmflow.core.actor import Actor
from crmflow.core.verdict import Answer, Verdict
from crmflow.policies.approvals.binding import Bound, Case, Chains
from crmflow.policies.approvals.counting import due_seats
from crmflow.policies.approvals.limits import replaced
from crmflow.policies.approvals.reasons import NAME, Reason
from crmflow.policies.approvals.request import Ballot, Phase, Request, Signer, Step, Vote
from crmflow.policies.approvals.resolving import stand_ins
from crmflow.policies.approvals.rows import OwnRequest
from crmflow.policies.approvals.walking import Walked, advanced


@attrs.frozen
class Act:
    """
    What somebody does to a request.

    Attributes:
        request: The request.
        bound: The chain it goes by.
        chains: All chains of the machine.
        case: The entity, the instant and the people of now.
        actor: Who acts.
        form: What the event brings.
    """

    request: Request
    bound: Bound
    chains: Chains
    case: Case
    actor: Actor
    form: Any = None

    @property
    def is_administrator(self) -> bool:
        """Whether the actor has a role that may stop requests."""
        return not self.actor.roles.isdisjoint(self.bound.row.administrators)

    @property
    def may_arrange(self) -> bool:
        """Whether the actor may change who signs: as administrator, but not their own request."""
        return self.is_administrator and self.actor.id != self.request.requester.id

    def deny(self, reason: Reason, people: tuple[str, ...] = (), **values: object) -> Verdict:
        """Return a refusal that names who could do it."""
        row = self.bound.row
        roles = row.administrators if reason is Reason.NOT_ADMINISTRATOR else ()
        given = {"request": self.request.key, **values}
        return row.verdict(NAME, Answer.REFUSE, reason, roles=roles, people=people, values=given)


Answered = Walked | Verdict
Action = Callable[[Act], Answered]


def assignee(signer: Signer, step: Step, case: Case) -> str:
    """Return who is to vote for a signer now: who was asked, the stand-in, or the signer."""
    held = signer.holder or signer.person
    return next(iter(stand_ins(signer, step, case)), held)


def awaited(step: Step, case: Case) -> Iterator[tuple[Signer, str]]:
    """Yield the signers who are to vote now, and who is to do it."""
    for seat in due_seats(step):
        signer = next(one for one in seat.signers if one.person not in _voted(step))
        yield signer, assignee(signer, step, case)


def _voted(step: Step) -> frozenset[str]:
    return frozenset(ballot.person for ballot in step.ballots)


def waiting_for(request: Request, case: Case) -> tuple[str, ...]:
    """Return the ids of those a request waits for."""
    found = () if request.step is None else awaited(request.step, case)
    return tuple(dict.fromkeys(who for _, who in found))


def may_vote(act: Act, step: Step, vote: Vote) -> Signer | Verdict:
    """
    Return whose vote the actor may cast now, or why none.

    Whoever is asked may refuse at any time; only approving waits for signers added before.
    """
    who = act.actor.id
    if who == act.request.requester.id and step.own_request is not OwnRequest.ALLOW:
        return act.deny(Reason.OWN_REQUEST, waiting_for(act.request, act.case))
    open_ = [[s for s in seat.signers if s.person not in _voted(step)] for seat in due_seats(step)]
    own = [s for seat in open_ for s in seat if who in {s.person, s.holder}]
    others = [s for seat in open_ for s in seat if who in stand_ins(s, step, act.case)]
    if who in step.voters:
        return act.deny(Reason.ALREADY_VOTED, waiting_for(act.request, act.case))
    if not own and not others:
        return act.deny(Reason.NOT_APPROVER, waiting_for(act.request, act.case))
    signer: Signer = [*own, *others][0]
    first = {seat[0].person for seat in open_}
    if vote is Vote.APPROVE and signer.person not in first:
        return act.deny(Reason.WAITS_FOR_SIGNER, waiting_for(act.request, act.case))
    return signer


def cast(
    act: Act,
    vote: Vote,
    comment: str = "",
    event: str = "",
    payload: Mapping[str, object] | None = None,
) -> Answered:
    """
    Return a request after a vote, or why it is not taken.

    Args:
        act: Who votes on what.
        vote: What the vote says.
        comment: What is said with it.
        event: In an approval state the event it is cast by; empty for a reserved one.
        payload: The form of the state's row, as plain values.
    """
    request, step = act.request, act.request.step
    if step is None or request.phase is not Phase.AWAITING:
        return act.deny(Reason.WAITS_FOR_RESUBMISSION, (request.requester.id,))
    signer = may_vote(act, step, vote)
    if isinstance(signer, Verdict):
        return signer
    if act.actor.id != signer.person and act.actor.id == signer.holder:
        # An opinion: it goes back to who asked for it, who decides.
        back = replaced(step, signer, attrs.evolve(signer, holder=None))
        return Walked(attrs.evolve(request, step=back))
    by, at = act.actor.id, act.case.at
    ballot = Ballot(signer.person, by, vote, at, comment, None, event, payload or {})
    voted = attrs.evolve(step, ballots=(*step.ballots, ballot))
    return advanced(request, voted, act.bound, act.case)
