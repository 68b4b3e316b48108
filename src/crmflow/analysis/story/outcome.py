"""What a story left behind, read back from the store: lanes, deadlines, figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import attrs

from crmflow.analysis.reports import make
from crmflow.analysis.story.deadlines import DEADLINES
from crmflow.core.journal import JournalRecord
from crmflow.core.ref import EntityRef
from crmflow.core.tables import Tables
from crmflow.engine.engine import Engine
from crmflow.policies.kpi import Report
from crmflow.policies.sla import Definition, waits
from crmflow.policies.sla.report import Compliance, compliance

__all__ = [
    "Lane",
    "Life",
    "Promise",
    "deadlines",
    "figures",
    "lanes",
    "lives",
    "reactions",
    "waiting",
]

Reaction = tuple[str, str]
"""(machine, event that a passed deadline fires)."""


@attrs.frozen
class Life:
    """
    One entity's life.

    Attributes:
        ref: Which entity.
        state: Where it ended up.
        ended: Whether it has come to its end.
        records: Its journal, in order.
    """

    ref: EntityRef
    state: str
    ended: bool
    records: tuple[JournalRecord, ...]


@attrs.frozen
class Lane:
    """
    All lives of a machine at a glance.

    Attributes:
        machine: Name of the machine.
        count: How many entities.
        open: How many of them have not ended.
        signs: A sign for each part of the time; a space where there is nothing.
    """

    machine: str
    count: int
    open: int
    signs: str


@attrs.frozen
class Promise:
    """
    How one kind of deadline fared.

    Attributes:
        machine: Machine of the entities.
        deadline: Its name in the table.
        is_wait: Whether it is a wait, which is over and not missed.
        kept, missed, running: How many.
    """

    machine: str
    deadline: str
    is_wait: bool
    kept: int
    missed: int
    running: int


def lives(engine: Engine) -> tuple[Life, ...]:
    """Return every entity's life, those that began first in front."""
    machines = engine.registry.machines
    found = [
        Life(
            row.ref,
            row.state,
            row.state in machines[row.ref.machine].machine.final,
            tuple(engine.journal(row.ref)),
        )
        for row in engine.find()
    ]
    return tuple(sorted(found, key=lambda life: (life.records[0].event.at, str(life.ref))))


def lanes(
    found: Iterable[Life], over: Container[Reaction], start: datetime, end: datetime, width: int
) -> tuple[Lane, ...]:
    """
    Return a lane for each machine, those that began first in front.

    Args:
        found: The lives, as `lives` returns them.
        over: What machines do when a wait is over, as `reactions` returns it.
        start: First instant that is shown.
        end: Last one.
        width: Number of parts the time between is cut into.
    """
    by_machine: dict[str, list[Life]] = {}
    for life in found:
        by_machine.setdefault(life.ref.machine, []).append(life)
    part = (end - start) / width
    return tuple(
        Lane(
            machine,
            len(group),
            sum(not life.ended for life in group),
            "".join(_sign(group, over, start + n * part, part) for n in range(width)),
        )
        for machine, group in by_machine.items()
    )


def _sign(group: Sequence[Life], over: Container[Reaction], at: datetime, part: timedelta) -> str:
    """Return the sign of what matters most in a part of the time."""
    seen = {sign for life in group for sign in _signs(life, over, at, at + part)}
    return next((sign for sign in "!●■━" if sign in seen), " ")


def _signs(life: Life, over: Container[Reaction], start: datetime, end: datetime) -> Iterator[str]:
    first, last = life.records[0].event.at, life.records[-1].event.at
    if first < end and (not life.ended or last >= start):
        yield "━"
    for record in life.records:
        event = record.event
        if start <= event.at < end:
            if event.raised_by == DEADLINES and (life.ref.machine, event.name) not in over:
                yield "!"
            elif record is life.records[0]:
                yield "●"
            elif life.ended and record is life.records[-1]:
                yield "■"


def reactions(tables: Tables) -> frozenset[Reaction]:
    """Return what machines do when a wait is over: nothing was missed then."""
    over = waits(tables)
    return frozenset(
        (row.machine, str(row.fire))
        for row in tables.of("deadlines", Definition)
        if row.name in over
    )


def deadlines(engine: Engine) -> tuple[Promise, ...]:
    """Return how the deadlines in use fared, by machine; cancelled ones are left out."""
    tables = engine.registry.tables
    entities = [
        (row.ref, row.ref.machine, state)
        for row in engine.find()
        if (state := engine.get(row.ref).policy(DEADLINES)) is not None
    ]
    running = Counter(
        run.definition
        for _, _, state in entities
        for run in state.runs
        if run.open and run.breached_at is None
    )
    lines = compliance(entities, tables.zone, ("definition",))
    judged = {line.definition: line for line in lines}
    over = waits(tables)
    return tuple(
        Promise(
            row.machine,
            row.name,
            row.name in over,
            line.met,
            line.met_late + line.breached,
            running[row.name],
        )
        for row in sorted(tables.of("deadlines", Definition), key=lambda row: row.machine)
        if row.machine in engine.registry.machines and row.enabled
        for line in [judged.get(row.name, Compliance())]
    )


def figures(engine: Engine, lang: str) -> tuple[Mapping[str, object], ...]:
    """Return the indicators with a target and a value, as their report has them, and a label."""
    rows = engine.registry.tables.of("reports", Report)
    (report,) = (row for row in rows if row.name == "indicators")
    told = make(engine, report, lang=lang)
    found = (row for row in told.rows if row.get("met") is not None)
    return tuple({**row, "label": told.label("kpi", row["kpi"])} for row in found)


def waiting(engine: Engine) -> Mapping[str, int]:
    """Return how many messages wait, by the machine they are for."""
    return dict(sorted(Counter(row.target.machine for row in engine.outbox()).items()))
