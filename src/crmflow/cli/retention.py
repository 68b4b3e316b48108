"""`crmflow retention`: pruning journals by the rows of retention."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from crmflow.cli.faults import FINDINGS, told
from crmflow.cli.output import Record, Sheet
from crmflow.cli.progress import Progress
from crmflow.cli.session import session
from crmflow.cli.verbs import Noun, flag

if TYPE_CHECKING:
    from crmflow.engine.pruning import Prune

retention = Noun("retention", help="How long journals are kept.", no_args_is_help=True)


@retention.command(help="Take from journals what need not be kept; exit with 1 on failures.")
@flag("--dry-run", is_flag=True, help="Only tell what would go.")
def prune(dry_run: bool) -> None:
    """Take from journals what need not be kept; exit with 1 on failures."""
    here = session()
    gone: list[Record] = []
    with here.engine() as engine, Progress(here.say("entities")) as progress:

        def note(one: Prune) -> None:
            progress.advance()
            about = {"machine": one.ref.machine, "id": one.ref.id}
            gone.append({**about, "version": one.version, "records": one.records, "row": one.row})

        done = engine.prune(note, dry_run=dry_run)
    counts = {"seen": done.seen, "pruned": done.pruned, "records": done.records}
    document: Record = {**counts, "gone": gone, "errors": [str(one) for one in done.errors]}

    def parts() -> Iterator[Sheet | str]:
        yield Sheet(("machine", "id", "version", "records", "row"), gone)
        yield Sheet(tuple(counts), [counts], here.say("Counts"))

    here.document(document, parts)
    for error in done.errors:
        here.note(told(error, "table", here.say("Error")))
    if done.errors:
        click.get_current_context().exit(FINDINGS)
