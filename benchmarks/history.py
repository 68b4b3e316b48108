"""
Whether a step costs more on an entity with a long journal.

One entity has gone a hundred thousand steps, the other few; both are in one store and
go on in turns, on SQLite and on PostgreSQL.
"""

from contextlib import ExitStack, closing
from itertools import count, cycle
from pathlib import Path

import attrs

from benchmarks.crmflow_machine import ACTOR, TICKET
from benchmarks.databases import database, store
from benchmarks.durable import file_url
from benchmarks.harness import Contender, Plan, measure
from benchmarks.raw_sqlite import BATCH
from benchmarks.report import Bar, Section
from benchmarks.ticket import CYCLE
from crmflow.core.decision import Decision
from crmflow.core.ref import EntityRef
from crmflow.engine.engine import Engine
from crmflow.engine.values import Firing

SHORT = 10
STEPS = 40
"""Steps of a sample: five laps."""


class Going:
    """
    One entity that goes on and on.

    Args:
        engine: Whose.
        name: What its id begins with.
        records: How many journal records it has to begin with, its creation one of them.
    """

    def __init__(self, engine: Engine, name: str, records: int) -> None:
        self._engine = engine
        self._numbers = count()
        self._name, self._records = name, records
        self.begin()

    def begin(self) -> None:
        """Go on with a new entity."""
        self._events = cycle(CYCLE)
        of = f"{self._name}-{next(self._numbers)}"
        made = self._engine.create("ticket", {"problem": "starts"}, actor=ACTOR, id=of)
        self._ref: EntityRef = made.require().entity
        for begun in range(1, self._records, BATCH):
            batch = [self._firing() for _ in range(min(BATCH, self._records - begun))]
            for done in self._engine.fire_many(batch):
                assert isinstance(done, Decision), f"a step failed: {done}"
                done.require()

    def run(self) -> None:
        """Go the steps of a sample."""
        for _ in range(STEPS):
            one = self._firing()
            self._engine.fire(one.entity, one.event, actor=ACTOR).require()

    def _firing(self) -> Firing:
        return Firing(self._ref, next(self._events), actor=ACTOR)


def contenders(url: str, kind: str, long: int, until: ExitStack) -> list[Contender]:
    """
    Return the entity with a short journal, and the one with a long.

    Args:
        url: URL of an empty store.
        kind: Its name in the tables.
        long: How many records are many.
        until: What closes it.
    """
    engine = until.enter_context(closing(Engine(url, machines=[TICKET])))
    new, old = Going(engine, "new", SHORT), Going(engine, "old", long)
    return [
        Contender(f"{kind}, {SHORT} records", new.run, steps=STEPS, prepare=new.begin),
        Contender(f"{kind}, {long:,} records", old.run, steps=STEPS),
    ]


def section(plan: Plan, folder: Path, *, quick: bool) -> Section:
    """
    Return what a step costs and the bars it answers.

    Args:
        plan: How often.
        folder: A folder on the disk to measure.
        quick: Whether ten thousand records are many.
    """
    long = 10_000 if quick else 100_000
    with database() as url, ExitStack() as until:
        found = contenders(file_url(folder / "history.db", "NORMAL"), "SQLite", long, until)
        found += contenders(store(url, "history"), "PostgreSQL", long, until)
        pairs = {old.name: new.name for new, old in zip(found[::2], found[1::2], strict=True)}
        rows = measure(found, attrs.evolve(plan, min_seconds=0.0), pairs)
    return Section(
        name="history",
        title="One step of an entity with few and with many journal records",
        rows=rows,
        bars=tuple(
            Bar(
                name=f"{row.name}: cost of a step, of that with {SHORT}", value=row.ratio, limit=1.1
            )
            for row in rows
            if row.ratio is not None
        ),
    )
