"""What can happen next, and why not: answers that change nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import Any

import attrs

from crmflow.core.actor import Actor
from crmflow.core.compiled import Compiled
from crmflow.core.decision import Decision
from crmflow.core.entity import Snapshot
from crmflow.core.errors import GuardFailedError, PolicyFailedError
from crmflow.core.event import Attempt, Event
from crmflow.core.evolving import HOOK
from crmflow.core.form import Fault
from crmflow.core.machine import Machine
from crmflow.core.policy import Line
from crmflow.core.refusal import Because, Refusal, Tried, try_row
from crmflow.core.verdict import Answer, Verdict
from crmflow.flow.answer import caught_up, tried
from crmflow.flow.registry import Registry
from crmflow.flow.steps import formed, verdicts_on
from crmflow.flow.telling import (
    tell_actor,
    tell_lines,
    tell_refusal,
    tell_state,
    tell_tried,
    tell_verdicts,
)
from crmflow.texts import Texts


class OptionAnswer(StrEnum):
    """Whether an event can be fired now; held, it would wait for an approval."""

    ALLOWED = "allowed"
    HELD = "held"
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
    Why an event would be allowed or refused now; printed, it says so in words.

    Attributes:
        machine: The entity's machine.
        texts: Texts of the language it is told in.
        snapshot: The entity, its due timers fired.
        event: The event asked about.
        actor: Who would ask.
        formed: Whether the form's guards were asked, for which a payload is needed.
        tried: Every row of the state for the event, each guard's answer.
        faults: Faults of the payload.
        verdicts: Every verdict, where it came to the policies.
        decision: What would be decided, where it could be tried out.
        possible: Events the state has rows for.
        lines: What the policies say of the entity: what runs, what is awaited and why.
        zone: The company's zone, in which instants are told.
        holders: Role -> ids of those who have it, as far as the directory knows.
    """

    machine: Machine
    texts: Texts
    snapshot: Snapshot[Any]
    event: str
    actor: Actor
    formed: bool
    tried: tuple[Tried, ...]
    faults: tuple[Fault, ...]
    verdicts: tuple[Verdict, ...]
    decision: Decision | None
    possible: tuple[str, ...]
    lines: tuple[Line, ...] = ()
    zone: tzinfo = UTC
    holders: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)

    @property
    def answer(self) -> OptionAnswer:
        """Whether it can be fired now."""
        if self.decision is not None:
            if self.decision.held:
                return OptionAnswer.HELD
            accepted = self.decision.accepted
            return OptionAnswer.ALLOWED if accepted else OptionAnswer.REFUSED
        passing = any(all(r.code == "needs_form" for r in t.reasons) for t in self.tried)
        return OptionAnswer.NEEDS_FORM if passing and not self.faults else OptionAnswer.REFUSED

    @property
    def refusal(self) -> Refusal:
        """Every reason against it, of the facts' guards too where the form is missing."""
        if self.decision is not None and self.decision.refusal is not None:
            return self.decision.refusal
        because = Because.FORM if self.faults else Because.ROWS
        if not self.tried:
            final = self.snapshot.state in self.machine.final
            because = Because.FINAL if final else Because.NO_ROW
        return Refusal(
            because, self.snapshot.state, self.tried, self.faults, possible=self.possible
        )

    def with_holders(self, holders: Mapping[str, Sequence[str]]) -> Explained:
        """Return it with the ids of those who have the roles that are missing."""
        return attrs.evolve(self, holders={role: tuple(ids) for role, ids in holders.items()})

    def __str__(self) -> str:
        return "\n".join(self.told())

    def told(self) -> Iterator[str]:
        """Yield it as lines of text: the answer, rows, verdicts, who could, what runs and why."""
        ref, texts, machine = self.snapshot.ref, self.texts, self.machine
        if self.answer is OptionAnswer.REFUSED:
            yield from tell_refusal(self.refusal, ref, self.event, machine, texts)
            allowing = [one for one in self.verdicts if one.answer is Answer.ALLOW]
            yield from tell_verdicts(allowing, machine, texts)
        else:
            label = texts.text("events", self.event, machine.name)
            state = tell_state(machine, self.snapshot.state, texts)
            answer = texts.text("phrases", self.answer.value)
            yield f"{ref}: {self.event} ({label}) ✓ {state}: {answer}"
            yield from tell_tried(self.tried, machine, texts)
            yield from tell_verdicts(self.verdicts, machine, texts)
        for role in self.refusal.roles:
            if self.holders.get(role):
                yield f"{role}: {', '.join(self.holders[role])}"
        yield from tell_lines(self.lines, machine, texts, self.zone)
        yield f"{texts.text('phrases', 'asked_by')}: {tell_actor(self.actor, machine, texts)}"


def fields_of(form: type | None) -> Mapping[str, bool]:
    """Return the names of a form's fields and whether each is required."""
    if form is None:
        return {}
    return {field.name: field.default is attrs.NOTHING for field in attrs.fields(form)}


def present(registry: Registry, snapshot: Snapshot[Any], at: datetime) -> Snapshot[Any]:
    """Return the entity as of today's definition, its due timers fired; nothing is stored."""
    fired = caught_up(registry, registry.machine(snapshot.ref.machine), snapshot, at)
    return fired[-1].snapshot if fired else snapshot


def explain(
    registry: Registry,
    snapshot: Snapshot[Any],
    name: str,
    actor: Actor,
    at: datetime,
    payload: Mapping[str, object] | None,
    texts: Texts,
    looked: dict[str, object] | None = None,
) -> Explained:
    """
    Return every row tried, guard, fault and verdict of an event; nothing is stored.

    Args:
        registry: Machines, judges and codec.
        snapshot: The entity, its due timers fired.
        name: Name of the event.
        actor: Who would ask.
        at: Aware UTC instant.
        payload: What the form would bring, or None where only facts are asked about.
        texts: Texts of the language it is told in.
        looked: What was looked up for the event, by question.

    Raises:
        UnknownEventError: The machine declares no such event.
        GuardFailedError: A guard raised; names the event.
    """
    machine = snapshot.ref.machine
    compiled = registry.machine(machine)
    form: object = None
    faults: tuple[Fault, ...] = ()
    needs = registry.form(machine, name) is not None
    if payload is not None or not needs:
        form, faults = formed(registry, machine, name, payload or {})
    complete = not faults and (form is not None or not needs)
    event: Event[Any] = Event(name, actor, max(at, snapshot.at), form)
    rows = _tried(compiled, snapshot, event, formed=complete)
    decides = complete or snapshot.attached.pauses  # a pause refuses whatever the form brings
    decision = tried(registry, compiled, snapshot, event, looked) if decides else None
    verdicts = verdicts_on(registry, compiled, snapshot, event, looked) if complete else ()
    if not verdicts and decision is not None:
        verdicts = decision.verdicts  # a policy's own reserved event has no judges
    return Explained(
        compiled.machine,
        texts,
        snapshot,
        name,
        actor,
        complete,
        rows,
        faults,
        verdicts,
        decision,
        compiled.possible(snapshot.state),
        (*pause_lines(snapshot), *policy_lines(registry, snapshot)),
        registry.tables.zone,
    )


def pause_lines(snapshot: Snapshot[Any]) -> Iterator[Line]:
    """Yield why an entity stands still, by whom and since when."""
    for one in snapshot.attached.pauses:
        yield Line(f"paused_{one.of}", {"reason": one.reason, "by": one.by, "at": one.at})


def policy_lines(registry: Registry, snapshot: Snapshot[Any]) -> tuple[Line, ...]:
    """
    Return what the policies say of an entity.

    Raises:
        PolicyFailedError: One raised; names it.
    """
    found: list[Line] = []
    for policy in registry.policies.get(snapshot.ref.machine, ()):
        state = snapshot.policy(policy.name)
        if state is None:
            continue
        try:
            found += policy.explain(state, snapshot)
        except Exception as error:
            raise PolicyFailedError(policy.name, HOOK, "") from error
    return tuple(found)


def _tried(
    compiled: Compiled, snapshot: Snapshot[Any], event: Event[Any], *, formed: bool
) -> tuple[Tried, ...]:
    attempt = Attempt(snapshot, event, compiled.settings, snapshot.facts)
    candidates = compiled.candidates(snapshot.state, event.name)
    try:
        return tuple(try_row(candidate, attempt, formed=formed) for candidate in candidates)
    except Exception as error:
        raise GuardFailedError(snapshot.ref, event.name, "a guard") from error


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
    compiled, texts = registry.machine(snapshot.ref.machine), Texts("en")
    found = []
    for name in compiled.possible(snapshot.state):
        explained = explain(registry, snapshot, name, actor, at, None, texts)
        found.append(_option(compiled, explained))
    return tuple(found)


def _option(compiled: Compiled, explained: Explained) -> Option:
    answer = explained.answer
    passing = [t for t in explained.tried if all(r.code == "needs_form" for r in t.reasons)]
    to = (passing or explained.tried)[0].to
    if answer in (OptionAnswer.ALLOWED, OptionAnswer.NEEDS_FORM):
        return Option(explained.event, answer, to, fields_of(compiled.events[explained.event]))
    if explained.refusal.because is Because.PAUSED:
        return Option(explained.event, answer, to, reasons=(Because.PAUSED.value,))
    codes = [r.code for t in explained.tried for r in t.reasons if r.code != "needs_form"]
    codes += [one.reason for one in explained.verdicts if one.answer is not Answer.ALLOW]
    fields = fields_of(compiled.events[explained.event])
    return Option(
        explained.event, answer, to, fields, tuple(dict.fromkeys(codes)), explained.refusal.roles
    )
