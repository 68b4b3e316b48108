"""A connection is cut at every message of a life: start, calls, timers, messages, all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from crmflow.clock import ManualClock
from crmflow.core.errors import UnavailableError
from crmflow.engine.engine import Engine
from crmflow.engine.values import Firing
from crmflow.engine.working.pace import Pace
from crmflow.engine.working.worker import Worker
from crmflow.storage.opening import open_store
from tests.engine.machines import AT, HOUR
from tests.faults.audit import FAULTS, audited
from tests.faults.jobs import ACTOR, TICKS, noting, opened
from tests.faults.scale import scaled
from tests.storage.cutting import Cutting
from tests.storage.servers import postgresql, schema_of, with_options

PACE = Pace(batch=10, threads=0)
JOBS = ("J-0", "J-1")
STEP = scaled(7, 1)
"""Every so many messages one is cut at."""

TRIES = 6


def insisted(call: Callable[[], object], clock: ManualClock) -> None:
    """Make a call until the server answers; leases of what was cut off end meanwhile."""
    for _ in range(TRIES):
        try:
            call()
        except UnavailableError:
            clock.advance(2 * PACE.lease)
        else:
            return
    raise AssertionError("the server never answers")


def lived(url: str, tenant: str, notes: Path) -> None:
    """Begin jobs, let them tick and poke them, whatever is cut."""
    clock = ManualClock(AT)
    engines: list[Engine] = []

    def start() -> None:
        outside = noting(str(notes))
        engines.append(opened(url, outside, clock=clock, breath=HOUR, tenant=tenant))

    def begin(name: str) -> None:
        engine.create("job", actor=ACTOR, id=name, key=name).require()

    def poke(number: int) -> None:
        asked = [Firing(("job", one), "poke", actor=ACTOR, key=f"{number}") for one in JOBS]
        for answer in engine.fire_many(asked):
            if isinstance(answer, Exception):
                raise answer
            answer.require()

    def work() -> None:
        while worker.round():
            pass

    insisted(start, clock)
    with closing(engines[-1]) as engine:
        worker = Worker(engine, PACE)
        for name in JOBS:
            insisted(lambda name=name: begin(name), clock)  # type: ignore[misc]
        for number in range(TICKS):
            insisted(lambda number=number: poke(number), clock)  # type: ignore[misc]
            clock.advance(HOUR + timedelta(minutes=1))
            insisted(work, clock)
        # What a cut left leased is free by now.
        clock.advance(2 * PACE.lease)
        insisted(work, clock)


@pytest.fixture(scope="module")
def schema() -> Iterator[str]:
    """Return the name of a schema whose tables are made."""
    with schema_of(postgresql()) as url:
        open_store(url).close()
        yield url.rpartition("=")[2]


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_cut_at_every_message_of_a_life(
    schema: str, after: bool, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Whether the server had the message or only its answer was lost: all of it came once."""
    cuts = again = 0
    options = {"schema": schema, "pool": "1", "timeout": "5"}
    for number in count(1, STEP):
        tenant, notes = f"cut-{after}-{number}", tmp_path / f"{number}"
        with closing(Cutting(postgresql())) as way:
            way.cut(number, after=after)
            lived(with_options(way.url, **options), tenant, notes)
            reached = not way.left
        direct = with_options(postgresql(), **options)
        with closing(opened(direct, breath=HOUR, tenant=tenant)) as engine:
            counts = audited(engine, dict.fromkeys(JOBS, TICKS), notes)
        assert [counts[name] for name in FAULTS] == [0, 0, 0], (number, counts)
        again += counts["parcels given again"]
        if not reached:
            break
        cuts += 1
    told = {"cuts": cuts, "lost": 0, "doubled": 0, "stuck": 0, "parcels given again": again}
    record_property(f"connection cut {'after' if after else 'before'} a message", told)
    assert cuts > 5
