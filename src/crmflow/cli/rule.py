"""`crmflow rule`: every rule of the catalogue, what carries it and which tests hold it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from crmflow.cli.faults import FINDINGS, NOT_FOUND
from crmflow.cli.output import Record, Sheet
from crmflow.cli.session import session
from crmflow.cli.verbs import Noun, flag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crmflow.analysis.rules.tracing import Trace, Tracing
    from crmflow.cli.session import Session

rule = Noun("rule", help="The rules, what carries them and which tests hold them.")

TESTS = "tests"
"""Where the tests of crmflow are, seen from its own checkout."""


def _tests(given: str | None) -> Path | None:
    """Return the folder of the tests that is given, else that of a checkout, else None."""
    if given is not None:
        return Path(given)
    own = Path(TESTS)
    return own if (own / "states" / "test_catalogue.py").is_file() else None


def _traced(here: Session, tests: str | None) -> Tracing:
    from crmflow.analysis.rules.tracing import trace

    return trace(here.plugins(), _tests(tests))


_TESTS = flag(
    "--tests",
    type=click.Path(exists=True, file_okay=False),
    metavar="DIR",
    help="Folder of the tests; that of a checkout where one runs it there.",
)


@rule.command("list", help="List the rules: text, what carries each, which tests hold it.")
@flag("--group", "groups", multiple=True, metavar="NAME", help="Of this group only; repeat.")
@flag("--kind", "kinds", multiple=True, metavar="NAME", help="Of this kind only; repeat.")
@_TESTS
def list_rules(groups: tuple[str, ...], kinds: tuple[str, ...], tests: str | None) -> None:
    """List the rules: text, what carries each, which tests hold it."""
    here = session()
    wanted = {name.upper() for name in groups}
    found = [
        one
        for one in _traced(here, tests).traces
        if (not wanted or one.id.partition("-")[0] in wanted) and (not kinds or one.kind in kinds)
    ]
    columns = ("id", "kind", "text", "carriers", "tests")
    here.rows(columns, list(map(_counted if here.output == "table" else _whole, found)))


def _counted(one: Trace) -> Record:
    """Return a rule with the numbers of its carriers and tests."""
    tests = None if one.tests is None else len(one.tests)
    return {**_said(one), "carriers": len(one.carriers), "tests": tests}


def _whole(one: Trace) -> Record:
    """Return a rule with all its carriers and tests."""
    tests = None if one.tests is None else list(one.tests)
    return {**_said(one), "carriers": _carriers(one), "tests": tests}


def _said(one: Trace) -> Record:
    import attrs

    from crmflow.analysis.rules.catalogue import Rule

    of = one.of
    if isinstance(of, Rule):
        own: Record = {"text": of.text, "source": of.source, "note": of.note}
    else:
        own = {
            "text": of.says,
            "reading": of.reading,
            "switch": [attrs.asdict(switch) for switch in of.switch],
            "rules": list(of.rules),
        }
    return {"id": one.id, "kind": one.kind, **own}


def _switches(here: Session, said: Record) -> tuple[Sheet, ...]:
    """Return by what a reading is changed; no sheet where it is a rule, or one of words alone."""
    found = cast("Sequence[Record]", said.get("switch", ()))
    return (Sheet(("by", "of", "column", "reads"), found, here.say("Switch")),) if found else ()


def _carriers(one: Trace) -> list[Record]:
    return [{"what": str(c.what), "file": c.file, "place": c.place} for c in one.carriers]


@rule.command(help="Show a rule or reading whole.")
@click.argument("id_", metavar="ID")
@_TESTS
def show(id_: str, tests: str | None) -> None:
    """Show a rule or reading whole."""
    from crmflow.core.errors import did_you_mean

    here = session()
    traces = {one.id: one for one in _traced(here, tests).traces}
    found = traces.get(id_.upper())
    if found is None:
        near = did_you_mean(id_.upper(), traces)
        here.note(f"{here.say('Error')}: {here.say('there is no such rule.')} {near}")
        click.get_current_context().exit(NOT_FOUND)
    whole = _said(found)
    said = [{"column": name, "value": whole[name]} for name in whole if name != "switch"]
    named = [{"test": name} for name in found.tests or ()]
    sheets = (
        Sheet(("column", "value"), said),
        *_switches(here, whole),
        Sheet(("what", "file", "place"), _carriers(found), here.say("Carriers")),
        Sheet(("test",), named, here.say("Tests")),
    )
    here.document(_whole(found), lambda: sheets)


@rule.command(help="Check that every rule is carried and tested; exit with 1 on findings.")
@_TESTS
def check(tests: str | None) -> None:
    """Check that every rule is carried and tested; exit with 1 on findings."""
    here = session()
    found = _traced(here, tests)
    wrong = list(found.faults())
    looked = found.traces[0].tests is not None
    counts = [_summed(name, found.traces) for name in ("rules", "readings")]
    document: Record = {"counts": counts, "faults": wrong, "looked_at_tests": looked}
    said = [f"- {fault}" for fault in wrong]
    if not looked:
        said.append(here.say("No tests were looked at: run it in a checkout, or give --tests."))
    sheet = Sheet(("kind", "rows", "carried", "tested"), counts)
    here.document(document, lambda: (sheet, *said))
    if wrong:
        click.get_current_context().exit(FINDINGS)


def _summed(name: str, traces: Sequence[Trace]) -> Record:
    chosen = [one for one in traces if (one.kind == "reading") == (name == "readings")]
    tested = None if chosen[0].tests is None else sum(bool(one.tests) for one in chosen)
    carried = sum(one.carried for one in chosen)
    return {"kind": name, "rows": len(chosen), "carried": carried, "tested": tested}
