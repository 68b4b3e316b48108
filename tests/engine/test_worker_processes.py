"""Workers as processes: one that stands still is fenced off, those that are killed lose nothing."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crmflow.engine.engine import Engine
from crmflow.engine.working.worker import Worker
from tests.engine.machines import HOUR, SALES
from tests.engine.worker_trials import BRISK, shop, spawned
from tests.engine.workshop import TICKS
from tests.storage.servers import postgresql, schema_of

WAIT = 60
"""Seconds that anything may take at most before a test fails."""


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the URL of an empty store that processes share."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/crm.db?synchronous=NORMAL&timeout=60"
        return
    with schema_of(postgresql()) as found:
        yield found


def start(engine: Engine, count: int, ago: timedelta) -> None:
    """Start presses so long ago that ticks are due."""
    at = datetime.now(UTC) - ago
    for number in range(count):
        engine.create("press", actor=SALES, id=f"P-{number}", at=at).require()


@pytest.mark.slow
def test_a_process_that_stood_still_past_its_lease_is_fenced_off(
    url: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Its commit comes too late and changes nothing; it counts what others forestalled."""
    notes = tmp_path / "notes"
    with shop(url, str(notes)) as engine:
        start(engine, 3, HOUR + timedelta(seconds=1))
        process = spawned("stopping", url, notes)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)
        assert engine.backlog().due == 3
        worker = Worker(engine, BRISK)
        for _ in range(WAIT * 20):
            worker.round()
            if not engine.backlog().due:
                break
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGCONT)
        told, _ = process.communicate(timeout=WAIT)
        assert '{"fired": 0, "forestalled": 3}' in told
        assert worker.duties[0].tally.fired == 3
        assert [engine.get(("press", f"P-{n}")).facts.ticks for n in range(3)] == [1, 1, 1]
        assert len(engine.get(("ledger", "L-1")).facts.told) == 3
    record_property("worker stopped past its lease", {"fenced off": 3, "doubled": 0})


@pytest.mark.slow
def test_killed_workers_lose_and_double_nothing(
    url: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Two at a time, killed at any moment: every tick once, every message once, in order."""
    notes, presses, kills = tmp_path / "notes", 60, 8
    chance = random.Random(7)
    with shop(url, str(notes)) as engine:
        start(engine, presses, TICKS * HOUR + timedelta(seconds=1))
        for _ in range(kills // 2):
            pair = [spawned("working", url, notes) for _ in range(2)]
            for process in pair:
                assert process.stdout is not None
                process.stdout.readline()
            time.sleep(chance.uniform(0.02, 0.3))
            for process in pair:
                process.kill()
                process.communicate(timeout=WAIT)
        worker = Worker(engine, BRISK)
        for _ in range(WAIT * 20):
            while worker.round():
                pass
            left = engine.backlog()
            if not (left.due or left.waiting):
                break
            time.sleep(0.05)
        told = engine.get(("ledger", "L-1")).facts.told
        seen = dict.fromkeys(notes.read_text("utf-8").split())
        for number in range(presses):
            own = [one for one in told if one.startswith(f"P-{number}:")]
            assert own == [f"P-{number}:{tick}" for tick in range(1, TICKS + 1)]
            keys = [one for one in seen if f"/P-{number}/" in one]
            assert keys == [f"main/press/P-{number}/{version}/1" for version in (2, 3, 4)]
        assert engine.backlog().parked == 0
    record_property("workers killed", {"kills": kills, "lost": 0, "doubled": 0, "stuck": 0})
