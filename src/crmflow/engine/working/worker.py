"""The worker: any number of them, in any number of processes, over one store."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from crmflow.codec import micros, moment
from crmflow.core.errors import StoreError
from crmflow.engine.engine import Engine
from crmflow.engine.values import Due
from crmflow.engine.working.bell import Bell
from crmflow.engine.working.duty import Duty
from crmflow.engine.working.pace import Pace
from crmflow.engine.working.telemetry import Recording, instrumented
from crmflow.storage.port import Waking

_FOREVER = micros(datetime.max.replace(tzinfo=UTC))


def _nobody(_tenant: str, _due: Due) -> None:
    """Tell nobody."""


class Worker:
    """
    Fires timers and hands over messages, each once in effect, until it is told to stop.

    Any number of workers share a store, and divide what is due by leases. Where one dies, or
    stands still past its lease, another goes on; what it then does too late is not committed.

    Args:
        engines: An engine, or one of each tenant; the worker does not close them.
        pace: How it works.
        told: Called after each round that did something, with the tenant.

    Attributes:
        duties: What it does for each tenant, with counts.
        beat_at: When its last round ended, or None.
        fault: Why the last round came to nothing for a tenant, the first of them, or None.
    """

    def __init__(
        self,
        engines: Engine | Iterable[Engine],
        pace: Pace | None = None,
        *,
        told: Callable[[str, Due], object] = _nobody,
    ) -> None:
        chosen = (engines,) if isinstance(engines, Engine) else tuple(engines)
        self.pace = pace or Pace()
        self.beat_at: datetime | None = None
        self.fault: StoreError | None = None
        self._told = told
        self._bell = Bell()
        self._stopping = False
        self.duties = tuple(Duty(one, self.pace, self._bell) for one in chosen)
        self._record: Recording | None = None

    @property
    def is_stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._stopping

    def stop(self) -> None:
        """Let it end after the batch in hand; from any thread, and from a signal's handler."""
        self._stopping = True
        self._bell.ring()

    def wake(self) -> None:
        """Let it look at once for what is due; from any thread."""
        self._bell.ring()

    def round(self) -> bool:
        """
        Do one batch of each tenant; say whether there may be more of it right now.

        Raises:
            StoreError: The store of a tenant does not answer, or cannot be used; the others had
                their batch. What was taken is taken up again when its lease is over.
        """
        more = self._batches()
        if self.fault is not None:
            raise self.fault
        return more

    def run(self, *, once: bool = False) -> None:
        """
        Work until told to stop, and then give back what was not begun.

        Args:
            once: Whether to end as soon as nothing is due.

        Raises:
            StoreError: The store of a tenant failed, and it is to run once: raised when nothing is
                due of the others. Else it is tried again.
        """
        self._record = instrumented(self.duties)
        with contextlib.ExitStack() as listening:
            stores = {id(duty.engine.store): duty.engine.store for duty in self.duties}
            for store in stores.values():
                if isinstance(store, Waking):
                    listening.enter_context(store.waking(self._woken))
            try:
                self._work(once=once)
            finally:
                self._end()

    def _work(self, *, once: bool) -> None:
        while not self._stopping:
            before = self._in_hand
            more = self._batches()
            left = self._in_hand
            if once and not more and (self.fault is not None or not (before or left)):
                break
            # What ended meanwhile may have made due what the round came too early for.
            if not (more or self._stopping) and (left or not once):
                self._bell.wait(self._rest().total_seconds())
        if once and self.fault is not None:
            raise self.fault

    def _woken(self, tenant: str | None) -> None:
        tenants = {duty.engine.registry.tenant for duty in self.duties}
        if tenant is None or tenant in tenants:
            self.wake()

    def _batches(self) -> bool:
        """Do one batch of each tenant; a store that fails one keeps no other from it."""
        more, faults = False, []
        for duty in self.duties:
            begin = self.now()
            try:
                due, again = duty.round()
            except StoreError as error:
                duty.tally.failed += 1
                faults.append(error)
                self._told(duty.engine.registry.tenant, Due(errors=(error,)))
            else:
                self._tell(duty, due, begin)
                more = more or again
        self.beat_at = self.now()
        self.fault = faults[0] if faults else None
        return more

    def _tell(self, duty: Duty, due: Due, begin: datetime) -> None:
        if due == Due():
            return
        tenant = duty.engine.registry.tenant
        if self._record is not None:
            self._record(tenant, due, begin, self.now())
        self._told(tenant, due)

    @property
    def _in_hand(self) -> int:
        return sum(duty.hands.count + duty.seldom.is_busy for duty in self.duties)

    def now(self) -> datetime:
        """Return the present instant, by its first engine's clock."""
        return self.duties[0].engine.clock.now()

    def _rest(self) -> timedelta:
        """Return how long nothing will be due, a poll at most."""
        rest = self.pace.poll
        for duty in self.duties:
            engine = duty.engine
            with contextlib.suppress(StoreError):  # the next round will tell
                for first in engine.store.due(engine.registry.tenant, _FOREVER, limit=1):
                    ahead = moment(first.due_at) - engine.clock.now()
                    # What is due and was not taken is another's, or failed: no need to hurry.
                    rest = min(rest, ahead) if ahead > timedelta() else rest
        return rest

    def _end(self) -> None:
        """Give back what no thread has begun, and wait for what threads have in hand."""
        for duty in self.duties:
            with contextlib.suppress(StoreError):  # what is left is free after its lease
                duty.end()
        deadline = self.now() + self.pace.timeout
        begin = self.now()
        while self._in_hand and self.now() < deadline:
            self._bell.wait(min(self.pace.poll, deadline - self.now()).total_seconds())
        for duty in self.duties:
            with contextlib.suppress(StoreError):
                self._tell(duty, duty.collect(), begin)
