"""The verbs that change an entity: create, fire, adopt."""

from __future__ import annotations

from datetime import datetime

import click

from crmflow.cli.acting import acting, actor_of, bringing
from crmflow.cli.answers import show_decision
from crmflow.cli.payload import moment_of, payload_of
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
    sets: tuple[str, ...],
    payload: str | None,
    actor: str,
    roles: tuple[str, ...],
    departments: tuple[str, ...],
    key: str | None,
    at: datetime | None,
) -> None:
    """Create an entity by its machine's creating event."""
    here = session()
    with here.engine() as engine:
        declared = engine.registry.machine(machine).machine
        brought = payload_of(declared.form(declared.creating), sets, payload)
        who = actor_of(engine, actor, roles, departments)
        decision = engine.create(machine, brought, actor=who, id=id_, key=key, at=at)
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
    sets: tuple[str, ...],
    payload: str | None,
    actor: str,
    roles: tuple[str, ...],
    departments: tuple[str, ...],
    key: str | None,
    at: datetime | None,
    version: int | None,
) -> None:
    """Fire an event on an entity."""
    here = session()
    with here.engine() as engine:
        form = engine.registry.form(machine, event)
        brought = payload_of(form, sets, payload)
        who = actor_of(engine, actor, roles, departments)
        decision = engine.fire(
            (machine, id_), event, brought, actor=who, key=key, at=at, version=version
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
    sets: tuple[str, ...],
    payload: str | None,
    actor: str,
    roles: tuple[str, ...],
    departments: tuple[str, ...],
    key: str | None,
    at: datetime | None,
) -> None:
    """Place an entity in a state, by way of exception."""
    from crmflow.engine.values import Adopting

    here = session()
    with here.engine() as engine:
        facts = payload_of(engine.registry.machine(machine).machine.facts, sets, payload) or {}
        adopting = Adopting(
            (machine, id_), state, facts, reason=reason, incomplete=incomplete, at=at, key=key
        )
        decision = engine.adopt(adopting, actor=actor_of(engine, actor, roles, departments))
        show_decision(here, engine, decision)
