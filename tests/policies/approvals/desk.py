"""A machine with a held event and an approval state, and a desk at which its entities live."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs

from crmflow.codec import Codec
from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.compiled import compile_machine
from crmflow.core.decision import Decision
from crmflow.core.entity import Snapshot
from crmflow.core.form import Text, structure
from crmflow.core.journal import JournalRecord, unborn
from crmflow.core.machine import Guard, Kind, Machine, Row, State
from crmflow.core.people import Absence, Person
from crmflow.core.policy import Line
from crmflow.core.ref import UNBORN, EntityRef
from crmflow.core.tables import Tables
from crmflow.core.updates import copied
from crmflow.core.working_time import WorkingCalendar
from crmflow.directory import ListedDirectory
from crmflow.flow.answer import answer
from crmflow.flow.registry import Registry
from crmflow.flow.request import Request
from crmflow.plugins.binding import bind
from crmflow.plugins.loading import load_plugins
from crmflow.policies import approvals
from crmflow.policies.approvals.checking import check
from crmflow.policies.approvals.request import Approvals
from crmflow.policies.approvals.rows import Chain

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
REF = EntityRef("main", "purchase", "P-1")
OFFICE = WorkingCalendar.always(UTC)


@attrs.frozen
class Purchase:
    """What is known of a purchase."""

    amount: Decimal = Decimal(0)
    department: str | None = None
    owner: str | None = None
    buyers: tuple[str, ...] = ()
    supplier: str | None = None
    remark: str = ""


@attrs.frozen
class Opening:
    """What a purchase begins with."""

    amount: Decimal = Decimal(100)
    department: str | None = None
    owner: str | None = None
    buyers: tuple[str, ...] = ()


@attrs.frozen
class Order:
    """What is ordered, and whom the requester chose to approve it."""

    supplier: Text
    approver: str | None = None


@attrs.frozen
class Change:
    """What becomes of it."""

    amount: Decimal | None = None
    remark: str | None = None


@attrs.frozen
class Why:
    """Why."""

    reason: Text


KNOWN_SUPPLIER = Guard(
    lambda attempt: attempt.form.supplier != "nobody", "no_supplier", needs="form"
)

PURCHASE = Machine(
    "purchase",
    Purchase,
    zh="采购",
    en="purchase",
    states=(
        State("draft", "草稿", "draft", Kind.INITIAL),
        State("reviewing", "审批中", "under review", Kind.WAITING),
        State("agreed", "已同意", "agreed"),
        State("ordered", "已下单", "ordered"),
        State("dropped", "已取消", "dropped", Kind.FINAL),
    ),
    rows=(
        Row(
            UNBORN, "open", "draft", form=Opening,
            sets=copied("amount", "department", "owner", "buyers"),
        ),
        Row(("draft", "agreed"), "order", "ordered", form=Order, sets=copied("supplier"),
            guards=(KNOWN_SUPPLIER,)),
        Row("draft", "change", form=Change, sets=copied("amount", "remark")),
        Row("reviewing", "change", form=Change, sets=copied("amount", "remark")),
        Row("draft", "submit", "reviewing"),
        Row("reviewing", "agree", "agreed", vote="approve"),
        Row("reviewing", "reject", "draft", form=Why, vote="refuse"),
        Row("reviewing", "send_back", "draft", form=Why, vote="return"),
        Row("reviewing", "review_again", "reviewing"),
        Row("reviewing", "note"),
        Row("ordered", "reopen", "draft"),
        Row("*", "drop", "dropped"),
    ),
)  # fmt: skip


def staff(*others: Person) -> tuple[Person, ...]:
    """Return the people of the tests; `ann` asks, above her are `bob` and `cleo`."""
    return (
        Person("ann", ("clerk",), ("sales",), "bob"),
        Person("bob", ("head",), ("sales",), "cleo"),
        Person("cleo", ("director",), (), None),
        Person("dan", ("finance",), ("money",), "cleo"),
        Person("eve", ("finance",), ("money",), "cleo"),
        Person("fay", ("finance",), (), "cleo"),
        Person("guy", (), (), "bob"),
        Person("root", ("administrator",), (), None),
        *others,
    )


def away(person: Person, stand_in: str | None, days: int = 30) -> Person:
    """Return a person who is away now."""
    absence = Absence(NOW - timedelta(days=1), NOW + timedelta(days=days), stand_in)
    return attrs.evolve(person, absences=(absence,))


def chain(**columns: object) -> Chain:
    """Return a chain as a profile has it: of `order`, approved by `bob` unless said otherwise."""
    given: dict[str, object] = {"name": "orders", "machine": "purchase", **columns}
    if "event" not in given and "state" not in given:
        given["event"] = "order"
    if "steps" not in given and "roles" not in given:
        given["steps"] = [step("first", "bob")]
    row, faults = structure(Chain, given)
    assert isinstance(row, Chain), faults
    return row


def step(name: str, *people: str, **columns: object) -> dict[str, object]:
    """Return a step as a profile has it, approved by these people."""
    given: dict[str, object] = {"name": name, **columns}
    if people:
        given["approvers"] = [{"person": one} for one in people]
    return given


def tables_of(*chains: Chain) -> Tables:
    """Return tables with these chains."""
    return Tables({"chains": chains}, {"office": OFFICE})


def faults_of(*chains: Chain, machine: Machine = PURCHASE) -> dict[str, str]:
    """Return the faults of chains: code by path."""
    found = check(chains, tables_of(*chains), {machine.name: machine})
    return {fault.path: fault.code for fault in found}


def registry_of(
    *chains: Chain,
    people: Iterable[Person] | None = None,
    machine: Machine = PURCHASE,
    plugins: Iterable[object] = (),
) -> Registry:
    """Return what runs the machine under chains that have no fault."""
    assert faults_of(*chains, machine=machine) == {}
    manager = load_plugins([approvals, *plugins], installed=False)
    tables, machines = tables_of(*chains), {machine.name: machine}
    bound = bind(manager, machines, tables)
    directory = ListedDirectory(tuple(staff() if people is None else people))
    return Registry(
        "main",
        {machine.name: compile_machine(machine)},
        bound.judges,
        Codec(machines, bound.policies),
        bound.policies,
        bound.evolvers,
        bound.reserved,
        {},
        tables,
        directory,
    )


@attrs.define
class Desk:
    """One purchase and what happens to it; every snapshot and record goes through the codec."""

    registry: Registry
    now: datetime = NOW
    snapshot: Snapshot[Any] = attrs.field(factory=lambda: unborn(REF, NOW))
    records: list[JournalRecord] = attrs.field(factory=list)

    @classmethod
    def of(cls, *chains: Chain, people: Iterable[Person] | None = None, **opening: object) -> Desk:
        """Return a desk with a purchase that `ann` has opened."""
        desk = cls(registry_of(*chains, people=people))
        desk.fire("open", "ann", **opening)
        return desk

    def actor(self, name: str) -> Actor:
        """Return somebody with the roles the directory gives."""
        assert self.registry.directory is not None
        person = self.registry.directory.person(name, self.now)
        return SYSTEM if name == "system" else Actor(name) if person is None else person.actor()

    def ask(self, event: str, who: str, /, **payload: object) -> Decision:
        """Return the decision on an event, and live with it."""
        request = Request(REF, event, payload or None, self.actor(who), self.now, None)
        decision = answer(self.registry, self.snapshot, request)
        for one in (*decision.fired, decision, *decision.caused):
            if one.record is not None:
                body = self.registry.codec.encode_record(one.record)
                self.records.append(self.registry.codec.decode_record(body))
        last = [*decision.fired, decision, *decision.caused][-1].snapshot
        body = self.registry.codec.encode_snapshot(last)
        version, at = last.version, int(last.at.timestamp() * 1_000_000)
        self.snapshot = self.registry.codec.decode_snapshot(REF, version, at, body)
        assert self.snapshot == last
        return decision

    def fire(self, event: str, who: str, /, **payload: object) -> Decision:
        """Return the decision on an event that must be accepted."""
        return self.ask(event, who, **payload).require()

    def denied(self, event: str, who: str, /, **payload: object) -> str:
        """Return the reason for which an event is refused by the policy."""
        before = self.snapshot
        decision = self.ask(event, who, **payload)
        assert decision.refusal is not None, decision.record
        assert self.snapshot == before
        assert decision.refusal.verdicts, decision.refusal
        return decision.refusal.verdicts[0].reason

    def wait(self, **span: float) -> None:
        """Let time pass."""
        self.now += timedelta(**span)

    def elapse(self, **span: float) -> None:
        """Let time pass, and let the entity notice by an event that does nothing else."""
        self.wait(**span)
        self.ask("$remind", "nobody")

    @property
    def state(self) -> Approvals:
        """What the policy remembers."""
        return self.snapshot.policy("approvals") or Approvals()

    @property
    def waits_for(self) -> dict[str, str | None]:
        """Who is to do which task, by its name."""
        return {task.name: task.assignee for task in self.snapshot.tasks}

    @property
    def reasons(self) -> list[str]:
        """Every reason the journal tells, in order."""
        return [v.reason for record in self.records for v in record.verdicts]

    @property
    def ended(self) -> str:
        """Why the last request ended."""
        return self.state.ended[-1].reason

    def lines(self) -> list[Line]:
        """Return what an explanation says."""
        (policy,) = self.registry.policies["purchase"]
        return list(policy.explain(self.state, self.snapshot))
