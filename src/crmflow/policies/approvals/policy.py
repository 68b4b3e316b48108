"""The policy: what approvals remember of an entity, and how they change with what happens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from crmflow.core.actor import Actor
from crmflow.core.entity import Snapshot
from crmflow.core.journal import Entry
from crmflow.core.machine import KEEP
from crmflow.core.policy import Denied, Evolve, Evolved, FirstShape, Line, Occurrence
from crmflow.core.reserved import ADOPT, ATTACH, UNPAUSE
from crmflow.core.verdict import Answer, Verdict
from crmflow.policies.approvals.acting import Act, cast
from crmflow.policies.approvals.actions import ACTIONS
from crmflow.policies.approvals.binding import Case, Chains
from crmflow.policies.approvals.changing import Changing, case_of
from crmflow.policies.approvals.forms import FORMS, TICK
from crmflow.policies.approvals.limits import after_pause, late
from crmflow.policies.approvals.reasons import NAME, Reason
from crmflow.policies.approvals.request import NOTHING, Approvals, Phase, Request, Vote
from crmflow.policies.approvals.resolving import Note
from crmflow.policies.approvals.rows import OnChange
from crmflow.policies.approvals.state_request import UNKNOWN, form_of, reopened
from crmflow.policies.approvals.telling import lines
from crmflow.policies.approvals.walking import Walked, opened

HAND_OVER = "$hand_over"


@attrs.frozen
class ApprovalsPolicy(FirstShape):
    """
    Approvals of one machine's entities.

    Attributes:
        chains: Its chains.
    """

    chains: Chains
    name: str = NAME
    state: type = Approvals
    reserved: Mapping[str, type | None] = attrs.field(factory=lambda: FORMS)
    _final: frozenset[str] = attrs.field(init=False)

    @_final.default
    def _final_states(self) -> frozenset[str]:
        return self.chains.machine.final

    def evolve_for(self, event: str) -> Evolve | None:
        """Return what runs after an event; None for those that change no facts and no state."""
        if event == TICK:
            return self._ticked
        if event == UNPAUSE:
            return self._unpaused
        if event == HAND_OVER:
            return self._handed_over
        if event in ACTIONS:
            return self._acted
        known = event in self.chains.machine.events or event in {ADOPT, ATTACH}
        return self._happened if known else None

    def explain(self, state: Approvals, snapshot: Snapshot[Any]) -> Iterable[Line]:
        """Yield what is awaited, by whom, since when and until when, and how the last ended."""
        return lines(state, self.chains, snapshot)

    def _changing(self, state: Approvals | None, seen: Occurrence) -> Changing:
        return Changing(self.chains, seen, state or NOTHING, seen.after.state in self._final)

    def _happened(self, state: Approvals | None, seen: Occurrence) -> Evolved | None:
        """Follow what happened to the entity."""
        asks = seen.entry in {Entry.HELD, Entry.VOTE} or self._enters(state, seen)
        if not asks and (state is None or not state.open):
            return None
        follow = {
            Entry.HELD: self._held,
            Entry.VOTE: self._voted,
            Entry.RAISE_REFUSED: self._raise_refused,
        }
        changing = self._changing(state, seen)
        follow.get(seen.entry, self._decided)(changing)
        return changing.evolved() if changing.moved else None

    def _enters(self, state: Approvals | None, seen: Occurrence) -> bool:
        """Say whether the entity comes into an approval state, or is met in one first."""
        if seen.after.state not in self.chains.by_key:
            return False
        again = seen.row is not None and seen.row.to != KEEP and seen.entry is Entry.DECISION
        return state is None or seen.left or again

    def _held(self, changing: Changing) -> None:
        """Open the request of an event that is held for a chain."""
        seen = changing.seen
        event = seen.event
        standing = changing.state.find(event.name)
        raised = event.raised_by is not None
        if standing is not None and standing.phase is Phase.PASSED and not raised:
            # Another policy ended what was approved, and now it is asked for anew.
            changing.end(standing, Reason.HOLD_VOIDED)
        mine = any((h.event, h.policy) == (event.name, NAME) for h in seen.after.holds)
        if not mine or changing.state.find(event.name) is not None:
            return
        payload = form_of(event.form)
        case = Case(seen.after, event.name, event.actor, payload, event.at, seen.people)
        # The judge held it for this chain.
        bound = self.chains.chosen(case) or self.chains.by_key[event.name][0]
        changing.take(opened(bound, case, event=event.name))

    def _entered(self, changing: Changing, asks: Actor) -> None:
        """Open the request of an approval state."""
        seen = changing.seen
        key, people, at = seen.after.state, seen.people, seen.event.at
        case = Case(seen.after, key, asks, {}, at, people)
        bound = self.chains.chosen(case)
        if bound is not None:
            notes = (Note(Reason.REQUESTER_UNKNOWN),) if asks == UNKNOWN else ()
            changing.take(opened(bound, case, event="").noted(*notes))

    def _voted(self, changing: Changing) -> None:
        """Count the vote of a row that is not taken yet."""
        seen = changing.seen
        if seen.row is None or seen.after.state not in self.chains.by_key:
            return
        at, people = seen.event.at, seen.people
        request, bound = reopened(self.chains, changing.state, seen.after, at, people)
        if request is None or bound is None or request.phase is not Phase.AWAITING:
            return  # nothing to count, or it is decided and another policy still counts
        act = self._act(changing, request)
        vote = Vote.APPROVE if seen.row.vote == "approve" else Vote.REFUSE
        changing.take(_counted(act, vote, seen.event.name))

    def _decided(self, changing: Changing) -> None:
        """Follow a row that was taken: requests it decides, leaves behind or contradicts."""
        seen = changing.seen
        was, asks = changing.state, self._requester(changing)
        holds = {hold.event for hold in seen.after.holds}
        for request in was.open:
            if request.event:
                self._follow_hold(changing, request, holds)
            elif seen.before.state == request.key and self._is_left(seen):
                self._leave(changing, request)
        for request in changing.state.open:
            self._watch_facts(changing, request)
        if self._enters(None if was == NOTHING else was, seen):
            self._entered(changing, asks)

    def _requester(self, changing: Changing) -> Actor:
        """Return for whom an approval state is entered: of one after another it stays the same."""
        seen = changing.seen
        before = changing.state.find(seen.before.state)
        if before is not None and seen.row is not None and seen.row.vote == "approve":
            return before.requester
        moved = seen.left or (seen.row is not None and seen.row.to != KEEP)
        return seen.event.actor if moved else UNKNOWN

    def _is_left(self, seen: Occurrence) -> bool:
        taken = seen.row is not None and (seen.row.to != KEEP or seen.row.vote is not None)
        return seen.left or taken

    def _follow_hold(self, changing: Changing, request: Request, holds: set[str]) -> None:
        if request.event == changing.seen.event.name and request.phase is Phase.PASSED:
            changing.end(request, Reason.APPROVED)
        elif request.event not in holds:
            changing.end(request, Reason.HOLD_VOIDED)

    def _leave(self, changing: Changing, request: Request) -> None:
        """End the request of a state whose row was taken, with the vote that decided it."""
        seen = changing.seen
        vote = None if seen.row is None else seen.row.vote
        if request.phase is Phase.AWAITING and vote in {"approve", "refuse"}:
            act = self._act(changing, request)
            walked = _counted(act, Vote(vote), seen.event.name)
            changing.note(request, *walked.notes)
            request = walked.request
        reasons = {
            "approve": Reason.APPROVED,
            "refuse": Reason.APPROVAL_REFUSED,
            "return": Reason.APPROVAL_RETURNED,
        }
        reason = reasons.get(vote or "", Reason.HOLD_VOIDED)
        changing.end(request, reason, seen.event.actor.id, _said(seen.event.form))

    def _watch_facts(self, changing: Changing, request: Request) -> None:
        """Void or restart a request whose covered facts are others now."""
        bound = changing.bound(request)
        same = request.digest == bound.digest(changing.seen.after.facts)
        if same or request.phase is Phase.RETURNED:
            return
        if request.phase is Phase.PASSED:
            # Another policy still holds the event: when it lets it pass, this one asks anew.
            changing.end(request, Reason.FACTS_CHANGED)
        elif request.event and bound.row.on_change is OnChange.VOID:
            changing.drop(request, Reason.FACTS_CHANGED)
        else:
            changing.restart(request, Reason.FACTS_CHANGED)

    def _raise_refused(self, changing: Changing) -> None:
        """End the request whose event, let pass, was refused by guards or others."""
        seen = changing.seen
        request = changing.state.find(seen.event.name)
        if request is not None:
            changing.end(request, Reason.APPROVED_EVENT_REFUSED)
            return
        request = changing.state.find(seen.after.state)
        if request is not None and request.phase in {Phase.PASSED, Phase.REFUSED}:
            changing.stick(request)

    def _ticked(self, state: Approvals | None, seen: Occurrence) -> Evolved | Denied | None:
        """Follow one of the policy's own timers."""
        changing, name = self._changing(state, seen), seen.event.timer
        key = "" if name is None else name.removeprefix(f"{NAME}:")
        request = changing.state.find(key)
        if name is None:
            return Denied((_denied(Reason.FOR_TIMERS_ONLY, changing.state),))
        if request is None or request.step is None:
            return changing.evolved() if changing.moved else None
        bound = changing.bound(request)
        changing.take(late(request, request.step, bound, case_of(request, seen)))
        return changing.evolved()

    def _unpaused(self, state: Approvals | None, seen: Occurrence) -> Evolved | None:
        """Let time limits go on that stood still with the entity."""
        since = seen.before.paused_since
        if state is None or not state.open or since is None or seen.after.paused_since is not None:
            return None
        changing = self._changing(state, seen)
        for request in changing.state.open:
            moved = after_pause(request, changing.bound(request), since, seen.event.at)
            changing.state = changing.state.with_request(moved)
        return changing.evolved()

    def _acted(self, state: Approvals | None, seen: Occurrence) -> Evolved | Denied:
        """Answer what somebody does to a request."""
        changing, form = self._changing(state, seen), seen.event.form
        found = _meant(changing.state, form.request)
        if isinstance(found, Verdict):
            # A request that nobody can decide any more ends when somebody comes to it.
            return changing.evolved() if changing.moved else Denied((found,))
        act = self._act(changing, found)
        answer = ACTIONS[seen.event.name](act)
        if isinstance(answer, Verdict):
            return Denied((answer,))
        changing.take(answer, act.actor.id, _said(form))
        return changing.evolved()

    def _act(self, changing: Changing, request: Request) -> Act:
        seen = changing.seen
        bound, case = changing.bound(request), case_of(request, seen)
        return Act(request, bound, self.chains, case, seen.event.actor, seen.event.form)

    def _handed_over(self, state: Approvals | None, seen: Occurrence) -> Evolved | Denied:
        """Hand over all that waits for somebody on this entity, or nothing of it."""
        changing, form = self._changing(state, seen), seen.event.form
        found = [self._act(changing, request) for request in changing.state.open]
        answers = [ACTIONS[HAND_OVER](act) for act in found]
        taken = [answer for answer in answers if isinstance(answer, Walked)]
        denied = [answer for answer in answers if isinstance(answer, Verdict)]
        hinders = tuple(one for one in denied if one.reason != Reason.NOT_A_SIGNER)
        if hinders or not taken:
            nothing = _denied(Reason.NOT_A_SIGNER, changing.state, person=form.person)
            return Denied(hinders or (nothing,))
        for walked in taken:
            changing.take(walked, seen.event.actor.id, form.reason)
        return changing.evolved()


def _counted(act: Act, vote: Vote, event: str) -> Walked:
    """Return a request with a vote that the judge has taken."""
    walked = cast(act, vote, _said(act.form), event, form_of(act.form))
    return walked if isinstance(walked, Walked) else Walked(act.request)


def _said(form: object) -> str:
    """Return what a form says in words: its reason, else its comment."""
    found = getattr(form, "reason", None) or getattr(form, "comment", None)
    return found if isinstance(found, str) else ""


def _denied(reason: Reason, state: Approvals, **values: object) -> Verdict:
    given = {"open": ", ".join(request.key for request in state.open), **values}
    return Verdict(NAME, Answer.REFUSE, reason, values=given)


def _meant(state: Approvals, key: str | None) -> Request | Verdict:
    """Return the request an action is about: the one it names, or the only one."""
    if key is None and len(state.open) > 1:
        return _denied(Reason.WHICH_REQUEST, state)
    found = state.find(key) if key is not None else next(iter(state.open), None)
    return found or _denied(Reason.NO_REQUEST, state)
