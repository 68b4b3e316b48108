"""A store full of rows, what it runs, and how much of the tables that reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

import attrs

from crmflow.core.claim import Claim
from crmflow.core.ref import EntityRef
from crmflow.core.searching import Term
from crmflow.storage.commit import Commit
from crmflow.storage.database import Database, Transaction
from crmflow.storage.mysql import MysqlStore
from crmflow.storage.postgresql import PostgresqlStore
from crmflow.storage.rows import Checkpoint, TaskRow, TimerRow
from crmflow.storage.sql_rows import Values
from crmflow.storage.sql_store import SqlStore
from crmflow.storage.sqlite import SqliteStore
from crmflow.storage.tables import METADATA
from crmflow.testing.store_rows import commit_to, message

TENANT = "main"
MANY = 4000
"""Entities of the store, each with a timer, a task, terms, a claim and a message."""

RARE = MANY // 40
"""Every such entity is of a rare kind."""


def ref_of(number: int) -> EntityRef:
    """Return one of the entities."""
    return EntityRef(TENANT, "deal", f"D-{number:05}")


def _commit(number: int) -> Commit:
    ref, rare = ref_of(number), number % RARE == 0
    terms = (Term("due", f"{number:05}"), Term("kind", "rare" if rare else "common"))
    return commit_to(
        ref,
        state="won" if rare else "open",
        key=f"key {number}",
        timers=(TimerRow(ref, "remind", number + 1, 1), TimerRow(ref, "warn", number + 2, 1)),
        tasks=(TaskRow(ref, "1", "call", "legal" if rare else "sales", 1, number + 1),),
        terms=(*terms, Term("name", ref.id)),
        claims=(Claim("email", ref.id),),
        # In no order that their ids have.
        messages=(message(ref, sent_at=MANY - number),),
        checkpoints=(Checkpoint(1, 1, b"kept"),),
        secret=b"key",
    )


def fill(store: SqlStore) -> None:
    """Put the entities into a store, one with a long history among them."""
    commits = [_commit(number) for number in range(MANY)]
    for start in range(0, MANY, 500):
        store.commit(commits[start : start + 500])
    store.commit([commit_to(ref_of(1), version) for version in range(2, 500)])


@attrs.frozen
class Read:
    """
    What a statement cost.

    Attributes:
        rows: Rows of tables and indexes that were read, about.
        sorted: Rows that were sorted.
        plan: How the database says it goes about it.
    """

    rows: int
    sorted: int
    plan: str


@attrs.frozen
class Recorder:
    """A transaction that notes what is run in it."""

    work: Transaction
    seen: dict[str, Values]

    def execute(self, statement: str, values: Values) -> list[Any]:
        """Note a statement and run it."""
        self.seen[statement] = values
        return self.work.execute(statement, values)

    def executemany(self, statement: str, values: Sequence[Values]) -> int:
        """Note a statement and run it for each of some values."""
        self.seen[statement] = values[0]
        return self.work.executemany(statement, values)


@attrs.define
class Recording:
    """A database that notes what is run on it."""

    database: Database
    name: str
    dialect: str
    seen: dict[str, Values] = attrs.field(factory=dict)

    @contextmanager
    def reading(self) -> Iterator[Recorder]:
        """Return a transaction that only reads."""
        with self.database.reading() as work:
            yield Recorder(work, self.seen)

    @contextmanager
    def writing(self) -> Iterator[Recorder]:
        """Return a transaction."""
        with self.database.writing() as work:
            yield Recorder(work, self.seen)

    def run(self, statement: str, values: Values) -> list[Any]:
        """Note a statement and run it."""
        self.seen[statement] = values
        return self.database.run(statement, values)

    def close(self) -> None:
        """Pass on."""
        self.database.close()


Measure = Callable[[str, Values], Read]
"""Runs a statement and tells what it cost; what it wrote is undone."""

_STEPS = 20
"""Instructions of SQLite's machine for a row, about."""


def measure_sqlite(store: SqliteStore) -> Measure:
    """Return how costs are measured on SQLite: by the instructions it takes."""
    connection = store._file._connection
    connection.execute("ANALYZE")

    def measured(statement: str, values: Values) -> Read:
        steps = connection.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
        plan = "\n".join(step[3] for step in steps)
        ticks = count()
        connection.execute("BEGIN")
        connection.set_progress_handler(lambda: next(ticks) * 0, _STEPS)
        connection.execute(statement, values).fetchall()
        connection.set_progress_handler(None, _STEPS)
        connection.execute("ROLLBACK")
        rows = next(ticks)
        return Read(rows, rows if "TEMP B-TREE" in plan else 0, plan)

    return measured


def measure_postgresql(store: PostgresqlStore) -> Measure:
    """Return how costs are measured on PostgreSQL: by what it says of each step."""
    server = store._server
    for table in METADATA.tables:
        server.run(f"ANALYZE {table}", ())

    def measured(statement: str, values: Values) -> Read:
        with server._connected() as connection:
            connection.execute("BEGIN")
            ((found,),) = connection.execute(
                f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}", values
            ).fetchall()
            connection.execute("ROLLBACK")
        steps = list(_steps(found[0]["Plan"]))
        rows = sum(_rows(one) for one in steps if "Scan" in one["Node Type"])
        ordered = sum(_rows(one) for one in steps if "Sort" in one["Node Type"])
        return Read(round(rows), round(ordered), str(found))

    return measured


def _steps(step: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield step
    for below in step.get("Plans", ()):
        yield from _steps(below)


def _rows(step: dict[str, Any]) -> float:
    removed = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    each = step["Actual Rows"] + sum(step.get(name, 0) for name in removed)
    return float(each * step["Actual Loops"])


def measure_mysql(store: MysqlStore) -> Measure:
    """Return how costs are measured on MySQL and MariaDB: by the rows its handlers read."""
    server = store._server
    for table in METADATA.tables:
        server.run(f"ANALYZE TABLE {table}", ())

    def measured(statement: str, values: Values) -> Read:
        with server.writing() as work:
            # The plan tells why; what was read tells what it cost.
            plan = work.execute(f"EXPLAIN {statement}", values)
            work.execute("FLUSH STATUS", ())
            work.execute(statement, values)
            counted = dict(work.execute("SHOW SESSION STATUS", ()))
            work.execute("ROLLBACK", ())
        rows = sum(int(n) for name, n in counted.items() if name.startswith("Handler_read"))
        return Read(rows, int(counted["Sort_rows"]), str(plan))

    return measured
