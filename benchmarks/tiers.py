"""
A population placed in tiers by shares: time and memory, beside sorting it in memory and on disk.

Each sample is a process of its own, so that a peak of memory is that of one contender at one
size. The members are drawn as they are asked for: what a contender holds, it holds itself.
"""

import json
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import attrs

from benchmarks.harness import Row, summarise
from benchmarks.report import Bar, Section

SIZES = (10_000, 100_000, 1_000_000)
FLAT = 1.25
"""What counts as flat: caches fill, and an allocator keeps some room."""
TOP = Decimal("0.1")
SOURCE = Path(__file__).parents[1]


def members(count: int) -> Iterator[tuple[str, Decimal]]:
    """Yield ids and amounts of two places, in no order, the same every time."""
    number = 1
    for n in range(count):
        number = number * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407 & (1 << 64) - 1
        yield f"C{n:07}", Decimal(number >> 34).scaleb(-2)


def placed(count: int) -> int:
    """Return how many crmflow finds in the top tenth; the rows of a scheme say what that is."""
    from crmflow.policies.tiers import Kind, Metric, Scheme, Tier, criteria_of, tier_population

    scheme = Scheme(
        name="value",
        machine="customer",
        kind=Kind.SHARES,
        ranked_by="turnover",
        metrics=(Metric(name="turnover"),),
        tiers=(
            Tier(name="top", zh="前一成", en="Top tenth", share=TOP),
            Tier(name="rest", zh="其余", en="Rest"),
        ),
    )
    given = ((who, {"turnover": value}) for who, value in members(count))
    return sum(one.tier == "top" for one in tier_population(criteria_of(scheme), given))


def in_memory(count: int) -> int:
    """Return the same by sorting a list of everybody."""
    ordered = sorted(members(count), key=lambda member: (-member[1], member[0]))
    last = -(-count // 10)
    return sum(rank <= last for rank, _ in enumerate(ordered, 1))


def in_sqlite(count: int) -> int:
    """Return the same by a table on disk; its numbers are binary fractions and not exact."""
    spill = sqlite3.connect("", isolation_level=None)
    spill.execute("PRAGMA cache_size=-4096")
    spill.execute("BEGIN")
    spill.execute("CREATE TABLE member (id TEXT, value REAL)")
    rows = ((who, float(value)) for who, value in members(count))
    spill.executemany("INSERT INTO member VALUES (?, ?)", rows)
    last = -(-count // 10)
    ordered = spill.execute("SELECT id FROM member ORDER BY value DESC, id")
    return sum(rank <= last for rank, _ in enumerate(ordered, 1))


CONTENDERS: dict[str, Callable[[int], int]] = {
    "crmflow": placed,
    "sorted in memory": in_memory,
    "plain SQLite": in_sqlite,
}


@attrs.frozen
class Sample:
    """Seconds of one run, and the most mebibytes its process held."""

    seconds: float
    peak: float


def child(name: str, count: int) -> None:
    """Run a contender and print what it took; for a process of its own."""
    CONTENDERS[name](1)  # imports and first calls are no part of it
    started = time.perf_counter()
    found = CONTENDERS[name](count)
    seconds = time.perf_counter() - started
    assert found == -(-count // 10), f"{name} found {found} of {count}"
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    match = re.search(r"VmHWM:\s+(\d+)", status)
    assert match is not None, "the system does not tell the peak of a process"
    sys.stdout.write(json.dumps([seconds, int(match[1]) / 1024]))


def sample(name: str, count: int) -> Sample:
    """Return what a contender takes in a process of its own."""
    script = f"from benchmarks.tiers import child; child({name!r}, {count})"
    ran = subprocess.run(
        [sys.executable, "-c", script],
        cwd=SOURCE,
        env={"PYTHONPATH": f"{SOURCE / 'src'}:{SOURCE}"},
        check=True,
        capture_output=True,
    )
    seconds, peak = json.loads(ran.stdout)
    return Sample(seconds, peak)


def section(*, quick: bool, rounds: int = 3) -> Section:
    """
    Return time and memory of each contender at each size, and the bars they answer.

    Args:
        quick: Whether to stop at a hundred thousand members, and to run each once.
        rounds: Samples of each.
    """
    sizes = SIZES[:-1] if quick else SIZES
    times: dict[str, list[float]] = {}
    peaks: dict[str, float] = {}
    for _ in range(1 if quick else rounds):
        for count in sizes:
            for name in CONTENDERS:
                taken = sample(name, count)
                label = f"{name}, {count:,} members"
                times.setdefault(label, []).append(taken.seconds / count)
                peaks[label] = max(taken.peak, peaks.get(label, 0))
    rows = summarise(times, {label: _plain(label) for label in times})
    return Section(
        name="tiers",
        title="Placing one member of a population by shares",
        rows=rows,
        sizes={f"MiB at most, {label}": peak for label, peak in peaks.items()},
        bars=tuple(_bars(rows, peaks, sizes)),
    )


def _plain(label: str) -> str:
    return f"plain SQLite,{label.partition(',')[2]}"


def _bars(rows: tuple[Row, ...], peaks: dict[str, float], sizes: tuple[int, ...]) -> Iterator[Bar]:
    """Yield the promises: memory is flat, and what exactness and reasons cost is bounded."""
    # The smallest population fits in what a process has anyway: flat begins above it.
    first, last = f"crmflow, {sizes[1]:,} members", f"crmflow, {sizes[-1]:,} members"
    by_name = {row.name: row for row in rows}
    yield Bar(
        name=f"peak at {sizes[-1]:,} members, of that at {sizes[0]:,}",
        value=peaks[last] / peaks[f"crmflow, {sizes[0]:,} members"],
        limit=1.5,
        note="a sort on disk has a cache of 4 MiB",
    )
    yield Bar(
        name=f"peak at {sizes[-1]:,} members, of that at {sizes[1]:,}",
        value=peaks[last] / peaks[first],
        limit=FLAT,
    )
    yield Bar(
        name=f"time at {sizes[-1]:,} members, of plain SQLite's",
        value=by_name[last].ratio or 0,
        limit=6,
        note="exact decimals, reasons, and nobody twice",
    )
