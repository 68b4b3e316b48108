"""
The desk simulated from four weeks of its log, beside the four weeks that follow in the log.

    python simulated.py incident_event_log.csv.gz
    python simulated.py incident_event_log.csv.gz --incidents 2500 --every 5

Arrivals, moves and times are fitted to the incidents of April 2016 only. What is simulated is then
compared with those of May, which the fit has never seen: how deadlines are kept, and how long
incidents take. The desk itself did not stay the same, so April and May are compared as well.
"""

from __future__ import annotations

import argparse
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, timedelta
from pathlib import Path

import attrs
from incidents import HERE, Line, Played, lives, opened, part, play, table

from crmflow import Scenario, Simulated, simulate
from crmflow.analysis.simulation import between
from crmflow.policies.sla.report import Compliance, compliance

FITTED = (date(2016, 4, 4), date(2016, 5, 1))
"""First and last day of the incidents that laws are fitted to."""
HELD_OUT = (date(2016, 5, 2), date(2016, 5, 29))
"""Of those that nothing is fitted to."""
DEADLINES = ("first_response", "resolution", "closing")
HOUR, CLOSING = timedelta(hours=1), timedelta(days=5)

Days = tuple[date, date]
Kept = Mapping[str, tuple[int, int]]
"""Deadline -> (kept, to be judged)."""


@attrs.frozen
class Lived:
    """
    What became of incidents.

    Attributes:
        kept: How they kept their deadlines.
        hours: How long they took until they were resolved for good.
    """

    kept: Kept
    hours: Sequence[float]


@attrs.frozen
class Beside:
    """The simulation beside what it was fitted to, and beside what came afterwards."""

    fitted: Lived
    held_out: Lived
    simulated: Lived


def scenario(log: Path, incidents: int | None) -> Scenario:
    """Return the scenario over a log; with so many incidents at most, all of which end."""
    document = tomllib.loads((HERE / "scenario.toml").read_text("utf-8"))
    document["histories"][0]["log"] = str(log.resolve())
    document["arrivals"][0] |= {} if incidents is None else {"limit": incidents, "per_week": 600}
    return Scenario.of(document, "desk", HERE)


def lived(log: Path, days: Days, every: int) -> Lived:
    """Return what became of every n-th of the log's incidents that were opened on some days."""
    first, last = days
    found = [one for one in lives(log, Counter()) if first <= one.opened_at.date() <= last]
    played, hours = Played(), []
    with opened() as engine:
        for one in found[::every]:
            play(engine, one, played)
            resolved = [step.at for step in one.steps if step.state == "resolved"]
            hours += [(at - one.opened_at) / HOUR for at in resolved[-1:]]
    kept = judged(compliance((end.entity for end in played.ends), UTC, ("definition",)))
    return Lived(kept, hours)


def judged(lines: Iterable[Compliance]) -> Kept:
    """Return by deadline how many were kept, and how many are to be judged."""
    return {line.definition: (line.met, line.met + line.met_late + line.breached) for line in lines}


def told(found: Simulated) -> Lived:
    """Return what became of simulated incidents, of all priorities together."""
    met, all_ = Counter[str](), Counter[str]()
    for row in found.tables["deadlines"].rows:
        name = str(row["deadline"])
        met[name] += int(str(row["met"]))
        all_[name] += sum(int(str(row[one])) for one in ("met", "met_late", "breached"))
    # The timer closes exactly five days later, the desk's own job when it comes round.
    hours = [one - CLOSING / HOUR for one in found.hours["incident"]]
    return Lived({name: (met[name], all_[name]) for name in all_}, hours)


def beside(log: Path, incidents: int | None = None, every: int = 1) -> Beside:
    """
    Return the simulation beside the log.

    Args:
        log: The log.
        incidents: How many are simulated at most, or None for a year of them.
        every: Of the log's own incidents every n-th is lived again.
    """
    april, may = (lived(log, days, every) for days in (FITTED, HELD_OUT))
    return Beside(april, may, told(simulate(scenario(log, incidents))))


def distances(found: Beside) -> Iterator[Line]:
    """Yield how far apart the hours until they were resolved are."""
    pairs = (
        ("April, May", found.fitted, found.held_out),
        ("April, simulated", found.fitted, found.simulated),
        ("May, simulated", found.held_out, found.simulated),
    )
    for name, one, other in pairs:
        apart, hours = between(one.hours, other.hours)
        yield name, f"{apart:.4f}", f"{hours:.1f}"


def shown(found: Beside) -> None:
    """Print all figures."""
    lots = (found.fitted, found.held_out, found.simulated)
    kept = [(name, *(part(*one.kept[name]) for one in lots)) for name in DEADLINES]
    table("Deadlines kept", "deadline,April,May,simulated", kept)
    ordered = [sorted(one.hours) for one in lots]
    spread = [
        # The least that so many do not exceed: rounded up, and counted from nothing.
        (f"{tenth} of ten", *(f"{one[-(-len(one) * tenth // 10) - 1]:.1f}" for one in ordered))
        for tenth in range(1, 10)
    ]
    table("Hours until resolved, within which", "part,April,May,simulated", spread)
    table("How far apart", "hours until resolved,Kolmogorov-Smirnov,Wasserstein", distances(found))


def main() -> None:
    """Read the command line and print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("log", type=Path)
    parser.add_argument("--incidents", type=int, help="simulate only so many")
    parser.add_argument("--every", type=int, default=1, help="live only every n-th of the log's")
    asked = parser.parse_args()
    shown(beside(asked.log, asked.incidents, asked.every))


if __name__ == "__main__":
    main()
