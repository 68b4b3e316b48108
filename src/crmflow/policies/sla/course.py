"""A deadline's course at an instant, and what is still to come in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from crmflow.core.working_time import WorkingCalendar
from crmflow.policies.sla.binding import Bound
from crmflow.policies.sla.definition import follows, point
from crmflow.policies.sla.run import Run
from crmflow.policies.sla.stopwatch import Stopwatch, part_of, watch


class Deed(Struct, frozen=True):
    """Something that follows from a course: what, and the warning, rung or limit it is of."""

    what: Literal["breach", "warning", "rung", "extension"]
    name: str = ""


class Course(Struct, frozen=True):
    """
    A run at an instant.

    Attributes:
        bound: Its definition.
        run: How it stands.
        at: Aware UTC instant.
        deeds: What follows.
        closed: Runs that ended on the way, to be counted.
        steady: Whether no instant of it is another one than before.
        moved: (state, aware UTC instant it was entered) where the entity was before the
            event, if the run does not tell that state yet.
    """

    bound: Bound
    run: Run
    at: datetime
    deeds: tuple[Deed, ...] = ()
    closed: tuple[Run, ...] = ()
    steady: bool = False
    moved: tuple[str, datetime] | None = None

    @property
    def calendar(self) -> WorkingCalendar:
        """The calendar it is counted on."""
        return self.bound.calendar(self.run.calendar)

    @property
    def watch(self) -> Stopwatch:
        """What counts its time."""
        return watch(self.run, self.calendar)

    def but(self, **changes: Any) -> Course:  # noqa: ANN401 - fields of the run
        """Return the course with some of the run's fields changed."""
        return replace(self, run=replace(self.run, **changes))


class Due(Struct, frozen=True):
    """Something that comes at an instant of a course; it is over at the first one after."""

    at: datetime
    what: Literal["breach", "warning", "rung"]
    name: str = ""

    @property
    def label(self) -> str:
        """What tells it apart in the name of a timer."""
        return "due" if self.what == "breach" else f"{self.what}:{self.name}"


def points(course: Course) -> list[Due]:
    """Return what is still to come, in order; nothing while it is paused or ended."""
    run = course.run
    if not run.open or run.paused_at is not None:
        return []
    ahead = _before(course) if run.breached_at is None else _after(course)
    return sorted(
        (one for one in ahead if one.what == "breach" or one.name not in run.given),
        key=lambda one: one.at,
    )


def _before(course: Course) -> Iterator[Due]:
    due_at = course.run.due_at
    assert due_at is not None  # noqa: S101 - it is neither paused nor ended
    yield Due(due_at, "breach")
    target = course.bound.targets[course.run.row][0]
    for text in course.bound.row.warned(target):
        yield Due(place(course, text), "warning", text)
    for rung in course.bound.row.ladder:
        if not follows(rung):
            yield Due(place(course, rung.at), "rung", rung.name)


def _after(course: Course) -> Iterator[Due]:
    start_at = course.run.escalates_at
    assert start_at is not None  # noqa: S101 - set with the breach
    for rung in filter(follows, course.bound.row.ladder):
        at = point(rung.at)
        if isinstance(at, Fraction):
            extra = part_of(course.run.total, at - 1)
            yield Due(course.watch.after(start_at, extra), "rung", rung.name)
        else:
            yield Due(at.due_at(start_at, course.calendar), "rung", rung.name)


def place(course: Course, text: str) -> datetime:
    """Return the instant of a part of the target, or of a time after the start."""
    run, at = course.run, point(text)
    if at == 1 and run.due_at is not None:
        return run.due_at
    if isinstance(at, Fraction):
        return course.watch.after(run.started_at, part_of(run.total, at) + run.part(run.paused))
    own = Stopwatch(course.calendar, at.working)
    first = at.due_at(run.started_at, course.calendar)
    pauses = run.paused.working if at.working else run.paused.elapsed
    return own.after(first, pauses) if pauses else first
