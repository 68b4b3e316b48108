"""What one event means for one deadline: precedence, beginnings, ends and changes."""

from __future__ import annotations

from msgspec.structs import replace

from crmflow.core.policy import Occurrence
from crmflow.policies.sla.binding import Bound, Definitions, any_holds
from crmflow.policies.sla.change import extended, restarted, retargeted
from crmflow.policies.sla.course import Course
from crmflow.policies.sla.definition import Kind, OnChange
from crmflow.policies.sla.run import Run
from crmflow.policies.sla.steps import (
    attributed,
    begun,
    cancelled,
    of_facts,
    paused,
    resumed,
    settled,
    stopped,
)


def lived(definitions: Definitions, name: str, run: Run | None, seen: Occurrence) -> Course | None:
    """
    Return the course of a deadline after an event of the machine, or None where there is none.

    Args:
        definitions: The definitions of the machine, narrowed to the event.
        name: Name of the deadline.
        run: Its last run, or None.
        seen: What happened.
    """
    if run is None or not run.open:
        bound = definitions.on(name, seen.event.at)
        if bound is None or not bound.start or not _starts(bound, run, seen, definitions.final):
            return None
        return _begun(bound, seen)
    bound = bound_of(definitions, run, seen)
    if bound is None:
        return None
    was = seen.before
    moved = None if was.state == run.state else (was.state, was.entered_at)
    return _passed(Course(bound, run, seen.event.at, moved=moved), seen, definitions.final)


def bound_of(definitions: Definitions, run: Run, seen: Occurrence) -> Bound | None:
    """Return the definition a run goes by: today's, or the one of its start where it keeps it."""
    today = definitions.on(run.definition, seen.event.at)
    if today is not None and today.always:
        return today
    first = definitions.on(run.definition, run.started_at)
    if today is None or (first is not None and first.row.on_change is OnChange.KEEP):
        return first
    return today


def _starts(bound: Bound, last: Run | None, seen: Occurrence, final: frozenset[str]) -> bool:
    """Say whether a deadline attaches: after an end only where start holds anew."""
    if seen.after.state in final or _ends(bound, seen):
        return False
    holding = [one for one in bound.start if one.holds(seen)]
    return any(last is None or not one.held(seen.before) for one in holding)


def _ends(bound: Bound, seen: Occurrence) -> bool:
    return any_holds(bound.stop, seen) or any_holds(bound.cancel, seen)


def _begun(bound: Bound, seen: Occurrence, *, anew: bool = False) -> Course:
    course = begun(bound, seen.after, seen.event.at, anew=anew)
    return paused(course) if any_holds(bound.pause, seen) else course


def _passed(before: Course, seen: Occurrence, final: frozenset[str]) -> Course:
    """Return an open course after an event, by precedence: stop, cancel, reset, then the rest."""
    bound, due_at, course = before.bound, before.run.due_at, before
    if due_at is not None and due_at < course.at:
        course = settled(course)  # its timers come first, but for who asks without a flow
    if _is_over(course, seen):
        return _again(stopped(course), seen, final)
    if any_holds(bound.cancel, seen) or seen.after.state in final:
        return cancelled(course)
    if any_holds(bound.reset, seen):
        course = restarted(resumed(course), seen.after)
    turned = _turned(course, seen)
    course = told = attributed(turned, seen.after)
    course = _granted(_acted(retargeted(course, seen.after)), seen)
    if course is before or course is not told or turned is not before:
        return course
    return replace(course, steady=True)


def _is_over(course: Course, seen: Occurrence) -> bool:
    """Say whether a deadline is met: by its condition, a state left, a holder followed."""
    row, bound = course.bound.row, course.bound
    if any_holds(bound.stop, seen):
        return True
    if row.kind is Kind.TIME_IN_STATE and not row.stop:
        return not any_holds(bound.start, seen)
    if row.kind is Kind.HAND_OVER:
        return of_facts(seen.after.facts, row.holder) != course.run.holder
    return False


def _again(ended: Course, seen: Occurrence, final: frozenset[str]) -> Course:
    """Return the course after one that is met: the next one, where it is to be repeated."""
    bound = ended.bound
    repeats = bound.row.repeat or bound.row.kind is Kind.HAND_OVER
    if not repeats or seen.after.state in final or any_holds(bound.cancel, seen):
        return ended
    if not any(one.held(seen.after) for one in bound.start):
        return ended
    new = _begun(bound, seen, anew=True)
    return replace(new, deeds=(*ended.deeds, *new.deeds), closed=(*ended.closed, *new.closed))


def _turned(course: Course, seen: Occurrence) -> Course:
    """Return a course paused or resumed by an event; an edit during a pause changes nothing."""
    pauses = any_holds(course.bound.pause, seen)
    if course.run.paused_at is None:
        return paused(course) if pauses else course
    waits = course.bound.resume and not any_holds(course.bound.resume, seen)
    return course if pauses or waits else settled(resumed(course))


def _acted(course: Course) -> Course:
    """Return a course without the rungs that the event made pointless."""
    if not course.bound.off:
        return course
    off = tuple([name for name in course.bound.off if name not in course.run.given])
    return course.but(given=(*course.run.given, *off)) if off else course


def _granted(course: Course, seen: Occurrence) -> Course:
    """Return a course with the extension that an event of the machine grants."""
    for step, fit in course.bound.steps:
        if fit.of(seen.after):
            reason = str(getattr(seen.event.form, "reason", "") or "")
            cause = seen.event.cause
            by = (cause.approved_by if cause else ()) or (seen.event.actor.id,)
            course = extended(course, step, reason, by)
    return course
