"""What wakes waiting workers on PostgreSQL: near timers and messages, told with their commit."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from queue import SimpleQueue

import pytest

from crmflow.clock import ManualClock
from crmflow.core.ref import EntityRef
from crmflow.engine.values import Due
from crmflow.engine.working.pace import Pace
from crmflow.engine.working.worker import Worker
from crmflow.storage.opening import open_store
from crmflow.storage.port import Waking
from crmflow.storage.postgresql import PostgresqlStore
from crmflow.storage.postgresql_waking import NEAR
from crmflow.storage.rows import TimerRow
from crmflow.testing.store_rows import commit_to, message, new_tenant
from tests.engine.machines import AT, HOUR, SALES
from tests.engine.workshop import Outside, workshop
from tests.storage.servers import postgresql, schema_of

WAIT = 30
"""Seconds that anything may take at most before a test fails."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Return the URL of a schema for the tests of this module."""
    with schema_of(postgresql()) as url:
        yield url


@pytest.fixture
def store(url: str) -> Iterator[PostgresqlStore]:
    """Return a store in it."""
    with closing(PostgresqlStore(url)) as store:
        yield store


def test_messages_and_near_timers_are_told(store: PostgresqlStore) -> None:
    """And nothing else: who commits should not have to stand in line for it."""
    ref = EntityRef(new_tenant(), "deal", "D-1")
    near = NEAR // timedelta(microseconds=1)
    told: SimpleQueue[str | None] = SimpleQueue()
    with store.waking(told.put):
        assert told.get(timeout=WAIT) is None
        store.commit([commit_to(ref)])
        far = (TimerRow(ref, "far", near + 9, 2),)
        store.commit([commit_to(ref, 2, timers=far)])
        store.commit([commit_to(ref, 3, timers=(TimerRow(ref, "near", near, 3),))])
        store.commit([commit_to(ref, 4), commit_to(ref, 5, messages=(message(ref, 5),))])
        tenants = [told.get(timeout=WAIT), told.get(timeout=WAIT)]
    # Others may tell of theirs in the same database.
    own = [one for one in (*tenants, *drained(told)) if one == ref.tenant]
    assert own == [ref.tenant] * 2


def drained(told: SimpleQueue[str | None]) -> Iterator[str | None]:
    """Yield what is left."""
    while not told.empty():
        yield told.get()


def test_a_lost_connection_is_made_anew(store: PostgresqlStore) -> None:
    """And workers look for what they may have missed."""
    told: SimpleQueue[str | None] = SimpleQueue()
    with store.waking(told.put):
        assert told.get(timeout=WAIT) is None
        with store._server.alone() as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE query = 'LISTEN crmflow' AND pid <> pg_backend_pid()"
            )
        while told.get(timeout=WAIT) is not None:
            pass


class Watched(Worker):
    """A worker of whom it is seen that it was woken."""

    woken = threading.Event()

    def wake(self) -> None:
        """Note it."""
        super().wake()
        self.woken.set()


def test_a_waiting_worker_is_woken_by_a_commit(url: str) -> None:
    """Long before its poll is over, and by none of another tenant; what is due at once is near."""
    clock, tenant = ManualClock(AT), new_tenant()
    with (
        workshop(open_store(url), clock=clock, outside=Outside(), tenant=tenant) as callers,
        workshop(open_store(url), clock=clock, outside=Outside(), tenant=tenant) as workers,
    ):
        assert isinstance(workers.store, Waking)

        def stop(_tenant: str, due: Due) -> None:
            if due.fired:
                worker.stop()

        worker = Watched(workers, Pace(poll=timedelta(hours=9), threads=0), told=stop)
        running = threading.Thread(target=worker.run)
        running.start()
        assert worker.woken.wait(WAIT)  # it listens by now
        other = EntityRef(new_tenant(), "deal", "D-1")
        callers.store.commit([commit_to(other, messages=(message(other),))])
        callers.create("press", actor=SALES, at=AT - HOUR).require()
        running.join(WAIT)
        assert not running.is_alive()
