"""The stateful policy: requests to read an entity, granted or refused by others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

import attrs

from crmflow.core.entity import Snapshot
from crmflow.core.journal import Drop, Effect, Put
from crmflow.core.policy import Denied, Evolve, Evolved, FirstShape, Line, Occurrence
from crmflow.core.task import Task
from crmflow.core.verdict import Answer, Verdict
from crmflow.policies.access.opening import closed, opened
from crmflow.policies.access.rows import Asking
from crmflow.policies.access.rules import NAME, Rules, limited
from crmflow.policies.access.state import (
    ASK,
    CLOSE,
    FORMS,
    GRANT,
    OPEN,
    REFUSE,
    REVOKE,
    AccessState,
    Request,
)


@attrs.frozen
class AccessPolicy(FirstShape):
    """
    Requests to read the entities of one machine.

    Attributes:
        rules: The rows about it.
        name: Its name.
        state: Class of its state.
        reserved: Its reserved events and their forms.
    """

    rules: Rules
    name: str = attrs.field(default=NAME, init=False)
    state: type = attrs.field(default=AccessState, init=False)
    reserved: Mapping[str, type | None] = attrs.field(default=FORMS, init=False)

    def evolve_for(self, event: str) -> Evolve | None:
        """Return what answers one of its own events; of the machine's none concerns it."""
        answers: Mapping[str, Callable[[AccessState, Occurrence], Evolved | Denied]] = {
            ASK: self._ask,
            GRANT: self._grant,
            REFUSE: self._refuse,
            REVOKE: self._revoke,
            OPEN: lambda state, seen: opened(self.rules, state, seen),
            CLOSE: closed,
        }
        answer = answers.get(event)
        if answer is None:
            return None

        def evolve(state: AccessState | None, seen: Occurrence) -> Evolved | Denied:
            known = state or AccessState()
            over = [one for one in known.requests if one.until_at <= seen.event.at]
            for one in over:
                known = known.without(one)
            found = answer(known, seen)
            if isinstance(found, Denied):
                return found
            return Evolved(found.state, (*(_done(one) for one in over), *found.effects))

        return evolve

    def _ask(self, state: AccessState, seen: Occurrence) -> Evolved | Denied:
        """Ask; ranks and classes are checked first, and no approval opens them (AMB-28)."""
        form, at = seen.event.form, seen.event.at
        question = self.rules.question(seen.before, seen.event.actor, at)
        usable = (one.row for one in self.rules.askings if question.may_use(one))
        mine = [row for row in usable if row.through is None]
        row = next((one for one in mine if one.name == form.row), None)
        if row is None:
            names = [one.name for one in mine]
            return _denied("no_such_access_request", row=form.row, known=", ".join(names))
        barred = tuple(limited(one) for one in self.rules.barred_reads(question))
        if barred:
            return Denied(barred)
        if form.until_at <= at:
            return _denied("access_ends_before", row)
        if form.until_at - at > row.longest:
            return _denied("access_too_long", row, hours=row.longest // timedelta(hours=1))
        reader = seen.event.actor.id
        if any((one.reader, one.row) == (reader, row.name) for one in state.requests):
            return _denied("access_asked_already", row)
        name = f"r{seen.version}"
        asked = Request(
            name, row.name, reader, form.purpose, form.until_at, row.fields, row.approvers,
            row.unmasked, at,
        )  # fmt: skip
        return Evolved(AccessState((*state.requests, asked)), self._task(asked, seen))

    def _task(self, asked: Request, seen: Occurrence) -> tuple[Effect, ...]:
        """Return the approver's task; an entity that has ended keeps none."""
        if seen.after.state in self.rules.machine.final:
            return ()
        role = asked.approvers[0]
        return (Put("tasks", Task(f"{asked.task}.{asked.name}", asked.task, role, asked.asked_at)),)

    def _grant(self, state: AccessState, seen: Occurrence) -> Evolved | Denied:
        asked = state.find(seen.event.form.request)
        if asked is None or asked.granted_at is not None:
            return _denied("no_access_request")
        denied = _no_approver(asked, seen)
        if denied is not None:
            return denied
        granted = attrs.evolve(asked, granted_by=seen.event.actor.id, granted_at=seen.event.at)
        found = tuple(granted if one == asked else one for one in state.requests)
        return Evolved(AccessState(found), (_done(asked),))

    def _refuse(self, state: AccessState, seen: Occurrence) -> Evolved | Denied:
        asked = state.find(seen.event.form.request)
        if asked is None or asked.granted_at is not None:
            return _denied("no_access_request")
        denied = _no_approver(asked, seen)
        return denied or Evolved(state.without(asked), (_done(asked),))

    def _revoke(self, state: AccessState, seen: Occurrence) -> Evolved | Denied:
        """
        End a grant: an approver takes it back, or the reader returns it.

        One that another entity opened ends there.
        """
        granted = state.find(seen.event.form.request)
        if granted is None or granted.granted_at is None or not granted.approvers:
            return _denied("no_access_grant")
        if seen.event.actor.id != granted.reader:
            denied = _no_approver(granted, seen)
            if denied is not None:
                return denied
        return Evolved(state.without(granted))

    def explain(self, state: AccessState, snapshot: Snapshot[Any]) -> Iterable[Line]:
        """Yield who asked to read the entity, and who may until when."""
        for one in state.requests:
            code = "access_asked" if one.granted_at is None else "access_granted"
            values = {
                "request": one.name,
                "reader": one.reader,
                "purpose": one.purpose,
                "until": one.until_at,
                "by": one.granted_by or ", ".join(one.approvers),
            }
            yield Line(code, values, row=one.row)


def _done(request: Request) -> Drop:
    return Drop("tasks", request.task)


def _no_approver(request: Request, seen: Occurrence) -> Denied | None:
    """Return the refusal of who may not decide on a request; nobody decides on their own."""
    actor = seen.event.actor
    if actor.id == request.reader:
        return _denied("own_access_request", roles=request.approvers)
    if actor.roles.isdisjoint(request.approvers):
        return _denied("no_access_approver", roles=request.approvers)
    return None


def _denied(
    reason: str, by: Asking | None = None, roles: tuple[str, ...] = (), **values: object
) -> Denied:
    name, version, rules = ("", "", ()) if by is None else (by.name, by.version, by.rules)
    return Denied((Verdict(NAME, Answer.REFUSE, reason, name, version, rules, roles, (), values),))
