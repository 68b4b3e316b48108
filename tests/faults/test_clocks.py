"""Clocks of hosts that are an hour wrong, either way, and are set while work goes on."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmflow.clock import ManualClock
from crmflow.engine.working.pace import Pace
from crmflow.engine.working.worker import Worker
from crmflow.storage.memory import MemoryStore
from crmflow.storage.opening import open_store
from crmflow.storage.port import Store
from tests.engine.machines import AT, HOUR
from tests.faults.audit import FAULTS, audited
from tests.faults.jobs import ACTOR, TICKS, noting, opened
from tests.faults.scale import scaled
from tests.storage.servers import postgresql, schema_of

MINUTE = timedelta(minutes=1)
HOSTS = 3
PACE = Pace(batch=2, threads=0, sweep=10 * MINUTE)
TENANTS: Iterator[int] = count()


@attrs.define
class HostClock:
    """
    The clock of a host.

    Attributes:
        true: What it should show.
        off: By how much it is wrong.
    """

    true: ManualClock
    off: timedelta = timedelta()

    def now(self) -> datetime:
        """Return what it shows."""
        return self.true.now() + self.off

    def new_id(self) -> str:
        """Return the next of a sequence that all share."""
        return self.true.new_id()


class Hosts:
    """
    Hosts with an engine and a worker each, over one store.

    Args:
        store: The store.
        notes: What the outside was given.
    """

    def __init__(self, store: Store, notes: Path) -> None:
        self.true = ManualClock(AT)
        self.clocks = [HostClock(self.true) for _ in range(HOSTS)]
        self.notes = notes
        tenant, outside = f"clocks-{next(TENANTS)}", noting(str(notes))
        self.engines = [
            opened(store, outside, clock=clock, breath=HOUR, tenant=tenant) for clock in self.clocks
        ]
        self.workers = [Worker(engine, PACE) for engine in self.engines]
        self.pokes: Counter[str] = Counter()

    def begin(self, host: int) -> None:
        """Begin a job."""
        name = f"J-{len(self.pokes)}"
        self.engines[host].create("job", actor=ACTOR, id=name).require()
        self.pokes[name] = 0

    def poke(self, host: int) -> None:
        """Poke the job that was begun last."""
        for name in list(self.pokes)[-1:]:
            self.engines[host].fire(("job", name), "poke", actor=ACTOR).require()
            self.pokes[name] += 1

    def work(self, host: int) -> None:
        """Do a round."""
        self.workers[host].round()

    def put_forward(self, host: int) -> None:
        """Set a clock an hour forward; by the next time at the latest it is right again."""
        self.clocks[host].off = HOUR if self.clocks[host].off <= timedelta() else timedelta()

    def put_back(self, host: int) -> None:
        """Set a clock an hour back, likewise."""
        self.clocks[host].off = -HOUR if self.clocks[host].off >= timedelta() else timedelta()

    def wait(self, host: int) -> None:
        """Let time go by, more of it the higher the host's number."""
        self.true.advance(20 * (host + 1) * MINUTE)

    def end(self) -> dict[str, int]:
        """Set all clocks right, let all that is left be done, and count."""
        for clock in self.clocks:
            clock.off = timedelta()
        for _ in range(TICKS + 2):
            # What was leased by a clock that was ahead is free by then.
            self.true.advance(HOUR + 2 * PACE.lease)
            while sum(worker.round() for worker in self.workers):
                pass
        return audited(self.engines[0], self.pokes, self.notes)

    def check_times(self) -> None:
        """Assert that no job's time goes back and no tick came before it was due."""
        engine = self.engines[0]
        for name in self.pokes:
            records = list(engine.journal(("job", name)))
            times = [record.event.at for record in records]
            assert times == sorted(times)
            ticks = [record.event.at for record in records if record.event.name == "tick"]
            assert all(
                later - earlier >= HOUR
                for earlier, later in zip([times[0], *ticks], ticks, strict=False)
            )


DO = (Hosts.begin, Hosts.poke, Hosts.work, Hosts.put_forward, Hosts.put_back, Hosts.wait)
STEPS = st.lists(
    st.tuples(st.sampled_from(DO), st.integers(0, HOSTS - 1)), min_size=15, max_size=30
)
Steps = list[tuple[Callable[[Hosts, int], None], int]]


def lived(store: Store, steps: Steps) -> dict[str, int]:
    """Do all that, end it, and return the counts."""
    with tempfile.TemporaryDirectory() as folder:
        hosts = Hosts(store, Path(folder) / "notes")
        hosts.begin(0)
        for do, host in steps:
            do(hosts, host)
        counts = hosts.end()
        hosts.check_times()
    assert [counts[name] for name in FAULTS] == [0, 0, 0], counts
    return counts


@pytest.mark.slow
@settings(max_examples=scaled(10, 1000))
@given(STEPS)
def test_clocks_that_are_wrong_lose_and_double_nothing(steps: Steps) -> None:
    """Whoever's clock is set when: every tick comes once, none early, and time never goes back."""
    lived(MemoryStore(), steps)


@pytest.mark.slow
def test_clocks_that_are_wrong_over_a_server(
    record_property: Callable[[str, object], None],
) -> None:
    """The same over PostgreSQL, where leases are compared by the server."""
    total: Counter[str] = Counter()
    with schema_of(postgresql()) as url:

        @settings(max_examples=scaled(8, 300))
        @given(STEPS)
        def live(steps: Steps) -> None:
            with closing(open_store(url)) as store:
                total.update(lived(store, steps))
                total["clocks set"] += sum(do in DO[3:5] for do, _ in steps)

        live()
    record_property("clocks an hour wrong, postgresql", dict(total))
    assert total["clocks set"] > 0
