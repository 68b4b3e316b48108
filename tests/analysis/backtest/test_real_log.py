"""A real log under a tighter deadline: every new breach is one by the log's own instants."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby, islice
from pathlib import Path

import pytest

from crmflow.analysis.backtest import Backtest, Kind, backtest
from crmflow.analysis.importing import import_log
from crmflow.analysis.mapping_file import load_mapping
from crmflow.analysis.source import Policies
from crmflow.clock import ManualClock
from crmflow.core.actor import Actor
from crmflow.engine.engine import Engine

DESK = Path(__file__).parents[3] / "examples" / "servicenow"
PLUGIN = str(DESK / "crmflow_servicenow.py")
ENDED = ("Resolved", "Closed")
CASES = 1500
"""So many incidents, one in sixteen, are enough to differ in every way there is."""


def incidents(log: Path) -> Iterator[list[dict[str, str]]]:
    """Yield the rows of each incident as they stand in the file."""
    with gzip.open(log, "rt", encoding="utf-8", newline="") as file:
        for _, rows in groupby(csv.DictReader(file), key=lambda row: row["number"]):
            yield list(rows)


def spent(rows: list[dict[str, str]]) -> tuple[datetime, timedelta]:
    """Return when an incident begins in the log, and how long until it is first resolved."""
    told = [f"{row['sys_updated_at']} +0000" for row in rows]
    times = [datetime.strptime(one, "%d/%m/%Y %H:%M %z") for one in told]
    ends = (at for at, row in zip(times, rows, strict=True) if row["incident_state"] in ENDED)
    return times[0], max(next(ends) - times[0], timedelta(0))


@pytest.mark.slow
def test_new_breaches_are_those_of_the_logs_own_instants(data_dir: Path, tmp_path: Path) -> None:
    """Incident by incident and in sum: resolved after three days and within ten."""
    log, some = (
        data_dir / "servicenow-incidents" / "incident_event_log.csv.gz",
        tmp_path / "log.csv",
    )
    expected: dict[str, datetime] = {}
    with some.open("w", encoding="utf-8", newline="") as file:
        writer = None
        for rows in islice(incidents(log), CASES):
            writer = writer or csv.DictWriter(file, rows[0])
            if file.tell() == 0:
                writer.writeheader()
            writer.writerows(rows)
            began_at, took = spent(rows)
            if timedelta(days=3) < took <= timedelta(days=10):
                expected[rows[0]["number"]] = began_at + timedelta(days=3)
    clock = ManualClock(datetime(2017, 3, 1, tzinfo=UTC))
    with Engine(
        "memory:", machines=["incident"], plugins=[PLUGIN], config=DESK / "limit.toml", clock=clock
    ) as engine:
        mapping = load_mapping(DESK / "mapping.toml")
        importer = Actor("importer", {"administrator"})
        import_log(engine, some, mapping, "incident", actor=importer, aside=lambda _: None)
        tighter = Policies(
            machines=["incident"], plugins=engine.plugins, config=DESK / "tighter.toml"
        ).bound()
        cases = list(backtest(engine, tighter))
    found = {
        case.ref.id: one.at
        for case in cases
        for one in case.differences
        if one.kind is Kind.NEW_BREACH
    }
    assert found == expected
    told = Backtest.of(cases)
    assert (told.entities, told.tested, told.count(Kind.NEW_BREACH)) == (
        CASES,
        CASES,
        len(expected),
    )
    assert told.count(Kind.VANISHED_BREACH) == told.diverged == 0
