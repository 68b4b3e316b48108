"""
Runs of cadences: when the next task comes, and what happens when its instant is reached.

The next occurrence is counted from the day the last one was due on, however late its
task was opened or done, so nothing drifts; an occurrence whose turn has passed before
its task could open is counted as missed, so nothing piles up.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import attrs

from crmflow.core.policy import Occurrence
from crmflow.policies.cadences.anniversary import Anniversary
from crmflow.policies.cadences.contacts import Limits
from crmflow.policies.cadences.days import DAY, closes_at, day_within, opens_at, working_day
from crmflow.policies.cadences.recurrence import Recurrence
from crmflow.policies.cadences.rows import Cadence
from crmflow.policies.cadences.state import CareState, Run, with_one, without
from crmflow.policies.cadences.work import CROWDED, Added, Bound

BUSY = "contact_limit"


@attrs.frozen
class BoundCadence(Bound[Cadence]):
    """
    A cadence, ready for one machine.

    Attributes:
        recurrence: How it comes again, or None where days of the year say so.
        days: The days of the year.
    """

    recurrence: Recurrence | None = None
    days: tuple[Anniversary, ...] = ()

    @property
    def by_fact(self) -> bool:
        """Whether its days depend on what is known of the entity."""
        return any(day.fact for day in self.days)

    def applies(self, seen: Occurrence) -> bool:
        """Say whether it is for an entity of its tier as it is after an event."""
        tier = self.row.tier
        return (tier is None or seen.after.facts.tier == tier) and super().applies(seen)

    def next(self, facts: object, origin: date, day: date) -> date | None:
        """Return the first occurrence later than *day*, or None where there is none."""
        if self.recurrence is not None:
            return self.recurrence.after(origin, day)
        found = [one.after(facts, day) for one in self.days]
        return min((one for one in found if one is not None), default=None)

    def last(self, due_on: date) -> date:
        """Return the last day of the window of a day of the year."""
        return due_on - timedelta(days=self.row.latest)

    def opening(self, due_on: date, at: datetime) -> datetime:
        """Return when the task of an occurrence opens, at *at* the earliest."""
        day = due_on
        if self.recurrence is None:
            earliest = due_on - timedelta(days=self.row.earliest)
            day = day_within(self.hours, earliest, self.last(due_on))
        return max(opens_at(self.hours, day), self.hours.next_opening(at))

    def promised(self, due_on: date, day: date) -> datetime:
        """Return the instant by which a task that opens on *day* is promised."""
        if self.recurrence is None:
            last = self.last(due_on)
            return closes_at(self.hours, max(day, day_within(self.hours, last, last)))
        return closes_at(self.hours, working_day(self.hours, day + timedelta(days=self.row.within)))


def begun(bound: BoundCadence, facts: object, at: datetime) -> Run | None:
    """Return the run of a cadence that applies from now on; None where it never comes."""
    day = bound.day(at)
    return _planned(bound, facts, Run(bound.row.name, day, day, at), at)


def _planned(bound: BoundCadence, facts: object, run: Run, at: datetime) -> Run | None:
    """Return a run with the next occurrence after its last one, or after today."""
    last = run.due_on
    if bound.recurrence is None:
        # Today is early enough while the window is open.
        last = max(run.last_on or date.min, bound.day(at) + timedelta(days=bound.row.latest) - DAY)
    while (due_on := bound.next(facts, run.origin, last)) is not None:
        opening = bound.opening(due_on, at)
        if bound.recurrence is not None or bound.day(opening) <= due_on:
            return attrs.evolve(run, due_on=due_on, opens_at=opening, moved="")
        last = due_on  # learnt too late to be greeted in time
    return None


def reconciled(
    bound: BoundCadence, state: CareState, added: Added, *, applies: bool
) -> tuple[Run, ...]:
    """Return the runs after an event: begun, ended, or planned anew where a date has changed."""
    seen, run = added.seen, state.run(bound.row.name)
    facts, at = seen.after.facts, seen.event.at
    planned = run
    if applies and run is None:
        planned = begun(bound, facts, at)
    elif applies and run is not None and bound.by_fact:
        planned = _replanned(bound, facts, run, at)
    elif not applies:
        planned = None
    if planned is run or planned == run:
        return state.runs
    if planned is None:
        added.stop(bound)
        added.close(bound, "cause_ended")
        return without(state.runs, bound.row.name)
    added.start(bound, planned.opens_at)
    return with_one(state.runs, planned)


def _replanned(bound: BoundCadence, facts: object, run: Run, at: datetime) -> Run | None:
    planned = _planned(bound, facts, run, at)
    same = planned is not None and planned.due_on == run.due_on
    return run if same else planned


def reached(
    bound: BoundCadence, limits: Limits, fixed: tuple[date, ...], state: CareState, added: Added
) -> CareState:
    """
    Return the state after the instant of a run: its task opens, or moves to a day with room.

    Args:
        bound: The cadence.
        limits: The contact limits.
        fixed: Planned days of other care that cannot move.
        state: What was planned.
        added: What the step adds.
    """
    run = state.run(bound.row.name)
    if run is None:
        return state
    at = added.seen.event.at
    if not (bound.is_open(at) and (run.moved or bound.opening(run.due_on, at) <= at)):
        return _again(bound, state, run, added)  # it was planned by days not known then
    today = bound.day(at)
    if bound.recurrence is None and today > run.due_on:
        return _crowded(bound, state, run, added)
    taken = (*state.contacts, *(() if bound.recurrence is None else fixed))
    room = limits if bound.row.contact else Limits(())
    day = room.first(bound.hours, taken, today)
    if day == today:
        return _opened(bound, limits, state, run, added)
    if bound.recurrence is None and day > max(today, bound.last(run.due_on)):
        return _crowded(bound, state, run, added)
    run = attrs.evolve(run, opens_at=opens_at(bound.hours, day), moved=BUSY)
    if bound.recurrence is not None:
        run = _caught_up(bound, run, day)
    added.start(bound, run.opens_at)
    return attrs.evolve(state, runs=with_one(state.runs, run))


def _again(bound: BoundCadence, state: CareState, run: Run, added: Added) -> CareState:
    """Return the state with the same occurrence planned by what the calendar says today."""
    at = added.seen.event.at
    opening = bound.opening(run.due_on, at) if not run.moved else bound.hours.next_opening(at)
    added.start(bound, opening)
    run = attrs.evolve(run, opens_at=opening)
    return attrs.evolve(state, runs=with_one(state.runs, run))


def _caught_up(bound: BoundCadence, run: Run, day: date) -> Run:
    """Return a recurring run whose occurrences up to *day* are merged into the last of them."""
    while True:
        due_on = bound.next(None, run.origin, run.due_on)
        if due_on is None or working_day(bound.hours, due_on) > day:
            return run
        run = attrs.evolve(run, due_on=due_on, missed=run.missed + 1)


def _crowded(bound: BoundCadence, state: CareState, run: Run, added: Added) -> CareState:
    """Let a person say what is done of an anniversary for which no contact is left."""
    until_at = closes_at(bound.hours, bound.day(added.seen.event.at))
    added.put_task(f"{CROWDED}:{bound.row.name}", bound, until_at)
    run = attrs.evolve(run, missed=run.missed + 1, last_on=run.due_on)
    return _followed(bound, state, run, added)


def _opened(
    bound: BoundCadence, limits: Limits, state: CareState, run: Run, added: Added
) -> CareState:
    at = added.seen.event.at
    today = bound.day(at)
    if bound.recurrence is not None:
        run = _caught_up(bound, run, today)
    until_at = bound.promised(run.due_on, today)
    added.open(bound, until_at, {"due_on": run.due_on, "until_at": until_at})
    if bound.row.contact:
        kept = limits.kept((*state.contacts, today), today)
        state = attrs.evolve(state, contacts=kept)
    run = attrs.evolve(
        run,
        last_on=run.due_on,
        missed=run.missed + run.open,
        open=bound.row.task is not None,
        opened=run.opened + 1,
    )
    return _followed(bound, state, run, added)


def _followed(bound: BoundCadence, state: CareState, run: Run, added: Added) -> CareState:
    """Return the state with a run's next occurrence planned."""
    seen = added.seen
    planned = _planned(bound, seen.after.facts, run, seen.event.at)
    if planned is None:  # it never comes again; what is open waits to be done
        return attrs.evolve(state, runs=without(state.runs, run.row))
    # Two days of the year may open on one day, the last one worked before both.
    later = max(planned.opens_at, seen.event.at + timedelta.resolution)
    planned = attrs.evolve(planned, opens_at=later)
    added.start(bound, planned.opens_at)
    return attrs.evolve(state, runs=with_one(state.runs, planned))
