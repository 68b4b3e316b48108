"""The examples that read public logs: machines, mappings and the commands of their READMEs."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from crmflow import Actor, Engine, ManualClock
from crmflow.analysis.mapping_file import load_mapping
from crmflow.analysis.moves import moves_of
from crmflow.plugins.bringing import plugin_machines
from crmflow.plugins.loading import load_plugins
from tests.analysis.parcels import NOW
from tests.examples.readme import EXAMPLES, Run, run_readme

PLUGINS = {"servicenow": "incident", "travel": "declaration"}
LARGEST = 150
"""Mebibytes no command needs, however many rows its log has."""


def folder(data_dir: Path, name: str) -> Path:
    """Return the folder of a public data set."""
    path = data_dir / name
    if not path.is_dir():
        pytest.skip(f"the data set {name} is not in {data_dir}; set CRMFLOW_DATA to its parent")
    return path


def reference(data_dir: Path, name: str) -> dict[str, Any]:
    """Return the moves that were found in a data set by other means."""
    facts: dict[str, Any] = json.loads((folder(data_dir, name) / "facts.json").read_text())
    found: dict[str, Any] = facts["reference_machine"]
    return found


@pytest.mark.parametrize("name", PLUGINS)
def test_plugins_are_installable(name: str) -> None:
    """The entry point names the module that brings the machine the mapping is for."""
    project = tomllib.loads((EXAMPLES / name / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["crmflow"] == {name: f"crmflow_{name}"}
    manager = load_plugins([str(EXAMPLES / name / f"crmflow_{name}.py")], installed=False)
    machine = PLUGINS[name]
    assert machine in plugin_machines(manager)
    assert load_mapping(EXAMPLES / name / "mapping.toml").machine == machine


@pytest.mark.parametrize(
    ("name", "data", "count"),
    [
        ("servicenow", "servicenow-incidents", 33),
        ("travel", "travel-declarations-bpi2020", 17),
    ],
)
def test_moves_are_those_of_the_data_set(data_dir: Path, name: str, data: str, count: int) -> None:
    """The tables allow exactly the moves the data set's reference machine has."""
    manager = load_plugins([str(EXAMPLES / name / f"crmflow_{name}.py")], installed=False)
    moves = moves_of(plugin_machines(manager)[PLUGINS[name]])
    names = load_mapping(EXAMPLES / name / "mapping.toml").states or {}
    legal = {
        (names.get(a, a), names.get(b, b))
        for a, b in reference(data_dir, data)["legal_moves"]
        if a != "start"
    }
    assert {move for move in moves.legal_moves if move[0] != move[1]} == legal
    assert len(legal) == count


def test_an_incident_lives_and_closes_by_itself() -> None:
    """The plugin's machine is no mere list of moves: it counts, and a timer closes."""
    clock = ManualClock(NOW)
    plugin = str(EXAMPLES / "servicenow" / "crmflow_servicenow.py")
    engine = Engine("memory:", machines=["incident"], plugins=[plugin], clock=clock)
    desk = Actor("desk-1")
    report = {"priority": "3 - Moderate", "category": "network"}
    case = engine.create("incident", report, actor=desk).require().entity
    engine.fire(case, "assign", {"assignment_group": "Group 56"}, actor=desk).require()
    engine.fire(case, "resolve", actor=desk).require()
    engine.fire(case, "reopen", actor=desk).require()
    engine.fire(case, "resolve", actor=desk).require()
    (timer,) = engine.get(case).timers
    engine.run_due(timer.due_at)
    closed = engine.get(case)
    assert (closed.state, closed.facts.reopen_count) == ("closed", 1)
    assert (closed.facts.reassignment_count, closed.facts.opened_at) == (1, NOW)


def shown_and_flat(runs: list[Run], codes: list[int]) -> None:
    """Check that every run printed what the README shows, in bounded memory."""
    assert [run.code for run in runs] == codes
    assert [run.missing() for run in runs] == [[] for _ in runs]
    assert max(run.peak for run in runs) < LARGEST


@pytest.mark.slow
def test_the_incidents_readme_runs(data_dir: Path, tmp_path: Path) -> None:
    """Replay, import, import again and a look at one incident give the figures shown."""
    data = folder(data_dir, "servicenow-incidents")
    runs = run_readme("servicenow", data, tmp_path)
    shown_and_flat(runs, [0, 1, 1, 0])
    replayed, imported, again, _ = (run.report for run in runs)
    assert (replayed["fitting"], replayed["cases_with_illegal_move"]) == (16_369, 29)
    assert sorted(replayed["durations"])[:2] == ["-100", "active"]
    assert imported["rows"] == imported["observations"] + 5 == 141_712
    assert imported["states"] == again["states"] == {"closed": 24_918}
    assert again["unchanged"] == imported["observations"]
    aside = [(tmp_path / "servicenow" / run["aside"]).read_text() for run in (imported, again)]
    assert aside[0] == aside[1]
    kept = [json.loads(line) for line in aside[0].splitlines()]
    assert {row["row"]["incident_state"] for row in kept} == {"-100"}


@pytest.mark.slow
def test_the_declarations_readme_runs(data_dir: Path, tmp_path: Path) -> None:
    """Replay and import of the XES log give the figures shown."""
    data = folder(data_dir, "travel-declarations-bpi2020")
    runs = run_readme("travel", data, tmp_path)
    shown_and_flat(runs, [0, 1])
    replayed, imported = (run.report for run in runs)
    assert (replayed["fitting"], replayed["fitting_final"]) == (10_344, 10_028)
    assert imported["states"] == {"rejected": 39, "withdrawn": 284, "paid": 10_043}


@pytest.mark.slow
def test_the_pipeline_readme_runs(data_dir: Path, tmp_path: Path) -> None:
    """All opportunities are deals in their states, and what they lack is told exactly."""
    runs = run_readme("maven", folder(data_dir, "maven-crm-pipeline"), tmp_path)
    shown_and_flat(runs, [0, 0])
    imported, again = (run.report for run in runs)
    states = {"needs_analysis": 500, "negotiating": 1_589, "won": 4_238, "lost": 2_473}
    missing = {
        "needs_analysis": {"customer": 337},
        "negotiating": {"assessment": 1_589, "customer": 1_088, "plan": 1_589},
        "lost": {"reason": 2_473},
    }
    for report in (imported, again):
        assert (report["states"], report["missing"]) == (states, missing)
        assert report["sums"] == {"value": {"won": "10005534 USD", "lost": "0 USD"}}
    assert (imported["adopted"], again["adopted"], again["unchanged"]) == (8_800, 0, 8_800)
