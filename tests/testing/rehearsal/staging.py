"""A stage with two jobs, on which nothing happens by itself."""

from __future__ import annotations

from crmflow.analysis.simulation.streams import Streams
from crmflow.clock import ManualClock
from crmflow.core.ref import EntityRef
from crmflow.storage.memory import MemoryStore
from crmflow.testing.bench import Bench
from crmflow.testing.rehearsal.outside import Outside
from crmflow.testing.rehearsal.repertoire import START
from crmflow.testing.rehearsal.stage import Stage
from crmflow.testing.rehearsal.witness import Witness
from tests.faults.jobs import ACTOR, LEDGER, job_machine

JOB, OTHER = EntityRef("main", "job", "J-1"), EntityRef("main", "job", "J-2")


def staged() -> Stage:
    """Return the stage."""
    outside, clock = Outside(("outside",)), ManualClock(START)
    made = Bench((job_machine(), LEDGER), plugins=(outside,)).engine(MemoryStore(), clock)
    stage = Stage(made, Witness(MemoryStore()), outside, {}, clock, Streams(1))
    for ref in (JOB, OTHER):
        stage.engine.create("job", actor=ACTOR, id=ref.id)
    return stage
