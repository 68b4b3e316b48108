"""
Durable steps on SQLite: crmflow beside sqlite3 writing the same rows.

Four pairs take turns: with synchronous FULL and NORMAL, one step a transaction
and a hundred. How fast the disk answers decides what batches can gain at all, so
a bare flush of one page is timed among them, and the raw gain stands beside ours.
"""

import os
from collections.abc import Iterable
from contextlib import ExitStack, closing
from itertools import cycle, islice
from pathlib import Path

from benchmarks.crmflow_machine import ACTOR, TICKET
from benchmarks.harness import Contender, Plan, Row, measure
from benchmarks.raw_sqlite import BATCH, RawSqlite
from benchmarks.report import Bar, Section
from benchmarks.ticket import CYCLE, ROWS, is_grave
from crmflow.core.decision import Decision
from crmflow.core.ref import EntityRef
from crmflow.engine.engine import Engine
from crmflow.engine.values import Firing

ENTITIES = 1000
PAGE = 4096
FLUSH = "flush of one page"


def visited() -> tuple[str, ...]:
    """Return the states of a ticket over one lap, the state it begins in first."""
    moves = {(row[0], row[1]): row[2] for row in ROWS if row[3] is not is_grave}
    states = ["received"]
    for event in CYCLE[:-1]:
        states.append(moves[states[-1], event])
    return tuple(states)


class Durable:
    """
    Steps of an engine over one store.

    Args:
        url: The store.
        done: Steps that the entities in it are past.
    """

    def __init__(self, url: str, *, done: int = 0) -> None:
        self.engine = Engine(url, machines=[TICKET])
        self._firings = islice(cycle(self._laps()), done, None)

    def _laps(self) -> list[Firing]:
        refs = [ref_of(n) for n in range(ENTITIES)]
        return [Firing(ref, event, actor=ACTOR) for event in CYCLE for ref in refs]

    def fill(self) -> None:
        """Create the entities."""
        for n in range(ENTITIES):
            payload = {"problem": f"machine {n} does not start"}
            self.engine.create("ticket", payload, actor=ACTOR, id=ref_of(n).id).require()

    def step(self) -> Decision:
        """Fire the next event of the next entity."""
        one = next(self._firings)
        return self.engine.fire(one.entity, one.event, actor=ACTOR).require()

    def taken(self, count: int) -> list[Firing]:
        """Return the next events, which are not fired yet."""
        return list(islice(self._firings, count))

    def fire_each(self, firings: Iterable[Firing]) -> None:
        """Fire events one by one; from any thread."""
        for one in firings:
            self.engine.fire(one.entity, one.event, actor=ACTOR).require()

    def batch(self) -> None:
        """
        Fire the next events of a hundred entities at once.

        Raises:
            CrmflowError: A member was not applied.
        """
        for done in self.engine.fire_many(self.taken(BATCH)):
            if not isinstance(done, Decision):
                raise done
            done.require()

    def close(self) -> None:
        """Close the store."""
        self.engine.close()


def file_url(path: Path, synchronous: str) -> str:
    """Return the URL of a store in a file, with ``FULL`` or ``NORMAL`` for synchronous."""
    return f"sqlite:///{path}?synchronous={synchronous}"


def ref_of(number: int) -> EntityRef:
    """Return the ref of a numbered ticket."""
    return EntityRef("main", "ticket", f"T-{number:06}")


class Flush:
    """Writes one page over and over and waits until the disk has it."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)

    def once(self) -> None:
        """Write and wait."""
        os.pwrite(self._file, bytes(PAGE), 0)
        os.fsync(self._file)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def contenders(folder: Path, until: ExitStack) -> list[Contender]:
    """
    Return the pairs over files in *folder*, raw and ours by turns.

    Args:
        folder: An empty folder on the disk to measure.
        until: What closes the files.
    """
    model = folder / "model.db"
    with closing(Durable(file_url(model, "NORMAL"))) as first:
        first.fill()
        for _ in range(ENTITIES):
            first.step()
    flush = until.enter_context(closing(Flush(folder / "flush")))
    found = [Contender(FLUSH, flush.once)]
    for mode in ("FULL", "NORMAL"):
        path, raw_path = folder / f"{mode}.db", folder / f"raw-{mode}.db"
        raw = until.enter_context(closing(RawSqlite(model, raw_path, mode, states=visited())))
        path.write_bytes(model.read_bytes())
        ours = until.enter_context(closing(Durable(file_url(path, mode), done=ENTITIES)))
        found += [
            Contender(f"sqlite3 {mode}", raw.step),
            Contender(f"crmflow {mode}", ours.step),
            Contender(f"sqlite3 {mode}, by {BATCH}", raw.batch, steps=BATCH),
            Contender(f"crmflow {mode}, by {BATCH}", ours.batch, steps=BATCH),
        ]
    return found


def section(plan: Plan, folder: Path) -> Section:
    """Return the durable steps on the disk of *folder* and the bars they answer."""
    with ExitStack() as until:
        some = contenders(folder, until)
        raw = {
            one.name: one.name.replace("crmflow", "sqlite3")
            for one in some
            if one.name.startswith("crmflow")
        }
        rows = measure(some, plan, raw)
    found = {row.name: row for row in rows}
    return Section(
        name="durable",
        title="One durable step on SQLite, ratio of time to sqlite3 writing the same rows",
        rows=rows,
        bars=(
            _share(found["crmflow FULL"], 0.6, 0.8),
            _share(found["crmflow NORMAL"], 0.45, 0.7),
            Bar(
                name=f"{BATCH} a transaction over one by one, FULL",
                value=_gain(found, "crmflow"),
                limit=10,
                at_most=False,
                note=f"sqlite3 itself {_gain(found, 'sqlite3'):.1f} on this disk",
            ),
        ),
    )


def _share(row: Row, limit: float, aim: float) -> Bar:
    name = f"{row.name}, steps a second of sqlite3's"
    return Bar(name=name, value=row.speed or 0, limit=limit, aim=aim, at_most=False)


def _gain(rows: dict[str, Row], who: str) -> float:
    return rows[f"{who} FULL"].median / rows[f"{who} FULL, by {BATCH}"].median
