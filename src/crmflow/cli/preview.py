"""`crmflow policy preview`: what a change of rows or people would do to what is open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from crmflow.cli.judging import Others, judged_by_others, kept_or_written, policies
from crmflow.cli.names import Names
from crmflow.cli.output import Record, Sheet, pairs
from crmflow.cli.payload import moment_of
from crmflow.cli.progress import Progress
from crmflow.cli.session import Session, session
from crmflow.cli.verbs import Verb, flag

if TYPE_CHECKING:
    from crmflow.analysis.preview import Change, Impact, Preview

EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)
COLUMNS = ("effect", "machine", "name", "entities")
IMPACT_COLUMNS = ("machine", "id", "state", "effect", "name", "as_it_is", "as_it_would_be", "why")
WANTED = "say what would be other: --with, --with-profile, --with-plugin or --with-directory"
NOTE = "It reaches an entity with its next event, or at once by `crmflow plugin attach`."

WHYS = {
    "keep": "it keeps what was promised",
    "paused": "the entity stands still",
    "gone": "its row is gone",
    "missed": "it was missed, and stays so",
}
"""Why a deadline stays although its row is another one."""


@click.command(cls=Verb, help="Tell what other policies or people would do to what is open.")
@judged_by_others
@flag("--with-directory", "staff", type=EXISTING, metavar="FILE", help="With these people.")
@flag("--from", "at", type=moment_of, metavar="INSTANT", help="When it is to come; else now.")
def preview(others: Others, staff: Path | None, at: datetime | None) -> None:
    """Tell what other policies or people would do to what is open."""
    from crmflow.analysis.preview import Preview
    from crmflow.analysis.preview import preview as previewed
    from crmflow.analysis.source import read_only
    from crmflow.directory import toml_directory

    here = session()
    others.require(staff, text=WANTED)
    people = None if staff is None else toml_directory(staff)
    found = Preview()
    shown: list[Impact] = []
    named = cast("tuple[str, ...]", here.flags.get("machines", ()))
    with (
        read_only(here.store, policies(here)) as source,
        Progress(here.say("entities")) as progress,
    ):
        other = others.policies(here, people).bound()
        for impact in previewed(source, other, machines=named, at=at):
            found.add(impact)
            if impact.changes:
                shown += kept_or_written(here, impact)
            progress.advance()
    document: Record = found.to_dict()
    if here.output != "jsonl":
        document = {**document, "impacts": [one.to_dict() for one in shown]}
    sets = (source.registry, other)
    here.document(document, lambda: _parts(Names.of(here, sets), found, shown))


def _parts(names: Names, found: Preview, shown: list[Impact]) -> Iterator[Sheet | str]:
    say = names.here.say
    yield pairs({"entities": found.entities, "changed": found.changed}, say)
    rows = [names.labelled("effect", row) for row in found.rows()]
    yield Sheet(COLUMNS, rows, say("Changes")) if rows else say("Nothing would change.")
    if shown:
        yield Sheet(IMPACT_COLUMNS, [*_lines(names, shown)], say("Entity by entity"))
        yield say(NOTE)


def _lines(names: Names, shown: Iterable[Impact]) -> Iterator[Record]:
    for impact in shown:
        machine = impact.ref.machine
        for one in impact.changes:
            row = {
                "machine": machine,
                "id": impact.ref.id,
                "state": names.state(machine, impact.state),
                "effect": one.effect,
                "name": one.name,
                "as_it_is": names.told(machine, one.then),
                "as_it_would_be": names.told(machine, one.now),
                "why": _why(names.here, one),
            }
            yield names.labelled("effect", row)


def _why(here: Session, change: Change) -> str:
    from crmflow.analysis.preview import Effect

    if change.effect is not Effect.KEPT_DEADLINE:
        return change.why
    return here.say(WHYS[change.why])
