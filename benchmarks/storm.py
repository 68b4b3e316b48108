"""
What a storm of due timers costs a caller: a worker process fires them while the caller asks.

The caller creates entities one after the other on the same store, first alone, then while the
worker is at it, and each call is timed. The worker never pauses between its batches.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from benchmarks.databases import database
from benchmarks.report import Bar, Section
from benchmarks.timers import Stores, in_database, in_files
from benchmarks.wards import ACTOR, LATE, ward_engine
from crmflow.engine.working.pace import Pace
from crmflow.engine.working.worker import Worker

ALONE, STORM = "alone", "in the storm"
LIMIT = 0.05
"""Seconds that 99 of 100 calls may take at most while the worker is at it."""

ROOT = Path(__file__).parents[1]
PROGRAM = "import sys; from benchmarks.storm import work; work(sys.argv[1])"


def work(url: str) -> None:
    """Fire timers until told to end by the end of the input; tell how many."""
    with closing(ward_engine(url)) as engine:
        worker = Worker(engine, Pace())
        (duty,) = worker.duties
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        until = time.monotonic() + float(sys.stdin.readline())
        while time.monotonic() < until and worker.round():
            pass
        sys.stdout.write(json.dumps({"fired": duty.tally.fired}) + "\n")


@contextmanager
def working(url: str, seconds: float) -> Iterator[subprocess.Popen[str]]:
    """Let a worker process fire timers for some seconds."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, url],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", "the worker did not begin"
        process.stdin.write(f"go\n{seconds}\n")
        process.stdin.flush()
        yield process


def timed(url: str, named: str, seconds: float) -> list[float]:
    """Return the seconds that calls took, made one after the other for so long."""
    took: list[float] = []
    with closing(ward_engine(url)) as engine:
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            begun = time.perf_counter()
            engine.create("ward", actor=ACTOR, id=f"{named}-{len(took)}", at=LATE).require()
            took.append(time.perf_counter() - begun)
    return took


def told(stores: Stores, many: int, seconds: float) -> Iterator[tuple[str, float]]:
    """Yield the figures of one kind of store, by name."""
    stores.filled("storm", many)
    url = stores.url("storm")
    calls = {ALONE: timed(url, "A", seconds)}
    with working(url, seconds) as process:
        calls[STORM] = timed(url, "S", seconds)
        assert process.stdout is not None
        fired = json.loads(process.stdout.readline())["fired"]
    assert fired, "the worker fired nothing"
    yield f"{stores.kind}: timers fired meanwhile", fired
    for when, took in calls.items():
        yield f"{stores.kind}, {when}: calls", len(took)
        yield f"{stores.kind}, {when}: median, ms", statistics.median(took) * 1000
        yield f"{stores.kind}, {when}: 99 of 100 within, ms", _p99(took) * 1000


def _p99(took: list[float]) -> float:
    return statistics.quantiles(took, n=100)[-1]


def section(folder: Path, many: int, *, quick: bool) -> Section:
    """
    Return how long callers wait while a worker fires.

    Args:
        folder: A folder on the disk to measure.
        many: How many timers are due.
        quick: Whether to measure for a shorter time.
    """
    seconds = 3.0 if quick else 10.0
    with database() as url, ExitStack() as until:
        kinds = (in_files(folder, until), in_database(url, until))
        sizes = {name: value for kind in kinds for name, value in told(kind, many, seconds)}
    bars = tuple(
        Bar(
            name=f"{kind.kind}: 99 of 100 calls of a caller in the storm within",
            value=sizes[f"{kind.kind}, {STORM}: 99 of 100 within, ms"] / 1000,
            limit=LIMIT,
            unit="s",
        )
        for kind in kinds
    )
    return Section(
        name="storm",
        title=f"A caller while a worker fires {many:,} timers that are due",
        bars=bars,
        sizes=sizes,
    )
