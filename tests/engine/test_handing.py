"""Messages to handlers while others hand over too: each is given once."""

from __future__ import annotations

import threading

from crmflow.clock import ManualClock
from crmflow.core.actor import SYSTEM
from crmflow.core.errors import DeliveryError
from crmflow.core.message import Parcel
from crmflow.engine.engine import Engine
from crmflow.engine.working.pace import Pace
from crmflow.engine.working.worker import Worker
from crmflow.flow.leasing import LEASE
from tests.engine.machines import AT, HOUR
from tests.engine.workshop import Outside, started, workshop

ALONE = Pace(threads=0)


def ticked(outside: Outside, count: int = 1) -> tuple[Engine, ManualClock]:
    """Return an engine of which some presses have ticked."""
    clock = ManualClock(AT)
    engine = workshop(clock=clock, outside=outside)
    started(engine, count)
    clock.advance(HOUR)
    return engine, clock


def test_what_somebody_gives_to_a_handler_nobody_else_gives() -> None:
    """A worker and another run at the same time leave what is in a handler's hands."""

    def heed(_parcel: Parcel) -> None:
        if not outside.taken:
            assert engine.run_due().waiting == 1
            assert not engine.run_due().applied
            Worker(engine, ALONE).round()

    outside = Outside(heed)
    engine, _ = ticked(outside)
    engine.run_due()
    assert outside.taken == ["main/press/P-0/2/1"]
    assert engine.outbox() == []


def test_what_another_took_meanwhile_is_left() -> None:
    """A message that was read, and then went to another, is not given again."""

    def heed(parcel: Parcel) -> None:
        if parcel.source.id == "P-0":
            outside.heeds = lambda _: None
            Worker(engine, ALONE).round()

    outside = Outside(heed)
    engine, _ = ticked(outside, 2)
    engine.run_due()
    assert sorted(outside.taken) == ["main/press/P-0/2/1", "main/press/P-1/2/1"]
    assert engine.outbox() == []


def test_what_is_sent_meanwhile_goes_with_it() -> None:
    """Whoever finds its pair in another's hands leaves its own message to that one."""

    def heed(_parcel: Parcel) -> None:
        outside.heeds = lambda _: None
        engine.fire(ref, "tick", actor=SYSTEM).require()

    outside = Outside(heed)
    engine = workshop(outside=outside.__call__)
    (ref,) = started(engine)
    engine.fire(ref, "tick", actor=SYSTEM).require()
    assert outside.taken == ["main/press/P-0/2/1", "main/press/P-0/3/1"]
    assert engine.outbox() == []


def test_callers_of_one_entity_give_each_message_once() -> None:
    """However many threads fire on it, every message comes once, in order."""
    outside = Outside()
    engine = workshop(outside=outside.__call__)
    (ref,) = started(engine)
    threads = [
        threading.Thread(target=engine.fire, args=(ref, "tick"), kwargs={"actor": SYSTEM})
        for _ in range(8)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert outside.taken == [f"main/press/P-0/{version}/1" for version in range(2, 10)]
    assert engine.outbox() == []


def test_the_lease_of_one_who_died_ends() -> None:
    """Nobody gives what somebody had when it died, until the lease is over."""

    class Killed(BaseException):
        """What no handler catches."""

    def heed(_parcel: Parcel) -> None:
        outside.heeds = lambda _: None
        raise Killed

    outside = Outside(heed)
    engine, clock = ticked(outside)
    try:
        engine.run_due()
    except Killed:
        assert engine.run_due().waiting == 1
    clock.advance(LEASE)
    engine.run_due()
    assert outside.taken == ["main/press/P-0/2/1"]


def test_what_failed_is_given_back() -> None:
    """It waits for its next attempt, and no longer."""

    def heed(_parcel: Parcel) -> None:
        outside.heeds = lambda _: None
        raise DeliveryError("outside", "not now", None, None)

    outside = Outside(heed)
    engine, _ = ticked(outside)
    assert len(engine.run_due().errors) == 1
    engine.run_due()
    assert outside.taken == ["main/press/P-0/2/1"]


def test_what_is_another_s_by_now_is_left() -> None:
    """A worker whose round outlasts its lease gives no more of what it took."""

    def heed(_parcel: Parcel) -> None:
        outside.heeds = lambda _: None
        clock.advance(2 * LEASE)
        Worker(engine, ALONE).round()

    outside = Outside(heed)
    engine, clock = ticked(outside, 3)
    Worker(engine, ALONE).round()
    keys = [f"main/press/P-{number}/2/1" for number in range(3)]
    # What it had in hand came twice: at least once is all that a handler gets.
    assert outside.taken == [*keys, keys[0]]
