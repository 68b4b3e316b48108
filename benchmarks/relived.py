"""
What a back-test costs: a record lived again beside a step, and memory by the number of entities.

Each ticket of a store has a journal of its own; all of them are lived again under the policies
that they were decided by, so that every record is decided anew and compared.
"""

import tracemalloc
from contextlib import ExitStack, closing
from itertools import cycle, islice
from pathlib import Path

import attrs

from benchmarks.crmflow_machine import ACTOR, TICKET
from benchmarks.durable import file_url
from benchmarks.harness import Contender, Plan, measure
from benchmarks.raw_sqlite import BATCH
from benchmarks.report import Bar, Section
from benchmarks.ticket import CYCLE
from crmflow.analysis.backtest import Backtest, backtest
from crmflow.core.decision import Decision
from crmflow.engine.engine import Engine
from crmflow.engine.values import Firing

RECORDS = 100
"""Records of a ticket's journal."""
FEW, MANY = 20, 200
"""Tickets of the two stores whose memory is compared."""


def grown(url: str, tickets: int, until: ExitStack) -> Engine:
    """Return an engine over so many tickets, each with a journal of `RECORDS`."""
    engine = until.enter_context(closing(Engine(url, machines=[TICKET])))
    for number in range(tickets):
        made = engine.create("ticket", {"problem": "starts"}, actor=ACTOR, id=f"T-{number}")
        events = islice(cycle(CYCLE), RECORDS - 1)
        firings = [Firing(made.require().entity, event, actor=ACTOR) for event in events]
        for begun in range(0, len(firings), BATCH):
            for done in engine.fire_many(firings[begun : begun + BATCH]):
                assert isinstance(done, Decision), f"a step failed: {done}"
                done.require()
    return engine


def tested(engine: Engine) -> Backtest:
    """Return the sum of a back-test under the same policies, in which nothing differs."""
    found = Backtest.of(backtest(engine, engine.registry))
    assert not found.differing, found.to_dict()
    return found


def peak(engine: Engine) -> int:
    """Return how many bytes a back-test takes at most."""
    tracemalloc.start()
    try:
        tested(engine)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def section(plan: Plan, folder: Path, *, quick: bool) -> Section:
    """
    Return what a record lived again costs, and the bars it answers.

    Args:
        plan: How often.
        folder: A folder on the disk to measure.
        quick: Whether a tenth of the tickets will do for the memory.
    """
    many = FEW * 2 if quick else MANY
    with ExitStack() as until:
        few = grown(file_url(folder / "few.db", "NORMAL"), FEW, until)
        more = grown(file_url(folder / "more.db", "NORMAL"), many, until)
        going = few.create("ticket", {"problem": "starts"}, actor=ACTOR).require().entity
        events = cycle(CYCLE)

        def step() -> None:
            for _ in CYCLE:
                few.fire(going, next(events), actor=ACTOR).require()

        name = "a record lived again"
        rows = measure(
            [
                Contender("a committed step", step, steps=len(CYCLE)),
                Contender(name, lambda: tested(more), steps=many * RECORDS),
            ],
            attrs.evolve(plan, min_seconds=0.0),
            {name: "a committed step"},
        )
        growth = peak(more) / peak(few)
    (ratio,) = (row.ratio for row in rows if row.ratio is not None)
    return Section(
        name="relived",
        title="A back-test: each record of a journal decided anew and compared",
        rows=rows,
        bars=(
            Bar(name="a record lived again, of a committed step", value=ratio, limit=1.0),
            Bar(name=f"memory with {many} tickets, of that with {FEW}", value=growth, limit=1.5),
        ),
    )
