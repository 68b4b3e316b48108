"""
The steps of a deadline's course: start, pause, resume, stop, and being up to date.

Each takes a course at an instant and gives the one after it. Due instants are always
counted from the start, the pauses added, so what is stored is what anybody counts again
from the same facts.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec.structs import replace

from crmflow.core.entity import Snapshot
from crmflow.core.measure import Measure
from crmflow.policies.sla.binding import Bound, told
from crmflow.policies.sla.course import Course, Deed, points
from crmflow.policies.sla.run import NOTHING, Lapse, Run, Share, Status
from crmflow.policies.sla.stopwatch import Stopwatch, consumed, due, measure_of


def begun(bound: Bound, snapshot: Snapshot[Any], at: datetime, *, anew: bool = False) -> Course:
    """
    Return a deadline that starts.

    Args:
        bound: Its definition.
        snapshot: The entity after the event.
        at: Aware UTC instant of the event.
        anew: Whether it counts from the event, whatever `since` says.
    """
    row, facts = bound.row, snapshot.facts
    since = None if anew or row.since is None else getattr(facts, row.since)
    start_at = bound.counted_from(since or at)
    number = bound.target(snapshot)
    calendar, version = bound.calendar_now(facts)
    run = Run(
        definition=row.name,
        version=row.version,
        row=number,
        target=bound.bases[number][0],
        limit=bound.bases[number][1],
        measure="",
        by_calendar=False,
        calendar=calendar,
        calendar_version=version,
        status=Status.RUNNING,
        started_at=start_at,
        total=NOTHING,
        due_at=None,
        tier=of_facts(facts, row.tier),
        holder=of_facts(facts, row.holder),
        state=snapshot.state,
        seen_at=start_at,
    )
    course = measured(Course(bound, run, at), bound.targets[number][0].end)
    return settled(course, fresh=True)


def of_facts(facts: object, name: str | None) -> str:
    """Return a fact as text; empty where there is none."""
    return "" if name is None else told(getattr(facts, name))


def on_calendar(course: Course, facts: object) -> Course:
    """Return a course that is counted on the calendar that applies now."""
    name, version = course.bound.calendar_now(facts)
    return course.but(calendar=name, calendar_version=version)


def measured(course: Course, measure: Measure) -> Course:
    """Return a course that has the time of a measure, or of an extension that is longer."""
    calendar, start_at = course.calendar, course.run.started_at
    longest, end_at = measure, measure.due_at(start_at, calendar)
    for granted in course.run.extensions:
        other = measure_of(granted.to)
        other_at = other.due_at(start_at, calendar)
        if other_at > end_at:
            longest, end_at = other, other_at
    total = Stopwatch(calendar, longest.working).passed(start_at, end_at)
    course = course.but(measure=str(longest), by_calendar=longest.working, total=total)
    return scheduled(course, end_at)


def scheduled(course: Course, end_at: datetime | None = None) -> Course:
    """
    Return a course with its due instant counted anew; a breach that was stays.

    Args:
        course: The course.
        end_at: When its measure ends without pauses, where that is counted already.
    """
    run = course.run
    if run.breached_at is not None:
        return course
    if run.paused_at is not None:
        return course.but(due_at=None)
    if end_at is None or run.part(run.paused):
        end_at = due(run, course.calendar)
    return course.but(due_at=end_at)


def paused(course: Course) -> Course:
    """Return a course whose time stands still from here."""
    run = accounted(course).run
    due_at = None if run.breached_at is None else run.due_at
    run = replace(run, status=Status.PAUSED, paused_at=course.at, due_at=due_at)
    return replace(course, run=run)


def resumed(course: Course) -> Course:
    """Return a course whose remaining time runs on from here."""
    run = course.run
    if run.paused_at is None:
        return course
    lapse = course.watch.lapse(max(run.paused_at, run.started_at), course.at)
    status = Status.RUNNING if run.breached_at is None else Status.BREACHED
    escalates_at = run.escalates_at
    if escalates_at is not None and run.part(lapse):
        escalates_at = course.watch.after(escalates_at, run.part(lapse))
    return scheduled(
        course.but(
            status=status,
            paused=run.paused + lapse,
            paused_at=None,
            escalates_at=escalates_at,
            seen_at=max(run.seen_at, course.at),
        )
    )


def accounted(course: Course) -> Course:
    """Return a course whose time until now is told to its holder and its state."""
    changes = _told_until_now(course)
    return course.but(**changes) if changes else course


def _told_until_now(course: Course) -> dict[str, object]:
    """Return what changes in a run when its time until now is told."""
    run, at = course.run, course.at
    if run.paused_at is not None or at <= run.seen_at:
        return {}
    watch, shares, since, state = course.watch, run.shares, run.seen_at, run.state
    if course.moved is not None:
        state, moved_at = course.moved
        shares = _shared(shares, run.holder, run.state, watch.lapse(since, moved_at))
        since = max(since, moved_at)
    if at > since:
        shares = _shared(shares, run.holder, state, watch.lapse(since, at))
    return {"shares": shares, "state": state, "seen_at": at}


def _shared(shares: tuple[Share, ...], holder: str, state: str, lapse: Lapse) -> tuple[Share, ...]:
    """Return shares with a stretch of one holder in one state more."""
    return _with_share(_with_share(shares, "holder", holder, lapse), "state", state, lapse)


def _with_share(
    shares: tuple[Share, ...], by: Literal["holder", "state"], name: str, lapse: Lapse
) -> tuple[Share, ...]:
    """Return shares with more time of one holder or state; what has no name has no share."""
    if not name:
        return shares
    for place, old in enumerate(shares):
        if old.name == name and old.by == by:
            return (*shares[:place], old.plus(lapse), *shares[place + 1 :])
    return (*shares, Share(by, name, lapse))


def attributed(course: Course, snapshot: Snapshot[Any]) -> Course:
    """
    Return a course whose time goes to who holds the entity now, and to its state now.

    A state that is left is told only when the next one is left too, or something else
    changes: until then the run has the one state, and the entity the other and since when.
    """
    run, moved = course.run, course.moved
    holder = of_facts(snapshot.facts, course.bound.row.holder)
    tier = of_facts(snapshot.facts, course.bound.row.tier)
    if (holder, tier) == (run.holder, run.tier):
        if course.at <= run.seen_at:  # all is told: what comes now is the state's of now
            can_wait = run.state == snapshot.state
        else:
            can_wait = run.paused_at is not None or moved is None or moved[0] == snapshot.state
        if can_wait:
            return course
    changes = _told_until_now(course)
    changes.update(holder=holder, state=snapshot.state, tier=tier)
    return course.but(**changes)


def stopped(course: Course) -> Course:
    """Return a course that is met, late where the breach came first."""
    late = course.run.breached_at is not None
    return _ended(course, Status.MET_LATE if late else Status.MET)


def cancelled(course: Course) -> Course:
    """Return a course that is no longer wanted; a breach that was remains one."""
    late = course.run.breached_at is not None
    return _ended(course, Status.BREACHED if late else Status.CANCELLED)


def _ended(course: Course, status: Status) -> Course:
    course = resumed(accounted(course))
    overrun = NOTHING
    if course.run.breached_at is not None:
        used = consumed(course.run, course.at, course.calendar)
        overrun = max(used - course.run.total, NOTHING)
    course = course.but(status=status, ended_at=course.at, overrun=overrun)
    return replace(course, closed=(*course.closed, course.run))


def settled(course: Course, *, fresh: bool = False) -> Course:
    """
    Return a course up to date with its instant.

    A due instant that passed is a breach at that instant, whenever it is found out. Of
    warnings that are due at once only the last one is given.

    Args:
        course: The course.
        fresh: Whether it was scheduled just now: then what follows a breach that lies in
            the past counts from now.
    """
    course = _breached(course, fresh=fresh)
    due_now = [one for one in points(course) if one.at < course.at]
    warnings = [one.name for one in due_now if one.what == "warning"]
    rungs = [one.name for one in due_now if one.what == "rung"]
    deeds = (
        *(Deed("warning", name) for name in warnings[-1:]),
        *(Deed("rung", name) for name in rungs),
    )
    passed = (*warnings, *rungs)
    if not passed:
        return course
    course = course.but(given=(*course.run.given, *passed))
    return replace(course, deeds=(*course.deeds, *deeds))


def _breached(course: Course, *, fresh: bool) -> Course:
    run = course.run
    if not run.open or run.breached_at is not None:
        return course
    by = run.paused_at or course.at
    due_at = due(run, course.calendar) if run.due_at is None else run.due_at
    if due_at >= by:
        return course
    course = course.but(
        status=Status.BREACHED if run.paused_at is None else Status.PAUSED,
        due_at=due_at,
        breached_at=due_at,
        escalates_at=course.at if fresh else due_at,
    )
    return replace(course, deeds=(*course.deeds, Deed("breach")))
