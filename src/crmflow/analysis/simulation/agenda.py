"""The agenda: what is to happen, in order of its instant; at one instant, what was noted first."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta

import attrs

from crmflow.core.working_time import WorkingCalendar

Act = Callable[[], object]

MINUTE = timedelta(minutes=1)


@attrs.define
class Agenda:
    """
    What is to happen.

    Attributes:
        until: Aware UTC instant; what would be later never happens.
    """

    until: datetime
    _heap: list[tuple[datetime, int, Act]] = attrs.field(init=False, factory=list)
    _noted: int = attrs.field(init=False, default=0)

    def at(self, at: datetime, act: Act) -> None:
        """Note what happens at an aware instant."""
        if at <= self.until:
            self._noted += 1
            heapq.heappush(self._heap, (at, self._noted, act))

    def after(
        self, since: datetime, minutes: float, act: Act, calendar: WorkingCalendar | None = None
    ) -> None:
        """
        Note what happens after some minutes.

        Args:
            since: Aware instant.
            minutes: Zero or more.
            act: What happens.
            calendar: On whose hours the minutes count, or None for the clock.
        """
        # A law may give more minutes than any calendar has.
        if minutes * MINUTE.total_seconds() > (self.until - since).total_seconds():
            return
        length = minutes * MINUTE
        self.at(since + length if calendar is None else calendar.add(since, length), act)

    def take(self) -> tuple[datetime, Act] | None:
        """Return what is next, and forget it; None where nothing is left."""
        if not self._heap:
            return None
        at, _, act = heapq.heappop(self._heap)
        return at, act
