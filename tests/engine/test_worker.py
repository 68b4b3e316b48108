"""Workers: what they do in a round, how they wait, and how they end."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crmflow.clock import ManualClock
from crmflow.core.errors import (
    DamagedError,
    DeliveryError,
    GuardFailedError,
    SealedError,
    UnavailableError,
    WorkFailedError,
)
from crmflow.core.message import Parcel
from crmflow.core.ref import EntityRef
from crmflow.engine.engine import Engine
from crmflow.engine.values import Due, UnknownMessageError
from crmflow.engine.working.pace import Pace
from crmflow.engine.working.worker import Worker
from crmflow.flow.isolating import own_failure
from crmflow.flow.patience import LONGEST, MOST
from crmflow.storage.commit import Commit, Outcome
from crmflow.storage.memory import MemoryStore
from crmflow.storage.query import Backlog
from crmflow.storage.rows import EntityRow, MessageRow, MessageStatus, Spot, TimerRow
from crmflow.testing.crashing import CrashingStore
from tests.engine.machines import AT, HOUR, SALES
from tests.engine.workshop import LEDGER, MINUTE, PRESS, Outside, started, workshop

EPOCH = datetime.fromtimestamp(0, UTC)
ALONE = Pace(threads=0)
SOON = Pace(poll=timedelta(milliseconds=20))


def quiet(worker: Worker) -> None:
    """Work until there is nothing more to do right now."""
    while worker.round():
        pass


def ticked(outside: Outside) -> tuple[Engine, ManualClock]:
    """Return an engine of which one press has a tick due."""
    clock = ManualClock(AT)
    engine = workshop(clock=clock, outside=outside)
    started(engine)
    clock.advance(HOUR)
    return engine, clock


def test_a_pace_is_checked() -> None:
    """No empty batch, and no lease that is over before a handler answers."""
    with pytest.raises(ValueError, match="no negative parts"):
        Pace(batch=0)
    with pytest.raises(ValueError, match="no negative parts"):
        Pace(poll=timedelta())
    with pytest.raises(ValueError, match="is over before a handler"):
        Pace(lease=timedelta(seconds=30))


def test_a_round_is_a_batch() -> None:
    """No more timers than a batch are fired at once, so that no transaction is long."""
    clock = ManualClock(AT)
    engine = workshop(clock=clock, outside=Outside())
    started(engine, 5)
    clock.advance(HOUR)
    dues: list[Due] = []
    worker = Worker(engine, Pace(batch=2, threads=0), told=lambda _tenant, due: dues.append(due))
    quiet(worker)
    assert [len(due.fired) for due in dues if due.fired] == [2, 2, 1]
    (duty,) = worker.duties
    assert (duty.tally.fired, duty.tally.delivered, duty.tally.failed) == (5, 10, 0)
    assert len(engine.get(("ledger", "L-1")).facts.told) == 5


def test_what_has_waited_longest_goes_first() -> None:
    """Also where each round sends more than it hands over, of sources with earlier names."""
    outside, clock = Outside(), ManualClock(AT)
    engine = workshop(clock=clock, outside=outside)
    started(engine, prefix="Z")
    clock.advance(MINUTE)
    started(engine, 5, prefix="A")
    clock.advance(HOUR)
    worker = Worker(engine, Pace(batch=1, threads=0))
    for _ in range(4):
        worker.round()
        clock.advance(timedelta(seconds=1))
    assert engine.backlog().waiting == 4
    assert ["Z-0" in key for key in outside.taken] == [True, False]


def test_tenants_share_a_worker() -> None:
    """Each has its own rounds; none is seen by another's engine."""
    clock, store, outside = ManualClock(AT), MemoryStore(), Outside()
    engines = [
        workshop(store, clock=clock, outside=outside, tenant=name) for name in ("north", "south")
    ]
    for engine in engines:
        started(engine)
    clock.advance(HOUR)
    worker = Worker(engines, ALONE)
    quiet(worker)
    assert [duty.tally.fired for duty in worker.duties] == [1, 1]
    assert [engine.backlog().pending for engine in engines] == [1, 1]


def test_machines_that_are_off_are_left_to_others() -> None:
    """Their timers and messages are not even leased."""
    clock, store = ManualClock(AT), MemoryStore()
    both = workshop(store, clock=clock, outside=Outside())
    started(both)
    clock.advance(HOUR)
    ledgers = workshop(store, clock=clock, machines=(LEDGER,))
    quiet(Worker(ledgers, ALONE))
    presses = workshop(store, clock=clock, machines=(PRESS,))
    quiet(Worker(presses, ALONE))
    assert [one.not_before for one in both.outbox()] == [0, 0]
    quiet(Worker(both, ALONE))
    assert list(both.outbox()) == []


def test_what_is_due_before_the_last_is_found_by_a_sweep() -> None:
    """A timer that comes from the past is not seen at once, and seen with the next sweep."""
    clock = ManualClock(AT)
    engine = workshop(clock=clock, outside=Outside())
    worker = Worker(engine, ALONE)
    started(engine)
    clock.advance(HOUR)
    quiet(worker)
    engine.create("press", actor=SALES, id="old", at=AT - HOUR).require()
    quiet(worker)
    assert engine.get(("press", "old")).facts.ticks == 0
    clock.advance(ALONE.sweep)
    quiet(worker)
    assert engine.get(("press", "old")).facts.ticks == 2


def test_a_failing_timer_stays_due_and_keeps_nobody_waiting() -> None:
    """It is tried again when its lease is over; the others have fired by then."""
    clock, store = ManualClock(AT), MemoryStore()

    def broken(_attempt: object) -> dict[str, object]:
        raise ZeroDivisionError

    rows = tuple(attrs.evolve(r, sets=broken) if r.event == "tick" else r for r in PRESS.rows)
    failing = attrs.evolve(PRESS, name="failing", rows=rows)
    engine = workshop(store, clock=clock, outside=Outside(), machines=(failing, PRESS, LEDGER))
    engine.create("failing", actor=SALES).require()
    started(engine)
    clock.advance(HOUR)
    errors: list[object] = []
    worker = Worker(engine, ALONE, told=lambda _tenant, due: errors.extend(due.errors))
    quiet(worker)
    assert [type(one) for one in errors] == [GuardFailedError]
    assert engine.backlog().due == 1
    clock.advance(ALONE.lease)
    quiet(worker)
    assert len(errors) == 2


class Damaged(MemoryStore):
    """A store in which the snapshot of one entity cannot be read."""

    def load(self, refs: Sequence[EntityRef]) -> list[EntityRow | None]:
        """Return rows, one of them damaged."""
        rows = super().load(refs)
        return [
            EntityRow(one.ref, one.version, one.state, one.at, b"{", one.head)
            if one is not None and one.ref.id == "P-1"
            else one
            for one in rows
        ]


def test_what_cannot_be_read_fails_for_itself_alone() -> None:
    """The others of its batch fire."""
    clock = ManualClock(AT)
    whole, damaged = MemoryStore(), Damaged()
    damaged._tenants = whole._tenants
    engine = workshop(whole, clock=clock, outside=Outside())
    started(engine, 3)
    clock.advance(HOUR)
    errors: list[object] = []
    other = workshop(damaged, clock=clock, outside=Outside())
    quiet(Worker(other, ALONE, told=lambda _tenant, due: errors.extend(due.errors)))
    (error,) = errors
    assert isinstance(error, DamagedError)
    assert "press P-1" in str(error)
    assert engine.backlog().due == 1


def test_what_an_entity_keeps_sealed_is_its_own_failure() -> None:
    """A store that is away concerns everybody; a key that is gone, one entity."""
    sealed = SealedError(EntityRef("main", "press", "P-1"), "no such key")
    assert own_failure(sealed, "it") is sealed
    with pytest.raises(UnavailableError):
        own_failure(UnavailableError("test", "away"), "it")


class Garbled(MemoryStore):
    """A store in which messages to the outside cannot be read."""

    def claim_messages(
        self, tenant: str, *, targets: Sequence[str], now: int, lease: int, limit: int
    ) -> list[MessageRow]:
        """Lease messages, some of them garbled."""
        rows = super().claim_messages(tenant, targets=targets, now=now, lease=lease, limit=limit)
        return [
            attrs.evolve(one, body=b"{") if one.target.machine == "outside" else one for one in rows
        ]


def test_a_message_that_cannot_be_read_blocks_its_pair_alone() -> None:
    """It is counted as failed, and tried again; the others go on."""
    clock = ManualClock(AT)
    engine = workshop(Garbled(), clock=clock, outside=Outside())
    started(engine)
    clock.advance(3 * HOUR)
    quiet(Worker(engine, ALONE))
    assert engine.get(("ledger", "L-1")).facts.told == ("P-0:1", "P-0:2", "P-0:3")
    first, *others = engine.outbox()
    assert (first.attempts, [one.attempts for one in others]) == (2, [0, 0])
    assert "message press/P-0/2/1 cannot be worked on" in first.detail


def test_a_message_that_cannot_be_read_is_parked_in_the_end() -> None:
    """Its source is told, though nobody knows of which event."""
    clock = ManualClock(AT)
    engine = workshop(Garbled(), clock=clock, outside=Outside())
    (press,) = started(engine)
    clock.advance(HOUR)
    worker = Worker(engine, ALONE)
    for _ in range(MOST):
        quiet(worker)
        clock.advance(LONGEST)
    first = next(one for one in engine.outbox() if one.version == 2)
    assert first.status is MessageStatus.PARKED
    assert [task.name for task in engine.get(press).tasks] == ["message_refused"]


class Illegible(MemoryStore):
    """A store in which no message can be read."""

    def outbox(
        self,
        tenant: str,
        *,
        status: MessageStatus | None = None,
        source: EntityRef | None = None,
        after: Spot | None = None,
        limit: int = 100,
    ) -> Sequence[MessageRow]:
        """Return messages, all of them garbled."""
        rows = super().outbox(tenant, status=status, source=source, after=after, limit=limit)
        return [attrs.evolve(one, body=b"\x00") for one in rows]


def test_a_message_that_cannot_be_read_waits_for_a_machine_that_is_off() -> None:
    """Nobody knows whether it is a courtesy: it stops neither a worker nor who runs what is due."""
    clock, store = ManualClock(AT), Illegible()
    both = workshop(store, clock=clock, outside=Outside())
    both.store = CrashingStore(store, UnavailableError("test", "cut"), calls=("claim_messages",))
    started(both)
    clock.advance(HOUR)
    with pytest.raises(UnavailableError):
        Worker(both, ALONE).round()
    presses = workshop(store, clock=clock, machines=(PRESS,))
    due = presses.run_due()
    assert (due.waiting, due.errors) == (2, ())
    worker = Worker(presses, ALONE)
    quiet(worker)
    assert (worker.duties[0].tally.failed, presses.backlog().waiting) == (0, 2)


def test_a_late_worker_is_fenced_off() -> None:
    """Who stands still past its lease finds that another did it: nothing is doubled."""
    clock = ManualClock(AT)

    class Slow(MemoryStore):
        others: Worker | None = None

        def commit(self, batch: Sequence[Commit]) -> Sequence[Outcome]:
            """Stand still once, for longer than the lease, while another works."""
            others, self.others = self.others, None
            if others is not None:
                clock.advance(2 * MINUTE)
                quiet(others)
            return super().commit(batch)

    store = Slow()
    engines = [workshop(store, clock=clock, outside=Outside()) for _ in range(2)]
    (press,) = started(engines[0])
    clock.advance(HOUR)
    slow, quick = (Worker(engine, ALONE) for engine in engines)
    store.others = quick
    quiet(slow)
    assert [slow.duties[0].tally.forestalled, slow.duties[0].tally.fired] == [1, 0]
    assert quick.duties[0].tally.fired == 1
    assert engines[0].get(press).facts.ticks == 1


def test_a_failing_message_waits_ever_longer_and_is_parked() -> None:
    """First again at once, then twice as long each time, never longer than an hour."""
    outside = Outside(lambda _parcel: failing())

    def failing() -> None:
        raise DeliveryError("outside", "answered 503")

    engine, clock = ticked(outside)
    worker = Worker(engine, ALONE)
    waits: list[timedelta] = []
    while True:
        quiet(worker)
        row = next(one for one in engine.outbox() if one.target.machine == "outside")
        if row.status is MessageStatus.PARKED:
            break
        ahead = timedelta(microseconds=row.not_before) - (clock.now() - EPOCH)
        waits.append(ahead)
        clock.advance(ahead)
    assert row.attempts == MOST == len(waits) + 2
    assert row.detail == f"answered 503 ({MOST} attempts)"
    assert timedelta(seconds=0.5) <= waits[0] <= timedelta(seconds=1)
    assert LONGEST / 2 <= waits[-1] <= LONGEST
    assert [task.name for task in engine.tasks("administrator")] == ["message_refused"]


def test_a_handler_says_when_and_how_often() -> None:
    """What its error says goes before what the worker would do."""
    after = timedelta(minutes=7)

    def heed(_parcel: Parcel) -> None:
        raise DeliveryError("outside", "answered 429", after, 2)

    engine, clock = ticked(Outside(heed))
    worker = Worker(engine, ALONE)
    quiet(worker)
    (row,) = engine.outbox()
    assert timedelta(microseconds=row.not_before) == clock.now() + after - EPOCH
    assert (row.attempts, row.detail) == (1, "answered 429")
    clock.advance(after)
    quiet(worker)
    assert [one.status for one in engine.outbox()] == [MessageStatus.PARKED]


def test_whatever_a_handler_raises_is_tried_again() -> None:
    """Named with its plugin; the reason is kept with the message."""

    def heed(_parcel: Parcel) -> None:
        raise ZeroDivisionError

    engine, _ = ticked(Outside(heed))
    quiet(Worker(engine, ALONE))
    (row,) = engine.outbox()
    assert row.attempts == 2
    assert "raised in hook 'handlers' for event 'ticked'" in row.detail


def test_a_cancellation_within_a_handler_ends_that_alone() -> None:
    """It is a failure of the message, for a worker and for whoever runs what is due."""

    def heed(_parcel: Parcel) -> None:
        raise asyncio.CancelledError

    engine, clock = ticked(Outside(heed))
    quiet(Worker(engine, ALONE))
    (row,) = engine.outbox()
    assert row.attempts == 2
    assert "message press/P-0/2/1 cannot be worked on (CancelledError" in row.detail
    clock.advance(LONGEST)
    (error,) = engine.run_due().errors
    assert isinstance(error, WorkFailedError)


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit])
def test_what_ends_a_process_gets_through(end: type[BaseException]) -> None:
    """Where handlers are called in the worker's own thread; the message is taken up again."""
    outside = Outside(lambda _parcel: sys.exit() if end is SystemExit else interrupt())

    def interrupt() -> None:
        raise KeyboardInterrupt

    engine, clock = ticked(outside)
    with pytest.raises(end):
        Worker(engine, ALONE).round()
    outside.heeds = lambda _parcel: None
    clock.advance(ALONE.lease)
    quiet(Worker(engine, ALONE))
    assert (len(outside.taken), list(engine.outbox())) == (1, [])


class Sealed(MemoryStore):
    """A store of which no ledger can be opened."""

    def load(self, refs: Sequence[EntityRef]) -> Sequence[EntityRow | None]:
        """Refuse ledgers."""
        for ref in refs:
            if ref.machine == "ledger":
                raise SealedError(ref, "no such key")
        return super().load(refs)


def test_a_key_that_is_missing_counts_for_nothing() -> None:
    """Messages wait until their lease is over, however often: the key may come back."""
    clock = ManualClock(AT)
    engine = workshop(Sealed(), clock=clock, outside=Outside())
    started(engine)
    clock.advance(HOUR)
    errors: list[object] = []
    worker = Worker(engine, ALONE, told=lambda _tenant, due: errors.extend(due.errors))
    quiet(worker)
    assert [type(one) for one in errors] == [SealedError]
    assert [(one.attempts, one.detail) for one in engine.outbox()] == [(0, "")]


def test_a_single_message_is_retried_or_dropped() -> None:
    """By its name, or by whom it is for; only what is parked can be dropped."""

    def heed(_parcel: Parcel) -> None:
        raise DeliveryError("outside", "no", None, 1)

    outside = Outside(heed)
    engine, clock = ticked(outside)
    quiet(Worker(engine, ALONE))
    (row,) = engine.outbox(status=MessageStatus.PARKED)
    assert row.name == "press/P-0/2/1"
    with pytest.raises(UnknownMessageError, match="no such message: press/P-9/1/1"):
        engine.retry_outbox(["press/P-9/1/1"])
    assert engine.retry_outbox(target="ledger").parked == ()
    outside.heeds = lambda _parcel: None
    assert engine.retry_outbox([row.name]).applied == (row.target,)
    assert outside.taken == ["main/press/P-0/2/1"]
    assert engine.drop_outbox() == ()
    outside.heeds = heed
    clock.advance(HOUR)
    quiet(Worker(engine, ALONE))
    (dropped,) = engine.drop_outbox(target="outside")
    assert dropped.name == "press/P-0/4/1"
    assert engine.backlog() == Backlog(pending=1)


def test_what_is_told_to_nobody_is_settled() -> None:
    """A courtesy to a machine that is off by now, whose sender died before handing it over."""
    send = attrs.evolve(PRESS.rows[1].send[0], courtesy=True, ensure=False)
    rows = (PRESS.rows[0], attrs.evolve(PRESS.rows[1], send=(send,)), PRESS.rows[2])
    polite = attrs.evolve(PRESS, rows=rows)
    clock, store = ManualClock(AT), MemoryStore()
    both = workshop(store, clock=clock, machines=(polite, LEDGER))
    started(both, 3)
    clock.advance(HOUR)
    both.store = CrashingStore(store, UnavailableError("test", "cut"), calls=("claim_messages",))
    with pytest.raises(UnavailableError):
        Worker(both, ALONE).round()
    presses = Worker(workshop(store, clock=clock, machines=(polite,)), Pace(batch=2, threads=0))
    left = []
    for _ in range(3):
        left.append(both.backlog().waiting)
        quiet(presses)
        clock.advance(ALONE.sweep)
    assert left == [3, 1, 0]


def test_run_once_ends_when_nothing_is_due() -> None:
    """Messages in the hands of threads are waited for."""
    outside = Outside()
    engine, _ = ticked(outside)
    worker = Worker(engine, SOON)
    worker.run(once=True)
    assert outside.taken == ["main/press/P-0/2/1"]
    assert worker.duties[0].tally.delivered == 2
    assert list(engine.outbox()) == []


def test_a_store_that_is_away_is_waited_for() -> None:
    """A round comes to nothing, which is told; the next one finds the store again."""
    clock, store = ManualClock(AT), MemoryStore()
    engine = workshop(store, clock=clock, outside=Outside())
    started(engine)
    clock.advance(HOUR)
    engine.store = CrashingStore(store, UnavailableError("test", "away"), calls=("claim_due",))
    told: list[object] = []

    def tell(_tenant: str, due: Due) -> None:
        told.extend(due.errors)
        if due.fired:
            worker.stop()

    worker = Worker(engine, SOON, told=tell)
    worker.run()
    assert [str(one).partition(":")[0] for one in told] == ["store test is unavailable"]
    assert worker.fault is None
    assert worker.duties[0].tally.failed == 1


def test_run_once_raises_what_the_store_raises() -> None:
    """Who runs it by cron hears of it."""
    engine = workshop(outside=Outside())
    engine.store = CrashingStore(
        engine.store, UnavailableError("test", "away"), calls=("claim_due",)
    )
    with pytest.raises(UnavailableError):
        Worker(engine, SOON).run(once=True)


class Away(MemoryStore):
    """A store that is away for some tenants."""

    def __init__(self, *tenants: str) -> None:
        super().__init__()
        self.tenants = set(tenants)

    def claim_due(
        self,
        tenant: str,
        until: int,
        *,
        machines: Sequence[str],
        now: int,
        lease: int,
        limit: int,
        after: int = 0,
    ) -> Sequence[TimerRow]:
        """Lease timers, where it is there."""
        if tenant in self.tenants:
            raise UnavailableError(tenant, "away")
        return super().claim_due(
            tenant, until, machines=machines, now=now, lease=lease, limit=limit, after=after
        )


def three(*away: str) -> tuple[Worker, ManualClock, list[tuple[str, int]]]:
    """Return a worker of three tenants with ticks due, and whom it tells of how many errors."""
    clock, store, told = ManualClock(AT), Away(*away), list[tuple[str, int]]()
    engines = [
        workshop(store, clock=clock, outside=Outside(), tenant=name) for name in ("a", "b", "c")
    ]
    for engine in engines:
        started(engine, 3)
    clock.advance(HOUR)

    def tell(tenant: str, due: Due) -> None:
        told.extend((tenant, len(due.errors)) for _ in due.errors)

    return Worker(engines, Pace(batch=1, threads=0), told=tell), clock, told


@given(st.sets(st.sampled_from("abc"), min_size=1))
@example({"a"})
def test_a_store_that_fails_one_tenant_keeps_no_other_back(away: set[str]) -> None:
    """It is told and counted for that one alone, in a round as in a run; and raised then."""
    worker, clock, told = three(*away)
    with pytest.raises(UnavailableError, match=min(away)):
        worker.round()
    assert (worker.beat_at, sorted(told)) == (clock.now(), [(name, 1) for name in sorted(away)])
    with pytest.raises(UnavailableError):
        worker.run(once=True)
    for duty in worker.duties:
        gone = duty.engine.registry.tenant in away
        assert duty.tally.fired == (0 if gone else 3)
        assert (duty.tally.failed > 0) is gone
    store = worker.duties[0].engine.store
    assert isinstance(store, Away)
    store.tenants.clear()
    worker.run(once=True)
    assert [duty.tally.fired for duty in worker.duties] == [3, 3, 3]
    assert worker.fault is None


def test_run_once_looks_again_after_what_ended_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was in hand before a round may make something due that the round came too early for."""
    engine, clock = ticked(outside := Outside())
    clock.advance(2 * HOUR)
    entered, answer = threading.Semaphore(0), threading.Event()

    def heed(_parcel: Parcel) -> None:
        entered.release()
        assert answer.wait(10)
        answer.clear()

    outside.heeds = heed
    worker = Worker(engine, SOON)
    (duty,) = worker.duties
    real = duty.round

    def round_() -> tuple[Due, bool]:
        due, more = real()
        if not more and entered.acquire(blocking=False):
            answer.set()
            while duty.hands.count:
                time.sleep(0.001)
        return due, more

    monkeypatch.setattr(duty, "round", round_)
    worker.run(once=True)
    assert [key.split("/")[3] for key in outside.taken] == ["2", "3", "4"]
    assert engine.outbox() == []


def test_a_waiting_worker_is_woken() -> None:
    """By whoever knows that something is due; else it looks when its poll is over."""
    outside = Outside()
    clock = ManualClock(AT)
    engine = workshop(clock=clock, outside=outside)
    idle = threading.Event()

    class Watched(CrashingStore):
        def due(self, tenant: str, until: int, *, limit: int) -> Sequence[TimerRow]:
            """Say that the worker is about to wait."""
            idle.set()
            return super().due(tenant, until, limit=limit)

    engine.store = Watched(engine.store, UnavailableError("test", "away"), calls=())
    worker = Worker(
        engine,
        Pace(poll=timedelta(hours=9)),
        told=lambda _tenant, due: worker.stop() if due.fired else None,
    )
    running = threading.Thread(target=worker.run)
    running.start()
    assert idle.wait(10)
    started(engine)
    clock.advance(HOUR)
    worker.wake()
    running.join(10)
    assert not running.is_alive()
    assert worker.is_stopping
