"""The audit of the fault tests sees what is lost, doubled and stuck."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from crmflow.clock import ManualClock
from tests.engine.machines import AT, HOUR
from tests.faults.audit import FAULTS, audited
from tests.faults.jobs import ACTOR, TICKS, noting, opened


def test_the_audit_counts_what_is_wrong(tmp_path: Path) -> None:
    """Of a life that was lived half, and of one that was poked more often than anybody says."""
    notes, clock = tmp_path / "notes", ManualClock(AT)
    with closing(opened("memory:", noting(str(notes)), clock=clock, breath=HOUR)) as engine:

        def counts(pokes: int) -> list[int]:
            found = audited(engine, {"J": pokes}, notes)
            return [found[name] for name in FAULTS]

        engine.create("job", actor=ACTOR, id="J").require()
        engine.fire(("job", "J"), "poke", actor=ACTOR).require()
        # Ticks, their records, messages and parcels are all to come; a timer is pending.
        assert counts(1) == [4 * TICKS, 0, 1]
        for _ in range(TICKS):
            clock.advance(HOUR)
            engine.run_due()
        assert counts(1) == [0, 0, 0]
        assert counts(2) == [2, 0, 0]
        assert counts(0) == [0, 2, 0]
