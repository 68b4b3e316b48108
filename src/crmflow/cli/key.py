"""`crmflow key`: the master keys of encrypted fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import click

from crmflow.cli.faults import FINDINGS, told
from crmflow.cli.progress import Progress
from crmflow.cli.session import session
from crmflow.cli.verbs import Noun

if TYPE_CHECKING:
    from crmflow.engine.rekeying import Rewrapped

key = Noun("key", help="The master keys of encrypted fields.", no_args_is_help=True)


@key.command("list", help="List which master keys wrap the keys of how many entities.")
def list_() -> None:
    """List which master keys wrap the keys of how many entities."""
    here = session()
    with here.engine() as engine:
        rows = [attrs.asdict(one) for one in engine.master_keys()]
    here.rows(("name", "entities", "current", "known"), rows)


@key.command(help="Wrap every entity's key by the current master key; exit with 1 on failures.")
def rotate() -> None:
    """Wrap every entity's key by the current master key; exit with 1 on failures."""
    here = session()
    with here.engine() as engine:
        total = sum(one.entities for one in engine.master_keys())
        with Progress(here.say("entities"), total) as progress:

            def advance(done: Rewrapped) -> None:
                progress.advance(done.seen - progress.done)

            done = engine.rotate(advance)
    counts = {"seen": done.seen, "rewrapped": done.rewrapped, "errors": len(done.errors)}
    here.rows(tuple(counts), [counts])
    for error in done.errors:
        here.note(told(error, here.output, here.say("Error")))
    if done.errors:
        click.get_current_context().exit(FINDINGS)
