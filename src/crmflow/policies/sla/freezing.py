"""Deadlines of an entity that is paused: they stand still with it, and go on with it."""

from __future__ import annotations

from collections.abc import Iterator

from crmflow.core.policy import Evolved, Occurrence
from crmflow.policies.sla.acting import added
from crmflow.policies.sla.binding import Definitions
from crmflow.policies.sla.course import Course
from crmflow.policies.sla.life import bound_of
from crmflow.policies.sla.run import Deadlines, Run
from crmflow.policies.sla.steps import paused, resumed, settled


def frozen(definitions: Definitions, state: Deadlines | None, seen: Occurrence) -> Evolved | None:
    """Return what a pause of the entity changes: deadlines that ran stand still."""
    if state is None or seen.before.attached.pauses:
        return None
    courses = [
        paused(course).but(frozen=True)
        for run, course in _open(definitions, state, seen)
        if run.paused_at is None
    ]
    return added(definitions, state, courses, seen) if courses else None


def thawed(definitions: Definitions, state: Deadlines | None, seen: Occurrence) -> Evolved | None:
    """Return what the end of a pause changes: what stood still with the entity goes on."""
    if state is None or seen.after.attached.pauses:
        return None
    courses = [
        settled(resumed(course).but(frozen=False))
        for run, course in _open(definitions, state, seen)
        if run.frozen
    ]
    return added(definitions, state, courses, seen) if courses else None


def _open(
    definitions: Definitions, state: Deadlines, seen: Occurrence
) -> Iterator[tuple[Run, Course]]:
    """Yield the open runs whose definition is still there, each with its course at the event."""
    was = seen.before
    for run in state.runs:
        bound = bound_of(definitions, run, seen) if run.open else None
        if bound is not None:
            moved = None if was.state == run.state else (was.state, was.entered_at)
            yield run, Course(bound, run, seen.event.at, moved=moved)
