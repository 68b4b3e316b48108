import json
import os
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from crmflow.analysis.conformance import Conformance, Moves, replay_log
from crmflow.analysis.eventlog import read_log
from crmflow.analysis.mapping import Mapping
from crmflow.analysis.mapping_file import load_mapping
from crmflow.core.money import Money

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("CRMFLOW_DATA", ROOT.parent / "shared" / "data"))
UNMAPPED = "Declaration "


def folder(name: str) -> Path:
    """Return the folder of a public data set; without it there is nothing to compare."""
    path = DATA / name
    if not path.is_dir():
        pytest.skip(f"the data set {name} is not in {DATA}; set CRMFLOW_DATA to its parent")
    return path


def facts_of(name: str) -> dict[str, Any]:
    """Return what was counted in a data set by other means."""
    facts: dict[str, Any] = json.loads((folder(name) / "facts.json").read_text())
    return facts


def example(name: str) -> Mapping:
    """Return the example mapping of a data set."""
    return load_mapping(ROOT / "examples" / name / "mapping.toml")


def moves_of(machine: dict[str, Any], start: str, final: str, names: dict[str, str]) -> Moves:
    """Return the reference machine of a data set, its states renamed."""
    pairs = [tuple(names.get(state, state) for state in move) for move in machine["legal_moves"]]
    return Moves(
        start_states=frozenset({start}),
        legal_moves=frozenset((a, b) for a, b in pairs if a != "start"),
        final_states=frozenset({final}),
    )


@pytest.mark.slow
def test_incidents_fit_as_counted() -> None:
    """All 141,712 rows of the incident log give the published figures."""
    facts = facts_of("servicenow-incidents")
    mapping = example("servicenow")
    names = dict(mapping.states or {})
    moves = moves_of(facts["reference_machine"], "new", "closed", names)
    path = folder("servicenow-incidents") / "incident_event_log.csv.gz"
    report = replay_log(path, mapping, moves)
    assert (report.cases, report.rows) == (facts["incidents"], facts["rows"])
    assert report.fitting == facts["reference_machine"]["fully_conformant_incidents"] == 16_369
    assert report.cases_with_illegal_move == 29
    assert report.cases_with_illegal_start == 8_521
    expected = [
        (names.get(a, a), names.get(b, b), n)
        for a, b, n in facts["reference_machine"]["illegal_moves"]
    ]
    assert sorted(report.illegal_moves) == sorted(expected)
    merged = facts["collapsed_log_consecutive_equal_states_merged"]
    assert (report.events, report.variants) == (merged["events"], merged["variants"])
    top = [(v["cases"], [names[a] for a in v["activities"]]) for v in merged["top_variants"]]
    assert [(v.cases, list(v.states)) for v in report.top_variants[: len(top)]] == top
    assert (report.ended_final, report.open, report.backwards) == (24_918, {}, 1)


@pytest.fixture(scope="module")
def declarations() -> tuple[Conformance, Conformance]:
    """Replay the travel declarations from XES and from CSV."""
    home = folder("travel-declarations-bpi2020")
    machine = facts_of(home.name)["reference_machine"]
    moves = moves_of(machine, "submitted", "paid", {})
    xes = example("travel")
    names = {"case:concept:name": "case_id", "concept:name": "activity"}
    columns = [
        attrs.evolve(c, column="role" if c.field == "role" else c.column) for c in xes.columns
    ]
    flat = attrs.evolve(
        xes,
        format="csv",
        case=tuple(names[one] for one in xes.case),
        label=names[xes.label],
        time=("timestamp",),
        actor="resource",
        columns=tuple(columns),
    )
    return (
        replay_log(home / "domestic_declarations.xes.gz", xes, moves),
        replay_log(home / "domestic_declarations.csv.gz", flat, moves),
    )


@pytest.mark.slow
def test_declarations_are_the_same_from_xes_and_csv(
    declarations: tuple[Conformance, Conformance],
) -> None:
    """The two forms of one log give one report."""
    assert declarations[0].to_dict() == declarations[1].to_dict()


@pytest.mark.slow
def test_declarations_fit_as_counted(declarations: tuple[Conformance, Conformance]) -> None:
    """The declarations give the published figures, illegal starts and moves apart."""
    facts = facts_of("travel-declarations-bpi2020")
    machine = facts["reference_machine"]
    report = declarations[0]
    assert (report.cases, report.rows) == (facts["cases"], facts["events"])
    assert report.fitting == machine["cases_without_illegal_move"] == 10_344
    assert report.fitting_final == machine["cases_conformant_and_ending_paid"]
    found = [("start", state, n) for state, n in report.illegal_starts] + [*report.illegal_moves]
    assert sorted((a.removeprefix(UNMAPPED), b.removeprefix(UNMAPPED), n) for a, b, n in found) == (
        sorted(map(tuple, machine["illegal_moves"]))
    )
    assert report.top_variants[0].cases == 4_618
    assert report.backwards == report.set_aside == 0


def test_opportunities_are_read_as_counted() -> None:
    """The pipeline snapshot gives its stages, its value and its blanks."""
    facts = facts_of("maven-crm-pipeline")
    mapping = example("maven")
    rows = list(read_log(folder("maven-crm-pipeline") / "sales_pipeline.csv", mapping))
    assert len({row.case for row in rows}) == len(rows) == facts["opportunities"] == 8_800
    assert Counter(row.label for row in rows) == facts["stages"]
    won = [row.values["value"] for row in rows if row.state == "won"]
    total = sum((value.amount for value in won if isinstance(value, Money)), Decimal(0))
    assert total == facts["won_close_value_sum"] == 10_005_534
    assert sum(row.values.get("products") == ("GTX Pro",) for row in rows) == 1_480
    blank = Counter(name for row in rows for name in facts["blank"] if row.raw.get(name) == "")
    assert blank["account"] == sum("customer" not in row.values for row in rows) == 1_425
    assert sum(row.at is None for row in rows) == facts["stages"]["Prospecting"]
