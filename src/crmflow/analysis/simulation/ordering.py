"""In which order work that waits is taken."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from math import inf
from typing import Any

from crmflow.analysis.simulation.desk import Urgency
from crmflow.analysis.simulation.rows import Discipline, Queueing
from crmflow.core.entity import Snapshot
from crmflow.core.plain import plain
from crmflow.core.ref import EntityRef
from crmflow.policies.sla.acting import NAME
from crmflow.policies.sla.run import Deadlines

Get = Callable[[EntityRef], Snapshot[Any]]


def urgency(row: Queueing, ref: EntityRef, get: Get, at: datetime) -> Urgency:
    """
    Return where work that joins now stands: the least is taken first.

    Args:
        row: The order.
        ref: What the work is about.
        get: Reads an entity.
        at: Aware UTC instant.
    """
    if row.discipline is Discipline.FIFO:
        return (at.timestamp(),)
    if row.discipline is Discipline.DEADLINE:
        return (_due(get(ref)), at.timestamp())
    value = str(plain(getattr(get(ref).facts, str(row.by), None)))
    place = row.order.index(value) if value in row.order else len(row.order)
    return (place, at.timestamp())


def _due(snapshot: Snapshot[Any]) -> float:
    """Return when the first deadline of an entity is due, as seconds; infinity without one."""
    state: Deadlines | None = snapshot.policy(NAME)
    runs = () if state is None else state.runs
    return min(
        (run.due_at.timestamp() for run in runs if run.open and run.due_at is not None),
        default=inf,
    )
