"""`crmflow tier`: schemes of tiers, and a file of customers placed by one of them."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from crmflow.cli.acting import Who, acting
from crmflow.cli.faults import FINDINGS, NOT_FOUND, REFUSED
from crmflow.cli.output import Record, Sheet, pairs
from crmflow.cli.session import Session, session
from crmflow.cli.verbs import Noun, flag
from crmflow.core.errors import did_you_mean

if TYPE_CHECKING:
    from crmflow.policies.tiers import Criteria, Member, Metric, Placed, Scheme

tier = Noun("tier", help="Schemes of tiers, and customers placed by them.", no_args_is_help=True)

SCHEMES = flag(
    "--schemes",
    "schemes",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Take the schemes of this TOML file, not those of the profiles.",
)


class RowError(ValueError):
    """A row of a file that says nothing a scheme can read."""


@tier.command("list", help="List the schemes: machine, kind, tiers and rules.")
@SCHEMES
def list_schemes(schemes: Path | None) -> None:
    """List the schemes: machine, kind, tiers and rules."""
    here = session()
    rows = [
        {
            "scheme": scheme.name,
            "machine": scheme.machine,
            "kind": scheme.kind.value,
            "care": scheme.care,
            "tiers": list(scheme.names),
            "rules": list(scheme.rules),
        }
        for scheme in _schemes(here, schemes).values()
    ]
    here.rows(("scheme", "machine", "kind", "care", "tiers", "rules"), rows)


@tier.command(help="Show a scheme: what places in each tier, and what it gets.")
@click.argument("name", metavar="SCHEME")
@SCHEMES
def show(name: str, schemes: Path | None) -> None:
    """Show a scheme: what places in each tier, and what it gets."""
    from crmflow.core.plain import plain

    here = session()
    scheme = _named(here, name, schemes)
    document = cast("dict[str, object]", plain(scheme))
    rows: list[Record] = [
        {
            "tier": one.name,
            "label": one.zh if here.lang == "zh" else one.en,
            "criteria": _criteria(scheme, one.name),
            "gets": plain(one.gets),
            "rules": list(one.rules),
        }
        for one in scheme.tiers
    ]
    about = {name: value for name, value in document.items() if not isinstance(value, list | dict)}
    columns = ("tier", "label", "criteria", "gets", "rules")
    here.document(document, lambda: (pairs(about, here.say), Sheet(columns, rows)))


def _criteria(scheme: Scheme, name: str) -> str:
    """Return what places in a tier, as people read it."""
    one = scheme.tier(name)
    boxes = [", ".join(f"{metric} {band}" for metric, band in box.items()) for box in one.when]
    share = "" if one.share is None else f"{one.share}"
    return " | ".join(filter(None, (*boxes, str(one.points or ""), share, one.expression or "")))


@tier.command(help="Place every row of a CSV file: an id, and a column for each metric.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@flag("--scheme", "name", required=True, metavar="SCHEME", help="Name of the scheme.")
@SCHEMES
@flag("--id", "key", default="id", show_default=True, metavar="COLUMN", help="Column of the id.")
def compute(file: Path, name: str, schemes: Path | None, key: str) -> None:
    """Place every row of a CSV file: an id, and a column for each metric."""
    from crmflow.core.errors import ConfigurationError
    from crmflow.policies.tiers import DoubledError, criteria_of, scheme_faults, tier_population

    here = session()
    scheme = _named(here, name, schemes)
    faults = tuple(map(str, scheme_faults(scheme)))
    if faults:  # a row of a machine that is off is not checked when it is loaded
        raise ConfigurationError(scheme.origin, faults)
    criteria = criteria_of(scheme)
    counts = Counter[str]()
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            members = _members(criteria, lines, key)
            found = _told(tier_population(criteria, members), counts)
            here.rows(("id", "tier", "rank", "value", "because", "lacking"), found)
    except (RowError, DoubledError, UnicodeDecodeError, csv.Error) as error:
        here.note(f"{here.say('Error')}: {file}: {error}")
        click.get_current_context().exit(FINDINGS)
    if counts["refused"]:
        said = here.say("{n} are not placed: what the scheme needs is missing.")
        here.note(said.format(n=counts["refused"]))
        click.get_current_context().exit(FINDINGS)


def _told(found: Iterable[Placed], counts: Counter[str]) -> Iterator[Record]:
    """Yield placements as rows, and count those that the scheme refuses."""
    for one in found:
        placement = one.placement
        counts["refused"] += placement.refused
        yield {
            "id": one.id,
            "tier": one.tier,
            "rank": one.rank,
            "population": one.population,
            "value": None if one.value is None else f"{one.value:f}",
            "because": list(map(str, placement.reasons)),
            "lacking": list(placement.lacking),
        }


def _members(criteria: Criteria, lines: Iterable[str], key: str) -> Iterator[Member]:
    """Yield the rows of a file as they come; RowError names the first that cannot be read."""
    reader = csv.DictReader(lines)
    metrics = criteria.scheme.metrics
    for column in (key, *(metric.name for metric in metrics)):
        if column not in (reader.fieldnames or ()):
            hint = did_you_mean(column, reader.fieldnames or ())
            raise RowError(f"there is no column {column!r}. {hint}")
    for row in reader:
        if not row[key]:
            raise RowError(f"line {reader.line_num}: {key} is blank")
        yield row[key], {one.name: _cell(one, row[one.name], reader.line_num) for one in metrics}


def _cell(metric: Metric, text: str | None, line: int) -> Decimal | str | bool | None:
    """Return a cell as the value of a metric; a blank one is missing."""
    if text is None or not text.strip():
        return None
    if metric.value == "text":
        return text
    flags = {"true": True, "false": False}
    is_flag = metric.value == "flag"
    found = flags.get(text.strip().lower()) if is_flag else _number(text)
    if found is None:
        expected = "true or false" if is_flag else "a number such as 12.50"
        raise RowError(f"line {line}: {metric.name}: expected {expected}, not {text!r}")
    return found


def _number(text: str) -> Decimal | None:
    try:
        found = Decimal(text.strip())
    except InvalidOperation:
        return None
    # Longer than any amount of a business, and sums of it would not be exact.
    return found if found.is_finite() and abs(found.adjusted()) <= LONGEST else None


LONGEST = 60
"""Digits before or after the point."""


def _named(here: Session, name: str, file: Path | None) -> Scheme:
    """Return a scheme; where there is none of the name, say so and exit."""
    schemes = _schemes(here, file)
    if name not in schemes:
        said = here.say("no scheme has this name.")
        here.note(f"{here.say('Error')}: {said} {did_you_mean(name, schemes)}")
        click.get_current_context().exit(NOT_FOUND)
    return schemes[name]


def _schemes(here: Session, file: Path | None) -> dict[str, Scheme]:
    """Return the schemes of a file, else those of the profiles that can be read."""
    from crmflow.policies.tiers import Scheme, read_schemes

    if file is not None:
        return {name: criteria.scheme for name, criteria in read_schemes(file).items()}
    rows = (one.row for one in here.rules(here.plugins()).entries if one.table.name == "schemes")
    return {row.name: row for row in rows if isinstance(row, Scheme)}


@tier.command(help="Rank all entities of a store by a scheme of shares, and place each.")
@click.argument("scheme")
@flag("--dry-run", is_flag=True, help="Only tell what would be done.")
@acting
def rank(scheme: str, dry_run: bool, who: Who) -> None:
    """Rank all entities of a store by a scheme of shares, and place each."""
    here = session()
    with here.engine() as engine:
        done = engine.rank(scheme, actor=who.on(engine), dry_run=dry_run)
        rows = ({"tier": name, "entities": count} for name, count in done.tiers.items())
        here.rows(("tier", "entities"), rows, done.machine)
        if done.refused:
            said = here.say("{n} places were refused.")
            here.note(said.format(n=done.refused))
            click.get_current_context().exit(REFUSED)
