"""Steps in memory: crmflow's bare and full step among other libraries' steps."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack

from benchmarks.crmflow_machine import (
    ACTOR,
    TICKET,
    bare_step,
    full_step,
    stock_step,
    table_step,
    why_not,
)
from benchmarks.harness import Contender, Plan, measure
from benchmarks.machines import LAPS, STOCK, xstate_async
from benchmarks.report import Bar, Section
from benchmarks.ticket import CYCLE, Lap
from crmflow.engine.engine import Engine


def engine_step() -> Lap:
    """Return the lap of a whole engine, whose store keeps the encoded rows in memory."""
    engine = Engine("memory:", machines=[TICKET])
    ref = engine.create("ticket", {"problem": "does not start"}, actor=ACTOR).require().entity

    def lap() -> str:
        for event in CYCLE:
            done = engine.fire(ref, event, actor=ACTOR)
        return done.snapshot.state

    return lap


BARE = "crmflow, bare step"
FULL = "crmflow, full step"
OURS: Mapping[str, Callable[[], Lap]] = {
    "crmflow, its table alone": table_step,
    BARE: bare_step,
    FULL: full_step,
    "crmflow, Engine.fire on a memory store": engine_step,
    "crmflow, refused with every reason": why_not,
    "crmflow, interpreter='stock'": stock_step,
}


def contenders(until: ExitStack) -> list[Contender]:
    """
    Return a lap of each library as a contender.

    Args:
        until: What ends the interpreters that need ending.

    Raises:
        RuntimeError: A lap does not end where it began, so it is no lap.
    """
    laps = {name: build() for name, build in (LAPS | dict(OURS)).items()}
    laps["xstate-statemachine, async"] = xstate_async(until)
    for name, lap in laps.items():
        ended = lap()
        if ended != "received":
            raise RuntimeError(f"a lap of {name} ends in {ended!r}, not where it began")
    return [Contender(name, lap, steps=len(CYCLE)) for name, lap in laps.items()]


def section(plan: Plan) -> Section:
    """Return the steps of all libraries and the bars of ours."""
    with ExitStack() as until:
        rows = measure(contenders(until), plan, STOCK)
    ratio = {row.name: row.ratio or 0 for row in rows}
    return Section(
        name="steps",
        title="One step in memory, ratio of time to stock transitions",
        rows=rows,
        baseline=STOCK,
        bars=(
            Bar(name="bare step, of stock transitions", value=ratio[BARE], limit=0.06),
            Bar(name="full step, of stock transitions", value=ratio[FULL], limit=0.6, aim=0.4),
        ),
    )
