"""The examples that simulate: complaints of a company, and a desk beside its own log."""

import sys
from pathlib import Path
from typing import Any

import attrs
import pytest

from crmflow import Scenario, compare, simulate
from tests.examples.readme import EXAMPLES, script

HOME = EXAMPLES / "simulation"


def short(name: str, days: int = 14) -> Scenario:
    """Return a scenario of the example, cut short."""
    found = Scenario.load(HOME / f"{name}.toml")
    return attrs.evolve(found, rows=attrs.evolve(found.rows, days=days, warm_up_days=4))


def test_complaints_are_simulated() -> None:
    """Everybody works, customers react, and nothing is refused that the scenario asks for."""
    found = simulate(short("complaints"))
    assert [dict(row) for row in found.tables["refusals"].rows] == []
    told = {str(row["deadline"]) for row in found.tables["deadlines"].rows}
    assert {"complaint_first_response", "complaint_limit"} <= told
    assert found.figures["utilisation", "customer_service"] > 30
    states = {row["state"]: row["count"] for row in found.tables["states"].rows}
    assert int(str(states["closed"])) > 10
    assert found.figures["cost", ""] > 0


@pytest.mark.slow
def test_a_second_head_shortens_the_wait() -> None:
    """What if: the scenario that says only what is different."""
    found = compare(short("complaints", 10), [short("second_head", 10)])
    rows = {(row["figure"], row["of"]): row for row in found.rows()}
    waiting = rows["waiting_minutes", "department_head"]
    assert float(str(waiting["other"])) < float(str(waiting["base"]))


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401 - a script
    """Return the script that simulates the desk, with its neighbour at hand."""
    monkeypatch.setitem(sys.modules, "incidents", script("servicenow/incidents.py"))
    return script("servicenow/simulated.py")


@pytest.mark.slow
def test_a_desk_is_simulated_as_its_log_goes_on(desk: Any, data_dir: Path) -> None:  # noqa: ANN401
    """What is fitted to April is near May, which nothing was fitted to: nearer than chance."""
    log = data_dir / "servicenow-incidents" / "incident_event_log.csv.gz"
    if not log.exists():
        pytest.skip(f"no log of incidents at {log}")
    found = desk.beside(log, incidents=1200, every=8)
    for name in desk.DEADLINES:
        own, simulated = (one.kept[name] for one in (found.held_out, found.simulated))
        assert abs(own[0] / own[1] - simulated[0] / simulated[1]) < 0.06, name
    apart = {name: (float(ks), float(hours)) for name, ks, hours in desk.distances(found)}
    assert apart["May, simulated"][0] < 0.12
    assert apart["May, simulated"][1] < 40
    assert found.simulated.kept["resolution"][1] >= 1200
