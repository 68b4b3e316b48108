"""Deadlines beside their calendars, their machine and each other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from crmflow.analysis.checking.lengths import due, shorter
from crmflow.analysis.checking.subject import Placed, Subject
from crmflow.analysis.fault import Fault, FaultKind
from crmflow.core.errors import ConfigurationError
from crmflow.core.machine import Machine
from crmflow.core.measure import Measure
from crmflow.core.working_time import WorkingCalendar
from crmflow.policies.assignment.rows import Pool
from crmflow.policies.sla.definition import Condition, Definition, point
from crmflow.policies.sla.reach import ended_by, moves

__all__ = ["calendars", "overtaken", "pauses", "pools", "warnings"]

_REACH = timedelta(days=31)
"""So long a calendar may stay closed."""


def calendars(subject: Subject) -> Iterator[Fault]:
    """Yield the deadlines whose calendar has no working time within reach."""
    for one, _ in subject.about("deadlines", Definition):
        working = [target.end for target in one.row.rows if target.end.working]
        if one.row.calendar is None or not working:
            continue
        calendar = subject.tables.calendar(one.row.calendar)
        day = _closed_from(calendar, working[0], subject.at)
        if day is not None:
            values = {"calendar": calendar.name, "day": day, "end": str(working[0])}
            yield one.fault(FaultKind.CLOSED_CALENDAR, ".calendar", **values)


def _closed_from(calendar: WorkingCalendar, end: Measure, at: datetime) -> date | None:
    """Return a day within a year from which on a calendar is closed for too long, or None."""
    planned = calendar.planning()
    try:
        end.due_at(at, calendar)
        starts = [at + number * _REACH for number in range(12)]
        closed = (start for start in starts if planned.next_opening(start) - start > _REACH)
        return next((calendar.day(start) for start in closed), None)
    except (ConfigurationError, ValueError):
        return calendar.day(at)


def warnings(subject: Subject) -> Iterator[Fault]:
    """Yield warnings that do not come before what they warn of."""
    for one, _ in subject.about("deadlines", Definition):
        for target in one.row.rows:
            for text in one.row.warned(target):
                early = point(text)
                if isinstance(early, Measure) and _late(subject, one.row, early, target.end):
                    values = {"warning": text, "end": str(target.end)}
                    yield one.fault(FaultKind.LATE_WARNING, ".warnings", **values)


def _late(subject: Subject, row: Definition, early: Measure, end: Measure) -> bool:
    return shorter(subject, early, end, row.calendar) is False


def pools(subject: Subject) -> Iterator[Fault]:
    """Yield pools that warn of something no sooner than it began to be counted."""
    for one, _ in subject.about("pools", Pool):
        for number, limit in enumerate(one.row.limits):
            end = due(subject, limit.within, one.row.calendar)
            ahead = timedelta(days=one.row.warn_days)
            if ahead and end is not None and end - subject.at <= ahead:
                values = {"warning": f"-{one.row.warn_days}d", "end": str(limit.within)}
                yield one.fault(FaultKind.LATE_WARNING, f".limits[{number}].within", **values)


def overtaken(subject: Subject) -> Iterator[Fault]:
    """Yield deadlines that another one of the same start always ends before they are missed."""
    rows = list(subject.about("deadlines", Definition))
    for one, machine in rows:
        for other, _ in rows:
            if one.row.machine == other.row.machine and _ends_first(subject, machine, one, other):
                values = {"other": other.row.name, "end": _longest(other.row)}
                yield one.fault(FaultKind.OVERTAKEN, own=_longest(one.row), **values)


def _longest(row: Definition) -> str:
    return str(row.rows[-1].end)


def _ends_first(
    subject: Subject, machine: Machine, one: Placed[Definition], other: Placed[Definition]
) -> bool:
    """Say whether both count the same time and the other's own event always ends the one."""
    first, then = one.row, other.row
    same = all(
        getattr(first, name) == getattr(then, name)
        for name in ("start", "since", "pause", "resume", "cutoff", "calendar", "calendar_from")
    )
    alone = len(first.rows) == len(then.rows) == 1
    if not (same and alone) or then.fire is None or not ended_by(first, machine, then.fire):
        return False
    return shorter(subject, then.rows[0].end, first.rows[0].end, first.calendar) is True


def pauses(subject: Subject) -> Iterator[Fault]:
    """Yield states in which a deadline stands still and from which it never goes on."""
    for one, machine in subject.about("deadlines", Definition):
        for number, pause in enumerate(one.row.pause):
            for state in pause.states:
                if not _goes_on(one.row, machine, state):
                    path = f".pause[{number}].states"
                    yield one.fault(FaultKind.STUCK_PAUSE, path, state=state)


def _goes_on(row: Definition, machine: Machine, state: str) -> bool:
    """Say whether something leads from a state out of all pauses, or meets the deadline."""
    paused = {name for pause in row.pause for name in pause.states}
    waited = (*row.stop, *row.cancel, *row.resume)
    reached, grown = {state}, True
    while grown:
        steps = [move for move in moves(machine) if move[1] in reached]
        if any(_meets(end, event, to) for event, _, to in steps for end in waited):
            return True
        out = {to for _, _, to in steps} - machine.final
        if out - paused and not row.resume:
            return True
        grown = not out <= reached
        reached |= out
    return False


def _meets(end: Condition, event: str, to: str) -> bool:
    """Say whether a step may be what a condition waits for."""
    return (not end.events or event in end.events) and (not end.states or to in end.states)
