"""From the deeds of courses to what a step adds: timers, tasks, messages and events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import attrs

from crmflow.core.journal import Drop, Effect, Entry, Put
from crmflow.core.message import MessageKind
from crmflow.core.people import superiors
from crmflow.core.policy import Evolved, Occurrence, Outgoing, Raised
from crmflow.core.task import Task
from crmflow.core.timer import Timer
from crmflow.policies.sla.binding import Definitions
from crmflow.policies.sla.course import Course, Deed, points
from crmflow.policies.sla.definition import Action, Rung
from crmflow.policies.sla.run import Deadlines, Run
from crmflow.policies.sla.stopwatch import TICK

NAME = "sla"
TIMER = "$sla"
NOTICE = "notice"
"""Name of the delivery handler that tells people; the payload says whom and what."""

Names = dict[str, Task]


def added(
    definitions: Definitions, state: Deadlines, courses: Sequence[Course], seen: Occurrence
) -> Evolved | None:
    """
    Return what a step adds after its courses, or None where it adds nothing.

    Args:
        definitions: The definitions of the machine.
        state: The policy's state before.
        courses: The deadlines that may have changed.
        seen: What happened.
    """
    before, timed, deeds = state, [], []
    for course in courses:
        run = course.run
        is_new = run is not before.run(run.definition)
        if is_new:
            state = state.with_run(run)
            for ended in course.closed:
                state = state.with_ended(ended, _month(ended, definitions))
            deeds += [(course, deed) for deed in course.deeds]
        # An adoption ends all timers, also those of deadlines it leaves as they are.
        if seen.entry is Entry.ADOPTION or (is_new and not course.steady):
            timed.append(course)
    effects: tuple[Effect, ...] = ()
    if seen.after.state not in definitions.final and (timed or deeds or not _told(courses, seen)):
        effects = (*_timers(timed, seen), *_tasks(courses, deeds, seen))
    if not deeds:
        return Evolved(state, effects) if effects or state is not before else None
    return Evolved(
        state,
        effects,
        tuple(message for course, deed in deeds for message in _messages(course, deed, seen)),
        tuple(raised for course, deed in deeds for raised in _raised(course, deed)),
    )


def _month(run: Run, definitions: Definitions) -> str:
    ended_at = run.seen_at if run.ended_at is None else run.ended_at
    return ended_at.astimezone(definitions.tables.zone).isoformat()[:7]


def _timers(courses: Iterable[Course], seen: Occurrence) -> Iterator[Effect]:
    """Yield how the timers become those of the courses; the one that fired is gone already."""
    cause = seen.event.cause
    gone = None if cause is None else cause.timer
    for course in courses:
        prefix = f"{NAME}:{course.run.definition}:"
        has = {
            timer.name: timer.due_at
            for timer in seen.after.timers
            if timer.name.startswith(prefix) and timer.name != gone
        }
        wanted = {f"{prefix}{one.label}": one.at + TICK for one in points(course)}
        yield from (Drop("timers", name) for name in has if name not in wanted)
        for name, due_at in wanted.items():
            if has.get(name) != due_at:
                yield Put("timers", Timer(name, TIMER, due_at, seen.before.version + 1))


def _tasks(
    courses: Sequence[Course], deeds: Sequence[tuple[Course, Deed]], seen: Occurrence
) -> Iterator[Effect]:
    """Yield tasks that are opened, moved to a role, or promised for another instant."""
    if not deeds and _told(courses, seen):
        return
    known: Names = {task.name: task for task in seen.after.tasks}
    changed = dict(known)
    for course in courses:
        _promise(course, changed)
        _close(course, changed)
    for course, rung in _rungs(deeds):
        _work(course, rung, changed, seen)
    yield from (Drop("tasks", name) for name in known if name not in changed)
    for name, task in changed.items():
        if known.get(name) != task:
            yield Put("tasks", task)


def _told(courses: Sequence[Course], seen: Occurrence) -> bool:
    return all(is_told(course, seen) for course in courses)


def is_told(course: Course, seen: Occurrence) -> bool:
    """Say whether timers and tasks are as the deadline wants them, where it did not change."""
    row, due_at = course.bound.row, course.run.due_at
    if seen.entry is Entry.ADOPTION:
        return False  # it ends all timers
    if not course.run.open:
        return not any(rung.task for rung in row.ladder)
    if row.tasks:
        for task in seen.after.tasks:
            if task.due_at != due_at and task.name in row.tasks:
                return False
    return True


def _promise(course: Course, tasks: Names) -> None:
    """Give the deadline's tasks its due instant."""
    if not course.run.open:
        return
    for name in course.bound.row.tasks:
        if name in tasks:
            tasks[name] = attrs.evolve(tasks[name], due_at=course.run.due_at)


def _close(course: Course, tasks: Names) -> None:
    """Close what an escalation opened, once the deadline has ended."""
    if not course.run.open:
        for rung in course.bound.row.ladder:
            tasks.pop(rung.task or "", None)


def _work(course: Course, rung: Rung, tasks: Names, seen: Occurrence) -> None:
    if rung.action is Action.TASK and rung.task and rung.role:
        id_ = f"{rung.task}.{seen.before.version + 1}"
        above = _superior(rung, seen)
        tasks[rung.task] = Task(id_, rung.task, rung.role, seen.event.at, assignee=above)
    if rung.action is Action.REASSIGN and rung.role:
        for name in course.bound.row.tasks:
            if name in tasks:
                above = _superior(rung, seen)
                tasks[name] = attrs.evolve(tasks[name], role=rung.role, assignee=above)


def _superior(rung: Rung, seen: Occurrence) -> str | None:
    """Return who stands above the person a rung names, None where nobody is known to."""
    if rung.superior_of is None:
        return None
    link, _, fact = rung.superior_of.rpartition(".")
    known = [one.facts.get(fact) for one in seen.after.links if one.name == link]
    person = known[-1] if known else getattr(seen.after.facts, rung.superior_of, None)
    return next(superiors(seen.people, str(person)), None) if person else None


def _rungs(deeds: Iterable[tuple[Course, Deed]]) -> Iterator[tuple[Course, Rung]]:
    for course, deed in deeds:
        if deed.what == "rung":
            for rung in course.bound.row.ladder:
                if rung.name == deed.name:
                    yield course, rung


def _messages(course: Course, deed: Deed, seen: Occurrence) -> Iterator[Outgoing]:
    notify = course.bound.row.notify
    if deed.what == "warning" and notify is not None:
        yield _notice("deadline_near", notify, course, seen)
    if deed.what == "extension":
        yield _notice("deadline_extended", "customer", course, seen)
    for _, rung in _rungs([(course, deed)]):
        if rung.action is Action.NOTIFY and rung.role is not None:
            person = _superior(rung, seen)
            yield _notice("deadline_escalated", rung.role, course, seen, person)


def _notice(
    event: str, role: str, course: Course, seen: Occurrence, person: str | None = None
) -> Outgoing:
    """Return the message that tells a role, or one person of it, of a deadline."""
    run, ref = course.run, seen.after.ref
    payload = {
        "role": role,
        **({} if person is None else {"person": person}),
        "entity": str(ref),
        "deadline": run.definition,
        "status": run.status,
        "due_at": run.due_at,
        "reason": run.extensions[-1].reason if run.extensions else None,
    }
    return Outgoing(NOTICE, event, payload, str(ref), MessageKind.FIRE)


def _raised(course: Course, deed: Deed) -> Iterator[Raised]:
    fires = course.bound.row.fire
    if deed.what == "breach" and fires is not None:
        yield Raised(fires)
    for _, rung in _rungs([(course, deed)]):
        if rung.event is not None:
            yield Raised(rung.event, payload=dict(rung.payload) or None)
