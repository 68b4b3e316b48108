"""What an entity weighs beside its own data, and whether the ten-thousandth costs more.

An entity's own data are its facts and its id: those a caller would keep anyway.
Everything else a snapshot holds is crmflow's, and counted.
"""

import gc
import tracemalloc
from collections.abc import Callable
from datetime import timedelta

from benchmarks.crmflow_machine import ACTOR, AT, TICKET, Intake
from benchmarks.machines import Ticket
from benchmarks.report import Bar, Section
from crmflow.core.compiled import compile_machine
from crmflow.core.decision import decide
from crmflow.core.entity import Snapshot
from crmflow.core.event import Event
from crmflow.core.journal import unborn
from crmflow.core.proposal import Proposal, propose
from crmflow.core.ref import EntityRef

ENTITIES = 10_000


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
        if not isinstance(proposal, Proposal):
            raise RuntimeError(f"a ticket is not created: {proposal}")
        made.append(decide(compiled, proposal, ()).snapshot)
    return made


def weight(count: int = ENTITIES) -> float:
    """Return the bytes of one entity beside its own data, over *count* entities."""
    snapshots(1)
    whole = bytes_held(lambda: snapshots(count))
    own = bytes_held(lambda: own_data(count))
    slot = bytes_held(lambda: [None] * count)
    return ((whole - slot) - (own - 2 * slot)) / count
