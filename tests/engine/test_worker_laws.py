"""Laws of workers: whoever dies wherever, every timer fires once and every message goes once."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from crmflow.clock import ManualClock
from crmflow.core.errors import DeliveryError, UnavailableError
from crmflow.core.message import Parcel
from crmflow.core.ref import EntityRef
from crmflow.engine.engine import Engine
from crmflow.engine.working.pace import Pace
from crmflow.engine.working.worker import Worker
from crmflow.storage.memory import MemoryStore
from crmflow.testing.crashing import CrashingStore
from tests.engine.machines import AT, HOUR, SALES
from tests.engine.workshop import MINUTE, TICKS, Outside, workshop

PACE = Pace(batch=2, threads=0, sweep=10 * MINUTE)
CALLS = ("load", "commit", "journal", "settle", "mark", "claim_due", "claim_messages", "outbox")
NAMES: Iterator[int] = count()


class Shop:
    """Two engines over one store, and somebody outside who fails as often as told."""

    def __init__(self) -> None:
        self.clock = ManualClock(AT)
        self.store = MemoryStore()
        self.failures = 0
        self.outside = Outside(self._heed)
        self.engines = [
            workshop(self.store, clock=self.clock, outside=self.outside) for _ in range(2)
        ]

    def _heed(self, _parcel: Parcel) -> None:
        if self.failures:
            self.failures -= 1
            raise DeliveryError("outside", "not now")


@functools.cache
def shop() -> Shop:
    """Return one shop for all examples: each ends what it began."""
    return Shop()


class Workers(RuleBasedStateMachine):
    """Callers start presses; two workers work, die and are slow, while time goes by."""

    def __init__(self) -> None:
        super().__init__()
        self.shop = shop()
        self.shop.failures = 0
        self.presses: list[EntityRef] = []
        self.workers = [self._worker(engine) for engine in self.shop.engines]

    def _worker(self, engine: Engine, store: MemoryStore | CrashingStore | None = None) -> Worker:
        engine.store = store or self.shop.store
        return Worker(engine, PACE)

    @rule(which=st.integers(0, 1))
    def start(self, which: int) -> None:
        """Start a press; its life may begin in the middle of another's."""
        id_ = f"P-{next(NAMES)}"
        made = self.shop.engines[which].create("press", actor=SALES, id=id_)
        self.presses.append(made.require().entity)

    @rule(minutes=st.sampled_from((1, 2, 30, 60)))
    def wait(self, minutes: int) -> None:
        """Let time go by: leases end, timers come."""
        self.shop.clock.advance(minutes * MINUTE)

    @rule(failures=st.integers(1, 4))
    def break_down(self, failures: int) -> None:
        """Let the outside fail so often."""
        self.shop.failures = failures

    @rule(which=st.integers(0, 1))
    def work(self, which: int) -> None:
        """Do a round."""
        with contextlib.suppress(UnavailableError):  # the store of one that goes on fails yet
            self.workers[which].round()

    @rule(
        which=st.integers(0, 1),
        at=st.integers(1, 12),
        after=st.booleans(),
        dies=st.booleans(),
    )
    def crash(self, which: int, at: int, after: bool, dies: bool) -> None:
        """Fail at a call to the store, before or after it takes effect; die of it, or go on."""
        engine = self.shop.engines[which]
        fault = UnavailableError("test", "cut")
        cut = CrashingStore(self.shop.store, fault, at=at, after=after, calls=CALLS)
        crashing = self._worker(engine, cut)
        with contextlib.suppress(UnavailableError):
            while crashing.round():
                pass
        self.workers[which] = self._worker(engine) if dies else crashing

    @rule(which=st.integers(0, 1))
    def run_due(self, which: int) -> None:
        """Let somebody run what is due without any lease."""
        self.shop.engines[which].run_due()

    @invariant()
    def no_press_is_ahead(self) -> None:
        """No press has ticked more often than hours went by, however many work on it."""
        for press in self.presses:
            now = self.shop.engines[0].get(press)
            assert now.facts.ticks <= TICKS

    def teardown(self) -> None:
        """Let all end: every tick came once, at its instant, and was told once, in order."""
        for engine in self.shop.engines:
            engine.store = self.shop.store
        workers = [Worker(engine, PACE) for engine in self.shop.engines]
        for _ in range(TICKS + 1):
            self.shop.clock.advance(2 * HOUR)
            while sum(one.round() for one in workers):
                pass
        engine = self.shop.engines[0]
        assert list(engine.outbox()) == []
        assert engine.backlog().due == 0
        told = engine.get(("ledger", "L-1")).facts.told if self.presses else ()
        for press in self.presses:
            began, *ticks = engine.journal(press)
            assert [one.event.at for one in ticks] == [
                began.event.at + number * HOUR for number in range(1, TICKS + 1)
            ]
            numbers = [f"{press.id}:{number}" for number in range(1, TICKS + 1)]
            assert [one for one in told if one.startswith(f"{press.id}:")] == numbers
            keys = [one for one in self.shop.outside.taken if f"/{press.id}/" in one]
            assert list(dict.fromkeys(keys)) == [
                f"main/press/{press.id}/{version}/1" for version in range(2, TICKS + 2)
            ]


def test_every_timer_fires_once_and_every_message_goes_once_in_order() -> None:
    """Whoever dies at whatever call, and however often the outside fails: nothing is stuck."""
    run_state_machine_as_test(Workers, settings=settings(max_examples=30, stateful_step_count=25))


@pytest.mark.slow
def test_many_more_lives_of_workers() -> None:
    """The same, longer."""
    run_state_machine_as_test(Workers, settings=settings(max_examples=60, stateful_step_count=50))
