"""What a month left behind, read back from the store: lives, deadlines, what is overdue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

import attrs

from crmflow.core.journal import JournalRecord
from crmflow.core.ref import EntityRef
from crmflow.engine.engine import Engine
from crmflow.policies.sla.report import Compliance, compliance

__all__ = [
    "Late",
    "LifeLine",
    "Promise",
    "deadlines",
    "fired",
    "life_lines",
    "missed",
    "overdue",
    "timeline",
    "waiting",
]

DEADLINES = "sla"
"""Name of the policy that watches deadlines."""

_OPENED_LATE = "overdue_"
"""Work that a missed deadline opens is named so in every machine."""
_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@attrs.frozen
class LifeLine:
    """
    One entity's month.

    Attributes:
        ref: Which entity.
        state: Where it ended up.
        records: Its journal, in order.
    """

    ref: EntityRef
    state: str
    records: tuple[JournalRecord, ...]


@attrs.frozen
class Promise:
    """
    How one kind of deadline fared.

    Attributes:
        machine: Machine of the entities.
        deadline: Its name in the table.
        kept, missed, running: How many.
    """

    machine: str
    deadline: str
    kept: int
    missed: int
    running: int


@attrs.frozen
class Late:
    """
    Work that is late: past its promised instant, or opened because something else was.

    Attributes:
        ref: The entity.
        task: Code of the work.
        role: Who is to do it.
        since: Aware UTC instant since when it is late.
    """

    ref: EntityRef
    task: str
    role: str
    since: datetime


def life_lines(engine: Engine) -> tuple[LifeLine, ...]:
    """Return every entity's month, those created first in front."""
    lives = [LifeLine(row.ref, row.state, tuple(engine.journal(row.ref))) for row in engine.find()]
    return tuple(sorted(lives, key=lambda life: (life.records[0].event.at, str(life.ref))))


def timeline(engine: Engine, lives: Iterable[LifeLine]) -> tuple[JournalRecord, ...]:
    """Return what is worth telling, in order: deadlines that were missed, lives that ended."""
    told = [
        record
        for life in lives
        for record in life.records
        if missed(record) or _ends(engine, record)
    ]
    return tuple(sorted(told, key=lambda record: (record.event.at, str(record.ref))))


def fired(record: JournalRecord) -> str | None:
    """Return the name of the timer that fired, None where something else happened."""
    return record.event.timer


def missed(record: JournalRecord) -> bool:
    """Say whether it is what a machine does when a deadline was missed."""
    return record.event.raised_by == DEADLINES


def _ends(engine: Engine, record: JournalRecord) -> bool:
    machine = engine.registry.machine(record.ref.machine).machine
    return record.to in machine.final


def deadlines(engine: Engine) -> tuple[Promise, ...]:
    """Return how the deadlines fared; those that were cancelled are left out."""
    entities = [
        (row.ref, row.ref.machine, state)
        for row in engine.find()
        if (state := engine.get(row.ref).policy(DEADLINES)) is not None
    ]
    running = Counter(
        (machine, run.definition)
        for _, machine, state in entities
        for run in state.runs
        if run.open and run.breached_at is None
    )
    lines = compliance(entities, engine.registry.tables.zone, ("machine", "definition"))
    judged = {(line.machine, line.definition): line for line in lines}
    return tuple(
        Promise(*key, line.met, line.met_late + line.breached, running[key])
        for key in sorted({*running, *judged})
        for line in [judged.get(key, Compliance())]
    )


def overdue(engine: Engine) -> tuple[Late, ...]:
    """Return open work that is late now, the latest last."""
    now = engine.clock.now()
    late = []
    for task in engine.tasks():
        since = _instant(task.opened_at if task.due_at is None else task.due_at)
        if task.name.startswith(_OPENED_LATE) or (task.due_at is not None and since < now):
            late.append(Late(task.ref, task.name, task.role, since))
    return tuple(sorted(late, key=lambda one: (one.since, str(one.ref), one.task)))


def _instant(microseconds: int) -> datetime:
    return _EPOCH + microseconds * _MICROSECOND


def waiting(engine: Engine) -> Mapping[str, int]:
    """Return how many messages wait, by the machine they are for."""
    return dict(sorted(Counter(row.target.machine for row in engine.outbox()).items()))
