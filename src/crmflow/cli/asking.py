"""The verbs that ask about entities and change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import click

from crmflow.cli.acting import Brought, Who, acting, bringing
from crmflow.cli.answers import (
    entity_document,
    entity_parts,
    record_row,
    tried_documents,
    verdict_document,
)
from crmflow.cli.covering import covered, covered_rows, hidden_of, scrubbed, told_of
from crmflow.cli.faults import REFUSED
from crmflow.cli.output import Record, Sheet, pairs
from crmflow.cli.payload import moment_of
from crmflow.cli.session import session
from crmflow.cli.verbs import Verb, flag

if TYPE_CHECKING:
    from crmflow.core.policy import Line
    from crmflow.flow.options import Explained
    from crmflow.policies.access import Reading


@click.command(cls=Verb, help="Show an entity: state, facts, timers, tasks and links.")
@click.argument("machine")
@click.argument("id_", metavar="ID")
@flag("--at", type=moment_of, metavar="INSTANT", help="As it stood then, with its offset.")
def show(machine: str, id_: str, at: datetime | None) -> None:
    """Show an entity: state, facts, timers, tasks and links."""
    here = session()
    with here.engine() as engine:
        snapshot = engine.get((machine, id_), at=at)
        document = covered(engine, snapshot, entity_document(snapshot))
        declared = engine.registry.machine(machine).machine
        texts = here.texts(engine.plugins)
        here.document(document, lambda: entity_parts(here, document, declared, texts))


@click.command(cls=Verb, help="Show what somebody may see of an entity, by the rows of access.")
@click.argument("machine")
@click.argument("id_", metavar="ID")
@flag("--purpose", default="", metavar="TEXT", help="What for; noted where the read is.")
@acting
def read(
    machine: str,
    id_: str,
    purpose: str,
    who: Who,
) -> None:
    """Show what somebody may see of an entity, by the rows of access."""
    from crmflow.flow.telling import tell_verdicts

    here = session()
    with here.engine() as engine:
        reading = engine.read((machine, id_), actor=who.on(engine), purpose=purpose)
        declared = engine.registry.machine(machine).machine
        texts = here.texts(engine.plugins)

        def parts() -> Iterator[Sheet | str]:
            yield from tell_verdicts(reading.verdicts, declared, texts)
            yield pairs(dict(reading.facts), here.say)

        here.document(reading_document(reading), parts)
        if not reading.allowed:
            click.get_current_context().exit(REFUSED)


def reading_document(reading: Reading) -> Record:
    """Return what somebody may see as JSON: the facts, and what is masked or withheld."""
    return {
        "machine": reading.ref.machine,
        "id": reading.ref.id,
        "allowed": reading.allowed,
        "state": reading.state,
        "facts": dict(reading.facts),
        "masked": list(reading.masked),
        "withheld": list(reading.withheld),
        "verdicts": [verdict_document(one) for one in reading.verdicts],
    }


@click.command(cls=Verb, help="What can happen next, and why not.")
@click.argument("machine")
@click.argument("id_", metavar="ID")
@acting
def options(
    machine: str,
    id_: str,
    who: Who,
) -> None:
    """Print what can happen next, and why not."""
    here = session()
    with here.engine() as engine:
        texts = here.texts(engine.plugins)
        rows = [
            {
                "event": one.event,
                "label": texts.text("events", one.event, machine),
                "answer": one.answer.value,
                "to": one.to,
                "form": dict(one.form),
                "fields": [name if needed else f"[{name}]" for name, needed in one.form.items()],
                "reasons": list(one.reasons),
                "texts": [texts.text("reasons", code, machine) for code in one.reasons],
                "roles": list(one.roles),
            }
            for one in engine.options((machine, id_), actor=who.on(engine))
        ]
        here.rows(("event", "label", "answer", "to", "fields", "texts", "roles"), rows)


@click.command(cls=Verb, help="Explain why an event would be allowed or refused now.")
@click.argument("machine")
@click.argument("id_", metavar="ID")
@click.argument("event")
@bringing
@acting
def explain(
    machine: str,
    id_: str,
    event: str,
    brought: Brought,
    who: Who,
) -> None:
    """Explain why an event would be allowed or refused now."""
    here = session()
    with here.engine() as engine:
        form, actor = brought.of(engine.registry.form(machine, event)), who.on(engine)
        explained = engine.explain((machine, id_), event, form, actor=actor, lang=here.lang)
        hidden = hidden_of(engine, explained.snapshot, form)
        document = scrubbed(explained_document(explained), hidden)
        here.document(document, lambda: told_of(explained.told(), hidden))


def explained_document(explained: Explained) -> Record:
    """Return an explanation as JSON: every row, guard, fault and verdict."""
    return {
        "machine": explained.snapshot.ref.machine,
        "id": explained.snapshot.ref.id,
        "state": explained.snapshot.state,
        "event": explained.event,
        "actor": explained.actor.id,
        "answer": explained.answer.value,
        "tried": tried_documents(explained.tried),
        "faults": [
            {"path": fault.path, "code": fault.code, "expected": fault.expected}
            for fault in explained.faults
        ],
        "verdicts": [verdict_document(one) for one in explained.verdicts],
        "possible": list(explained.possible),
        "lines": [line_document(one) for one in explained.lines],
    }


def line_document(line: Line) -> Record:
    """Return what a policy says as JSON: code, values, table row and rule ids."""
    values: Record = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in line.values.items()
    }
    return {"code": line.code, "values": values, "row": line.row, "rules": list(line.rules)}


@click.command(cls=Verb, help="Show an entity's journal.")
@click.argument("machine")
@click.argument("id_", metavar="ID")
def journal(machine: str, id_: str) -> None:
    """Show an entity's journal."""
    here = session()
    with here.engine() as engine:
        columns = ("version", "at", "entry", "event", "actor", "before", "to", "facts", "effects")
        here.rows(
            columns, covered_rows(engine, machine, engine.journal((machine, id_)), record_row)
        )
