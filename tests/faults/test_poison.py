"""Poisoned messages and handlers that hang, in front of workers that have other things to do."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from pathlib import Path

import attrs
import pytest

from crmflow.core.errors import DeliveryRejectedError
from crmflow.core.message import Parcel
from crmflow.engine.engine import Engine
from crmflow.engine.values import Due
from crmflow.engine.working.pace import Pace
from crmflow.engine.working.worker import Worker
from crmflow.storage.rows import MessageStatus
from tests.faults.audit import FAULTS, audited
from tests.faults.jobs import ACTOR, TICKS, noting, opened
from tests.faults.scale import scaled
from tests.storage.servers import postgresql, schema_of

JOBS = scaled(40, 400)
WORKERS = 2
PACE = Pace(
    batch=20,
    threads=2,
    timeout=timedelta(seconds=0.4),
    lease=timedelta(seconds=0.8),
    poll=timedelta(seconds=0.02),
    sweep=timedelta(seconds=0.1),
)
WAIT = scaled(60, 300)
"""Seconds that anything may take before the test fails."""


@attrs.define(eq=False)
class Sick:
    """
    A handler that rejects what it is given, or hangs, until it is well.

    Attributes:
        well: Set once it is.
        hangs: Whether it hangs; else it rejects the messages of every fifth job.
        taken: How often it was given each message.
    """

    hangs: bool
    well: threading.Event = attrs.field(factory=threading.Event)
    taken: Counter[str] = attrs.field(factory=Counter)

    def __call__(self, parcel: Parcel) -> None:
        """Take a message, or do not."""
        if not self.well.is_set():
            if self.hangs:
                self.well.wait()
            elif parcel.source.id.endswith(("0", "5")):
                raise DeliveryRejectedError("poisoned", "it makes no sense")
        self.taken[parcel.key] += 1


@contextmanager
def at_work(engines: list[Engine], told: Callable[[str, Due], object]) -> Iterator[list[Worker]]:
    """Let a worker run on each engine."""
    workers = [Worker(engine, PACE, told=told) for engine in engines]
    threads = [threading.Thread(target=worker.run) for worker in workers]
    for thread in threads:
        thread.start()
    try:
        yield workers
    finally:
        for worker in workers:
            worker.stop()
        for thread in threads:
            thread.join(WAIT)


def stuck(worker: Worker) -> int:
    """Return how many threads of a worker have not come back in time."""
    return sum(sum(duty.hands.stuck().values()) for duty in worker.duties)


def wait_for(done: Callable[[], bool]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + WAIT
    while not done():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)


@pytest.mark.slow
def test_what_is_poisoned_or_hangs_keeps_nobody_else_back(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """The rest is done meanwhile, it is told what is not, and afterwards nothing is missing."""
    notes, errors = tmp_path / "notes", Counter[str]()
    hanging, poisoned = Sick(hangs=True), Sick(hangs=False)

    def note_down(_tenant: str, due: Due) -> None:
        errors.update(type(error).__name__ for error in due.errors)

    def is_rest_done() -> bool:
        left = {row.target.machine for row in engines[0].outbox()}
        return not engines[0].backlog().pending and left <= {"hanging", "poisoned"}

    with ExitStack() as until:
        url = until.enter_context(schema_of(postgresql()))
        engines = [
            until.enter_context(
                closing(opened(url, noting(str(notes)), hanging=hanging, poisoned=poisoned))
            )
            for _ in range(WORKERS)
        ]
        until.callback(hanging.well.set)
        workers = until.enter_context(at_work(engines, note_down))
        pokes = {f"J-{number}": 0 for number in range(JOBS)}
        for name in pokes:
            engines[0].create("job", actor=ACTOR, id=name).require()
        wait_for(is_rest_done)
        hung = WORKERS * PACE.threads
        wait_for(lambda: sum(map(stuck, workers)) == hung and errors.total() >= hung)
        waiting = Counter(row.target.machine for row in engines[0].outbox())
        parked = engines[0].outbox(status=MessageStatus.PARKED)
        hanging.well.set()
        poisoned.well.set()
        engines[0].retry_outbox()
        wait_for(lambda: not engines[0].outbox())
        counts = audited(engines[0], pokes, notes)
    told = {"poisoned": len(parked), "threads that hung": hung, "failures told": errors.total()}
    record_property("poisoned and hanging", {**told, **counts})
    # One of each pair is parked, and keeps what comes after it.
    assert len(parked) == JOBS // 5
    assert waiting == {"hanging": TICKS * JOBS, "poisoned": TICKS * JOBS // 5}
    assert [len(sick.taken) for sick in (hanging, poisoned)] == [TICKS * JOBS] * 2
    assert [counts[name] for name in FAULTS] == [0, 0, 0]
