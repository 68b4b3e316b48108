"""A small company: clients, the care they get, and an engine on a clock of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import attrs

from crmflow.clock import ManualClock
from crmflow.core.actor import Actor
from crmflow.core.decision import Decision
from crmflow.core.entity import Snapshot
from crmflow.core.form import Fault, Text, structure
from crmflow.core.hours import Hours
from crmflow.core.journal import Put
from crmflow.core.machine import ANY, KEEP, Asked, Changes, Kind, Machine, Row, State
from crmflow.core.people import Person
from crmflow.core.policy import Policy
from crmflow.core.ref import UNBORN, EntityRef
from crmflow.core.tables import TableRow, Tables
from crmflow.core.task import Task
from crmflow.core.updates import copied
from crmflow.core.working_index import SpecialDays
from crmflow.core.working_time import WorkingCalendar
from crmflow.directory import ListedDirectory
from crmflow.engine.engine import Engine
from crmflow.engine.values import Entity
from crmflow.hookspecs import hookimpl
from crmflow.storage.memory import MemoryStore

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 3, 2, 10, tzinfo=ZONE)
DAY = timedelta(days=1)
WEEK = (Hours.parse("09:00-12:00 13:00-18:00"),) * 5 + (Hours.parse("closed"),) * 2
OFFICE = WorkingCalendar("office", version="1", zone=ZONE, week=WEEK)
ALICE = Actor("alice", {"salesperson"})
FOLLOW_UP = {"name": "no_follow_up", "since": ["last_contact_at"], "within": "30d"}
POOL = {
    "name": "pool",
    "through": "hand_over",
    "limits": [FOLLOW_UP],
    "exempt_states": ["won"],
    "warn_days": 3,
    "role": "business_supervisor",
    "pickers": ["salesperson"],
}
R = TypeVar("R", bound=TableRow)


@attrs.frozen
class Client:
    """What is known of a client."""

    tier: str = "ordinary"
    owner: str | None = None
    birthday: date | None = None
    last_purchase_at: datetime | None = None
    last_contact_at: datetime | None = None
    satisfaction: int | None = None
    note: str | None = None


@attrs.frozen
class Learnt:
    """What is learnt of a client; what is left out stays."""

    tier: Text | None = None
    owner: Text | None = None
    birthday: date | None = None
    last_purchase_at: datetime | None = None
    satisfaction: int | None = None
    note: Text | None = None


@attrs.frozen
class Handed:
    """Who has it now, and why."""

    owner: Text
    reason: Text


def bought(attempt: Asked) -> Changes:
    """Return the facts after a purchase."""
    return {"last_purchase_at": attempt.at}


def contacted(attempt: Asked) -> Changes:
    """Return the facts after a contact."""
    return {"last_contact_at": attempt.at}


LEARN = copied("tier", "owner", "birthday", "last_purchase_at", "satisfaction", "note")
CLIENT = Machine(
    "client",
    Client,
    zh="客户",
    en="client",
    states=(
        State("active", "往来", "active", Kind.INITIAL),
        State("won", "已成交", "won"),
        State("asleep", "休眠", "asleep"),
        State("gone", "流失", "gone", Kind.FINAL),
    ),
    rows=(
        Row(UNBORN, "open", "active", form=Learnt, sets=LEARN),
        Row(ANY, "learn", KEEP, form=Learnt, sets=LEARN),
        Row(ANY, "look", KEEP),
        Row(ANY, "buy", KEEP, sets=bought),
        Row(ANY, "call", KEEP, sets=contacted),
        Row("active", "win", "won"),
        Row(ANY, "fall_asleep", "asleep"),
        Row(("active", "asleep"), "hand_over", KEEP, form=Handed, sets=copied("owner")),
        Row(ANY, "leave", "gone"),
    ),
)


@attrs.frozen
class Scheduled:
    """What a chore is opened with: it stands for whatever a row of care opens."""

    customer: Text
    cadence: Text
    kind: Text | None = None
    channels: tuple[Text, ...] = ()
    role: Text | None = None
    due_on: date | None = None
    since: date | None = None
    until_at: datetime | None = None


@attrs.frozen
class Why:
    """A reason."""

    reason: Text


CHORE = Machine(
    "chore",
    Scheduled,
    zh="事务",
    en="chore",
    states=(
        State("scheduled", "已安排", "scheduled", Kind.INITIAL),
        State("done", "已完成", "done", Kind.FINAL),
        State("cancelled", "已取消", "cancelled", Kind.FINAL),
    ),
    rows=(
        Row(
            UNBORN, "schedule", "scheduled", form=Scheduled,
            sets=copied(
                "customer", "cadence", "kind", "channels", "role", "due_on", "since", "until_at"
            ),
        ),
        Row(ANY, "do", "done"),
        Row(ANY, "cancel", "cancelled", form=Why),
    ),
)  # fmt: skip


def row(cls: type[R], **columns: object) -> R:
    """Return a row as a table's file has it."""
    named = {"name": "care", **columns}
    if "machine" in attrs.fields_dict(cls):
        named.setdefault("machine", "client")
    read, faults = structure(cls, named)
    assert not faults, faults
    assert isinstance(read, cls)
    return read


def faults_of(cls: type[TableRow], **columns: object) -> set[tuple[str, str]]:
    """Return path and code of each fault of a row that cannot be read."""
    _, faults = structure(cls, {"name": "care", "machine": "client", **columns})
    return {(fault.path, fault.code) for fault in faults}


def codes(faults: Iterable[Fault]) -> set[tuple[str, str]]:
    """Return path and code of each fault."""
    return {(fault.path, fault.code) for fault in faults}


def with_holidays(*days: date) -> WorkingCalendar:
    """Return the office's calendar with days off, of years that are all known."""

    def special(year: int) -> SpecialDays:
        return SpecialDays({day: Hours.parse("closed") for day in days if day.year == year})

    return attrs.evolve(OFFICE, special=special)


@attrs.define
class Bound:
    """A plugin that binds one mechanism to rows of one's own."""

    module: Any
    tables: Tables

    @hookimpl
    def policies_for(self, machine: Machine, tables: Tables) -> Sequence[Policy]:
        """Bind the mechanism's policies to the rows."""
        return tuple(self.module.policies_for(machine, self.tables))

    @hookimpl
    def judge_for(self, machine: Machine, event: str, tables: Tables) -> Any:  # noqa: ANN401
        """Bind the mechanism's judge to the rows, where it has one."""
        ask = getattr(self.module, "judge_for", None)
        return None if ask is None else ask(machine, event, self.tables)


@attrs.define
class Company:
    """
    An engine in memory whose policies are one mechanism's with these rows.

    Args:
        module: The mechanism.
        rows: Rows by table.
        calendar: The working calendar `office`.
        people: Everybody in the directory.
        start_at: Where the clock begins.
    """

    module: Any
    rows: Mapping[str, Sequence[TableRow]]
    calendar: WorkingCalendar = OFFICE
    people: tuple[Person, ...] = ()
    start_at: datetime = MONDAY
    machines: tuple[Machine, ...] = (CLIENT, CHORE)
    clock: ManualClock = attrs.field(init=False)
    engine: Engine = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.clock = ManualClock(self.start_at)
        self.engine = self.started(MemoryStore())

    def started(self, store: Any) -> Engine:  # noqa: ANN401 - any store
        """Return an engine over a store."""
        return Engine(
            store,
            machines=self.machines,
            plugins=[Bound(self.module, self.tables())],
            clock=self.clock,
            directory=ListedDirectory(self.people),
        )

    def tables(self) -> Tables:
        """Return the rows in use."""
        rows = {name: tuple(found) for name, found in self.rows.items()}
        return Tables(rows, {"office": self.calendar}, zone=self.calendar.zone)

    def changed(self, rows: Mapping[str, Sequence[TableRow]]) -> None:
        """Go on with other rows over the same store."""
        self.rows = rows
        self.engine = self.started(self.engine.store)

    def client(self, id: str = "C-1", **learnt: object) -> EntityRef:  # noqa: A002 - the field's word
        """Open a client."""
        decision = self.engine.create("client", learnt, actor=ALICE, id=id)
        return decision.require().entity

    def fire(
        self,
        entity: Entity,
        event: str,
        actor: Actor = ALICE,
        **payload: object,
    ) -> Decision:
        """Fire an event now."""
        return self.engine.fire(entity, event, payload or None, actor=actor)

    def denied(
        self,
        entity: Entity,
        event: str,
        actor: Actor = ALICE,
        **payload: object,
    ) -> set[str]:
        """Return the reasons of an event that is refused."""
        refusal = self.fire(entity, event, actor, **payload).refusal
        assert refusal is not None
        return {verdict.reason for verdict in refusal.verdicts} or {str(refusal.because)}

    def until(self, at: datetime) -> None:
        """Let time pass, timers fire and messages arrive, without any failure."""
        while (due := self._next_due()) is not None and due <= at:
            self.clock.set(max(due, self.clock.now()))
            self._run()
        self.clock.set(at)
        self._run()

    def _run(self) -> None:
        # What fails is due again at once: time would stand still.
        assert self.engine.run_due().errors == ()

    def _next_due(self) -> datetime | None:
        timers = [timer.due_at for row in self.engine.find() for timer in self.get(row.ref).timers]
        return min(timers, default=None)

    def get(self, entity: Entity) -> Snapshot[Any]:
        """Return a client as it is."""
        return self.engine.get(entity)

    def tasks(self, entity: Entity) -> dict[str, datetime]:
        """Return the local due instant of each open task, by name."""
        found = {}
        for task in self.get(entity).tasks:
            assert task.due_at is not None
            found[task.name] = task.due_at.astimezone(ZONE)
        return found

    def opened(self, entity: Entity) -> list[tuple[str, datetime]]:
        """Return name and local instant of every task that was ever opened, in order."""
        return [
            (effect.item.name, record.event.at.astimezone(ZONE))
            for record in self.engine.journal(entity)
            for effect in record.effects
            if isinstance(effect, Put) and isinstance(effect.item, Task)
        ]


def local(text: str) -> datetime:
    """Return a local instant such as `2026-03-02 09:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def utc(text: str) -> datetime:
    """Return the UTC instant of a local one."""
    return local(text).astimezone(UTC)
