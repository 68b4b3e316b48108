"""Answers to the reserved events that every machine has; see `crmflow.core.reserved`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from crmflow.core.compiled import Compiled
from crmflow.core.consequences import ended, mirror, received, shared_facts
from crmflow.core.decision import Decision, conclude
from crmflow.core.entity import Snapshot
from crmflow.core.event import Event
from crmflow.core.form import Fault, structure
from crmflow.core.journal import Drop, Effect, Entry, Put, known_after
from crmflow.core.link import Link, Watcher
from crmflow.core.plain import plain
from crmflow.core.refusal import Because, Refusal
from crmflow.core.reserved import (
    ADOPT,
    ASK,
    ATTACH,
    MESSAGE_REFUSED,
    MIGRATE,
    MIRROR,
    OBSERVE,
    PAUSE,
    RETIRE,
    UNPAUSE,
    Adoption,
    Asking,
    Attachment,
    MessageRefused,
    Mirrored,
    Observation,
    Retirement,
)
from crmflow.core.task import Task
from crmflow.flow.adopters import no_adopter
from crmflow.flow.migrating import migrate
from crmflow.flow.pausing import pause, unpause
from crmflow.flow.registry import Registry

ABOUT_TIME: Mapping[str, Callable[[Registry, Compiled, Snapshot[Any], Event[Any]], Decision]] = {
    MIGRATE: migrate,
    PAUSE: pause,
    UNPAUSE: unpause,
}
"""Answers to events about a newer definition and about pauses."""


def answer_reserved(
    registry: Registry, compiled: Compiled, snapshot: Snapshot[Any], event: Event[Any]
) -> Decision:
    """Return the decision on a reserved event; none of them runs a machine's rows."""
    if event.name in ABOUT_TIME:
        return ABOUT_TIME[event.name](registry, compiled, snapshot, event)
    handlers: Mapping[str, Callable[[Compiled, Snapshot[Any], Event[Any]], Decision]] = {
        ADOPT: _adopt,
        OBSERVE: _observe,
        MIRROR: _mirror,
        ASK: _asked,
        MESSAGE_REFUSED: _message_refused,
        ATTACH: _attach,
        RETIRE: _retire,
    }
    return handlers[event.name](compiled, snapshot, event)


def _adopt(compiled: Compiled, snapshot: Snapshot[Any], event: Event[Adoption]) -> Decision:
    machine, form = compiled.machine, event.form
    denied = no_adopter(compiled, snapshot, event, form.state)
    if denied is not None:
        return denied
    facts, faults = _adopted_facts(compiled, snapshot, form)
    if faults:
        return Decision(event, snapshot, refusal=Refusal(Because.FORM, snapshot.state, (), faults))
    known = known_after(snapshot.facts, facts, machine.facts)
    requires = machine.state(form.state).requires
    missing = [name for name in requires if _empty(getattr(known, name))]
    if missing and not form.incomplete:
        expected = f"a value: state {form.state!r} requires it"
        faults = tuple(Fault(f"$.facts.{name}", "missing", expected) for name in missing)
        return Decision(event, snapshot, refusal=Refusal(Because.FORM, snapshot.state, (), faults))
    shared = shared_facts(machine, known)
    messages = tuple(
        mirror(watcher, ordinal, form.state, shared)
        for ordinal, watcher in enumerate(snapshot.attached.watchers)
    )
    effects: tuple[Effect, ...] = ended(snapshot.attached)
    if missing and form.state not in compiled.final:
        effects = (*effects, _task(snapshot, event, "complete_facts"))
    return conclude(compiled, snapshot, event, Entry.ADOPTION, form.state, facts, effects, messages)


def _task(snapshot: Snapshot[Any], event: Event[Any], name: str) -> Put:
    id_ = f"{name}.{snapshot.version + 1}"
    return Put("tasks", Task(id_, name, "administrator", event.at))


def _empty(value: object) -> bool:
    return value is None or value in ("", ())


def _adopted_facts(
    compiled: Compiled, snapshot: Snapshot[Any], form: Adoption
) -> tuple[dict[str, Any], tuple[Fault, ...]]:
    """Return the adopter's facts as values by name, or every fault of state and facts."""
    machine = compiled.machine
    faults = []
    if form.state not in {state.name for state in machine.states}:
        known = ", ".join(state.name for state in machine.states)
        faults.append(Fault("$.state", "choice", f"one of {known}"))
    if not form.reason.strip():
        faults.append(Fault("$.reason", "blank", "why it does not come by its events"))
    given = _plain_facts(snapshot.facts)
    built, wrong = structure(machine.facts, {**given, **form.facts})
    faults += [attrs.evolve(fault, path=f"$.facts{fault.path[1:]}") for fault in wrong]
    if faults:
        return {}, tuple(faults)
    fields = [field.name for field in attrs.fields(machine.facts)]
    changed = fields if snapshot.facts is None else [n for n in fields if n in form.facts]
    return {name: getattr(built, name) for name in changed}, ()


def _plain_facts(facts: object) -> dict[str, object]:
    """Return facts by name as plain values; none before creation."""
    found = plain(facts)
    return found if isinstance(found, dict) else {}


def _observe(compiled: Compiled, snapshot: Snapshot[Any], event: Event[Observation]) -> Decision:
    form, facts = event.form, compiled.machine.facts
    given = _plain_facts(snapshot.facts)
    changes: dict[str, object] = {}
    if snapshot.facts is None or any(given.get(name) != v for name, v in form.facts.items()):
        built, wrong = structure(facts, {**given, **form.facts})
        if wrong:
            return Decision(
                event, snapshot, refusal=Refusal(Because.FORM, snapshot.state, (), wrong)
            )
        changes = {
            field.name: getattr(built, field.name)
            for field in attrs.fields(facts)
            if snapshot.facts is None
            or getattr(built, field.name) != getattr(snapshot.facts, field.name)
        }
    to = None if form.state == snapshot.state else form.state
    effects = ended(snapshot.attached) if to in compiled.final else ()
    return conclude(compiled, snapshot, event, Entry.OBSERVATION, to, changes, effects)


def _mirror(compiled: Compiled, snapshot: Snapshot[Any], event: Event[Mirrored]) -> Decision:
    form = event.form
    link = Link(form.name, form.source, form.version, form.state, form.facts)
    known = [old for old in snapshot.links if (old.name, old.ref) == (link.name, link.ref)]
    newer = not known or known[0].version < link.version
    effects = (*((Put("links", link),) if newer else ()), *received(event))
    return conclude(compiled, snapshot, event, Entry.MIRROR, None, {}, effects)


def _asked(compiled: Compiled, snapshot: Snapshot[Any], event: Event[Asking]) -> Decision:
    """Tell who asks, once, the state and what the machine shares."""
    source = None if event.cause is None else event.cause.source
    answers = () if source is None else (Watcher(source, event.form.link),)
    shared = shared_facts(compiled.machine, snapshot.facts)
    messages = tuple(mirror(one, 0, snapshot.state, shared) for one in answers)
    effects = received(event)
    return conclude(compiled, snapshot, event, Entry.MIRROR, None, {}, effects, messages)


def _message_refused(
    compiled: Compiled, snapshot: Snapshot[Any], event: Event[MessageRefused]
) -> Decision:
    effects = (_task(snapshot, event, "message_refused"),)
    return conclude(compiled, snapshot, event, Entry.DECISION, None, {}, effects)


def _attach(compiled: Compiled, snapshot: Snapshot[Any], event: Event[Attachment]) -> Decision:
    """Change nothing: what the policies add to the record is the point of it."""
    denied = no_adopter(compiled, snapshot, event)
    if denied is not None:
        return denied
    return conclude(compiled, snapshot, event, Entry.POLICY, None, {})


def _retire(compiled: Compiled, snapshot: Snapshot[Any], event: Event[Retirement]) -> Decision:
    denied = no_adopter(compiled, snapshot, event)
    if denied is not None:
        return denied
    name, attached = event.form.policy, snapshot.attached
    own = f"{name}:"
    effects = (
        Drop("policies", name),
        *(Drop("timers", timer.name) for timer in attached.timers if timer.name.startswith(own)),
        *(Drop("tasks", task.name) for task in attached.tasks if task.policy == name),
        *(Drop("holds", hold.event) for hold in attached.holds if hold.policy == name),
    )
    return conclude(compiled, snapshot, event, Entry.POLICY, None, {}, effects)
