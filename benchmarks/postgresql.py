"""
Durable steps on PostgreSQL: crmflow beside psycopg writing the same rows.

One step a transaction, a hundred, and eight callers at once of one engine. What more
callers gain ends where the processors are busy, so how busy they are is measured too.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from itertools import count
from pathlib import Path

from benchmarks.databases import copied, database, store
from benchmarks.durable import ENTITIES, Durable, visited
from benchmarks.harness import Contender, Plan, Row, measure
from benchmarks.raw_postgresql import RawPostgresql
from benchmarks.raw_sqlite import BATCH
from benchmarks.report import Bar, Section

CALLERS = 8
EACH = 25
"""Steps of a caller in one call of all of them."""

RAW = "psycopg, a statement for each row"
PIPED = "psycopg, piped into one round trip"
RAW_BATCH = f"psycopg, by {BATCH}"
OURS, OURS_BATCH = "crmflow", f"crmflow, by {BATCH}"
OURS_CALLERS = f"crmflow, {CALLERS} callers at once"
PAIRS = {PIPED: RAW, OURS: RAW, OURS_BATCH: RAW_BATCH, OURS_CALLERS: OURS}


class Callers:
    """
    Threads that fire on entities of their own, through one engine.

    Args:
        ours: The engine's steps.
    """

    def __init__(self, ours: Durable) -> None:
        self._ours = ours
        self._pool = ThreadPoolExecutor(CALLERS)

    def run(self) -> None:
        """Let each caller go its steps."""
        asked = [self._ours.taken(EACH) for _ in range(CALLERS)]
        list(self._pool.map(self._ours.fire_each, asked))

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()


def contenders(url: str, until: ExitStack) -> list[Contender]:
    """
    Return the contenders, each over a copy of one store.

    Args:
        url: URL of an empty database.
        until: What closes them.
    """
    with closing(Durable(store(url, "model"))) as first:
        first.fill()
        for _ in range(ENTITIES):
            first.step()
    names = (f"copy_{number}" for number in count())

    def copy() -> str:
        return copied(url, "model", next(names))

    def raw() -> RawPostgresql:
        return until.enter_context(closing(RawPostgresql(copy(), states=visited())))

    def ours() -> Durable:
        return until.enter_context(closing(Durable(copy(), done=ENTITIES)))

    callers = until.enter_context(closing(Callers(ours())))
    return [
        Contender(RAW, raw().step),
        Contender(PIPED, raw().piped),
        Contender(RAW_BATCH, raw().batch, steps=BATCH),
        Contender(OURS, ours().step),
        Contender(OURS_BATCH, ours().batch, steps=BATCH),
        Contender(OURS_CALLERS, callers.run, steps=CALLERS * EACH),
    ]


def busy(run: Callable[[], object]) -> float:
    """Return which share of all processors' time was spent working while something ran."""
    before = _ticks()
    run()
    idle, whole = (after - begin for after, begin in zip(_ticks(), before, strict=True))
    return 1 - idle / max(whole, 1)


def _ticks() -> tuple[int, int]:
    """Return how long the processors were idle, and all they had, as Linux counts."""
    fields = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:9]
    spent = list(map(int, fields))
    return spent[3] + spent[4], sum(spent)


def section(plan: Plan) -> Section:
    """Return the durable steps on PostgreSQL and the bars they answer."""
    with database() as url, ExitStack() as until:
        some = contenders(url, until)
        rows = measure(some, plan, PAIRS)
        share = busy(lambda: [some[-1].run() for _ in range(8)])
    found = {row.name: row for row in rows}
    return Section(
        name="postgresql",
        title="One durable step on PostgreSQL: load and commit",
        rows=rows,
        bars=_bars(found, share),
        sizes={
            "processors": os.cpu_count() or 1,
            f"their busy share with {CALLERS} callers": share,
        },
    )


def _bars(found: dict[str, Row], share: float) -> tuple[Bar, ...]:
    single, batch = found[OURS], found[OURS_BATCH]
    raw_gain = found[RAW].median / found[RAW_BATCH].median
    return (
        Bar(
            name="crmflow, steps a second of psycopg's",
            value=single.speed or 0,
            limit=1.0,
            aim=1.3,
            at_most=False,
            note=f"psycopg piped {found[PIPED].speed or 0:.2f}",
        ),
        Bar(
            name=f"{BATCH} a transaction over one by one",
            value=single.median / batch.median,
            limit=8,
            at_most=False,
            note=f"psycopg itself {raw_gain:.1f}",
        ),
        Bar(
            name=f"{CALLERS} callers over one",
            value=found[OURS_CALLERS].speed or 0,
            limit=2,
            at_most=False,
            note=f"processors {share:.0%} busy",
        ),
    )
