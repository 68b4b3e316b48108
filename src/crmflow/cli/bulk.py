"""`crmflow bulk`: one event on many entities."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from crmflow.cli.acting import Brought, Who, acting, bringing
from crmflow.cli.covering import covered_reasons
from crmflow.cli.faults import FINDINGS, REFUSED
from crmflow.cli.output import Record, Sheet
from crmflow.cli.payload import pair_of
from crmflow.cli.progress import Progress
from crmflow.cli.session import Session, misused, session
from crmflow.cli.verbs import Noun, flag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crmflow.engine.bulk import Bulk, Unmoved
    from crmflow.engine.engine import Engine

bulk = Noun("bulk", help="One event on many entities.", no_args_is_help=True)


@bulk.command(help="Fire an event on the entities of a machine; exit with 4 where one is refused.")
@click.argument("machine")
@click.argument("event")
@flag("--state", metavar="NAME", help="In one state only.")
@flag("--where", multiple=True, metavar="FACT=VALUE", help="Only with this value; repeat for more.")
@flag("--id", "ids", multiple=True, help="This entity, in place of a filter; repeat for more.")
@bringing
@acting
@flag("--key", help="Name of this firing; the same again goes on where it ended.")
@flag("--dry-run", is_flag=True, help="Only tell what would be done.")
@flag("--yes", is_flag=True, help="Do not ask first.")
def fire(
    machine: str,
    event: str,
    state: str | None,
    where: tuple[str, ...],
    ids: tuple[str, ...],
    brought: Brought,
    who: Who,
    key: str | None,
    dry_run: bool,
    yes: bool,
) -> None:
    """Fire an event on the entities of a machine; exit with 4 where one is refused."""
    if ids and (state or where):
        raise misused("--id stands in place of --state and --where")
    here = session()
    meant: dict[str, Any] = {
        "state": state,
        "where": dict(map(pair_of, where)),
        "ids": ids or None,
    }
    with here.engine() as engine:
        form = brought.of(engine.registry.form(machine, event))
        total = _count(engine, machine, meant)
        if not (dry_run or yes):
            asked = here.say("Fire {event} on {n} entities?").format(event=event, n=total)
            click.confirm(asked, abort=True, err=True)
        named = key or engine.clock.new_id()
        if not dry_run:
            said = here.say("--key {key} goes on with this firing, should it end early.")
            here.note(said.format(key=named))
        with Progress(here.say("entities"), total) as progress:
            done = engine.bulk(
                machine, event, form, actor=who.on(engine), key=named, dry_run=dry_run,
                progress=progress.advance, **meant,
            )  # fmt: skip
        rows = unmoved_rows(engine, done.unmoved, form)
    _show(here, done, rows)


def _count(engine: Engine, machine: str, meant: dict[str, Any]) -> int:
    from crmflow.engine.bulk import chosen

    return sum(map(len, chosen(engine.registry, engine.store, machine, **meant)))


def _show(here: Session, done: Bulk, unmoved: Sequence[Record]) -> None:
    counts = {"accepted": done.accepted, "held": done.held, "repeated": done.repeated}
    document: Record = {"key": done.key, **counts, "unmoved": unmoved}

    def parts() -> Iterator[Sheet]:
        shown = {**counts, "unmoved": len(unmoved)}
        yield Sheet(tuple(shown), [shown])
        yield from unmoved_sheets(here, unmoved)

    here.document(document, parts)
    exit_with(done.unmoved)


def unmoved_rows(engine: Engine, unmoved: Sequence[Unmoved], form: object = None) -> list[Record]:
    """Return the entities that were not moved as rows; *form* is what was brought to each."""
    return [
        {
            "machine": one.entity.machine,
            "id": one.entity.id,
            "refused": one.refused,
            "reasons": covered_reasons(engine, one, form),
        }
        for one in unmoved
    ]


def unmoved_sheets(here: Session, rows: Sequence[Record]) -> Iterator[Sheet]:
    """Yield what people are shown of entities that were not moved; nothing of none."""
    if rows:
        columns = ("machine", "id", "refused", "reasons")
        yield Sheet(columns, rows, here.say("Not moved"))


def exit_with(unmoved: Sequence[Unmoved]) -> None:
    """Exit with 4 where an entity was refused, with 1 where something else went wrong."""
    if unmoved:
        refused = any(one.refused for one in unmoved)
        click.get_current_context().exit(REFUSED if refused else FINDINGS)
