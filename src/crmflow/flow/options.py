"""What can happen next, and why not: answers that change nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import attrs

from crmflow.core.actor import Actor
from crmflow.core.compiled import Compiled
from crmflow.core.decision import Decision
from crmflow.core.entity import Snapshot
from crmflow.core.event import Attempt, Event
from crmflow.core.form import Fault
from crmflow.core.refusal import Because, Refusal, Tried, try_row
from crmflow.core.verdict import Verdict
from crmflow.flow.answer import elapse, formed, settle
from crmflow.flow.registry import Registry


class OptionAnswer(StrEnum):
    """Whether an event can be fired now."""

    ALLOWED = "allowed"
    NEEDS_FORM = "needs_form"
    REFUSED = "refused"


@attrs.frozen
class Option:
    """
    One event a state has rows for.

    Attributes:
        event: Its name.
        answer: Allowed, allowed so far but needs its form, or refused.
        to: State it would lead to, as far as that is known.
        form: Names of the form's fields -> whether they are required.
        reasons: Reason codes of every row tried, where refused.
        roles: Roles that could do it, where roles are what is missing.
    """

    event: str
    answer: OptionAnswer
    to: str | None
    form: Mapping[str, bool] = attrs.field(factory=dict)
    reasons: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()


@attrs.frozen
class Explained:
    """
    Why an event would be allowed or refused now.

    Attributes:
        snapshot: The entity, its due timers fired.
        event: The event asked about.
        actor: Who would ask.
        formed: Whether a payload was given, so that the form's guards were asked.
        tried: Every row of the state for the event, each guard's answer.
        faults: Faults of the payload.
        verdicts: Every policy's verdict, allowing ones included.
        decision: What would be decided, where it could be tried out.
        possible: Events the state has rows for.
    """

    snapshot: Snapshot[Any]
    event: str
    actor: Actor
    formed: bool
    tried: tuple[Tried, ...]
    faults: tuple[Fault, ...]
    verdicts: tuple[Verdict, ...]
    decision: Decision | None
    possible: tuple[str, ...]

    @property
    def answer(self) -> OptionAnswer:
        """Whether it can be fired now."""
        if self.decision is not None:
            accepted = self.decision.accepted
            return OptionAnswer.ALLOWED if accepted else OptionAnswer.REFUSED
        passing = any(all(r.code == "needs_form" for r in t.reasons) for t in self.tried)
        return OptionAnswer.NEEDS_FORM if passing else OptionAnswer.REFUSED


def fields_of(form: type | None) -> Mapping[str, bool]:
    """Return the names of a form's fields and whether each is required."""
    if form is None:
        return {}
    return {field.name: field.default is attrs.NOTHING for field in attrs.fields(form)}


def present(registry: Registry, snapshot: Snapshot[Any], at: datetime) -> Snapshot[Any]:
    """Return the entity with the timers that are due fired; nothing is stored."""
    fired = elapse(registry, snapshot, at)
    return fired[-1].snapshot if fired else snapshot


def explain(
    registry: Registry,
    snapshot: Snapshot[Any],
    event: Event[Any],
    payload: Mapping[str, object] | None,
) -> Explained:
    """
    Return every row tried, guard, fault and verdict of an event; nothing is stored.

    Args:
        registry: Machines, judges and codec.
        snapshot: The entity, its due timers fired.
        event: Name, actor and instant.
        payload: What the form would bring, or None where only facts are asked about.

    Raises:
        UnknownEventError: The machine declares no such event.
    """
    compiled = registry.checked(snapshot.ref.machine, event.name)
    form: object = None
    faults: tuple[Fault, ...] = ()
    needs = compiled.events[event.name] is not None
    if payload is not None or not needs:
        form, faults = formed(compiled, event.name, payload or {})
    complete = not faults and (form is not None or not needs)
    event = attrs.evolve(event, form=form)
    tried = _tried(compiled, snapshot, event, formed=complete)
    decision = settle(registry, compiled, snapshot, event) if complete else None
    return Explained(
        snapshot,
        event.name,
        event.actor,
        complete,
        tried,
        faults,
        () if decision is None else decision.verdicts,
        decision,
        tuple(compiled.table[snapshot.state]),
    )


def _tried(
    compiled: Compiled, snapshot: Snapshot[Any], event: Event[Any], *, formed: bool
) -> tuple[Tried, ...]:
    attempt = Attempt(snapshot, event, compiled.settings, snapshot.facts)
    candidates = compiled.candidates(snapshot.state, event.name)
    return tuple(try_row(candidate, attempt, formed=formed) for candidate in candidates)


def options(
    registry: Registry, snapshot: Snapshot[Any], actor: Actor, at: datetime
) -> tuple[Option, ...]:
    """
    Return every event the state has rows for, and why not; timers' own events are left out.

    Args:
        registry: Machines, judges and codec.
        snapshot: The entity, its due timers fired.
        actor: Who would ask.
        at: Aware UTC instant.
    """
    compiled = registry.machine(snapshot.ref.machine)
    found = []
    for name, candidates in compiled.table[snapshot.state].items():
        if all(candidate.row.who == {"system"} for candidate in candidates):
            continue
        explained = explain(registry, snapshot, Event(name, actor, at, None), None)
        found.append(_option(compiled, explained))
    return tuple(found)


def _option(compiled: Compiled, explained: Explained) -> Option:
    answer = explained.answer
    passing = [t for t in explained.tried if all(r.code == "needs_form" for r in t.reasons)]
    to = (passing or explained.tried)[0].to
    if answer is not OptionAnswer.REFUSED:
        return Option(explained.event, answer, to, fields_of(compiled.events[explained.event]))
    state = explained.snapshot.state
    refusal = Refusal(Because.ROWS, state, explained.tried, verdicts=explained.verdicts)
    codes = [r.code for t in explained.tried for r in t.reasons if r.code != "needs_form"]
    codes += [verdict.reason for verdict in explained.verdicts]
    fields = fields_of(compiled.events[explained.event])
    return Option(explained.event, answer, to, fields, tuple(dict.fromkeys(codes)), refusal.roles)
