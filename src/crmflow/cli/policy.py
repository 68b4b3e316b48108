"""`crmflow policy`: the rows that policies read, where they come from, and what is wrong."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from crmflow.cli.exploring import Exploring, Lived, exploring
from crmflow.cli.faults import FINDINGS, NOT_FOUND
from crmflow.cli.output import Record, Sheet
from crmflow.cli.session import session
from crmflow.cli.verbs import Noun, flag

if TYPE_CHECKING:
    from crmflow.analysis.fault import Fault
    from crmflow.cli.session import Session
    from crmflow.plugins.loading import Plugins
    from crmflow.profiles.entry import Entry
    from crmflow.profiles.loading import Loaded
    from crmflow.texts import Texts

policy = Noun(
    "policy",
    help="The tables that policies read.",
    no_args_is_help=True,
    places={
        "backtest": (
            "crmflow.cli.backtest:backtest",
            "Tell what journals would have come to under other policies.",
        ),
        "preview": (
            "crmflow.cli.preview:preview",
            "Tell what other policies or people would do to what is open.",
        ),
        "simulate": (
            "crmflow.cli.simulating:simulate_verb",
            "Let a company live on a virtual clock: load, waiting, deadlines, and what if.",
        ),
        "replay": (
            "crmflow.cli.replaying:replay",
            "Let a story happen again in a throwaway store; exit with 1 where it ends elsewhere.",
        ),
    },
)

USED = "used"


@policy.command(help="Check profiles and the company's own file; exit with 1 on findings.")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False))
@exploring
def check(file: str | None, how: Exploring) -> None:
    """Check profiles and the company's own file; exit with 1 on findings."""
    here = session()
    manager = here.plugins()
    found, spent = _read(here, manager, file)
    texts = here.texts(manager)
    # What is wrong by itself would be told twice.
    between = () if found.wrong else _between(here, manager, found)
    lived = Lived() if found.wrong else how.lived(here, manager, file)
    findings = [told_of(one, texts) for one in (*between, *lived.faults)]
    document: Record = {
        "tables": _counts(found),
        "faults": list(found.wrong),
        "findings": findings,
        "missing": list(found.missing),
        "milliseconds": spent,
        **lived.document(),
    }
    wrong = [*found.wrong, *(f"{one['where']}: {one['message']}" for one in findings)]
    here.document(document, lambda: (*_said(here, found, wrong, spent), *lived.said(here)))
    if wrong:
        click.get_current_context().exit(FINDINGS)


def _read(here: Session, manager: Plugins, file: str | None) -> tuple[Loaded, int]:
    """Return what is found in the tables, and how many milliseconds reading them took."""
    from crmflow.clock import SystemClock

    # What is timed is reading the tables, not importing what reads them.
    importlib.import_module("crmflow.engine.starting")
    clock = SystemClock()
    started = clock.now()
    found = here.rules(manager, file)
    return found, round((clock.now() - started).total_seconds() * 1000)


def _between(here: Session, manager: Plugins, found: Loaded) -> tuple[Fault, ...]:
    """Return what is wrong between the rows, the machines and the people."""
    from crmflow.analysis.checking import check_together, subject_of
    from crmflow.clock import SystemClock

    machines, now = here.machines(manager), SystemClock().now()
    return check_together(subject_of(manager, machines, found, here.directory(), now))


def told_of(fault: Fault, texts: Texts) -> Record:
    """Return what is told of a fault between rows, machines and people."""
    return {
        "kind": str(fault.kind),
        "machine": fault.machine,
        "where": fault.where,
        "message": fault.told(texts),
        "rules": list(fault.rules),
    }


def _said(here: Session, found: Loaded, wrong: list[str], spent: int) -> Iterator[Sheet | str]:
    """Yield what people are told: counts, every fault, and that blanks are to be filled in."""
    # What nobody has filled in yet is no fault of the tables.
    yield Sheet(("table", "rows", "used", "waiting"), _counts(found))
    several = here.say("{n} faults") if len(wrong) > 1 else here.say("{n} fault")
    verdict = several if wrong else here.say("no fault")
    yield f"{verdict.format(n=len(wrong))} ({spent} ms)"
    yield from (f"- {fault}" for fault in wrong)
    if found.missing:
        blanks = here.say("{n} blanks to fill in: see `crmflow config blanks`.")
        yield blanks.format(n=len(found.missing))


def _counts(found: Loaded) -> list[Record]:
    """Return how many rows each table has, how many are in use, how many wait for blanks."""
    tables: dict[str, list[str]] = {}
    for one in found.entries:
        tables.setdefault(one.table.name, []).append(one.use)
    return [
        {
            "table": name,
            "rows": len(uses),
            "used": uses.count(USED),
            "waiting": uses.count("blank"),
        }
        for name, uses in sorted(tables.items())
    ]


@policy.command("list", help="List the rows in use: version, rules, days and origin.")
@flag("--table", "tables", multiple=True, metavar="NAME", help="Of this table only; repeat.")
@flag("--all", "every", is_flag=True, help="Those that are not in use too.")
def list_rows(tables: tuple[str, ...], every: bool) -> None:
    """List the rows in use: version, rules, days and origin."""
    here = session()
    found = here.rules(here.plugins())
    rows = [
        row_of(one)
        for one in found.entries
        if (every or one.use == USED) and one.table.name in (tables or {*_ruling(found)})
    ]
    columns = ("table", "name", "machine", "version", "rules", "from_on", "until_on", "origin")
    here.rows((*columns, "use") if every else columns, rows)


def _ruling(found: Loaded) -> Iterable[str]:
    """Return the names of the tables with rules; blanks have a list of their own."""
    return {one.table.name for one in found.entries} - {"blanks"}


def row_of(entry: Entry) -> Record:
    """Return what is listed of a row."""
    from crmflow.core.plain import plain

    draft = entry.draft
    return {
        "table": entry.table.name,
        "name": draft.name,
        "machine": entry.machine,
        "version": draft.version,
        "rules": plain(draft.value("rules") or []),
        "from_on": plain(draft.value("from_on")),
        "until_on": plain(draft.value("until_on")),
        "origin": draft.origin,
        "use": str(entry.use),
    }


@policy.command(help="Show the rows of a name, each column with its origin.")
@click.argument("name")
@flag("--table", metavar="NAME", help="Of this table only.")
def show(name: str, table: str | None) -> None:
    """Show the rows of a name, each column with its origin."""
    from crmflow.core.errors import did_you_mean

    here = session()
    entries = [
        one
        for one in here.rules(here.plugins()).entries
        if table is None or one.table.name == table
    ]
    found = [one for one in entries if one.draft.name == name]
    if not found:
        near = did_you_mean(name, {one.draft.name for one in entries})
        here.note(f"{here.say('Error')}: {here.say('no row has this name.')} {near}")
        click.get_current_context().exit(NOT_FOUND)
    documents = [{**row_of(one), "columns": list(_columns(one))} for one in found]
    if here.output != "table":
        here.rows((), documents)
        return
    here.document({}, lambda: (_sheet(one) for one in found))


def _columns(entry: Entry) -> Iterable[Record]:
    """Yield each column as it was written, and where."""
    for name, given in entry.draft.columns.items():
        yield {"column": name, "value": _shown(given.value), "origin": given.source.at()}


def _shown(value: object) -> object:
    """Return a value as JSON has it; a day or a time of day as text."""
    if isinstance(value, dict):
        return {name: _shown(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(one) for one in value]
    return value if isinstance(value, bool | int | float | None) else str(value)


def _sheet(entry: Entry) -> Sheet:
    title = f"{entry.table.name} {entry.draft.name} {entry.draft.version} ({entry.use})"
    return Sheet(("column", "value", "origin"), list(_columns(entry)), title)
