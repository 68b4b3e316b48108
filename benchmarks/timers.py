"""
Timers fired by one worker, beside a driver that writes the same rows.

The worker takes a hundred at a time through the whole step: claim, load, decide,
journal, commit. The driver claims, loads, moves the entities on, appends their
journal rows and removes their timers, with nothing decided in between. Then the same
with many more timers pending, and on PostgreSQL while an old snapshot is held open,
which keeps the server from forgetting what was removed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from pathlib import Path

import attrs

from benchmarks.databases import database, store
from benchmarks.durable import file_url
from benchmarks.harness import Contender, Plan, Row, measure
from benchmarks.raw_postgresql import connected
from benchmarks.raw_sqlite import BATCH, connect
from benchmarks.raw_timers import PostgresqlTimers, RawTimers, SqliteTimers
from benchmarks.report import Bar, Section
from benchmarks.wards import KEEP, MODELS, Execute, create_models, fill, ward_engine
from crmflow.engine.working.pace import Pace
from crmflow.engine.working.worker import Worker

PACE = Pace(batch=BATCH, threads=0, sweep=timedelta(days=1))
"""On a clock that stands still: a worker looks at everything once, when it begins."""

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
HELD = "an old snapshot held"


class Ours:
    """
    A worker over a store, which is given a new one where it is filled anew.

    Args:
        url: The store.
    """

    def __init__(self, url: str) -> None:
        self._engine = ward_engine(url)
        self.begin()

    def begin(self) -> None:
        """Begin with a new worker."""
        self._worker = Worker(self._engine, PACE)

    def fire(self) -> None:
        """Fire as many timers as there are models."""
        (duty,) = self._worker.duties
        before = duty.tally.fired
        for _ in range(MODELS // BATCH):
            self._worker.round()
        assert duty.tally.fired - before == MODELS, "a worker fired too few"

    def close(self) -> None:
        """Close the store."""
        self._engine.close()


@attrs.frozen
class Stores:
    """
    Where stores of one kind are made.

    Attributes:
        kind: Its name in the tables.
        url: Gives the URL of a store by its name.
        execute: Gives what runs a statement on it.
        raw: Gives the driver alone on it.
    """

    kind: str
    url: Callable[[str], str]
    execute: Callable[[str], Execute]
    raw: Callable[[str], RawTimers]

    def filled(self, name: str, timers: int) -> Callable[[], None]:
        """Make a store with so many timers, and return what fills it anew."""
        with closing(ward_engine(self.url(name))) as engine:
            create_models(engine)
        execute = self.execute(name)
        for statement in KEEP:
            execute(statement)

        def again() -> None:
            fill(execute, timers // MODELS)

        again()
        return again


def named(who: str, kind: str, what: str) -> str:
    """Return the name of a contender."""
    return f"{who} on {kind}, {what}"


def pending(count: int) -> str:
    """Return what many timers are called."""
    return f"{count:,} pending"


def contenders(stores: Stores, many: int, until: ExitStack) -> list[Contender]:
    """
    Return the driver and the worker over a thousand timers, and the worker over many.

    Args:
        stores: Where they are made.
        many: How many are many.
        until: What closes them.
    """
    refill_raw, refill = stores.filled("raw", MODELS), stores.filled("few", MODELS)
    raw = until.enter_context(closing(stores.raw("raw")))
    few = until.enter_context(closing(Ours(stores.url("few"))))

    def fire_raw() -> None:
        assert sum(raw.batch() for _ in range(MODELS // BATCH)) == MODELS, (
            "the driver fired too few"
        )

    def renew() -> None:
        refill()
        few.begin()

    what = pending(MODELS)
    return [
        Contender(named("driver", stores.kind, what), fire_raw, steps=MODELS, prepare=refill_raw),
        Contender(named("crmflow", stores.kind, what), few.fire, steps=MODELS, prepare=renew),
        over_many(stores, many, pending(many), until),
    ]


def over_many(stores: Stores, many: int, what: str, until: ExitStack) -> Contender:
    """Return the worker over many timers."""
    stores.filled("many", many)
    ours = until.enter_context(closing(Ours(stores.url("many"))))
    return Contender(named("crmflow", stores.kind, what), ours.fire, steps=MODELS)


def in_files(folder: Path, until: ExitStack) -> Stores:
    """Return where stores in files of a folder are made."""

    def path(name: str) -> Path:
        return folder / f"timers-{name}.db"

    def execute(name: str) -> Execute:
        return until.enter_context(closing(connect(path(name), "FULL"))).execute

    return Stores(
        SQLITE,
        lambda name: file_url(path(name), "FULL"),
        execute,
        lambda name: SqliteTimers(connect(path(name), "FULL")),
    )


def in_database(url: str, until: ExitStack) -> Stores:
    """Return where stores in schemas of a database are made."""

    def execute(name: str) -> Execute:
        connection = until.enter_context(closing(connected(store(url, name))))

        def run(statement: str) -> None:
            connection.execute(statement)

        return run

    return Stores(
        POSTGRESQL,
        lambda name: store(url, name),
        execute,
        lambda name: PostgresqlTimers(store(url, name)),
    )


@contextmanager
def old_snapshot(url: str) -> Iterator[None]:
    """Hold a snapshot of a database open."""
    with closing(connected(url)) as holder:
        holder.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        holder.execute("SELECT 1")
        yield


def section(plan: Plan, folder: Path, many: int) -> Section:
    """
    Return the timers fired a second and the bars they answer.

    Args:
        plan: How often; a sample is a thousand timers.
        folder: A folder on the disk to measure.
        many: How many timers are pending where many are.
    """
    once = attrs.evolve(plan, min_seconds=0.0, rounds=max(2, min(plan.rounds, many // MODELS - 1)))
    with database() as url, database() as other, ExitStack() as until:
        on_server = in_database(url, until)
        some = contenders(in_files(folder, until), many, until)
        some += contenders(on_server, many, until)
        held = over_many(in_database(other, until), many, f"{pending(many)}, {HELD}", until)
        until.enter_context(old_snapshot(other))
        rows = measure([*some, held], once, _pairs(many))
    return Section(
        name="timers",
        title="One timer fired by a worker, from claim to commit",
        rows=rows,
        bars=tuple(_bars({row.name: row for row in rows}, many)),
    )


def _pairs(many: int) -> dict[str, str]:
    few, lots = pending(MODELS), pending(many)
    pairs = {}
    for kind in (SQLITE, POSTGRESQL):
        pairs[named("crmflow", kind, few)] = named("driver", kind, few)
        pairs[named("crmflow", kind, lots)] = named("crmflow", kind, few)
    held = named("crmflow", POSTGRESQL, f"{lots}, {HELD}")
    return {**pairs, held: named("crmflow", POSTGRESQL, lots)}


def _bars(rows: dict[str, Row], many: int) -> Iterator[Bar]:
    lots = pending(many)
    for kind in (SQLITE, POSTGRESQL):
        yield _share(rows[named("crmflow", kind, pending(MODELS))], "the driver's", 0.3, 0.5)
        yield _share(rows[named("crmflow", kind, lots)], f"with {pending(MODELS)}", 0.8)
    yield _share(rows[named("crmflow", POSTGRESQL, f"{lots}, {HELD}")], "without it", 0.7)


def _share(row: Row, of: str, limit: float, aim: float | None = None) -> Bar:
    name = f"{row.name}: timers a second, of those {of}"
    return Bar(name=name, value=row.speed or 0, limit=limit, aim=aim, at_most=False)
