"""Judging: held events wait for their chain, rows of approval states for their votes."""

from __future__ import annotations

from typing import Any

from crmflow.core.entity import Snapshot
from crmflow.core.judging import Judge
from crmflow.core.proposal import Proposal
from crmflow.core.verdict import Answer, Verdict
from crmflow.policies.approvals.acting import Act, cast, may_vote, waiting_for
from crmflow.policies.approvals.binding import Bound, Case, Chains
from crmflow.policies.approvals.counting import tally
from crmflow.policies.approvals.reasons import NAME, Reason
from crmflow.policies.approvals.request import NOTHING, Approvals, Phase, Request, Vote
from crmflow.policies.approvals.state_request import form_of, reopened
from crmflow.policies.approvals.walking import opened


def judge_of(chains: Chains, event: str) -> Judge | None:
    """Return the judge of an event: None where no chain and no approval state has it."""
    if event in chains.by_key:
        return _holding(chains, event)
    states = {
        source
        for row in chains.machine.rows
        if row.event == event and row.vote
        for source in row.source
    }
    return _voting(chains) if states & chains.by_key.keys() else None


def _let_pass(state: Approvals, key: str, proposal: Proposal, phases: set[Phase]) -> Request | None:
    """Return the decided request behind an event that a policy raised, or None."""
    request, raised = state.find(key), proposal.event.raised_by is not None
    return request if request is not None and raised and request.phase in phases else None


def verdict(
    bound: Bound, answer: Answer, reason: Reason, people: tuple[str, ...], **values: object
) -> Verdict:
    """Return an answer with the row it comes from."""
    return bound.row.verdict(NAME, answer, reason, people=people, values=values)


def _holding(chains: Chains, event: str) -> Judge:
    def judge(before: Snapshot[Any], proposal: Proposal) -> Verdict | None:
        state: Approvals = before.policy(NAME) or NOTHING
        asked = proposal.event
        case = Case(before, event, asked.actor, form_of(asked.form), asked.at, proposal.people)
        passed = _let_pass(state, event, proposal, {Phase.PASSED})
        # What was approved is this form of this requester, and nothing else.
        if passed is not None and (passed.requester.id, passed.payload) == (
            asked.actor.id,
            case.payload,
        ):
            found = chains.of(event, passed.chain, passed.version)
            return verdict(
                found, Answer.ALLOW, Reason.APPROVED, passed.approvers, request=event,
                approvers=", ".join(passed.approvers),
            )  # fmt: skip
        bound = chains.chosen(case)
        if bound is None:
            return None
        walked = opened(bound, case, event=event)
        people = waiting_for(walked.request, case)
        if walked.request.phase is Phase.REFUSED:
            reason = walked.reason or Reason.APPROVER_MISSING
            step = walked.notes[-1].step
            return verdict(bound, Answer.REFUSE, reason, people, request=event, step=step)
        step = "" if walked.request.step is None else walked.request.step.name
        return verdict(bound, Answer.HOLD, Reason.NEEDS_APPROVAL, people, request=event, step=step)

    return judge


def _voting(chains: Chains) -> Judge:
    def judge(before: Snapshot[Any], proposal: Proposal) -> Verdict | None:
        vote, key = proposal.candidate.row.vote, before.state
        if vote is None or key not in chains.by_key:
            return None
        state: Approvals = before.policy(NAME) or NOTHING
        if _let_pass(state, key, proposal, {Phase.PASSED, Phase.REFUSED}) is not None:
            return None
        asked = proposal.event
        request, bound = reopened(chains, state, before, asked.at, proposal.people)
        if request is None or bound is None:
            return None
        case = Case(before, key, request.requester, {}, asked.at, proposal.people)
        return _counted(Act(request, bound, chains, case, asked.actor, asked.form), vote)

    return judge


def _counted(act: Act, vote: str) -> Verdict | None:
    """Return what a vote is: refused, taken and counted, or None where it decides."""
    step = act.request.step
    if vote == "return" and step is not None:
        signer = may_vote(act, step, Vote.REFUSE)
        return signer if isinstance(signer, Verdict) else None
    wanted = Vote(vote) if vote != "return" else Vote.REFUSE
    walked = cast(act, wanted)
    if isinstance(walked, Verdict):
        return walked
    decided = Phase.PASSED if wanted is Vote.APPROVE else Phase.REFUSED
    if walked.request.phase is decided:
        return None
    people = waiting_for(walked.request, act.case)
    found = tally(walked.request.step) if walked.request.step is not None else None
    values = {} if found is None else {"yes": found.yes, "no": found.no, "needed": found.needed}
    return verdict(
        act.bound, Answer.VOTE, Reason.VOTE_COUNTED, people, request=act.request.key, **values
    )
