"""Threads of handlers: in order per pair, cut off when they hang, keeping nobody else back."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from crmflow.clock import ManualClock
from crmflow.core.errors import UnavailableError, WorkFailedError
from crmflow.core.message import Parcel
from crmflow.engine.engine import Engine
from crmflow.engine.values import Due
from crmflow.engine.working.bell import Bell
from crmflow.engine.working.pace import Pace
from crmflow.engine.working.seldom import Seldom
from crmflow.engine.working.worker import Worker
from crmflow.storage.memory import MemoryStore
from crmflow.testing.crashing import CrashingStore
from tests.engine.machines import AT, HOUR
from tests.engine.workshop import MINUTE, Outside, started, workshop

TWO = Pace(threads=2, poll=timedelta(milliseconds=20))
WAIT = 20
"""Seconds that a thread may take at most before a test fails."""


class Gate:
    """A handler that hangs until it is let go."""

    def __init__(self) -> None:
        self.entered = threading.Semaphore(0)
        self.open = threading.Event()

    def __call__(self, _parcel: Parcel) -> None:
        """Wait."""
        self.entered.release()
        assert self.open.wait(WAIT)

    def close(self) -> None:
        """Let everybody go."""
        self.open.set()


@pytest.fixture
def gate() -> Iterator[Gate]:
    """Return a handler that hangs, and let it go in the end."""
    found = Gate()
    yield found
    found.close()


def wait(done: Callable[[], object], meanwhile: Callable[[], object] = lambda: None) -> None:
    """Wait until something is so."""
    for _ in range(WAIT * 100):
        if done():
            return
        if not meanwhile():
            time.sleep(0.01)
    pytest.fail("it never came")


def until(worker: Worker, done: Callable[[], object]) -> None:
    """Work until something is so."""
    wait(done, worker.round)


def hanging(gate: Gate, presses: int = 3) -> tuple[Engine, ManualClock, Outside]:
    """Return an engine with ticks due, told to somebody who hangs and to somebody who does not."""
    clock, brisk = ManualClock(AT), Outside()
    engine = workshop(clock=clock, outside=gate, brisk=brisk)
    started(engine, presses)
    clock.advance(HOUR)
    return engine, clock, brisk


def test_a_handler_that_hangs_is_given_up_and_reported(gate: Gate) -> None:
    """Its messages are tried again later; what it does in the end changes nothing."""
    engine, clock, _ = hanging(gate)
    dues: list[Due] = []
    worker = Worker(engine, TWO, told=lambda _tenant, due: dues.append(due))
    until(worker, lambda: gate.entered.acquire(blocking=False))
    assert gate.entered.acquire(timeout=WAIT)
    (duty,) = worker.duties
    assert (duty.hands.count, duty.hands.is_free("outside")) == (3, False)
    assert len(engine.get(("ledger", "L-1")).facts.told) == 3
    clock.advance(TWO.timeout)
    worker.round()
    errors = [str(error) for due in dues for error in due.errors]
    assert errors == ["delivery 'outside' failed: no answer within 30 s; it is tried again."] * 2
    assert (duty.hands.stuck(), duty.hands.count) == ({"outside": 2}, 1)
    assert worker.round() is False
    waiting = [(one.attempts, one.detail) for one in engine.outbox()]
    assert waiting == [(1, "no answer within 30 s")] * 2 + [(0, "")]
    gate.open.set()
    until(worker, lambda: not duty.hands.stuck())
    assert len(engine.outbox()) == 2
    clock.advance(HOUR / 2)
    until(worker, lambda: not engine.outbox())
    assert duty.hands.is_free("outside")


def test_a_message_that_waited_too_long_for_a_thread_is_left(gate: Gate) -> None:
    """Its lease would be over before the handler answers: whoever leases it next hands it over."""
    engine, clock, _ = hanging(gate)
    worker = Worker(engine, TWO)
    until(worker, lambda: gate.entered.acquire(blocking=False))
    assert gate.entered.acquire(timeout=WAIT)
    clock.advance(TWO.lease - TWO.timeout / 2)
    worker.round()
    gate.open.set()
    hands = worker.duties[0].hands
    wait(lambda: not hands.stuck() and not hands.count)
    assert len(engine.outbox()) == 3


def test_order_holds_per_pair_and_the_next_follows_at_once() -> None:
    """The next message of a pair is leased when the one before was taken."""
    clock, outside = ManualClock(AT), Outside()
    engine = workshop(clock=clock, outside=outside)
    started(engine, 2)
    clock.advance(3 * HOUR)
    Worker(engine, TWO).run(once=True)
    for press in ("P-0", "P-1"):
        keys = [one for one in outside.taken if f"/{press}/" in one]
        assert keys == [f"main/press/{press}/{version}/1" for version in (2, 3, 4)]


def test_who_stops_gives_back_what_no_thread_has_begun(gate: Gate) -> None:
    """What threads have in hand is waited for; the rest is free at once."""
    engine, _, _ = hanging(gate)
    worker = Worker(engine, TWO)
    running = threading.Thread(target=worker.run)
    running.start()
    assert gate.entered.acquire(timeout=WAIT)
    assert gate.entered.acquire(timeout=WAIT)
    hands = worker.duties[0].hands
    wait(lambda: hands.count == TWO.threads + 1)
    worker.stop()
    wait(lambda: hands.count == TWO.threads)
    gate.open.set()
    running.join(WAIT)
    assert not running.is_alive()
    (left,) = engine.outbox()
    assert left.not_before <= int(engine.clock.now().timestamp() * 1_000_000)


def test_a_tenant_whose_store_is_away_at_the_end_keeps_no_other_back(gate: Gate) -> None:
    """Its messages are free when their lease is over, those of others at once."""
    clock, store = ManualClock(AT), MemoryStore()
    engines = [workshop(store, clock=clock, outside=gate, tenant=name) for name in "ab"]
    for engine in engines:
        started(engine, 3)
    clock.advance(HOUR)
    away = UnavailableError("test", "away")
    engines[0].store = CrashingStore(store, away, calls=("mark",))
    worker = Worker(engines, TWO)
    running = threading.Thread(target=worker.run)
    running.start()
    hands = [duty.hands for duty in worker.duties]
    wait(lambda: [one.count for one in hands] == [TWO.threads + 1] * 2)
    for _ in range(2 * TWO.threads):
        assert gate.entered.acquire(timeout=WAIT)
    worker.stop()
    wait(lambda: [one.count for one in hands] == [TWO.threads] * 2)
    gate.open.set()
    running.join(WAIT)
    assert not running.is_alive()
    now = int(clock.now().timestamp() * 1_000_000)
    assert [[row.not_before <= now for row in one.outbox()] for one in engines] == [[False], [True]]


def test_the_upkeep_is_done_beside_the_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once at a time; where the store is away that is told, and it is tried with a later sweep."""
    engine, let_go = workshop(clock=ManualClock(AT)), threading.Event()
    entered = threading.Semaphore(0)

    def upkeep() -> Due:
        entered.release()
        assert let_go.wait(WAIT)
        raise UnavailableError("test", "away")

    monkeypatch.setattr(engine, "upkeep", upkeep)
    seldom = Seldom(engine, Bell(), beside=True)
    assert seldom.ended() == Due()
    for _ in range(2):
        seldom.begin()
    assert entered.acquire(timeout=WAIT)
    assert seldom.is_busy
    let_go.set()
    wait(lambda: not seldom.is_busy)
    assert [str(one)[:10] for one in seldom.ended().errors] == ["store test"]
    assert not entered.acquire(blocking=False)


def test_a_store_that_is_away_while_a_thread_works(gate: Gate) -> None:
    """The message stays leased, and is told as a failure; it is handed over again after that."""
    clock, store = ManualClock(AT), MemoryStore()
    outside = Outside()
    engine = workshop(store, clock=clock, outside=outside)
    started(engine)
    clock.advance(HOUR)
    away = UnavailableError("test", "away")
    # The first call is that of the ledger's message, in the round itself.
    engine.store = CrashingStore(store, away, at=2, calls=("settle",))
    errors: list[object] = []
    worker = Worker(engine, TWO, told=lambda _tenant, due: errors.extend(due.errors))
    until(worker, lambda: errors)
    assert errors == [away]
    clock.advance(TWO.lease)
    until(worker, lambda: not engine.outbox())
    assert outside.taken == ["main/press/P-0/2/1"] * 2


@pytest.mark.parametrize(
    "end", [asyncio.CancelledError, KeyboardInterrupt, SystemExit, GeneratorExit]
)
def test_no_handler_ends_a_thread(end: type[BaseException]) -> None:
    """It is a failure of the message, which is tried again; the thread goes on with others."""
    clock = ManualClock(AT)

    def heed(_parcel: Parcel) -> None:
        raise end

    outside = Outside(heed)
    engine = workshop(clock=clock, outside=outside)
    started(engine, 3)
    clock.advance(HOUR)
    errors: list[object] = []
    worker = Worker(engine, Pace(threads=1), told=lambda _tenant, due: errors.extend(due.errors))
    until(worker, lambda: [one.attempts for one in engine.outbox()] == [2, 2, 2])
    until(worker, lambda: not worker.duties[0].hands.count)
    worker.round()
    assert {str(one).partition("(")[2].partition(",")[0] for one in errors} == {end.__name__}
    assert {type(one) for one in errors} == {WorkFailedError}
    outside.heeds = lambda _parcel: None
    clock.advance(MINUTE)
    until(worker, lambda: len(outside.taken) == 3)
    until(worker, lambda: not worker.duties[0].hands.count)
    assert not engine.outbox()


def test_a_failure_that_cannot_be_noted_ends_no_thread() -> None:
    """Whatever else goes wrong is told, and the message is free again after its lease."""
    clock, store = ManualClock(AT), MemoryStore()
    outside = Outside()
    engine = workshop(store, clock=clock, outside=outside)
    started(engine)
    clock.advance(HOUR)
    fault = ZeroDivisionError()
    engine.store = CrashingStore(store, fault, at=2, calls=("settle",))
    for _ in range(2):
        engine.store = CrashingStore(engine.store, fault, calls=("mark",))
    errors: list[object] = []
    worker = Worker(engine, TWO, told=lambda _tenant, due: errors.extend(due.errors))
    until(worker, lambda: errors)
    assert [type(one) for one in errors] == [WorkFailedError]
    clock.advance(TWO.lease)
    until(worker, lambda: not engine.outbox())
    assert outside.taken == ["main/press/P-0/2/1"] * 2
