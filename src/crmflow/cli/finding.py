"""`crmflow entity find` and `crmflow entity count`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

import click

from crmflow.cli.output import Record
from crmflow.cli.payload import moment_of, pair_of
from crmflow.cli.session import session
from crmflow.cli.task import AFTER, MOST, ROWS, tell_of_more
from crmflow.cli.verbs import Verb, flag

if TYPE_CHECKING:
    from crmflow.engine.wanting import Wanted
    from crmflow.storage.rows import EntityRow

COLUMNS = ("machine", "id", "state", "version", "at")


def _entity_of(text: str) -> tuple[str, str]:
    """Return machine and id of an option."""
    machine, slash, id_ = text.partition("/")
    if not (machine and slash and id_):
        raise click.BadParameter(session().say("{text!r} is no MACHINE/ID").format(text=text))
    return machine, id_


@click.command(cls=Verb, help="Find entities, in order of machine and id.")
@flag("--machine", "wanted", metavar="NAME", help="Of one machine only.")
@flag("--state", metavar="NAME", help="In one state only.")
@flag("--owner", metavar="ID", help="Looked after by this person only.")
@flag("--tier", metavar="NAME", help="Of this tier only, their own or that of their customer.")
@flag("--link", type=_entity_of, metavar="MACHINE/ID", help="Linked to this entity only.")
@flag("--where", multiple=True, metavar="FACT=VALUE", help="Only with this value; repeat for more.")
@flag(
    "--due-before",
    "until",
    type=moment_of,
    metavar="INSTANT",
    help="Only with a timer or task due by then, those due first in front.",
)
@flag("--limit", type=ROWS, help="At most so many.")
@AFTER
def find(
    wanted: str | None,
    state: str | None,
    owner: str | None,
    tier: str | None,
    link: tuple[str, str] | None,
    where: tuple[str, ...],
    until: datetime | None,
    limit: int | None,
    after: str | None,
) -> None:
    """Find entities, in order of machine and id, or by what is due of them."""
    from crmflow.codec import moment

    here = session()
    be: Wanted = {"state": state, "owner": owner, "tier": tier, "link": link}
    be["where"] = dict(map(pair_of, where))
    with here.engine() as engine:
        if until is not None:
            due = engine.find_due(until, wanted, limit=limit or MOST, after=after, **be)
            rows: Iterable[Record] = (
                {**_row(one.row), "due_at": moment(one.due_at).isoformat()} for one in due.rows
            )
            here.rows((*COLUMNS, "due_at"), rows)
            tell_of_more(here, due.after)
        elif limit is None and after is None:
            here.rows(COLUMNS, map(_row, engine.find(wanted, **be)))
        else:
            page = engine.find_page(wanted, limit=limit or MOST, after=after, **be)
            here.rows(COLUMNS, map(_row, page.rows))
            tell_of_more(here, page.after)


def _row(one: EntityRow) -> Record:
    from crmflow.codec import moment

    return {
        "machine": one.ref.machine,
        "id": one.ref.id,
        "state": one.state,
        "version": one.version,
        "at": moment(one.at).isoformat(),
    }


@click.command(cls=Verb, help="Count entities by machine and state.")
@flag("--machine", "wanted", metavar="NAME", help="Of one machine only.")
def count(wanted: str | None) -> None:
    """Count entities by machine and state."""
    here = session()
    with here.engine() as engine:
        texts = here.texts(engine.plugins)
        labels = {
            (name, one.name): texts.state(one)
            for name, found in engine.registry.machines.items()
            for one in found.machine.states
        }
        rows = (
            {"machine": place[0], "state": place[1], "label": labels.get(place), "count": number}
            for place, number in engine.counts(wanted).items()
        )
        here.rows(("machine", "state", "label", "count"), rows)
