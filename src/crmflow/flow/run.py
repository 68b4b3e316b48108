"""
The one flow: load, propose, judge, decide, commit, hand over.

Written once as `async def`. A shell gives `run`, which performs a call to the
store: at once for `Engine`; another one may await it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import attrs
from msgspec import Struct

from crmflow.clock import Clock
from crmflow.core import logs
from crmflow.core.actor import Actor
from crmflow.core.decision import Decision
from crmflow.core.entity import Snapshot
from crmflow.core.errors import (
    ConflictError,
    CrmflowError,
    EntityExistsError,
    FarInstantError,
    KeyReusedError,
    UnknownEntityError,
    UnknownEventError,
)
from crmflow.core.event import Cause, Event
from crmflow.core.journal import unborn
from crmflow.core.machine_pause import pause_of
from crmflow.core.plain import plain
from crmflow.core.reading import instant
from crmflow.core.ref import EntityRef
from crmflow.core.reserved import FORMS, OBSERVE, Adoption, Observation
from crmflow.flow.answer import answer, claim_refused
from crmflow.flow.commits import NO_HASH, Known, commit_of, snapshot_of
from crmflow.flow.history import History
from crmflow.flow.keys import Keys
from crmflow.flow.looking import looked_up
from crmflow.flow.pausing import closed
from crmflow.flow.registry import Registry
from crmflow.flow.request import Request
from crmflow.flow.running import Run
from crmflow.storage.commit import (
    ClaimConflict,
    Commit,
    Committed,
    KeyConflict,
    Outcome,
    VersionConflict,
)
from crmflow.storage.limits import check_ref, unstorable
from crmflow.storage.port import Store

FAR = timedelta(days=365_250)
"""So far from now an instant of a request may be: a thousand years."""

TRIES = 10
"""How often a request that loses a race is decided anew before it is reported."""

Answered = Decision | Exception
"""What one member of a batch comes to: its decision, or the error of its own."""


class _Member(Struct, frozen=True):
    """A decided request of a batch: its place, the entity before, and what to commit."""

    place: int
    before: Snapshot[Any]
    commit: Commit


def _taken(target: Snapshot[Any], cause: Cause | None) -> bool:
    """Say whether the target took a message, or a later one of the same source."""
    if cause is None or cause.source is None:
        return False
    taken = (last for last in target.attached.received if last.source == cause.source)
    return any((cause.version, cause.ordinal) <= (last.version, last.ordinal) for last in taken)


async def _own(answer: Awaitable[Answered], *, alone: bool) -> Answered:
    """Return an answer, or what failed instead; it is raised where it can reach nobody else."""
    try:
        return await answer
    except Exception as error:
        if alone:
            raise
        return error


@attrs.frozen
class Flow:
    """The steps over one registry and store."""

    registry: Registry
    store: Store
    run: Run
    clock: Clock
    history: History = attrs.field(init=False, repr=False)
    keys: Keys = attrs.field(init=False, repr=False)

    @history.default
    def _history(self) -> History:
        return History(self.registry, self.store, self.run)

    @keys.default
    def _keys(self) -> Keys:
        return Keys(self.history)

    def moment(self, at: datetime | None) -> datetime:
        """
        Return an instant as aware UTC, now where there is none.

        Raises:
            FieldError: It names no offset.
        """
        return self.clock.now() if at is None else instant(at)

    def near(self, at: datetime | None) -> datetime:
        """
        Return the instant of a request: see `moment`.

        Raises:
            FieldError: It names no offset.
            FarInstantError: Timers and deadlines counted from it may leave the calendar.
        """
        now = self.clock.now()
        found = now if at is None else instant(at)
        if abs(found - now) > FAR:
            raise FarInstantError(found, now)
        return found

    def request(
        self,
        ref: EntityRef,
        event: str,
        payload: object,
        actor: Actor,
        at: datetime,
        *,
        key: str | None = None,
        version: int | None = None,
        creates: bool | None = False,
        strict: bool = False,
    ) -> Request:
        """
        Return a request.

        Raises:
            UnknownMachineError: The machine is not switched on.
            UnknownEventError: The event is one that every machine has, and not for callers.
            UnstorableError: No store keeps such an id or key.
        """
        check_ref(ref, key)
        compiled = self.registry.machine(ref.machine)
        if event in FORMS and not isinstance(payload, FORMS[event]):
            raise UnknownEventError(ref.machine, event, tuple(compiled.events))
        return Request(
            ref, event, payload, actor, at, creates, key, version, cause=None, strict=strict
        )

    def adoption(
        self, state: str, facts: Mapping[str, object], reason: str, *, incomplete: bool
    ) -> Adoption:
        """Return the form of an adoption."""
        known = {name: plain(value) for name, value in facts.items()}
        return Adoption(state, known, reason, incomplete)

    def observation(
        self,
        ref: EntityRef,
        label: str,
        state: str,
        at: datetime,
        actor: str,
        facts: Mapping[str, object],
    ) -> Request:
        """Return the request that journals a row of a foreign log."""
        known = {name: plain(value) for name, value in facts.items()}
        form = Observation(label, state, known, instant(at))
        # The log may go back in time; an entity never does, so the instant is not strict.
        return self.request(ref, OBSERVE, form, Actor(actor), form.seen_at, creates=None)

    async def ask(self, requests: Sequence[Request]) -> list[Answered]:
        """
        Decide and commit requests in one batch, each for itself.

        Requests of one entity follow each other. A request that loses a race is decided anew.

        Returns:
            Decision or error of each request, in order. What fails unexpectedly is raised
            where it can reach nobody else: of one request, or before and in the commit of all.
        """
        answers, alone = await self._batch(requests, 1), len(requests) == 1
        for place, request in enumerate(requests):
            if request.key is not None:
                answers[place] = await _own(self._first(request, answers[place]), alone=alone)
        return answers

    async def concerned(self, requests: Sequence[Request]) -> dict[EntityRef, Known]:
        """Return what is in the store of the entities asked, and whether one may be created."""
        refs: list[EntityRef] = []
        for one in requests:
            refs.append(one.ref)
            if one.creates is not False:
                refs.append(pause_of(one.ref))
        return await self.known(refs)

    async def decided(
        self, request: Request, before: Snapshot[Any], known: Mapping[EntityRef, Known]
    ) -> Answered:
        """
        Return the decision on a request, not committed, or the error of its own.

        Args:
            request: The request.
            before: The entity, or the unborn one.
            known: What `concerned` found.
        """
        return await _own(self._decide(request, before, known), alone=False)

    async def _batch(self, requests: Sequence[Request], tries: int) -> list[Answered]:
        known = await self.concerned(requests)
        answers: list[Answered] = []
        members: list[_Member] = []
        for place, request in enumerate(requests):
            entity = known.get(request.ref)
            if entity is None:
                entity = Known(unborn(request.ref, request.at), NO_HASH)
            try:
                decision = await self._decide(request, entity.snapshot, known)
                commit = self._commit(request, entity, decision)
            except Exception as error:
                if len(requests) == 1 and not isinstance(error, CrmflowError):
                    raise
                answers.append(error)
                continue
            answers.append(decision)
            if commit is not None:
                members.append(_Member(place, entity.snapshot, commit))
                if len(requests) > 1:
                    # Those behind it are decided on it.
                    secret = entity.secret if commit.secret is None else commit.secret
                    known[request.ref] = Known(decision.snapshot, commit.row.head, secret)
        return await self._committed(requests, answers, members, tries) if members else answers

    def _commit(self, request: Request, entity: Known, decision: Decision) -> Commit | None:
        """
        Return what a decision commits; None where it changes nothing.

        Raises:
            UnstorableError: No store keeps it.
        """
        if decision.record is None:
            return None
        now, named = self.clock.now(), not request.creates
        commit = commit_of(self.registry, entity, decision, now, named=named)
        fault = unstorable(commit)
        if fault is not None:
            raise fault
        return commit

    async def _committed(
        self,
        requests: Sequence[Request],
        answers: list[Answered],
        members: Sequence[_Member],
        tries: int,
    ) -> list[Answered]:
        """Commit a batch; what is lost, or was decided on something lost, is decided anew."""
        outcomes = await self.run(self.store.commit, [member.commit for member in members])
        if all(isinstance(outcome, Committed) for outcome in outcomes):
            return answers
        found = {m.place: (m, outcome) for m, outcome in zip(members, outcomes, strict=True)}
        lost: set[EntityRef] = set()
        for place, request in enumerate(requests):
            member, outcome = found.get(place, (None, None))
            if isinstance(outcome, Committed):
                continue
            if member is not None and outcome is not None:
                lost.add(request.ref)
                becoming = self._lost(request, member, outcome, tries)
                answers[place] = await _own(becoming, alone=len(requests) == 1)
            elif request.ref in lost:
                # It was refused, or failed, on what was decided but is lost.
                answers[place] = await _own(self._anew(request, tries), alone=False)
        return answers

    async def known(self, refs: Iterable[EntityRef]) -> dict[EntityRef, Known]:
        """Return those of the entities that are in the store."""
        wanted = list(dict.fromkeys(refs))
        rows = await self.run(self.store.load, wanted)
        codec = self.registry.codec
        return {
            ref: Known(snapshot_of(codec, row), row.head)
            for ref, row in zip(wanted, rows, strict=True)
            if row is not None
        }

    async def _decide(
        self, request: Request, before: Snapshot[Any], known: Mapping[EntityRef, Known]
    ) -> Decision:
        if _taken(before, request.cause):
            # Asked here, so that also a race of two who deliver it ends with one effect.
            event: Event[Any] = Event(request.event, request.actor, before.at, None)
            return Decision(event, before, repeated=True)
        if request.creates and before.version:
            raise EntityExistsError(request.ref)
        if request.creates is False and not before.version:
            raise UnknownEntityError(request.ref)
        if request.version not in (None, before.version):
            raise ConflictError(request.ref, request.version, before.version)
        if not before.version:
            standing = known.get(pause_of(request.ref))
            refused = None if standing is None else closed(standing.snapshot, before, request)
            if refused is not None:
                return refused
        looks = self.registry.lookups  # most engines look up nothing
        looked = await looked_up(self, request, before) if looks else None
        return answer(self.registry, before, request, looked)

    async def _lost(
        self, request: Request, member: _Member, outcome: Outcome, tries: int
    ) -> Answered:
        """Return what becomes of a decision that the store would not commit."""
        if isinstance(outcome, KeyConflict):
            return await self.keys.repeated(request, outcome)
        if isinstance(outcome, ClaimConflict):
            claim, holder = outcome.claim, outcome.holder
            hidden = claim.scope in self.registry.codec.vault.claims(request.ref.machine)
            named = "" if hidden else f" {claim.value!r}"
            detail = f"{claim.scope}{named} is held by {holder}"
            return claim_refused(self.registry, member.before, request, detail)
        if tries >= TRIES:
            found = outcome.found if isinstance(outcome, VersionConflict) else None
            return ConflictError(request.ref, request.version, found)
        # Also where a version is named: what is lost was perhaps decided on another lost one.
        return await self._anew(request, tries)

    async def _anew(self, request: Request, tries: int) -> Answered:
        """Return what is decided on the entity as it is by now."""
        logs.lost(request.ref, request.event, tries)
        return (await self._batch([request], tries + 1))[0]

    async def _first(self, request: Request, answered: Answered) -> Answered:
        """Return the first answer to a key that was used before, else the answer as it is."""
        accepted = isinstance(answered, Decision) and answered.accepted
        if accepted or isinstance(answered, KeyReusedError):
            return answered
        used = await self.keys.used(request)
        return answered if used is None else await self.keys.repeated(request, used)
