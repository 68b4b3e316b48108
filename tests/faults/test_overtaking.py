"""Deadlocks and serialisation failures are tried again: every poke comes once."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from crmflow.engine.engine import Engine
from crmflow.engine.values import Firing
from tests.faults.audit import FAULTS, audited
from tests.faults.fleet import insist
from tests.faults.jobs import ACTOR, noting, opened
from tests.faults.scale import scaled
from tests.storage.servers import postgresql, postgresql_database, with_options

JOBS = [f"J-{number}" for number in range(8)]
CALLERS = 4
ROUNDS = scaled(15, 150)
LOCK = "SELECT 1 FROM crmflow_entity WHERE machine = 'job' AND id = %s FOR UPDATE"


@pytest.fixture(params=["read committed", "serializable"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Return the URL of a database that sees deadlocks soon, and isolates as its host likes."""
    with postgresql_database(postgresql()) as found:
        with psycopg.connect(found, autocommit=True) as connection:
            ((name,),) = connection.execute("SELECT current_database()").fetchall()
            for setting in (
                "deadlock_timeout = '5ms'",
                f"default_transaction_isolation = '{request.param}'",
            ):
                connection.execute(f"ALTER DATABASE {name} SET {setting}")
        yield found


def poke_all(engine: Engine, caller: int, turn: int) -> None:
    """Poke all jobs in one batch, in an order of the caller's own."""
    names = random.Random(f"{caller} {turn}").sample(JOBS, len(JOBS))
    firings = [Firing(("job", name), "poke", actor=ACTOR, key=f"{caller}-{turn}") for name in names]
    for answer in engine.fire_many(firings):
        if isinstance(answer, Exception):
            raise answer
        answer.require()


def call_on(engine: Engine, caller: int) -> None:
    """Poke all, again and again."""
    for turn in range(ROUNDS):
        insist(partial(poke_all, engine, caller, turn))


def get_in_the_way(url: str, over: threading.Event) -> int:
    """Lock jobs in the wrong order until it is over; return how often that was broken off."""
    broken, names = 0, list(reversed(JOBS))
    with psycopg.connect(url) as connection:
        while not over.is_set():
            try:
                for name in names:
                    connection.execute(LOCK, (name,))
                    time.sleep(0.002)
            except (errors.DeadlockDetected, errors.SerializationFailure):
                broken += 1
            connection.rollback()
            time.sleep(0.01)
    return broken


def finish(engine: Engine) -> None:
    """Let what is left be done."""
    deadline = time.monotonic() + 30
    while (engine.backlog().pending or engine.outbox()) and time.monotonic() < deadline:
        engine.run_due()
        time.sleep(0.05)


@pytest.mark.slow
def test_who_is_overtaken_loses_and_doubles_nothing(
    url: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Callers with engines of their own poke the same jobs, and somebody locks them backwards."""
    over, notes = threading.Event(), tmp_path / "notes"
    pooled = with_options(url, pool="6")
    with (
        closing(opened(pooled, noting(str(notes)))) as engine,
        ThreadPoolExecutor(CALLERS + 1) as threads,
    ):
        for name in JOBS:
            engine.create("job", actor=ACTOR, id=name, key=name).require()
        rival = threads.submit(get_in_the_way, url, over)
        engines = [opened(pooled, noting(str(notes))) for _ in range(CALLERS)]
        try:
            calls = [threads.submit(call_on, one, n) for n, one in enumerate(engines)]
            for call in calls:
                call.result()
        finally:
            over.set()
            for one in engines:
                one.close()
        finish(engine)
        counts = audited(engine, dict.fromkeys(JOBS, CALLERS * ROUNDS), notes)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SELECT pg_stat_clear_snapshot()")
            ((isolation, deadlocks, undone),) = connection.execute(
                "SELECT current_setting('transaction_isolation'), deadlocks, xact_rollback"
                " FROM pg_stat_database WHERE datname = current_database()"
            ).fetchall()
    told = {"deadlocks": deadlocks, "undone": undone, "rival broken off": rival.result(), **counts}
    record_property(f"overtaken, {isolation}", told)
    assert [counts[name] for name in FAULTS] == [0, 0, 0]
    assert deadlocks + rival.result() > 0
