"""`crmflow machine migrate`: entities of older versions of a machine's definition."""

from __future__ import annotations

from collections.abc import Iterator

import click

from crmflow.cli.faults import FINDINGS
from crmflow.cli.output import Record, Sheet
from crmflow.cli.progress import Progress
from crmflow.cli.session import session
from crmflow.cli.verbs import Verb, flag

COLUMNS = ("version", "state", "to", "entities", "lost", "gone", "faults", "first")


@click.command(
    cls=Verb, help="Bring all entities to today's definition; exit with 1 where one cannot."
)
@click.argument("name")
@flag("--dry-run", is_flag=True, help="Only tell what would be done.")
def migrate(name: str, dry_run: bool) -> None:
    """Bring all entities to today's definition; exit with 1 where one cannot."""
    here = session()
    with here.engine() as engine, Progress(here.say("entities")) as progress:
        done = engine.migrate(name, dry_run=dry_run, progress=progress.advance)
    counts = {
        "machine": done.machine,
        "version": done.version,
        "seen": done.seen,
        "migrated": done.migrated,
        "failing": done.failing,
    }
    impacts: list[Record] = [
        {
            "version": one.definition,
            "state": one.state,
            "to": one.to,
            "entities": found.entities,
            "lost": list(one.lost),
            "gone": list(one.gone),
            "faults": list(one.faults),
            "first": found.first.id,
        }
        for one, found in done.impacts.items()
    ]

    def parts() -> Iterator[Sheet]:
        yield Sheet(tuple(counts), [counts])
        if impacts:
            yield Sheet(COLUMNS, impacts, here.say("Entities of other versions"))

    here.document({**counts, "impacts": impacts}, parts)
    if done.failing:
        click.get_current_context().exit(FINDINGS)
