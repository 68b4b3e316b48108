"""Effects: the tasks and timers that open requests have, against those the entity has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import attrs

from crmflow.core.journal import Drop, Effect, Put
from crmflow.core.policy import Occurrence
from crmflow.core.task import Task
from crmflow.policies.approvals.acting import awaited
from crmflow.policies.approvals.binding import Case
from crmflow.policies.approvals.forms import TICK
from crmflow.policies.approvals.reasons import NAME
from crmflow.policies.approvals.request import Phase, Request

APPROVE, RESUBMIT, COPY, STUCK = "approve", "resubmit", "read_copy", "approval_stuck"
"""Codes of the tasks; their names go on with the request and the person."""

OWN = (f"{APPROVE}:", f"{RESUBMIT}:", f"{COPY}:")


@attrs.frozen
class Wanted:
    """A task that there should be: name, role or empty, who does it, not before when, by when."""

    name: str
    role: str
    assignee: str
    since_at: datetime
    due_at: datetime | None = None


def wanted(request: Request, case: Case) -> Iterator[Wanted]:
    """Yield the tasks of one request."""
    key, asked_at = request.key, request.opened_at
    for person in request.copied:
        yield Wanted(f"{COPY}:{key}:{person}", "", person, asked_at)
    if request.phase is Phase.RETURNED:
        asks = request.requester.id
        yield Wanted(f"{RESUBMIT}:{key}:{asks}", "", asks, asked_at)
    elif request.phase is Phase.AWAITING and request.step is not None:
        step = request.step
        for signer, who in awaited(step, case):
            name = f"{APPROVE}:{key}:{signer.person}"
            yield Wanted(name, signer.role, who, step.opened_at, step.due_at)


def effects(
    requests: Iterable[tuple[Request, Case]], seen: Occurrence, *, ended: bool
) -> tuple[Effect, ...]:
    """
    Return what brings the entity's tasks and timers in line with its open requests.

    Args:
        requests: The open requests, each with its case.
        seen: What happened.
        ended: Whether the entity is in a final state, which keeps neither.
    """
    if ended:
        return ()
    tasks: dict[str, Wanted] = {}
    timers: dict[str, datetime] = {}
    for request, case in requests:
        tasks |= {task.name: task for task in wanted(request, case)}
        if request.phase is Phase.AWAITING and request.step and request.step.due_at:
            timers[f"{NAME}:{request.key}"] = request.step.due_at
    return (*_tasks(tasks, seen), *seen.retimed(f"{NAME}:", TICK, timers))


def _tasks(tasks: dict[str, Wanted], seen: Occurrence) -> Iterator[Effect]:
    there = {task.name: task for task in seen.after.tasks if task.name.startswith(OWN)}
    yield from (Drop("tasks", name) for name in there if name not in tasks)
    for name, task in tasks.items():
        old = there.get(name)
        # One left from before the step was opened anew is no answer to it.
        fits = old is not None and old.opened_at >= task.since_at
        if old is None or not fits or (old.assignee, old.due_at) != (task.assignee, task.due_at):
            at = old.opened_at if old is not None and fits else seen.event.at
            id_ = f"{name}.{seen.version}"
            yield Put("tasks", Task(id_, name, task.role, at, task.due_at, task.assignee))


def stuck(request: Request, seen: Occurrence, administrators: tuple[str, ...]) -> Put:
    """Return the task of an administrator where an approved row of a state was refused."""
    name = f"{STUCK}:{request.key}"
    id_ = f"{name}.{seen.after.version}"
    return Put("tasks", Task(id_, name, administrators[0], seen.event.at))
