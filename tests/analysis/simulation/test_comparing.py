import math

import pytest

from crmflow import compare
from crmflow.analysis.simulation.comparing import figure_intervals, interval
from tests.analysis.simulation.visits import scenario

BUSY = {"arrivals": [{"name": "visits", "machine": "visit", "per_week": 900}], "days": 1}
TWO = [{"name": "clerk", "count": 2, "roles": ["clerk"]}]


def test_what_another_clerk_does_is_told_with_its_interval() -> None:
    """Under common random numbers: who comes, and how long each takes, is the same."""
    runs: list[int] = []
    base, more = scenario(**BUSY), scenario(**BUSY, staff=TWO)
    found = compare(base, [more], replications=3, seed=5, ran=runs.append)
    assert list(found.seeds) == [5, 6, 7]
    assert runs == [1, 2, 3, 4, 5, 6]
    ours, theirs = found.runs["visits"], found.runs["visits#2"]
    for one, other in zip(ours, theirs, strict=True):
        assert (
            one.tables["throughput"].rows[0]["came"] == other.tables["throughput"].rows[0]["came"]
        )
        assert other.figures["waiting_minutes", "clerk"] < one.figures["waiting_minutes", "clerk"]
    (waiting,) = (one for one in found.rows() if one["figure"] == "waiting_minutes")
    assert float(str(waiting["difference"])) < 0
    assert float(str(waiting["other"])) < float(str(waiting["base"]))
    (refused,) = (one for one in found.rows() if one["figure"] == "refused")
    assert refused["difference"] == refused["low"] == refused["high"] == "0.00"
    assert refused["clear"] is False
    rows = figure_intervals(ours)
    assert [row["figure"] for row in rows][:2] == ["waiting_minutes", "utilisation"]
    assert float(str(rows[0]["low"])) <= float(str(rows[0]["mean"])) <= float(str(rows[0]["high"]))


def test_one_replication_has_no_interval() -> None:
    """Nothing can be said of what chance does to it."""
    found = compare(scenario(**BUSY), [scenario(**BUSY, staff=TWO)])
    assert {row["clear"] for row in found.rows()} == {None}
    assert {row["low"] for row in found.rows()} == {None}
    assert {row["high"] for row in figure_intervals(found.runs["visits"])} == {None}


def test_only_what_all_have_is_compared() -> None:
    """A figure that a scenario lacks has no difference."""
    idle = scenario(**BUSY, doings=[])
    found = compare(scenario(**BUSY), [idle])
    assert {row["figure"] for row in found.rows()} == {"refused"}
    assert "waiting_minutes" not in {
        row["figure"] for row in figure_intervals([*found.runs["visits"], *found.runs["visits#2"]])
    }


def test_intervals_are_student_s() -> None:
    """Of 1, 2, 3 by hand: 2 plus or minus 4.3027 / sqrt(3)."""
    found = interval([1.0, 2.0, 3.0])
    assert found.mean == 2
    assert found.half == pytest.approx(4.30265 / math.sqrt(3), abs=1e-4)
    assert found.clear is False
    assert interval([2.0, 2.1, 2.2]).clear is True


def test_nothing_is_run_no_times() -> None:
    """Who asks is told."""
    with pytest.raises(ValueError, match="one replication at least"):
        compare(scenario(), replications=0)
