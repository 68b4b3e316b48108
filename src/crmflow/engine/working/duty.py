"""One tenant's share of a worker: rounds of timers and messages, upkeep now and then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from queue import SimpleQueue

from crmflow.core.errors import DeliveryError
from crmflow.engine.driving import at_once, drive
from crmflow.engine.engine import Engine
from crmflow.engine.values import Due
from crmflow.engine.working.bell import Bell
from crmflow.engine.working.hands import Hands, Job
from crmflow.engine.working.pace import Pace
from crmflow.engine.working.seldom import Seldom
from crmflow.engine.working.tally import Tally
from crmflow.flow.handing import Delivered, fail, hand_one
from crmflow.flow.isolating import as_failure
from crmflow.flow.leasing import (
    fire_leased,
    give_back,
    lasts,
    lease_messages,
    settle_courtesies,
)
from crmflow.flow.run import Flow
from crmflow.storage.rows import MessageRow, Spot


class Duty:
    """
    What a worker does for one tenant.

    Args:
        engine: The tenant's engine.
        pace: How it works.
        bell: Rung when a thread has handed over a message.
    """

    def __init__(self, engine: Engine, pace: Pace, bell: Bell) -> None:
        self.engine = engine
        self.tally = Tally()
        self.hands = Hands(pace.threads, pace.timeout, engine.clock)
        self.seldom = Seldom(engine, bell, beside=pace.threads > 0)
        self._pace = pace
        self._bell = bell
        self._flow = Flow(engine.registry, engine.store, at_once, engine.clock)
        self._after = 0
        self._swept_at: datetime | None = None
        self._page: Spot | None = None
        self._back: SimpleQueue[Delivered] = SimpleQueue()

    def round(self) -> tuple[Due, bool]:
        """
        Fire a batch of timers and hand over a batch of messages.

        Returns:
            What was done, and whether there may be more of it right now.

        Raises:
            StoreError: The store does not answer, or cannot be used.
        """
        self._sweep()
        taken = drive(fire_leased(self._flow, self._pace.leasing, self._after))
        self._after = taken.last
        rows = drive(lease_messages(self._flow, self._pace.leasing, self._targets()))
        handed = self._hand_over(rows).and_then(self._given_up()).and_then(self._handed_back())
        touched, kept = taken.touched, self.seldom.ended()
        failures = (*touched.failures.values(), *handed.failures.values(), *kept.errors)
        done = (touched.fired, handed.applied, handed.parked, handed.waiting)
        due = Due(*done, failures, kept.backups, kept.pruned)
        self.tally.rounds += 1
        self.tally.add(due, len(touched.lost))
        return due, bool(taken.count or rows or handed.applied)

    def end(self) -> None:
        """Give back what no thread has begun."""
        for job in self.hands.withdraw():
            drive(give_back(self._flow, job.row))

    def collect(self) -> Due:
        """Return what threads have handed over since the last round."""
        handed = self._given_up().and_then(self._handed_back())
        kept = self.seldom.ended()
        failures = (*handed.failures.values(), *kept.errors)
        done = (handed.applied, handed.parked, handed.waiting)
        due = Due((), *done, failures, kept.backups, kept.pruned)
        self.tally.add(due)
        return due

    def _sweep(self) -> None:
        """Where it is time, begin again with what was due first, and see to what is due seldom."""
        now = self.engine.clock.now()
        if self._swept_at is not None and self._swept_at <= now < self._swept_at + self._pace.sweep:
            return
        self._swept_at, self._after = now, 0
        self._page = drive(settle_courtesies(self._flow, self._page, self._pace.batch))
        self.seldom.begin()

    def _targets(self) -> tuple[str, ...]:
        """Return whom messages can be handed to now."""
        registry = self.engine.registry
        return (*registry.machines, *filter(self.hands.is_free, registry.handlers))

    def _hand_over(self, rows: Sequence[MessageRow]) -> Delivered:
        done = Delivered()
        for row in rows:
            now = self.engine.clock.now()
            if self._pace.threads and row.target.machine in self.engine.registry.handlers:
                self.hands.take(Job(row, partial(self._work, row)))
            elif lasts(row, now):
                # Those before it may have taken so long that it is another's by now.
                done = done.and_then(drive(hand_one(self._flow, row, now)))
        return done

    def _work(self, row: MessageRow) -> None:
        """Hand over a message in a thread of its handler; raises nothing."""
        try:
            done = drive(self._handed(row))
        except Exception as error:  # noqa: BLE001 - else its thread would be lost
            # The store is away: whoever leases the message next hands it over.
            done = Delivered(failures={row.place: as_failure(error, f"message {row.name}")})
        self._back.put(done)
        self._bell.ring()

    async def _handed(self, row: MessageRow) -> Delivered:
        """Hand over a message; what would end a thread is a failure of the message alone."""
        now = self.engine.clock.now()
        try:
            return await hand_one(self._flow, row, now)
        except BaseException as error:  # noqa: BLE001 - nobody else has this thread to end
            failure = as_failure(error, f"message {row.name}")
            return await fail(self._flow, row, failure, now)

    def _given_up(self) -> Delivered:
        done = Delivered()
        for job in self.hands.overdue():
            seconds = self._pace.timeout.total_seconds()
            error = DeliveryError(job.handler, f"no answer within {seconds:g} s")
            failed = fail(self._flow, job.row, error, self.engine.clock.now())
            done = done.and_then(drive(failed))
        return done

    def _handed_back(self) -> Delivered:
        done = Delivered()
        while not self._back.empty():
            done = done.and_then(self._back.get())
        return done
