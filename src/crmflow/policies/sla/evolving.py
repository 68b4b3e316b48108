"""The stateful policy: what it does after each event, and its own reserved ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import attrs

from crmflow.core.actor import SYSTEM
from crmflow.core.entity import Snapshot
from crmflow.core.form import Text
from crmflow.core.journal import Entry
from crmflow.core.policy import Denied, Evolve, Evolved, Line, Occurrence
from crmflow.core.reserved import ADOPT, ATTACH, FORMS, MIRROR, PAUSE, UNPAUSE
from crmflow.core.searching import Term
from crmflow.core.verdict import Answer, Verdict
from crmflow.policies.sla.acting import NAME, TIMER, added, is_told
from crmflow.policies.sla.binding import Bound, Definitions
from crmflow.policies.sla.change import extended
from crmflow.policies.sla.course import Course
from crmflow.policies.sla.definition import Step
from crmflow.policies.sla.explaining import lines
from crmflow.policies.sla.finding import terms_of
from crmflow.policies.sla.freezing import frozen, thawed
from crmflow.policies.sla.life import bound_of, lived
from crmflow.policies.sla.run import Deadlines
from crmflow.policies.sla.steps import settled
from crmflow.policies.sla.stopwatch import due

EXTEND = "$extend"
NONE_YET = Deadlines()
MOVES = frozenset({Entry.DECISION, Entry.ADOPTION, Entry.POLICY, Entry.MIRROR})
"""What an event must have come to, so that it counts: what is held has not happened yet."""


@attrs.frozen
class Extension:
    """
    Asks for a longer limit.

    Attributes:
        deadline: Name of the deadline.
        to: The longer limit, as one of the definition's steps says it.
        reason: Why.
    """

    deadline: Text
    to: Text
    reason: Text


@attrs.frozen
class SlaPolicy:
    """
    The deadlines of one machine.

    Attributes:
        definitions: Its definitions, ready.
    """

    definitions: Definitions
    name: str = NAME
    schema: int = 1
    state: type = Deadlines
    reserved: Mapping[str, type | None] = attrs.field(
        factory=lambda: {TIMER: None, EXTEND: Extension}
    )

    def evolve_for(self, event: str) -> Evolve | None:
        """Return what runs after an event."""
        if event == TIMER:
            return self._on_timer
        if event == EXTEND:
            return self._on_extend
        if event in (PAUSE, UNPAUSE):
            return partial(frozen if event == PAUSE else thawed, self.definitions)
        heard = event == MIRROR and self.definitions.reads_links
        if event in (ADOPT, ATTACH) or event not in FORMS or heard:
            return partial(self._on_event, self.definitions.during(event))
        return None

    def upgraded(self, schema: int, value: Mapping[str, object]) -> Mapping[str, object]:
        """Return an older state in today's shape; there is one shape so far."""
        return value

    def explain(self, state: Deadlines, snapshot: Snapshot[Any]) -> Iterable[Line]:
        """Yield what there is to say of each deadline: why it is due then."""
        for run in state.runs:
            yield from lines(self.definitions, run, snapshot)

    def terms(self, state: Deadlines) -> Iterable[Term]:
        """Yield what is promised and by when, what was missed included."""
        return terms_of(state, self.definitions.waits)

    def _on_event(
        self, definitions: Definitions, state: Deadlines | None, seen: Occurrence
    ) -> Evolved | None:
        """Return what an event changes; the definitions are narrowed to it."""
        if seen.entry not in MOVES:
            return None
        known = NONE_YET if state is None else state
        courses = []
        for name in definitions.named:
            run = known.run(name)
            course = lived(definitions, name, run, seen)
            if course is not None and not (course.run is run and is_told(course, seen)):
                courses.append(course)
        return added(definitions, known, courses, seen) if courses else None

    def _on_timer(self, state: Deadlines | None, seen: Occurrence) -> Evolved | Denied | None:
        known = NONE_YET if state is None else state
        if seen.event.cause is None or seen.event.cause.timer is None:
            return _denied("sla_timer_only")
        courses = [
            settled(Course(bound, run, seen.event.at))
            for run in known.runs
            if run.open and (bound := bound_of(self.definitions, run, seen)) is not None
        ]
        return added(self.definitions, known, courses, seen)

    def _on_extend(self, state: Deadlines | None, seen: Occurrence) -> Evolved | Denied | None:
        known, form = NONE_YET if state is None else state, seen.event.form
        run = known.run(form.deadline)
        bound = None if run is None else bound_of(self.definitions, run, seen)
        if run is None or bound is None or not run.open:
            names = ", ".join(one.definition for one in known.runs if one.open)
            return _denied("sla_no_deadline", deadline=form.deadline, known=names)
        step = next((found for found, _ in bound.steps if str(found.to) == form.to), None)
        if step is None:
            names = ", ".join(str(found.to) for found, _ in bound.steps)
            return _denied("sla_no_extension", bound, to=form.to, known=names)
        course = settled(Course(bound, run, seen.event.at))
        refusals = _against(course, step, seen)
        if refusals:
            return Denied(refusals)
        longer = extended(course, step, form.reason, _granting(seen))
        return added(self.definitions, known, [longer], seen)


def _against(course: Course, step: Step, seen: Occurrence) -> tuple[Verdict, ...]:
    """Return every reason why an extension is not had."""
    bound, run = course.bound, course.run
    found = []
    by_approval = seen.event.cause is not None and bool(seen.event.cause.approved_by)
    if not by_approval and step.role not in seen.event.actor.roles:
        found.append(_verdict("sla_not_granted", bound, (step.role or "",), to=str(step.to)))
    fit = next(fit for one, fit in bound.steps if one is step)
    if not fit.of(seen.after):
        found.append(_verdict("sla_extension_unfit", bound, to=str(step.to)))
    now = run.due_at or due(run, course.calendar)
    if step.to.due_at(run.started_at, course.calendar) <= now:
        found.append(_verdict("sla_not_longer", bound, to=str(step.to), due_at=now.isoformat()))
    return tuple(found)


def _granting(seen: Occurrence) -> tuple[str, ...]:
    cause, actor = seen.event.cause, seen.event.actor
    approved = () if cause is None else cause.approved_by
    return approved or (() if actor is SYSTEM else (actor.id,))


def _verdict(
    reason: str, bound: Bound | None = None, roles: tuple[str, ...] = (), **values: object
) -> Verdict:
    row = None if bound is None else bound.row
    return Verdict(
        NAME,
        Answer.REFUSE,
        reason,
        "" if row is None else row.name,
        "" if row is None else row.version,
        () if row is None else row.rules,
        tuple(filter(None, roles)),
        values=values,
    )


def _denied(reason: str, bound: Bound | None = None, **values: object) -> Denied:
    return Denied((_verdict(reason, bound, (), **values),))
