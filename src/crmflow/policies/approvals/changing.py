"""Changing: the requests of one entity while something happens to it, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from crmflow.core.actor import SYSTEM
from crmflow.core.journal import Drop, Effect
from crmflow.core.policy import Evolved, Occurrence, Raised
from crmflow.core.verdict import Answer, Verdict
from crmflow.policies.approvals.binding import Bound, Case, Chains
from crmflow.policies.approvals.effects import effects, stuck
from crmflow.policies.approvals.reasons import NAME, Reason
from crmflow.policies.approvals.request import Approvals, Ended, Phase, Request, Vote
from crmflow.policies.approvals.resolving import Note
from crmflow.policies.approvals.walking import Walked, restarted


def case_of(request: Request, seen: Occurrence) -> Case:
    """Return the case of a request as things are now."""
    at, people = seen.event.at, seen.people
    return Case(seen.after, request.key, request.requester, request.payload, at, people)


@attrs.define
class Changing:
    """
    What becomes of an entity's requests in one step; thrown away after it.

    Attributes:
        chains: The chains of its machine.
        seen: What happens.
        state: The requests, changed as it goes.
        ended: Whether the entity is in a final state afterwards.
    """

    chains: Chains
    seen: Occurrence
    state: Approvals
    ended: bool = False
    _effects: list[Effect] = attrs.field(factory=list)
    _raises: list[Raised] = attrs.field(factory=list)
    _verdicts: list[Verdict] = attrs.field(factory=list)
    _was: Approvals = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._was = self.state
        for request in self.state.open:
            if not self.chains.have(request):
                self._outlived(request)

    @property
    def moved(self) -> bool:
        """Whether anything is to change."""
        return bool(self._effects or self._raises or self._verdicts) or self.state != self._was

    def bound(self, request: Request) -> Bound:
        """Return the chain a request goes by; one that left the table has no steps."""
        return self.chains.of(request.key, request.chain, request.version)

    def take(self, walked: Walked, by: str = "", comment: str = "") -> None:
        """
        Take a request as it is after a change, and let its outcome happen.

        Args:
            walked: The request.
            by: Who made the change, where it was a person.
            comment: What was said with it.
        """
        request = walked.request
        self._tell(request, walked.notes)
        if request.phase is Phase.PASSED:
            self._pass(request)
        elif request.phase is not Phase.REFUSED:
            self.state = self.state.with_request(request)
        elif request.event:
            self._effects.append(Drop("holds", request.event))
            self.end(request, walked.reason or Reason.APPROVAL_REFUSED, by, comment)
        elif walked.reason is Reason.APPROVAL_STOPPED:
            self.end(request, walked.reason, by, comment)
        else:
            self._refuse(request, walked.reason or Reason.APPROVAL_REFUSED)

    def _pass(self, request: Request) -> None:
        self.state = self.state.with_request(request)
        if request.event:
            raised = Raised(
                request.event, request.requester, request.payload or None, request.approvers
            )
            self._raises.append(raised)
        else:
            self._row(request, Vote.APPROVE, Reason.APPROVED)

    def _refuse(self, request: Request, reason: Reason) -> None:
        """Let an approval state's row of a refusal happen."""
        self.state = self.state.with_request(request)
        self._row(request, Vote.REFUSE, reason)

    def _row(self, request: Request, vote: Vote, reason: Reason) -> None:
        """Let the row of an approval state happen as the last such vote meant it."""
        votes = ("approve",) if vote is Vote.APPROVE else ("refuse", "return")
        meant = [ballot for ballot in request.ballots if ballot.vote is vote]
        last = next((one for one in reversed(meant) if one.reason is None), None)
        event = (last and last.event) or self.chains.vote_event(request.key, votes)
        form = self.chains.machine.form(event)
        payload = (last and last.payload) or _reasoned(form, reason)
        person = None if last is None else self.seen.people.person(last.person)
        actor = SYSTEM if person is None else person.actor()
        self._raises.append(Raised(event, actor, payload or None, request.approvers))

    def end(self, request: Request, reason: Reason, by: str = "", comment: str = "") -> None:
        """End a request; the reason is journaled."""
        self._tell(request, (Note(reason),))
        at, approvers = self.seen.event.at, request.approvers
        ended = Ended(request.key, reason, at, request.requester, by, comment, approvers)
        self.state = self.state.without(ended)

    def _outlived(self, request: Request) -> None:
        """End a request that nobody can decide: all chains of its event or state left the table."""
        if request.event and request.phase is not Phase.PASSED:
            self.drop(request, Reason.CHAIN_GONE)
        else:
            self.end(request, Reason.CHAIN_GONE)

    def drop(self, request: Request, reason: Reason) -> None:
        """End a request and its hold."""
        self._effects.append(Drop("holds", request.event))
        self.end(request, reason)

    def restart(self, request: Request, reason: Reason) -> None:
        """Let a request walk its chain anew."""
        walked = restarted(request, self.chains, case_of(request, self.seen))
        self.take(walked.noted(Note(reason), Note(Reason.RESTARTED)))

    def stick(self, request: Request) -> None:
        """End the request of a state whose row was refused; an administrator is told."""
        self.end(request, Reason.APPROVED_EVENT_REFUSED)
        administrators = self.bound(request).row.administrators
        self._effects.append(stuck(request, self.seen, administrators))

    def _tell(self, request: Request, notes: tuple[Note, ...]) -> None:
        """Let the journal tell what is done by itself; it hinders nothing."""
        found = self.chains.named(request.chain, request.version)
        rules = () if found is None else found.row.rules
        for note in notes:
            values = {"request": request.key, "step": note.step}
            self._verdicts.append(
                Verdict(
                    NAME, Answer.ALLOW, note.reason, request.chain, request.version,
                    rules, (), note.people, values,
                )
            )  # fmt: skip

    def note(self, request: Request, *notes: Note) -> None:
        """Let the journal tell something of a request."""
        self._tell(request, notes)

    def evolved(self) -> Evolved:
        """Return all that is to change."""
        requests = [(one, case_of(one, self.seen)) for one in self.state.open]
        lined_up = effects(requests, self.seen, ended=self.ended)
        verdicts = tuple(self._verdicts)
        return Evolved(self.state, (*self._effects, *lined_up), (), tuple(self._raises), verdicts)


def _reasoned(form: type | None, reason: Reason) -> Mapping[str, object]:
    """Return the form of a row that the mechanism takes by itself: it says why."""
    if form is None or "reason" not in {field.name for field in attrs.fields(form)}:
        return {}
    return {"reason": reason.value}
