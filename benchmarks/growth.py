"""
What an entity weighs beside its own data, and whether the ten-thousandth costs more.

An entity's own data are its facts and its id: those a caller would keep anyway.
Everything else a snapshot holds is crmflow's, and counted.
"""

import gc
import tracemalloc
from collections.abc import Callable
from datetime import timedelta

from benchmarks.crmflow_machine import ACTOR, AT, TICKET, Intake
from benchmarks.harness import Contender, Plan, measure
from benchmarks.report import Bar, Section
from benchmarks.ticket import Ticket
from crmflow.core.compiled import compile_machine
from crmflow.core.decision import decide
from crmflow.core.entity import Snapshot
from crmflow.core.event import Event
from crmflow.core.journal import unborn
from crmflow.core.proposal import propose
from crmflow.core.ref import EntityRef
from crmflow.core.refusal import Refusal
from crmflow.engine.engine import Engine

ENTITIES = 10_000
COUNTS = (250, 1_000, 10_000, 100_000)
FLAT = 1.2
"""What counts as flat: caches of the processor make some difference anyway."""


def bytes_held(build: Callable[[], object]) -> int:
    """Return the bytes that stay allocated while the value of *build* is kept."""
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        kept = build()
        gc.collect()
        after = tracemalloc.get_traced_memory()[0]
        del kept
    finally:
        tracemalloc.stop()
    return after - before


def own_data(count: int) -> list[str | Ticket]:
    """Return ids and facts of *count* entities, each its own."""
    return [one for n in range(count) for one in (f"T-{n:06}", Ticket(f"fault {n}"))]


def snapshots(count: int) -> list[Snapshot[Ticket]]:
    """Return *count* entities as their creation leaves them, ids and facts included."""
    compiled = compile_machine(TICKET)
    made = []
    for n in range(count):
        ref = EntityRef("", "ticket", f"T-{n:06}")
        at = AT + timedelta(seconds=n)
        receive = Event("receive", ACTOR, at, Intake(f"fault {n}"))
        proposal = propose(compiled, unborn(ref, at), receive)
        assert not isinstance(proposal, Refusal), f"a ticket is not created: {proposal}"
        made.append(decide(compiled, proposal, ()).snapshot)
    return made


def weight(count: int = ENTITIES) -> float:
    """Return the bytes of one entity beside its own data, over *count* entities."""
    snapshots(1)
    whole = bytes_held(lambda: snapshots(count))
    own = bytes_held(lambda: own_data(count))
    slot = bytes_held(lambda: [None] * count)
    return ((whole - slot) - (own - 2 * slot)) / count


class Creating:
    """
    Creates entities in a memory store that is new for each sample.

    Args:
        count: How many.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._engine = Engine("memory:", machines=[TICKET])

    def renew(self) -> None:
        """Begin with an empty store."""
        self._engine.close()
        self._engine = Engine("memory:", machines=[TICKET])

    def run(self) -> None:
        """Create them all."""
        create = self._engine.create
        for n in range(self._count):
            create("ticket", {"problem": f"fault {n}"}, actor=ACTOR, id=f"T-{n:06}", at=AT)


def section(*, quick: bool) -> Section:
    """
    Return weight and creation cost of entities and the bars they answer.

    Args:
        quick: Whether to stop at ten thousand entities.
    """
    counts = COUNTS[:-1] if quick else COUNTS
    some = [(n, Creating(n)) for n in counts]
    contenders = [
        Contender(f"{n:,} entities", one.run, steps=n, prepare=one.renew) for n, one in some
    ]
    first = contenders[0].name
    rows = measure(contenders, Plan(rounds=3, min_seconds=0), first)
    bytes_each = weight()
    return Section(
        name="growth",
        title="Creating one entity in memory",
        rows=rows,
        baseline=first,
        sizes={"bytes of an entity beside its id and facts": bytes_each},
        bars=(
            Bar(
                name="entity beside its own data",
                value=bytes_each,
                limit=400,
                unit="bytes",
            ),
            Bar(
                name=f"creation cost at {counts[-1]:,} entities, of that at {counts[0]:,}",
                value=rows[-1].ratio or 0,
                limit=FLAT,
            ),
        ),
    )
