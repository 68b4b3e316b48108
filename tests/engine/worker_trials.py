"""Worker processes to stand still and to be killed, each with an outside that notes in a file."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from crmflow.clock import SystemClock
from crmflow.core.message import Parcel
from crmflow.engine.engine import Engine
from crmflow.engine.working.pace import Pace
from crmflow.engine.working.worker import Worker
from crmflow.storage.commit import Commit, Outcome
from crmflow.storage.opening import open_store
from crmflow.storage.port import Store
from crmflow.testing.crashing import CrashingStore
from tests.engine.workshop import Outside, workshop

ROOT = Path(__file__).parents[2]
BRISK = Pace(
    batch=5,
    lease=timedelta(seconds=0.6),
    timeout=timedelta(seconds=0.5),
    poll=timedelta(seconds=0.02),
    sweep=timedelta(seconds=0.1),
    threads=0,
)
"""Leases end soon, and each round takes little."""


class Stopping(CrashingStore):
    """A store whose process stands still before its first commit."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, RuntimeError("never"), calls=())
        self._stopped = False

    def commit(self, batch: Sequence[Commit]) -> Sequence[Outcome]:
        """Stand still once, until somebody lets the process go on."""
        if not self._stopped:
            self._stopped = True
            os.kill(os.getpid(), signal.SIGSTOP)
        return super().commit(batch)


def noting(path: str) -> Outside:
    """Return an outside that notes each key it is given in a file."""

    def note(parcel: Parcel) -> None:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(f"{parcel.key}\n")

    return Outside(note)


def shop(store: str | Store, notes: str) -> Engine:
    """Return an engine of presses and ledgers whose clock is the machine's."""
    return workshop(store, clock=SystemClock(), outside=noting(notes))


def spawned(kind: str, url: str, notes: Path) -> subprocess.Popen[str]:
    """Run a worker in a process of its own: `stopping`, or `working`."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.engine.worker_trials", kind, url, str(notes)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}/src"},
    )


def main(kind: str, url: str, notes: str) -> None:
    """Work until nothing is due, or until killed; then tell the counts."""
    store = open_store(url)
    with shop(Stopping(store) if kind == "stopping" else store, notes) as engine:
        worker = Worker(engine, BRISK)
        print("begun", flush=True)  # noqa: T201 - the trial waits for it
        worker.run(once=kind == "stopping")
        (duty,) = worker.duties
        counts = {"fired": duty.tally.fired, "forestalled": duty.tally.forestalled}
        print(json.dumps(counts), flush=True)  # noqa: T201 - the trial reads it


if __name__ == "__main__":
    main(*sys.argv[1:])
