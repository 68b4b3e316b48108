"""`crmflow report`: what journals and entities tell together, as tables and pictures."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crmflow.cli.faults import FINDINGS, NOT_FOUND
from crmflow.cli.machine import write_new
from crmflow.cli.output import Record, Sheet, headed
from crmflow.cli.session import Session, session
from crmflow.cli.verbs import Noun, flag
from crmflow.core.errors import did_you_mean

if TYPE_CHECKING:
    from crmflow.policies.kpi import Report, Sample

report = Noun("report", help="Reports: figures, times and groups, as tables and pictures.")


@report.command("list", help="List the reports: what each tells, of which entities.")
def list_reports() -> None:
    """List the reports: what each tells, of which entities."""
    here = session()
    rows: list[Record] = [
        {
            "report": one.name,
            "title": one.title(here.lang),
            "tells": str(one.tells),
            "machine": one.machine,
            "rules": list(one.rules),
        }
        for one in _reports(here).values()
    ]
    here.rows(("report", "title", "tells", "machine", "rules"), rows)


def _reports(here: Session) -> Mapping[str, Report]:
    """Return the reports whose machine is switched on, by name."""
    from crmflow.policies.kpi import Report

    manager = here.plugins()
    machines = here.machines(manager)
    rows = here.rules(manager).tables.of("reports", Report)
    return {one.name: one for one in rows if one.enabled and one.machine in (None, *machines)}


@report.command(help="Make a report of the whole store, and a picture of it where asked.")
@click.argument("name", metavar="REPORT")
@flag(
    "--picture",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Draw it into this SVG file too.",
)
@flag(
    "--samples",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="CSV of samples from elsewhere: kpi, on, value, out_of, group.",
)
def show(name: str, picture: Path | None, samples: Path | None) -> None:
    """Make a report of the whole store, and a picture of it where asked."""
    from crmflow.analysis.reports import make
    from crmflow.analysis.reports.picture import picture as drawing

    here = session()
    known = _reports(here)
    if name not in known:
        near = did_you_mean(name, known)
        here.note(f"{here.say('Error')}: {here.say('no report has this name.')} {near}")
        click.get_current_context().exit(NOT_FOUND)
    brought = {} if samples is None else _brought(here, samples)
    row = known[name]
    with here.engine() as engine:
        told = make(engine, row, lang=here.lang, brought=brought)
    title = row.title(here.lang)
    headings = {column: told.headings.get(column, column) for column in told.columns}
    sheet = Sheet(tuple(headings.values()), headed(headings, told.labelled()), title)
    here.document({"report": name, "title": title, "rows": list(told.rows)}, lambda: (sheet,))
    if picture is not None:
        names = {column: here.say(column.replace("_", " ")) for column in told.drawn}
        write_new(here, picture, drawing(told, title, row.drawn, names).encode())
        here.note(here.say("{path} is drawn.").format(path=picture))


class SampleError(ValueError):
    """A row of samples that cannot be read."""


def _brought(here: Session, path: Path) -> Mapping[str, list[Sample]]:
    """Return the samples of a file by their indicator; all faults are told at once."""
    found: dict[str, list[Sample]] = defaultdict(list)
    faults = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        for number, line in enumerate(csv.DictReader(file), 2):
            try:
                kpi, sample = _sample(line)
            except SampleError as error:
                faults.append(f"{path}: line {number}: {error}")
            else:
                found[kpi].append(sample)
    if faults:
        for fault in faults:
            here.note(f"{here.say('Error')}: {fault}")
        click.get_current_context().exit(FINDINGS)
    return found


def _sample(line: Mapping[str, str | None]) -> tuple[str, Sample]:
    from crmflow.policies.kpi import Sample

    try:
        on = date.fromisoformat(line.get("on") or "")
        value, out_of = Decimal(line.get("value") or ""), Decimal(line.get("out_of") or "1")
    except (ValueError, InvalidOperation) as error:
        message = "a day such as 2026-03-01 in `on`, and numbers in `value` and `out_of`"
        raise SampleError(message) from error
    if not line.get("kpi") or not value.is_finite() or not out_of.is_finite():
        message = "the name of an indicator in `kpi`, and finite numbers"
        raise SampleError(message)
    return str(line["kpi"]), Sample(on, value, out_of, line.get("group") or "")
