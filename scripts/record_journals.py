"""
Record journals of the shipped machines as this release stores them: `make journals`.

One entity is given in each state of a machine, by events or by adoption, and time passes. What is
recorded is never written again: later releases must fold it (`tests/journals`).
"""  # noqa: INP001 - run as a program

from __future__ import annotations

import hashlib
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from crmflow.clock import ManualClock
from crmflow.core.machine import Kind
from crmflow.engine.engine import Engine
from crmflow.states import EVERY, load
from crmflow.storage.memory import MemoryStore
from crmflow.testing import Strategies, Town, given_state, record
from crmflow.testing.bench import shipped
from crmflow.testing.standing import facts_in

FOLDER = Path(__file__).parents[1] / "tests" / "journals"
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
FIRST = settings(
    max_examples=1,
    phases=[Phase.generate],
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def lived(name: str) -> Engine:
    """Return an engine with an entity of a machine in each state, a week later."""
    engines: list[Engine] = []

    @FIRST
    @given(st.data())
    def live(data: st.DataObject) -> None:
        engine = shipped(name, Town()).engine(MemoryStore(), ManualClock(AT))
        engines.append(engine)
        machine = engine.registry.machine(name).machine
        # Those that ended first: they claim nothing that another one needs.
        for state in sorted(machine.states, key=lambda one: one.kind is not Kind.FINAL):
            facts = data.draw(facts_in(machine, state.name, Strategies()))
            given_state(engine, name, state.name, facts, id=f"{name}-{state.name}", at=AT)

    live()
    engine = engines[-1]
    engine.run_due(AT + timedelta(days=7))
    return engine


def main(folder: Path) -> None:
    """Record every machine whose edition has no journal yet, and note the sum of its bytes."""
    for name in EVERY:
        file = folder / f"{name}-{load(name).version}.jsonl"
        if file.exists():
            continue
        count = record(lived(name), name, file)
        told = hashlib.sha256(file.read_bytes()).hexdigest()
        with folder.joinpath("SHA256SUMS").open("a") as sums:
            sums.write(f"{told}  {file.name}\n")
        sys.stdout.write(f"{file.name}: {count} entities\n")


if __name__ == "__main__":
    main(Path(*sys.argv[1:]) if sys.argv[1:] else FOLDER)
