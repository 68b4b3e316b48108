"""What is printed of decisions, entities and journal records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from crmflow.cli.covering import hidden_of, scrubbed, told_of
from crmflow.cli.faults import REFUSED
from crmflow.cli.output import Record, Sheet, pairs
from crmflow.cli.session import Session

if TYPE_CHECKING:
    from crmflow.core.decision import Decision
    from crmflow.core.entity import Snapshot
    from crmflow.core.journal import Effect, JournalRecord
    from crmflow.core.machine import Machine
    from crmflow.core.refusal import Refusal, Tried
    from crmflow.core.verdict import Verdict
    from crmflow.engine.engine import Engine
    from crmflow.texts import Texts


def show_decision(here: Session, engine: Engine, decision: Decision) -> None:
    """Print a decision, and exit with 4 where it is refused."""
    from crmflow.flow.telling import tell_refusal

    machine = engine.registry.machine(decision.entity.machine).machine
    texts = here.texts(engine.plugins)
    refusal = decision.refusal
    hidden = hidden_of(engine, decision.snapshot, decision.event.form)

    def parts() -> Iterator[Sheet | str]:
        if refusal is None:
            yield _told(here, decision, machine, texts)
        else:
            told = tell_refusal(refusal, decision.entity, decision.event.name, machine, texts)
            yield "\n".join(told_of(told, hidden))

    here.document(scrubbed(decided(decision), hidden), parts)
    if refusal is not None:
        click.get_current_context().exit(REFUSED)


def _told(here: Session, decision: Decision, machine: Machine, texts: Texts) -> str:
    """Return an accepted decision as one line."""
    from crmflow.flow.telling import tell_state

    snapshot, name = decision.snapshot, decision.event.name
    label = texts.text("events", name, machine.name)
    words = "held" if decision.held else "repeated" if decision.repeated else "accepted"
    state = tell_state(machine, snapshot.state, texts)
    version = here.say("version {version}").format(version=snapshot.version)
    return f"{snapshot.ref}: {name} ({label}) ✓ {here.say(words)} → {state}, {version}"


def decided(decision: Decision) -> Record:
    """Return a decision as its JSON document."""
    snapshot = decision.snapshot
    return {
        "machine": snapshot.ref.machine,
        "id": snapshot.ref.id,
        "event": decision.event.name,
        "accepted": decision.accepted,
        "held": decision.held,
        "repeated": decision.repeated,
        "state": snapshot.state,
        "version": snapshot.version,
        "at": snapshot.at.isoformat(),
        "fired": [one.event.name for one in decision.fired],
        "caused": [one.event.name for one in decision.caused],
        "messages": [f"{one.machine}.{one.event}" for one in decision.messages],
        "verdicts": [verdict_document(one) for one in decision.verdicts],
        "refusal": None if decision.refusal is None else refusal_document(decision.refusal),
    }


def refusal_document(refusal: Refusal) -> Record:
    """Return a refusal as JSON: codes, paths, roles and rule ids."""
    return {
        "because": refusal.because.value,
        "state": refusal.state,
        "detail": refusal.detail,
        "tried": tried_documents(refusal.tried),
        "faults": [
            {"path": fault.path, "code": fault.code, "expected": fault.expected}
            for fault in refusal.faults
        ],
        "roles": list(refusal.roles),
        "possible": list(refusal.possible),
    }


def tried_documents(tried: tuple[Tried, ...]) -> list[Record]:
    """Return the rows tried as JSON."""
    return [
        {
            "row": one.row,
            "to": one.to,
            "passed": list(one.passed),
            "rules": list(one.rules),
            "reasons": [
                {"code": r.code, "roles": list(r.roles), "rules": list(r.rules)}
                for r in one.reasons
            ],
        }
        for one in tried
    ]


def verdict_document(verdict: Verdict) -> Record:
    """Return a policy's verdict as JSON."""
    from crmflow.core.plain import plain

    return {
        "policy": verdict.policy,
        "answer": verdict.answer.value,
        "reason": verdict.reason,
        "row": verdict.row,
        "version": verdict.version,
        "rules": list(verdict.rules),
        "roles": list(verdict.roles),
        "people": list(verdict.people),
        "values": plain(dict(verdict.values)),
    }


def entity_document(snapshot: Snapshot[Any]) -> Record:
    """Return an entity as its JSON document."""
    from crmflow.core.plain import plain

    return {
        "machine": snapshot.ref.machine,
        "id": snapshot.ref.id,
        "tenant": snapshot.ref.tenant,
        "state": snapshot.state,
        "version": snapshot.version,
        "at": snapshot.at.isoformat(),
        "entered_at": snapshot.entered_at.isoformat(),
        "facts": plain(snapshot.facts),
        "timers": plain(snapshot.timers),
        "tasks": plain(snapshot.tasks),
        "holds": plain(snapshot.holds),
        "links": plain(snapshot.links),
        "claims": plain(snapshot.attached.claims),
        "pauses": plain(snapshot.attached.pauses),
        "frozen": plain(snapshot.attached.frozen),
    }


def entity_parts(
    here: Session, document: Record, machine: Machine, texts: Texts
) -> Iterator[Sheet | str]:
    """Yield what people are shown of an entity: its head, facts, and what hangs on it."""
    from crmflow.flow.telling import tell_state

    state = tell_state(machine, str(document["state"]), texts)
    head = {name: document[name] for name in ("tenant", "version", "at", "entered_at")}
    yield f"{document['machine']} {document['id']}: {state}"
    yield pairs(head, here.say)
    facts = document["facts"]
    if isinstance(facts, dict):
        rows: list[Record] = [
            {"fact": name, "label": texts.text("fields", name, machine.name), "value": value}
            for name, value in facts.items()
        ]
        yield Sheet(("fact", "label", "value"), rows, here.say("Facts"))
    columns = {
        "timers": ("name", "event", "due_at"),
        "tasks": ("name", "role", "assignee", "opened_at", "due_at"),
        "holds": ("event", "policy", "reason", "asked_by", "asked_at"),
        "links": ("name", "ref", "state", "facts"),
        "claims": ("scope", "value"),
        "pauses": ("of", "reason", "by", "at"),
        "frozen": ("name", "event", "due_at"),
    }
    for shelf, names in columns.items():
        items = document[shelf]
        if isinstance(items, list) and items:
            yield Sheet(names, items, here.say(shelf.capitalize()))


def record_row(record: JournalRecord) -> Record:
    """Return a journal record as a row."""
    from crmflow.core.plain import plain

    event = record.event
    return {
        "version": record.version,
        "at": event.at.isoformat(),
        "entry": record.entry.value,
        "event": event.name,
        "actor": event.actor.id,
        "roles": sorted(event.actor.roles),
        "key": event.key,
        "before": record.before,
        "to": record.to,
        "row": record.row,
        "facts": plain(dict(record.facts)),
        "effects": [_effect(one) for one in record.effects],
        "messages": [f"{one.machine}.{one.event} {one.id}" for one in record.messages],
        "verdicts": [verdict_document(one) for one in record.verdicts],
        "machine": record.basis.machine,
        "policies": record.basis.policies,
    }


def _effect(effect: Effect) -> str:
    """Return an effect as `+shelf key` or `-shelf key`."""
    sign = "+" if hasattr(effect, "item") else "-"
    return f"{sign}{effect.shelf} {effect.of}"
