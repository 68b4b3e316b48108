import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tests.analysis.parcels import HEADER, SNAPSHOT_HEADER
from tests.cli.conftest import Crm

MACHINE = Path(__file__).parents[1] / "analysis" / "parcels_plugin.py"
HISTORY = """
machine = "parcel"
case = "id"
state = "stage"
time = "at"
zone = "UTC"
actor = "who"
[states]
P = "packed"
S = "sent"
D = "delivered"
[columns]
receiver = { column = "to" }
"""
SNAPSHOT = """
kind = "snapshot"
case = "id"
state = "stage"
[states]
S = "sent"
[columns]
receiver = { column = "to" }
value = { type = "money", currency = "EUR" }
[report]
sums = "value"
"""
ROWS = (
    "A,P,2026-01-01,clerk-1,Berlin,,,",
    "A,S,2026-01-03,clerk-1,Berlin,,,",
    "B,S,2026-01-01,clerk-2,Paris,,,",
)
BAD = "A,D,soon,clerk-1,Berlin,,,"


@pytest.fixture
def files(crm: Crm) -> Path:
    """The folder of a log and its mapping."""
    folder = crm.store.parent
    (folder / "map.toml").write_text(HISTORY)
    (folder / "log.csv").write_text("\n".join((HEADER, *ROWS)))
    return folder


def log(crm: Crm, verb: str, *words: str, form: str = "json") -> Result:
    """Run a verb over the log."""
    chosen = ("--store", "sqlite:///parcels.db", "--plugin", str(MACHINE), "-o", form)
    return crm.bare(*chosen, "log", verb, "log.csv", "--mapping", "map.toml", *words)


def document(result: Result) -> dict[str, Any]:
    """Return what a verb printed."""
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_replay_reports_how_a_log_fits(crm: Crm, files: Path) -> None:
    """The figures are one JSON document; no store is made."""
    result = log(crm, "replay", "--top", "1")
    report = document(result)
    assert result.exit_code == 0
    assert (report["file"], report["machine"], report["aside"]) == ("log.csv", "parcel", None)
    assert (report["cases"], report["fitting"], report["open"]) == (2, 1, {"sent": 2})
    assert report["illegal_starts"] == [["sent", 1]]
    assert len(report["top_variants"]) == 1
    assert not (files / "parcels.db").exists()


def test_replay_shows_tables(crm: Crm, files: Path) -> None:
    """People get figures, illegal moves, times, what is open, and variants."""
    shown = log(crm, "replay", form="table").stdout
    for text in (
        "fitting",
        "Illegal starts",
        "median hours",
        "Still open",
        "packed, sent",
    ):
        assert text in shown


@pytest.mark.parametrize("verb", ["replay", "import"])
def test_a_bad_row_stops(crm: Crm, files: Path, verb: str) -> None:
    """File, line, column and reason are told, and nothing is printed as a report."""
    (files / "log.csv").write_text("\n".join((HEADER, *ROWS, BAD)))
    result = log(crm, verb, form="table")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Error: log.csv, line 5: column 'at': 'soon' is no ISO 8601 time" in result.stderr


@pytest.mark.parametrize("verb", ["replay", "import"])
def test_a_bad_row_is_set_aside(crm: Crm, files: Path, verb: str) -> None:
    """It is in the file that is named, and the exit code tells of it."""
    (files / "log.csv").write_text("\n".join((HEADER, BAD, *ROWS)))
    result = log(crm, verb, "--on-error", "aside")
    report = document(result)
    assert (result.exit_code, report["set_aside"]) == (1, 1)
    assert report["aside"] == "log.csv.aside.jsonl"
    assert "1 rows were set aside in log.csv.aside.jsonl." in result.stderr
    kept = json.loads((files / "log.csv.aside.jsonl").read_text())
    assert (kept["file"], kept["line"], kept["faults"][0]["column"]) == ("log.csv", 2, "at")


def test_the_file_for_bad_rows_may_be_named(crm: Crm, files: Path) -> None:
    """Without bad rows there is no such file."""
    result = log(crm, "replay", "--on-error", "aside", "--aside", "bad.jsonl")
    assert (result.exit_code, document(result)["aside"]) == (0, None)
    assert not (files / "bad.jsonl").exists()


def test_import_brings_observations(crm: Crm, files: Path) -> None:
    """The second time nothing is new."""
    first = document(log(crm, "import"))
    assert (first["rows"], first["observations"], first["created"]) == (3, 3, 2)
    assert first["states"] == {"sent": 2}
    again = document(log(crm, "import"))
    assert (again["unchanged"], again["observations"], again["created"]) == (3, 0, 0)


def test_import_of_a_snapshot_adopts(crm: Crm, files: Path) -> None:
    """The machine may be named by the caller; sums and what is missing are shown."""
    (files / "map.toml").write_text(SNAPSHOT)
    (files / "log.csv").write_text(f"{SNAPSHOT_HEADER}\nA,S,,Rome,2.50,,\n")
    chosen = ("--machine", "parcel", "--role", "administrator")
    report = document(log(crm, "import", *chosen))
    assert (report["adopted"], report["sums"]) == (1, {"value": {"sent": "2.50 EUR"}})
    shown = log(crm, "import", *chosen, form="table").stdout
    assert "2.50 EUR" in shown
    assert "Required by" in shown


def test_import_of_a_history_shows_its_states(crm: Crm, files: Path) -> None:
    """Nothing is required of what is only observed."""
    shown = log(crm, "import", form="table").stdout
    assert "observations" in shown
    assert "Required" not in shown


def test_without_the_right_nothing_is_adopted(crm: Crm, files: Path) -> None:
    """The refusal says which role it takes."""
    (files / "map.toml").write_text(SNAPSHOT)
    (files / "log.csv").write_text(f"{SNAPSHOT_HEADER}\nA,S,,Rome,2.50,,\n")
    result = log(crm, "import", "--machine", "parcel", form="table")
    assert (result.exit_code, result.stdout) == (4, "")
    assert "administrator" in result.stderr


def test_the_machine_must_be_one(crm: Crm, files: Path) -> None:
    """None and two are usage errors; a mapping that does not fit is one of configuration."""
    two = log(crm, "replay", "--machine", "parcel", "--machine", "lead")
    assert (two.exit_code, "give --machine once" in two.stderr) == (2, True)
    other = log(crm, "replay", "--machine", "lead")
    assert (other.exit_code, "is no state of the machine" in other.stderr) == (3, True)
    (files / "map.toml").write_text(HISTORY.replace('machine = "parcel"', ""))
    none = log(crm, "replay")
    assert (none.exit_code, "names no machine" in none.stderr) == (2, True)
