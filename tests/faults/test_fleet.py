"""Processes are killed, and the server is: nothing is lost, doubled or stuck."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.audit import FAULTS
from tests.faults.scale import scaled, seed
from tests.faults.server import programs
from tests.storage.servers import postgresql, postgresql_database, with_options

ROOT = Path(__file__).parents[2]
KILLS = scaled(40, 300)
RESTARTED_LIVES = scaled(1000, 10_000)
A_MINUTE = 24
"""Restarts a minute, at most."""


def drilled(*arguments: object) -> dict[str, int]:
    """Run a drill in a process of its own, and return its counts."""
    given = list(map(str, arguments))
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.fleet", *given, seed()],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}/src"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]
    counts: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    return counts


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the URL of an empty store that processes share."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/crm.db?timeout=30"
        return
    with postgresql_database(postgresql()) as found:
        yield with_options(found, pool="4")


@pytest.mark.slow
def test_killed_workers_and_callers_lose_nothing(
    url: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Three workers and two callers, one of them killed every few moments."""
    counts = drilled("kills", url, tmp_path, 50, KILLS)
    record_property(f"kill -9 of workers and callers, {url.partition(':')[0]}", counts)
    assert counts["workers killed"] + counts["callers killed"] == KILLS
    assert counts["lives"] >= 50
    assert [counts[name] for name in FAULTS] == [0, 0, 0]


@pytest.mark.slow
def test_a_server_that_restarts_under_workers_loses_nothing(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """It is stopped, crashed and killed in turns, every few moments, while lives are lived."""
    programs()
    counts = drilled("restarts", "-", tmp_path, RESTARTED_LIVES, A_MINUTE)
    record_property("server restarted under three workers", counts)
    assert counts["restarts"] > 1
    assert counts["lives"] == RESTARTED_LIVES
    assert [counts[name] for name in FAULTS] == [0, 0, 0]
