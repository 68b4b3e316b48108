"""The verbs that change an entity: create, fire, adopt."""

from __future__ import annotations

from datetime import datetime

import click

from crmflow.cli.acting import Brought, Who, acting, bringing
from crmflow.cli.answers import show_decision
from crmflow.cli.payload import moment_of
from crmflow.cli.session import session
from crmflow.cli.verbs import Verb, flag

KEY = flag("--key", help="Makes resending harmless.")
AT = flag("--at", type=moment_of, metavar="INSTANT", help="When it happens, with its offset.")


@click.command(cls=Verb, help="Create an entity by its machine's creating event.")
@click.argument("machine")
@flag("--id", "id_", help="Id of the entity; drawn where it is left out.")
@bringing
@acting
@KEY
@AT
def create(
    machine: str,
    id_: str | None,
    brought: Brought,
    who: Who,
    key: str | None,
    at: datetime | None,
) -> None:
    """Create an entity by its machine's creating event."""
    here = session()
    with here.engine() as engine:
        declared = engine.registry.machine(machine).machine
        form = brought.of(declared.form(declared.creating))
        decision = engine.create(machine, form, actor=who.on(engine), id=id_, key=key, at=at)
        show_decision(here, engine, decision)


@click.command(cls=Verb, help="Fire an event on an entity.")
@click.argument("machine")
@click.argument("id_", metavar="ID")
@click.argument("event")
@bringing
@acting
@KEY
@AT
@flag("--version", type=click.IntRange(min=1), help="Version you read; another is a conflict.")
def fire(
    machine: str,
    id_: str,
    event: str,
    brought: Brought,
    who: Who,
    key: str | None,
    at: datetime | None,
    version: int | None,
) -> None:
    """Fire an event on an entity."""
    here = session()
    with here.engine() as engine:
        form = brought.of(engine.registry.form(machine, event))
        decision = engine.fire(
            (machine, id_), event, form, actor=who.on(engine), key=key, at=at, version=version
        )
        show_decision(here, engine, decision)


@click.command(cls=Verb, help="Place an entity in a state, by way of exception.")
@click.argument("machine")
@click.argument("id_", metavar="ID")
@flag("--state", required=True, help="State it is placed in.")
@flag("--reason", required=True, help="Why it does not come by its events; journaled.")
@flag("--incomplete", is_flag=True, help="Facts that the state requires may be missing.")
@bringing
@acting
@KEY
@AT
def adopt(
    machine: str,
    id_: str,
    state: str,
    reason: str,
    incomplete: bool,
    brought: Brought,
    who: Who,
    key: str | None,
    at: datetime | None,
) -> None:
    """Place an entity in a state, by way of exception."""
    from crmflow.engine.values import Adopting

    here = session()
    with here.engine() as engine:
        facts = brought.of(engine.registry.machine(machine).machine.facts) or {}
        adopting = Adopting(
            (machine, id_), state, facts, reason=reason, incomplete=incomplete, at=at, key=key
        )
        decision = engine.adopt(adopting, actor=who.on(engine))
        show_decision(here, engine, decision)
