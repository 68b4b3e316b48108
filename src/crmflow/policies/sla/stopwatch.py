"""Time as one run counts it: by the clock, or on a working calendar."""

from __future__ import annotations

import functools
from datetime import datetime, timedelta
from fractions import Fraction

from msgspec import Struct

from crmflow.core.measure import Measure
from crmflow.core.working_time import WorkingCalendar
from crmflow.policies.sla.run import NOTHING, Lapse, Run

TICK = timedelta(microseconds=1)
"""What is due is missed at the first instant after: a stop at the very instant is in time."""


class Stopwatch(Struct, frozen=True):
    """
    Counts a run's time.

    Attributes:
        calendar: Its calendar; one that is always open where it has none.
        by_calendar: Whether working time counts, else the clock.
        open: Whether the calendar is the one that is always open.
    """

    calendar: WorkingCalendar
    by_calendar: bool
    open: bool = False

    def after(self, start_at: datetime, span: timedelta) -> datetime:
        """Return the instant at which *span* has passed."""
        return self.calendar.add(start_at, span) if self.by_calendar else start_at + span

    def passed(self, start_at: datetime, end_at: datetime) -> timedelta:
        """Return what passed between two instants; nothing where the second comes first."""
        if end_at <= start_at:
            return NOTHING
        return self.calendar.elapsed(start_at, end_at) if self.by_calendar else end_at - start_at

    def lapse(self, start_at: datetime, end_at: datetime) -> Lapse:
        """Return what passed between two instants, both ways."""
        if end_at <= start_at:
            return Lapse()
        elapsed = end_at - start_at
        working = elapsed if self.open else self.calendar.elapsed(start_at, end_at)
        return Lapse(elapsed, working)


def watch(run: Run, calendar: WorkingCalendar) -> Stopwatch:
    """Return the stopwatch of a run."""
    return Stopwatch(calendar, run.by_calendar, open=not run.calendar)


def consumed(run: Run, at: datetime, calendar: WorkingCalendar) -> timedelta:
    """Return the time a run has used up by an instant, pauses left out."""
    end_at = min(filter(None, (at, run.paused_at, run.ended_at)))
    passed = watch(run, calendar).passed(run.started_at, end_at)
    return max(passed - run.part(run.paused), NOTHING)


@functools.cache
def measure_of(text: str) -> Measure:
    """Return the measure of a text that is one; tables have a few of them."""
    return Measure.parse(text)


def due(run: Run, calendar: WorkingCalendar) -> datetime:
    """Return the instant of the breach, were it not paused now."""
    pauses = run.part(run.paused)
    if run.measure and not pauses:
        return measure_of(run.measure).due_at(run.started_at, calendar)
    return watch(run, calendar).after(run.started_at, run.total + pauses)


def part_of(total: timedelta, part: Fraction) -> timedelta:
    """Return a part of a time, exactly; what is no whole microsecond is rounded up."""
    micros = Fraction(total // TICK) * part
    return TICK * -(-micros.numerator // micros.denominator)
