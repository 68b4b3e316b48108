"""`crmflow policy simulate`: a company's days on a virtual clock, and what if."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crmflow.cli.machine import write_new
from crmflow.cli.output import Record, Sheet, make_folder, pairs
from crmflow.cli.progress import Progress
from crmflow.cli.session import Session, misused, session
from crmflow.cli.verbs import Verb, flag

if TYPE_CHECKING:
    from crmflow.analysis.simulation import Compared, Scenario, Simulated

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

ONE_RUN = "One replication has no intervals: give --replications 2 or more."

ABOUT: Mapping[str, str] = {
    "waiting_minutes": "role",
    "utilisation": "role",
    "kept": "deadline",
    "duration_hours": "machine",
    "ended": "machine",
}
"""What each figure is of, as the labels of the tables tell codes apart."""

LINES = frozenset({"queues", "throughput", "states"})
"""Tables that are drawn as lines; the others are bars."""


@click.command(
    "simulate",
    cls=Verb,
    help="Let a company live on a virtual clock: load, waiting, deadlines, and what if.",
)
@click.argument("scenario", type=_FILE)
@flag("--seed", type=int, metavar="N", help="Names the chance; else the scenario's own.")
@flag(
    "--replications",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="R",
    help="How often, each with a seed of its own; intervals need two.",
)
@flag(
    "--against",
    multiple=True,
    metavar="OTHER",
    help="What if: another scenario file, or shipped profiles; repeat.",
)
@flag(
    "--picture",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Draw the tables into SVG files of this folder too.",
)
@flag("--keep", metavar="URL", help="New store that keeps what is simulated.")
def simulate_verb(
    scenario: Path,
    seed: int | None,
    replications: int,
    against: tuple[str, ...],
    picture: Path | None,
    keep: str | None,
) -> None:
    """Let a company live on a virtual clock: load, waiting, deadlines, and what if."""
    from crmflow.analysis.simulation import Scenario

    here = session()
    read = Scenario.load(scenario)
    if keep is not None and (replications > 1 or against):
        raise misused("--keep keeps one run: leave out --replications and --against")
    others = [_other(read, one) for one in against]
    if picture is not None:
        make_folder(picture, "--picture")
    if replications == 1 and not against:
        _told(here, _simulated(here, read, seed, keep), picture)
        return
    compared = _compared(here, read, others, seed, replications)
    _told(here, compared.runs[read.name][0], picture, compared)


def _other(base: Scenario, name: str) -> Scenario:
    """Return what a scenario is compared with: another file, or itself under other profiles."""
    from crmflow.analysis.simulation import Scenario
    from crmflow.core.errors import ConfigurationError
    from crmflow.profiles.files import chosen_profiles

    if name.endswith(".toml"):
        if not Path(name).is_file():
            raise _no_other(
                "there is no file {name!r}: give a scenario file, or shipped profiles", name
            )
        return Scenario.load(name)
    try:
        chosen_profiles(name)
    except ConfigurationError as error:
        text = "{name!r} is neither a scenario file (.toml) nor shipped profiles"
        raise _no_other(text, name, *error.faults) from error
    return base.under(name)


def _no_other(text: str, name: str, *faults: str) -> click.BadParameter:
    said = session().say(text).format(name=name)
    return click.BadParameter(": ".join((said, *faults)), param_hint="'--against'")


def _simulated(here: Session, read: Scenario, seed: int | None, keep: str | None) -> Simulated:
    from crmflow.analysis.simulation import simulate

    with Progress(here.say("days"), total=read.rows.days) as bar:
        return simulate(
            read,
            seed=seed,
            store=keep or "memory:",
            lang=here.lang,
            progress=lambda day: bar.advance(day - bar.done),
        )


def _compared(
    here: Session, read: Scenario, others: list[Scenario], seed: int | None, replications: int
) -> Compared:
    from crmflow.analysis.simulation import compare

    with Progress(here.say("runs"), total=replications * (1 + len(others))) as bar:
        return compare(
            read,
            others,
            replications=replications,
            seed=seed,
            lang=here.lang,
            ran=lambda runs: bar.advance(runs - bar.done),
        )


# ---- What is told ------------------------------------------------------------------------------


def _told(
    here: Session, simulated: Simulated, picture: Path | None, compared: Compared | None = None
) -> None:
    document = {**simulated.document(), **({} if compared is None else _what_if(compared))}
    labels = simulated.tables["load"].labels

    def parts() -> Iterator[Sheet | str]:
        yield from _sheets(here, simulated)
        yield from _intervals(here, document, labels)

    here.document(document, parts)
    if picture is not None:
        for path in _drawn(here, simulated, picture):
            here.note(here.say("{path} is drawn.").format(path=path))


def _what_if(compared: Compared) -> Record:
    from crmflow.analysis.simulation.comparing import figure_intervals

    return {
        "seeds": list(compared.seeds),
        "replications": {
            name: list(figure_intervals(runs)) for name, runs in compared.runs.items()
        },
        "differences": list(compared.rows()),
    }


def _sheets(here: Session, simulated: Simulated) -> Iterator[Sheet]:
    head = {name: one for name, one in simulated.document().items() if isinstance(one, str | int)}
    yield pairs(head, here.say)
    for name, told in simulated.tables.items():
        if told.rows:
            yield Sheet(told.columns, told.labelled(), here.say(TITLES[name]))


def _intervals(
    here: Session, document: Record, labels: Mapping[str, Mapping[str, str]]
) -> Iterator[Sheet | str]:
    def spoken(rows: Iterable[Record]) -> list[Record]:
        return [{**row, **_figure(here, row, labels)} for row in rows]

    found = document.get("replications")
    for name, rows in found.items() if isinstance(found, dict) else ():
        title = f"{here.say('Means over the replications')}: {name}"
        yield Sheet(("figure", "about", "mean", "low", "high"), spoken(rows), title)
    rows = document.get("differences")
    if isinstance(rows, list) and rows:
        columns = ("scenario", "figure", "about", "base", "other", "difference", "low", "high",
                   "clear")  # fmt: skip
        yield Sheet(columns, spoken(rows), here.say("What differs; 95 % intervals"))
    if document.get("seeds") == [document["seed"]]:
        yield here.say(ONE_RUN)


def _figure(here: Session, row: Record, labels: Mapping[str, Mapping[str, str]]) -> Record:
    """Return a figure and what it is about as people read them."""
    figure, of = str(row["figure"]), str(row["of"])
    code, space, tier = of.partition(" ")
    label = labels.get(ABOUT.get(figure, ""), {}).get(code, code)
    return {"figure": here.say(figure.replace("_", " ")), "about": f"{label}{space}{tier}"}


def _drawn(here: Session, simulated: Simulated, folder: Path) -> Iterable[Path]:
    from crmflow.analysis.reports.picture import picture as drawing
    from crmflow.policies.kpi import Drawn

    for name, told in simulated.tables.items():
        if told.rows:
            names = {column: here.say(column.replace("_", " ")) for column in told.drawn}
            drawn = Drawn.LINES if name in LINES else Drawn.BARS
            path = folder / f"{name}.svg"
            write_new(here, path, drawing(told, here.say(TITLES[name]), drawn, names).encode())
            yield path


TITLES = {
    "load": "How busy people were, in per cent of their shifts",
    "waiting": "How long work waited, in minutes",
    "queues": "How much work waited",
    "deadlines": "How deadlines were kept, in per cent",
    "throughput": "What came and ended",
    "durations": "How long cases took, in hours",
    "states": "Where cases were at the end of each part",
    "refusals": "What was refused, and why",
    "approvals": "What was held, and how it was answered",
    "fits": "Laws that were fitted, and how far they are from what was",
}
"""Title of each table."""
