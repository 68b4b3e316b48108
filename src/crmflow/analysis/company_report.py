"""What a month left behind, read back from the store: lives, deadlines, what is overdue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import attrs

from crmflow.core.journal import Drop, JournalRecord, Put
from crmflow.core.machine import Kind
from crmflow.core.ref import EntityRef
from crmflow.core.timer import Timer
from crmflow.engine.engine import Engine

__all__ = [
    "Late",
    "LifeLine",
    "Promise",
    "deadlines",
    "fired",
    "life_lines",
    "overdue",
    "timeline",
    "waiting",
]

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
        timer: Name of the deadline.
        kept, missed, running: How many.
    """

    machine: str
    timer: str
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
    """Return what is worth telling, in order: the timers that fired and the lives that ended."""
    told = [
        record
        for life in lives
        for record in life.records
        if fired(record) is not None or _ends(engine, record)
    ]
    return tuple(sorted(told, key=lambda record: (record.event.at, str(record.ref))))


def fired(record: JournalRecord) -> str | None:
    """Return the name of the timer that fired, None where something else happened."""
    return None if record.event.cause is None else record.event.cause.timer


def _ends(engine: Engine, record: JournalRecord) -> bool:
    machine = engine.registry.machine(record.ref.machine).machine
    return record.to is not None and machine.state(record.to).kind is Kind.FINAL


def deadlines(lives: Iterable[LifeLine]) -> tuple[Promise, ...]:
    """Return how the deadlines fared; a timer started again is a new one."""
    fates: dict[tuple[str, str], Counter[str]] = {}
    for life in lives:
        for timer, fate in _fates(life.records):
            fates.setdefault((life.ref.machine, timer), Counter())[fate] += 1
    return tuple(
        Promise(machine, timer, count["kept"], count["missed"], count["running"])
        for (machine, timer), count in sorted(fates.items())
    )


def _fates(records: Sequence[JournalRecord]) -> Iterator[tuple[str, str]]:
    """Yield (timer, kept or missed or running) of one entity."""
    running: set[str] = set()
    for record in records:
        for effect in record.effects:
            if isinstance(effect, Put) and isinstance(effect.item, Timer):
                running.add(effect.item.name)
            elif isinstance(effect, Drop) and effect.shelf == "timers" and effect.of in running:
                running.remove(effect.of)
                yield effect.of, "missed" if effect.of == fired(record) else "kept"
    yield from ((timer, "running") for timer in sorted(running))


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
