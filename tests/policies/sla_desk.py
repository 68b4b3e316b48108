"""
A desk that takes cases, with deadlines of all kinds, driven through the real pure flow.

Monday 2 March 2026; the office is open from 9 to 12 and from 13 to 18 in Shanghai.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from crmflow.codec import Codec
from crmflow.core.actor import Actor
from crmflow.core.compiled import compile_machine
from crmflow.core.decision import Decision
from crmflow.core.entity import Snapshot
from crmflow.core.form import Text, structure
from crmflow.core.hours import Hours
from crmflow.core.journal import JournalRecord, fold, unborn
from crmflow.core.machine import ANY, KEEP, Kind, Machine, Open, Row, State
from crmflow.core.ref import UNBORN, EntityRef
from crmflow.core.tables import Tables
from crmflow.core.updates import copied
from crmflow.core.working_time import WorkingCalendar
from crmflow.flow.answer import answer, elapse
from crmflow.flow.registry import Registry
from crmflow.flow.request import Request
from crmflow.plugins.binding import bind
from crmflow.plugins.loading import Plugins, load_plugins
from crmflow.policies import sla
from crmflow.policies.sla.definition import Definition
from crmflow.policies.sla.run import Deadlines, Run

SHANGHAI = ZoneInfo("Asia/Shanghai")
OPEN = Hours.parse("09:00-12:00 13:00-18:00")
OFFICE = WorkingCalendar("office", version="1", zone=SHANGHAI, week=(OPEN,) * 5 + (Hours(()),) * 2)
SHIFTS = WorkingCalendar(
    "shifts", version="7", zone=SHANGHAI, week=(Hours.parse("08:00-20:00"),) * 7
)
TABLES = Tables(calendars={"office": OFFICE, "shifts": SHIFTS}, zone=SHANGHAI)
CLERK = Actor("clerk-1", {"customer_service"})
REF = EntityRef("acme", "case", "K-1")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def on(day: int, hour: int = 9, minute: int = 0) -> datetime:
    """Return a local time in March 2026 as an aware UTC instant."""
    return datetime(2026, 3, day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)


class Severity(StrEnum):
    """How grave a case is."""

    LOW = "low"
    HIGH = "high"


@attrs.frozen
class Case:
    """What is known of a case."""

    severity: Severity = Severity.LOW
    holder: str | None = None
    tier: str = "ordinary"
    office: str | None = None
    asked_at: datetime | None = None
    is_vip: bool = False
    missed: int = 0
    reminded: int = 0
    notes: int = 0


@attrs.frozen
class Asking:
    """What opens a case."""

    severity: Severity = Severity.LOW
    holder: Text | None = None
    tier: Text | None = None
    office: Text | None = None
    asked_at: datetime | None = None


@attrs.frozen
class Grading:
    """Another severity."""

    severity: Severity


@attrs.frozen
class Handing:
    """Who holds it now."""

    holder: Text


@attrs.frozen
class Granting:
    """Why it may take longer."""

    reason: Text


def _counted(name: str) -> Any:  # noqa: ANN401 - an update
    return lambda attempt: {name: getattr(attempt.facts, name) + 1}


CASE = Machine(
    "case",
    Case,
    zh="案件",
    en="case",
    states=(
        State("open", "受理", "open", Kind.INITIAL),
        State("waiting", "等待客户", "waiting for the customer", Kind.WAITING),
        State("working", "处理中", "working"),
        State("solved", "已解决", "solved"),
        State("closed", "已关闭", "closed", Kind.FINAL),
    ),
    rows=(
        Row(
            UNBORN, "ask", "open", form=Asking,
            sets=copied("severity", "holder", "tier", "office", "asked_at"),
            tasks=(Open("handle", "customer_service"),),
        ),
        Row(ANY, "tick", KEEP, tasks=(Open("check", "customer_service"),), done="handle"),
        Row(("open", "waiting"), "work", "working"),
        Row(("open", "working"), "wait", "waiting"),
        Row(ANY, "answer", KEEP),
        Row(ANY, "write", KEEP),
        Row(ANY, "note", KEEP, sets=_counted("notes")),
        Row(ANY, "grade", KEEP, form=Grading, sets=copied("severity")),
        Row(ANY, "hand", KEEP, form=Handing, sets=copied("holder")),
        Row(ANY, "allow_longer", KEEP, form=Granting),
        Row(ANY, "miss", KEEP, who="system", sets=_counted("missed")),
        Row(ANY, "remind", KEEP, who="system", sets=_counted("reminded")),
        Row(("open", "working"), "solve", "solved"),
        Row("solved", "reopen", "working"),
        Row(ANY, "close", "closed"),
        Row(ANY, "drop", "closed"),
    ),
)  # fmt: skip


COMPILED = compile_machine(CASE)


def definition(**columns: object) -> Definition:
    """Return a definition for cases, as a profile would give it."""
    found, faults = structure(Definition, {"machine": "case", **columns})
    assert isinstance(found, Definition), faults
    return found


RESOLVE: Mapping[str, object] = {
    "name": "resolve",
    "kind": "resolution",
    "start": [{"events": ["ask"]}],
    "pause": [{"states": ["waiting"]}],
    "stop": [{"states": ["solved"]}],
    "cancel": [{"events": ["drop"]}],
    "target": "8wh",
    "calendar": "office",
    "fire": "miss",
    "tasks": ["handle"],
}
"""Solve a case in eight working hours, the waits for the customer left out."""


@attrs.define
class Desk:
    """One case, driven through the pure flow: own timers first, each at its instant."""

    registry: Registry
    snapshot: Snapshot[Any]
    decisions: list[Decision] = attrs.field(factory=list)

    def do(
        self,
        event: str,
        at: datetime,
        payload: Mapping[str, object] | None = None,
        actor: Actor = CLERK,
    ) -> Decision:
        """Fire an event; everything due before it happens first."""
        born = bool(self.snapshot.version)
        request = Request(REF, event, payload or {}, actor, at, None if born else True)
        decision = answer(self.registry, self.snapshot, request)
        self.decisions += [*decision.fired, decision, *decision.caused]
        self.snapshot = decision.snapshot
        return decision

    def wait(self, until: datetime) -> list[Decision]:
        """Let a worker come by."""
        fired = elapse(self.registry, self.registry.machine("case"), self.snapshot, until)
        self.decisions += fired
        if fired:
            self.snapshot = fired[-1].snapshot
        return fired

    def run(self, name: str = "resolve") -> Run:
        """Return a deadline's last run."""
        found = self.state.run(name)
        assert found is not None, f"{name} never started"
        return found

    @property
    def state(self) -> Deadlines:
        """The policy's state."""
        found = self.snapshot.policy("sla")
        return Deadlines() if found is None else found

    @property
    def facts(self) -> Case:
        """What is known of the case."""
        known: Case = self.snapshot.facts
        return known

    @property
    def timers(self) -> dict[str, datetime]:
        """Pending timers of deadlines."""
        return {one.name.removeprefix("sla:"): one.due_at for one in self.snapshot.timers}

    @property
    def records(self) -> list[JournalRecord]:
        """The journal."""
        return [one.record for one in self.decisions if one.record is not None]

    @property
    def events(self) -> list[str]:
        """Names of the events journaled."""
        return [record.event.name for record in self.records]

    def task(self, name: str) -> Any:  # noqa: ANN401 - a task or nothing
        """Return an open task, or None."""
        return next((one for one in self.snapshot.tasks if one.name == name), None)

    def replayed(self) -> Snapshot[Any]:
        """Return what the journal, stored and read back, folds to."""
        codec = self.registry.codec
        stored = [codec.decode_record(codec.encode_record(record)) for record in self.records]
        return fold(stored, Case, unborn(REF, stored[0].event.at))

    def explained(self) -> list[tuple[str, dict[str, object]]]:
        """Return the lines of the explanation, codes and values."""
        (policy,) = self.registry.policies["case"]
        lines = policy.explain(self.state, self.snapshot)
        return [(line.code, dict(line.values)) for line in lines]

    def under(self, *rows: Definition, tables: Tables = TABLES) -> Desk:
        """Return the same case under other definitions."""
        return Desk(registry(rows, tables), self.snapshot, self.decisions)


@functools.cache
def _plugins() -> Plugins:
    return load_plugins(())


def registry(rows: Sequence[Definition], tables: Tables = TABLES) -> Registry:
    """Return what the flow runs: cases with these definitions."""
    machines = {"case": CASE}
    tables = attrs.evolve(tables, rows={"deadlines": tuple(rows)})
    bound = bind(_plugins(), machines, tables)
    return Registry(
        "acme",
        {"case": COMPILED},
        bound.judges,
        Codec(machines, bound.policies),
        bound.policies,
        bound.evolvers,
        bound.reserved,
        tables=tables,
    )


def desk(*rows: Definition, tables: Tables = TABLES) -> Desk:
    """Return a desk with these definitions, no case yet."""
    return Desk(registry(rows, tables), unborn(REF, on(2)))


def resolving(**columns: object) -> Definition:
    """Return the deadline of solving a case, with some columns changed."""
    return definition(**{**RESOLVE, **columns})


def found(rows: Sequence[Definition], tables: Tables = TABLES) -> dict[str, str]:
    """Return the faults of a table, code by path."""
    faults = sla.DEADLINES.check(rows, tables, {"case": CASE})
    return {fault.path: fault.code for fault in faults}
