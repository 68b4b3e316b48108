"""The inbox: what waits for whom on an entity, since when, and whether it is late."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import attrs

from crmflow.core.entity import Snapshot
from crmflow.policies.approvals.effects import APPROVE, RESUBMIT
from crmflow.policies.approvals.reasons import NAME
from crmflow.policies.approvals.request import NOTHING, Approvals


@attrs.frozen
class Waiting:
    """
    One thing that waits for one person.

    Attributes:
        request: The held event or the approval state.
        kind: `approve`, or `resubmit` where it was returned.
        step: Name of the step, or empty.
        person: Whose vote it is.
        assignee: Who is to cast it.
        role: Role by which the person was found.
        since_at: Aware UTC instant.
        due_at: Aware UTC instant of the step's time limit, or None.
        overdue: Whether that has passed.
        requester: Who asked.
    """

    request: str
    kind: str
    step: str
    person: str
    assignee: str
    role: str
    since_at: datetime
    due_at: datetime | None
    overdue: bool
    requester: str

    @property
    def task(self) -> str:
        """Name of the task that says so."""
        return f"{self.kind}:{self.request}:{self.person}"


def is_approval(task: str) -> bool:
    """Say whether a task of this name is about an approval."""
    return task.partition(":")[0] in {APPROVE, RESUBMIT}


def waiting(snapshot: Snapshot[Any], at: datetime) -> Sequence[Waiting]:
    """
    Return what waits for approval on an entity, what is overdue first, then by due instant.

    Args:
        snapshot: The entity.
        at: Aware UTC instant by which due instants are judged.
    """
    state: Approvals = snapshot.policy(NAME) or NOTHING
    found = []
    for task in snapshot.tasks:
        kind, _, rest = task.name.partition(":")
        key, _, person = rest.partition(":")
        request = state.find(key)
        if not is_approval(task.name) or request is None:
            continue
        overdue = task.due_at is not None and task.due_at <= at
        step = "" if request.step is None else request.step.name
        found.append(
            Waiting(
                key, kind, step, person, task.assignee or person, task.role, task.opened_at,
                task.due_at, overdue, request.requester.id,
            )
        )  # fmt: skip
    return sorted(found, key=urgency)


def urgency(one: Waiting) -> tuple[bool, bool, datetime, str]:
    """Return by what things that wait are ordered: overdue ones first, then those due first."""
    return not one.overdue, one.due_at is None, one.due_at or one.since_at, one.person
