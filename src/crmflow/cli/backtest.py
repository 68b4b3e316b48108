"""`crmflow policy backtest`: what journals would have come to under other policies."""

from __future__ import annotations

import contextlib
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

import attrs
import click

from crmflow.cli.faults import FINDINGS
from crmflow.cli.judging import Others, judged_by_others, kept_or_written, policies
from crmflow.cli.names import Names
from crmflow.cli.output import Record, Sheet, pairs
from crmflow.cli.payload import moment_of
from crmflow.cli.progress import Progress
from crmflow.cli.session import Session, misused, session
from crmflow.cli.verbs import Verb, flag

if TYPE_CHECKING:
    from crmflow.analysis.backtest import Backtest, Case
    from crmflow.analysis.source import ReadOnly
    from crmflow.core.ref import EntityRef
    from crmflow.flow.registry import Registry

EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)
NOT_KNOWN = "What cannot be known"
CAVEAT = (
    "Refusals of then are in no journal, and people who see another deadline act otherwise: "
    "neither can be told."
)
COLUMNS = ("kind", "machine", "name", "certain", "conditional")
CASE_COLUMNS = (
    "machine", "id", "kind", "name", "at", "as_it_was", "as_it_would_be", "conditional",
)  # fmt: skip
UNTESTED_COLUMNS = ("machine", "id", "why", "detail")
ANY = "any"
FAILS = (ANY, "new-breach", "new-hold", "new-refusal", "other-tier")
"""What may be made the cause of exit code 1."""


@click.command(cls=Verb, help="Tell what journals would have come to under other policies.")
@flag("--log", "log", type=EXISTING, metavar="FILE", help="An event log in place of the store.")
@flag("--mapping", "mapping", type=EXISTING, metavar="FILE", help="What the log's columns mean.")
@judged_by_others
@flag("--since", type=moment_of, metavar="INSTANT", help="The others judge from then on.")
@flag("--until", type=moment_of, metavar="INSTANT", help="Nothing later is looked at.")
@flag("--entity", "id_", metavar="ID", help="This entity only; needs one --machine.")
@flag("--cases", is_flag=True, help="Each entity's differences too.")
@flag("--fail-on", "fails", type=click.Choice(FAILS), multiple=True, help="Exit with 1 on these.")
def backtest(
    log: Path | None,
    mapping: Path | None,
    others: Others,
    since: datetime | None,
    until: datetime | None,
    id_: str | None,
    cases: bool,
    fails: tuple[str, ...],
) -> None:
    """Tell what journals would have come to under other policies."""
    from crmflow.analysis.backtest import Backtest
    from crmflow.analysis.backtest import backtest as tested

    here = session()
    others.require()
    if since is not None and until is not None and until <= since:
        raise misused("--until must be later than --since")
    found = Backtest()
    shown: list[Case] = []
    with _source(here, log, mapping) as source, Progress(here.say("entities")) as progress:
        about, other = _about(here, source.registry, id_), others.policies(here).bound()
        named = cast("tuple[str, ...]", here.flags.get("machines", ()))
        for case in tested(source, other, machines=named, entity=about, since=since, until=until):
            found.add(case)
            if cases and (case.differences or case.untested):
                shown += kept_or_written(here, case)
            progress.advance()
    document: dict[str, object] = found.to_dict()
    if cases and here.output != "jsonl":
        document["cases"] = [case.to_dict() for case in shown]
    sets = (source.registry, other)
    here.document(document, lambda: _parts(Names.of(here, sets), found, shown))
    if _fails(found, fails):
        click.get_current_context().exit(FINDINGS)


def _about(here: Session, registry: Registry, id_: str | None) -> EntityRef | None:
    """Return the one entity that is meant, if one is."""
    if id_ is None:
        return None
    names = here.settings.names("machines")
    if len(names) != 1:
        raise misused("an id is of one machine: give --machine once")
    return registry.ref(names[0], id_)


@contextlib.contextmanager
def _source(here: Session, log: Path | None, mapping: Path | None) -> Iterator[ReadOnly]:
    """Give what is tested: the store, which is only read, or a log in a store of its own."""
    from crmflow.analysis.source import read_only

    if (log is None) != (mapping is None):
        raise misused("a log needs its mapping, and a mapping its log: --log and --mapping")
    if log is None or mapping is None:
        with read_only(here.store, policies(here)) as source:
            yield source
        return
    with tempfile.TemporaryDirectory(prefix="crmflow-") as folder:
        url = f"sqlite:///{folder}/log.db?synchronous=NORMAL"
        _bring_in(here, log, mapping, url)
        with read_only(url, policies(here)) as source:
            yield source


def _bring_in(here: Session, log: Path, mapping_path: Path, url: str) -> None:
    """Import a log; rows that cannot be used are left out and counted."""
    from crmflow.analysis.importing import import_log
    from crmflow.analysis.mapping_file import load_mapping
    from crmflow.core.actor import Actor
    from crmflow.storage.opening import open_store

    mapping = load_mapping(mapping_path)
    if not here.flags.get("machines"):
        if mapping.machine is None:
            raise misused("the mapping names no machine: set `machine` in it, or give --machine")
        here.keep("machines", (mapping.machine,))
    names = here.settings.names("machines")
    if len(names) > 1:
        raise misused("a log is about one machine: give --machine once")
    left: Counter[str] = Counter()
    with (
        contextlib.closing(open_store(url)) as store,
        here.engine(store=store) as engine,
        Progress(here.say("rows")) as progress,
    ):
        import_log(
            engine, log, mapping, names[0],
            actor=Actor("importer", {"administrator"}),
            aside=lambda _fault: left.update(("rows",)),
            progress=lambda count: progress.advance(count - progress.done),
        )  # fmt: skip
    if left:
        here.note(here.say("{n} rows of the log are left out.").format(n=left["rows"]))


def _fails(found: Backtest, fails: tuple[str, ...]) -> bool:
    from crmflow.analysis.backtest import Kind

    if ANY in fails and found.differing:
        return True
    return any(found.count(Kind(one.replace("-", "_"))) for one in fails if one != ANY)


def _parts(names: Names, found: Backtest, shown: list[Case]) -> Iterator[Sheet | str]:
    """Yield what people are shown: in sum, what differs, case by case, what cannot be known."""
    say = names.here.say
    sums: Record = {
        name: getattr(found, name)
        for name in ("entities", "tested", "records", "differing", "diverged")
    }
    yield pairs(sums, say)
    rows = [names.labelled("kind", row) for row in found.rows()]
    yield Sheet(COLUMNS, rows, say("Differences")) if rows else say("Nothing would have differed.")
    if shown:
        yield Sheet(CASE_COLUMNS, [*_lines(names, shown)], say("Entity by entity"))
    if found.untested:
        counts = {say(name): n for name, n in sorted(found.untested.items())}
        yield pairs(counts, say, say("Not testable"))
    left_out = [one for one in shown if one.untested is not None]
    if left_out:
        yield Sheet(UNTESTED_COLUMNS, [*_untested(names, left_out)])
    yield pairs(attrs.asdict(found.unknown), say, say(NOT_KNOWN))
    yield say(CAVEAT)


def _lines(names: Names, shown: Iterable[Case]) -> Iterator[Record]:
    for case in shown:
        machine = case.ref.machine
        for one in case.differences:
            row = {
                **one.to_dict(),
                "machine": machine,
                "id": case.ref.id,
                "as_it_was": names.told(machine, one.then),
                "as_it_would_be": names.told(machine, one.now),
                "conditional": names.here.say("yes") if one.conditional else "",
            }
            yield names.labelled("kind", row)


def _untested(names: Names, left_out: Iterable[Case]) -> Iterator[Record]:
    for case in left_out:
        machine, why = names.machine(case.ref.machine), str(case.to_dict()["untested"])
        yield {**case.to_dict(), "machine": machine, "why": names.here.say(why)}
