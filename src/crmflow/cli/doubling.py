"""The verb that asks who may be the same as an entity, or as what is about to be collected."""

from __future__ import annotations

import click

from crmflow.cli.acting import Brought, Who, acting, bringing
from crmflow.cli.session import misused, session
from crmflow.cli.verbs import Verb, flag


@click.command(cls=Verb, help="Who may be the same as an entity, or as given values.")
@click.argument("machine")
@click.argument("id_", metavar="[ID]", required=False)
@flag("--purpose", default="", metavar="TEXT", help="What for; noted where the read is.")
@bringing
@acting
def duplicates(machine: str, id_: str | None, purpose: str, brought: Brought, who: Who) -> None:
    """Print who may be the same as an entity, or as given values."""
    here = session()
    with here.engine() as engine:
        given = brought.of(engine.registry.machine(machine).machine.facts) if id_ is None else id_
        if given is None:
            raise misused("give an ID, or values with --set or --payload")
        found = engine.duplicates(machine, given, actor=who.on(engine), purpose=purpose)
        rows = [
            {
                "id": one.ref.id,
                "score": str(one.score),
                "why": {path: str(like) for path, like in one.why.items()},
                "shown": one.shown,
                "row": one.row,
            }
            for one in found
        ]
        here.rows(("id", "score", "why", "row"), rows)
