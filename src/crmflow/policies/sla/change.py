"""What becomes of a deadline whose time is another one now: changed, begun anew, extended."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from msgspec.structs import replace

from crmflow.core.entity import Snapshot
from crmflow.policies.sla.course import Course, Deed
from crmflow.policies.sla.definition import OnChange, Step, follows
from crmflow.policies.sla.run import Extended, Run, Status
from crmflow.policies.sla.steps import (
    accounted,
    begun,
    measured,
    on_calendar,
    paused,
    scheduled,
    settled,
)
from crmflow.policies.sla.stopwatch import TICK, consumed, due, part_of


def retargeted(course: Course, snapshot: Snapshot[Any]) -> Course:
    """Return a course after a change of what chose its target, as the definition says."""
    run, bound = course.run, course.bound
    if bound.row.on_change is OnChange.KEEP:
        return course
    number = bound.target(snapshot)
    target, limit = bound.bases[number]
    basis = target, limit, *bound.calendar_now(snapshot.facts)
    if basis == (run.target, run.limit, run.calendar, run.calendar_version):
        return course
    new = on_calendar(course, snapshot.facts).but(
        version=bound.row.version, row=number, target=target, limit=limit
    )
    if bound.row.on_change is OnChange.RESTART:
        return restarted(new, snapshot)
    changed = measured(new.but(breached_at=None), bound.targets[number][0].end)
    if bound.row.on_change is OnChange.PRORATE:
        changed = _prorated(changed, course)
    return _retimed(changed, course)


def _prorated(changed: Course, old: Course) -> Course:
    """Return a course that keeps the part of its time that remained."""
    used = consumed(old.run, old.at, old.calendar)
    total = old.run.total // TICK
    left = max(1 - Fraction(used // TICK, total), Fraction(0)) if total else Fraction(0)
    so_far = consumed(changed.run, changed.at, changed.calendar)
    whole = so_far + part_of(changed.run.total, left)
    return scheduled(changed.but(total=whole, measure=""))


def _retimed(changed: Course, old: Course) -> Course:
    """Return a course with another limit; a breach of the former one ends where time is left."""
    run = old.run
    if run.breached_at is None:
        return settled(changed, fresh=True)
    if due(changed.run, changed.calendar) <= (run.paused_at or old.at):
        return changed.but(breached_at=run.breached_at, due_at=run.due_at)
    return settled(_anew(changed, run), fresh=True)


def _anew(changed: Course, run: Run) -> Course:
    """Return a course that runs on after a breach, which is counted as one."""
    status = Status.RUNNING if run.paused_at is None else Status.PAUSED
    after = {rung.name for rung in changed.bound.row.ladder if follows(rung)}
    given = tuple(name for name in run.given if name not in after)
    changed = changed.but(status=status, escalates_at=None, given=given)
    broken = _broken(run, changed)
    return replace(changed, closed=(*changed.closed, broken))


def _broken(run: Run, course: Course) -> Run:
    """Return a breached run as it is counted; its time stays with the one that goes on."""
    return replace(run, status=Status.BREACHED, ended_at=course.at, shares=())


def restarted(course: Course, snapshot: Snapshot[Any]) -> Course:
    """Return a course that counts anew from here; a pause that is goes on."""
    run = accounted(course).run
    broken = () if run.breached_at is None else (_broken(run, course),)
    new = begun(course.bound, snapshot, course.at, anew=True)
    new = replace(new, deeds=(*course.deeds, *new.deeds), closed=(*course.closed, *broken))
    return paused(new.but(shares=run.shares)) if run.paused_at else new.but(shares=run.shares)


def extended(course: Course, step: Step, reason: str, by: tuple[str, ...]) -> Course:
    """Return a course with a longer limit that was granted; it never shortens one."""
    end_at = step.to.due_at(course.run.started_at, course.calendar)
    if end_at <= (course.run.due_at or due(course.run, course.calendar)):
        return course
    granted = Extended(str(step.to), reason, by, course.at)
    new = course.but(extensions=(*course.run.extensions, granted), breached_at=None)
    new = _retimed(measured(new, step.to), course)
    return replace(new, deeds=(*new.deeds, Deed("extension", granted.to)))
