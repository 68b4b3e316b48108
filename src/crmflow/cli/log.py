"""`crmflow log`: replay an event log through a machine, or import it into a store."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crmflow.cli.faults import FINDINGS
from crmflow.cli.output import Sheet, pairs
from crmflow.cli.progress import Progress
from crmflow.cli.session import Session, misused, session
from crmflow.cli.verbs import Noun, flag

if TYPE_CHECKING:
    from crmflow.analysis.aside import AsideFile
    from crmflow.analysis.conformance_report import Conformance
    from crmflow.analysis.import_report import Imported
    from crmflow.analysis.mapping import Mapping

log = Noun("log", help="Event logs: replay and import.", no_args_is_help=True)


def _reading(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what both verbs need to read a log."""
    existing = click.Path(exists=True, dir_okay=False, path_type=Path)
    for decorate in (
        flag(
            "--aside",
            "aside_path",
            type=click.Path(dir_okay=False, path_type=Path),
            help="File for rows set aside; FILE.aside.jsonl if not given.",
        ),
        flag(
            "--on-error",
            "on_error",
            type=click.Choice(("stop", "aside")),
            default="stop",
            show_default=True,
            help="What becomes of a row that cannot be used.",
        ),
        flag(
            "--mapping", "mapping_path", type=existing, required=True,
            help="TOML file that says what columns and labels mean.",
        ),
        click.argument("file", type=existing),
    ):  # fmt: skip
        command = decorate(command)
    return command


@log.command(help="Stream a CSV or XES log through a machine and report how it fits.")
@_reading
@flag("--top", type=click.IntRange(min=0), default=10, show_default=True, help="Variants to name.")
def replay(
    file: Path, mapping_path: Path, on_error: str, aside_path: Path | None, top: int
) -> None:
    """Stream a CSV or XES log through a machine and report how it fits."""
    from crmflow.analysis.conformance import replay_log
    from crmflow.analysis.importing import check_mapping
    from crmflow.analysis.mapping_file import load_mapping
    from crmflow.analysis.moves import moves_of

    here = session()
    mapping = load_mapping(mapping_path)
    name = _machine(here, mapping)
    found = here.machines(here.plugins(), [name])[name]
    check_mapping(mapping, found, str(mapping_path))
    with _setting_aside(file, on_error, aside_path) as aside, _progress(here) as moved:
        report = replay_log(file, mapping, moves_of(found), aside=aside, top=top, progress=moved)
    document = {"file": str(file), "machine": name, **report.to_dict(), "aside": _left(aside)}
    here.document(document, lambda: _replayed(here, document, report))
    _end(here, aside)


@log.command("import", help="Bring a log into the store: observations, or adoptions of a snapshot.")
@_reading
@flag("--actor", default="importer", show_default=True, help="Who adopts a snapshot's entities.")
@flag("--role", "roles", multiple=True, help="Role of the actor; repeat. Else the directory tells.")
def import_(
    file: Path,
    mapping_path: Path,
    on_error: str,
    aside_path: Path | None,
    actor: str,
    roles: tuple[str, ...],
) -> None:
    """Bring a log into the store: observations, or adoptions of a snapshot."""
    from crmflow.analysis.importing import import_log
    from crmflow.analysis.mapping_file import load_mapping
    from crmflow.cli.acting import Who

    here = session()
    mapping = load_mapping(mapping_path)
    name = _machine(here, mapping)
    # Other machines' blanks are nothing to this log.
    here.keep("machines", (name,))
    with (
        here.engine() as engine,
        _setting_aside(file, on_error, aside_path) as aside,
        _progress(here) as moved,
    ):
        report = import_log(
            engine,
            file,
            mapping,
            name,
            actor=Who(actor, roles).on(engine),
            aside=aside,
            progress=moved,
        )
    document = {"file": str(file), "machine": name, **report.to_dict(), "aside": _left(aside)}
    here.document(document, lambda: _imported(here, document, report))
    _end(here, aside)


def _machine(here: Session, mapping: Mapping) -> str:
    """Return the machine that is meant: the one given, else the mapping's own."""
    given = here.flags.get("machines")
    names = given if isinstance(given, tuple) else ()
    if len(names) > 1:
        raise misused("a log is about one machine: give --machine once")
    if not names and mapping.machine is None:
        raise misused("the mapping names no machine: set `machine` in it, or give --machine")
    return str(names[0] if names else mapping.machine)


@contextlib.contextmanager
def _setting_aside(file: Path, on_error: str, path: Path | None) -> Iterator[AsideFile | None]:
    """Give what takes unusable rows; None where the first one ends the command."""
    from crmflow.analysis.aside import AsideFile

    if on_error == "stop":
        yield None
        return
    with AsideFile(path or file.with_name(f"{file.name}.aside.jsonl")) as aside:
        yield aside


def _left(aside: AsideFile | None) -> str | None:
    """Return the file that has rows, if any has."""
    return str(aside.path) if aside is not None and aside.rows else None


@contextlib.contextmanager
def _progress(here: Session) -> Iterator[Callable[[int], None]]:
    with Progress(here.say("rows")) as bar:
        yield lambda count: bar.advance(count - bar.done)


def _end(here: Session, aside: AsideFile | None) -> None:
    """Say on stderr where rows were left; exit as for findings then."""
    if aside is not None and aside.rows:
        text = here.say("{rows} rows were set aside in {path}.")
        here.note(text.format(rows=aside.rows, path=aside.path))
        click.get_current_context().exit(FINDINGS)


def _plain(document: dict[str, object]) -> dict[str, object]:
    """Return what stands by itself in a report: no lists, no tables."""
    return {name: found for name, found in document.items() if not isinstance(found, list | dict)}


def _replayed(here: Session, document: dict[str, object], report: Conformance) -> Iterator[Sheet]:
    yield pairs(_plain(document), here.say)
    starts = [{"from": "", "to": state, "cases": n} for state, n in report.illegal_starts]
    moves = [{"from": a, "to": b, "cases": n} for a, b, n in report.illegal_moves]
    yield Sheet(("from", "to", "cases"), starts + moves, here.say("Illegal starts and moves"))
    stays = [{"state": state, **span.to_dict()} for state, span in report.durations.items()]
    columns = ("state", "n", "median_hours", "p90_hours")
    yield Sheet(columns, stays, here.say("Time in states"))
    opened = [{"state": state, "cases": n} for state, n in report.open.items()]
    yield Sheet(("state", "cases"), opened, here.say("Still open"))
    variants = [variant.to_dict() for variant in report.top_variants]
    yield Sheet(("cases", "states"), variants, here.say("Most frequent variants"))


def _imported(here: Session, document: dict[str, object], report: Imported) -> Iterator[Sheet]:
    yield pairs(_plain(document), here.say)
    states: list[dict[str, object]] = [
        {
            "state": state,
            "entities": n,
            **{name: str(totals[state]) for name, totals in report.sums.items() if state in totals},
        }
        for state, n in report.states.items()
    ]
    yield Sheet(("state", "entities", *report.sums), states, here.say("States"))
    missing = [
        {"state": state, "field": name, "rows": n}
        for state, names in report.missing.items()
        for name, n in names.items()
    ]
    if missing:
        columns = ("state", "field", "rows")
        yield Sheet(columns, missing, here.say("Required by the state, not in the file"))
