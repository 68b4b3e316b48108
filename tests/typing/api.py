"""The public names in use: checked by mypy, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, assert_type

import attrs
from django.db import connection as django
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from crmflow import (
    ANY,
    KEEP,
    SYSTEM,
    UNBORN,
    Actor,
    Adopting,
    Affected,
    Answer,
    AsyncEngine,
    Attempt,
    Backlog,
    Because,
    Blank,
    Bulk,
    Check,
    Claim,
    Clock,
    Compared,
    Decision,
    DeliveryError,
    DeliveryRejectedError,
    Directory,
    Due,
    Elapsed,
    Engine,
    EntityRef,
    Event,
    Explained,
    Fault,
    Firing,
    Guard,
    Impact,
    JournalRecord,
    Judge,
    Kind,
    ListedDirectory,
    Machine,
    ManualClock,
    Migrating,
    Migration,
    Money,
    Names,
    Observed,
    Open,
    Option,
    OptionAnswer,
    Pace,
    Parcel,
    PausedMachine,
    Person,
    Proposal,
    Refusal,
    RefusedError,
    RemoteHandler,
    Row,
    Scenario,
    Send,
    Simulated,
    Snapshot,
    Start,
    State,
    Store,
    SystemClock,
    Text,
    Unmoved,
    Verdict,
    Worker,
    both,
    compare,
    compile_machine,
    copied,
    hookimpl,
    open_store,
    simulate,
    toml_directory,
)

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


@attrs.frozen
class Visit:
    """Facts of a machine of one's own."""

    customer: str
    cost: Money = attrs.field(factory=lambda: Money(0))
    guests: tuple[str, ...] = ()


def _is_short(value: object) -> bool:
    return isinstance(value, str) and len(value) < 9


@attrs.frozen
class Planning:
    """A form with every kind of check."""

    customer: Annotated[str, Check("too_long", _is_short, "at most eight letters")]
    guests: Names
    note: Text | None = None


def is_planned(attempt: Attempt[Visit, Planning]) -> bool:
    """See facts, form, actor and settings with their types."""
    assert_type(attempt.facts, Visit)
    assert_type(attempt.form, Planning)
    assert_type(attempt.actor, Actor)
    assert_type(attempt.at, datetime)
    assert_type(attempt.snapshot, Snapshot[Visit])
    assert_type(attempt.event, Event[Planning])
    return attempt.facts.cost <= Money("12.50") and attempt.actor is not SYSTEM


def taken(attempt: Attempt[Visit, Planning]) -> tuple[Claim, ...]:
    """Take a claim."""
    return (Claim("visit_customer", attempt.facts.customer),)


def told(attempt: Attempt[Visit, Planning]) -> Mapping[str, object]:
    """Tell a payload."""
    return {"customer": attempt.facts.customer, "cost": attempt.facts.cost + Money(1)}


VISIT = Machine(
    "visit",
    Visit,
    (
        State("planned", "已计划", "planned", Kind.INITIAL, requires=("customer",)),
        State("made", "已完成", "made", Kind.FINAL),
    ),
    (
        Row(
            UNBORN,
            "plan",
            "planned",
            form=Planning,
            sets=both(copied("customer"), copied("guests")),
            claims=taken,
            start=[Start("visit_due", "remind", Elapsed(timedelta(days=2)))],
            tasks=[Open("visit", "salesperson", timer="visit_due")],
            send=[Send("deal", "open", told)],
        ),
        Row(ANY, "remind", KEEP, who="system"),
        Row(("planned",), "make", "made", guards=[Guard(is_planned, "not_planned", roles="boss")]),
    ),
    zh="拜访",
    en="visit",
    blanks=[Blank("visit.limit", "duration", "How long a visit may wait.", "VIS-001")],
)


def judge(before: Snapshot[Any], proposal: Proposal) -> Verdict | None:
    """Judge a proposal."""
    assert_type(proposal.event, Event[Any])
    return Verdict("visits", Answer.REFUSE, "too_far", rules=("VIS-001",), roles=("boss",))


@hookimpl
def judge_for(machine: Machine, event: str) -> Judge | None:
    """Bind a judge."""
    return judge if (machine.name, event) == ("visit", "make") else None


@hookimpl
def machines() -> Sequence[Machine]:
    """Answer a hook; the mark keeps its type."""
    return [VISIT]


assert_type(machines(), Sequence[Machine])


def people() -> Directory:
    """Give either directory where the port is asked for."""
    listed: ListedDirectory = toml_directory("people.toml")
    return listed if listed.people else ListedDirectory((Person("sales-1", ("salesperson",)),))


def clocks() -> tuple[Clock, ...]:
    """Give either clock where the port is asked for."""
    return SystemClock(), ManualClock(AT)


def started() -> Engine:
    """Start an engine in every way."""
    store: Store = open_store("memory:")
    with Engine(store, machines=["lead", VISIT], config={"visit": {"limit": "2d"}}) as engine:
        assert_type(engine, Engine)
    return Engine("memory:", profile="demo", directory=people(), clock=clocks()[0], plugins=["x"])


def used(engine: Engine) -> None:
    """Ask an engine everything."""
    sales = Actor("sales-1", {"salesperson"}, departments=["sales"])
    decision = engine.create("visit", {"customer": "C-1"}, actor=sales, key="call-1", at=AT)
    assert_type(decision, Decision)
    assert_type(decision.require(), Decision)
    assert_type(decision.entity, EntityRef)
    assert_type(decision.accepted, bool)
    assert_type(decision.snapshot, Snapshot[Any])
    assert_type(decision.record, JournalRecord | None)
    engine.fire(("visit", "V-1"), "make", actor="sales-1", version=1)
    many = engine.fire_many([Firing(decision.entity, "make", actor=sales)])
    assert_type(many, tuple[Decision | Exception, ...])
    adopted = engine.adopt(Adopting(("visit", "V-2"), "made", {}, reason="old"), actor=sales)
    assert_type(adopted, Decision)
    engine.observe_many([Observed(("visit", "V-3"), "done", "made", AT, "log")])
    assert_type(engine.get(decision.entity, at=AT), Snapshot[Any])
    assert_type(engine.journal(("visit", "V-1")), Iterator[JournalRecord])
    assert_type(engine.run_due(), Due)
    assert_type(engine.backlog(), Backlog)
    assert_type(engine.retry_outbox(["lead/L-1/4/0"], target="erp"), Due)
    explained(engine, decision.entity, sales)


def embedded(engine: Engine, session: Session, connection: Connection) -> None:
    """Join a host's transaction: of SQLAlchemy or of Django."""
    with engine.joined(session) as crm, engine.joined(connection) as other:
        assert_type(crm, Engine)
        assert_type(other, Engine)
    engine.joined(django)
    engine.joined("sqlite:///crm.db")  # type: ignore[arg-type]


async def awaited(store: Store) -> None:
    """Await an engine: arguments and answers are those of the synchronous one."""
    sales = Actor("sales-1", {"salesperson"})
    async with AsyncEngine(store, machines=["lead", VISIT], clock=clocks()[0]) as engine:
        assert_type(engine, AsyncEngine)
        decision = await engine.create("visit", {"customer": "C-1"}, actor=sales, key="call-1")
        assert_type(decision, Decision)
        many = await engine.fire_many([Firing(decision.entity, "make", actor=sales)])
        assert_type(many, tuple[Decision | Exception, ...])
        assert_type(await engine.get(decision.entity, at=AT), Snapshot[Any])
        assert_type(engine.journal(("visit", "V-1")), AsyncIterator[JournalRecord])
        async for record in engine.journal(("visit", "V-1")):
            assert_type(record, JournalRecord)
        assert_type(await engine.run_due(), Due)
        async with AsyncSession() as session, engine.joined(session) as crm:
            assert_type(crm, AsyncEngine)
        engine.joined(Session())  # type: ignore[arg-type]
    engine.fire(("visit", "V-1"), "make")  # type: ignore[call-arg, unused-coroutine]
    AsyncEngine(1, machine="lead")  # type: ignore[arg-type, call-arg]


def worked(engine: Engine) -> None:
    """A worker's rounds."""
    worker = Worker([engine], Pace(batch=10), told=lambda tenant, due: (tenant, due.fired))
    assert_type(worker.round(), bool)
    worker.run(once=True)


def explained(engine: Engine, entity: EntityRef, actor: Actor) -> None:
    """Read why and why not."""
    options = engine.options(entity, actor=actor)
    assert_type(options, tuple[Option, ...])
    assert_type(options[0].answer, OptionAnswer)
    assert_type(engine.explain(entity, "make", actor=actor, lang="zh"), Explained)
    refusal = engine.fire(entity, "make", actor=actor).refusal
    assert_type(refusal, Refusal | None)
    if refusal is not None:
        assert_type(refusal.because, Because)
        assert_type(refusal.faults, tuple[Fault, ...])
        assert_type(refusal.roles, tuple[str, ...])


def operated(engine: Engine, entity: EntityRef, root: Actor) -> None:
    """Fire on many, let stand still, and come to a newer definition."""
    done = engine.bulk("visit", "make", actor=root, ids=["V-1"], key="k", progress=print)
    assert_type(done, Bulk)
    assert_type(done.unmoved, tuple[Unmoved, ...])
    assert_type(engine.pause(entity, "why", actor=root), Decision)
    assert_type(engine.pause_machine("visit", "why", actor=root), PausedMachine)
    told = engine.migrate("visit", dry_run=True)
    assert_type(told, Migrating)
    assert_type(dict(told.impacts), dict[Impact, Affected])


def later(facts: Mapping[str, object]) -> Mapping[str, object]:
    """Return the facts of a visit as the next version has them."""
    return {**facts, "note": facts.get("remark")}


SECOND = attrs.evolve(VISIT, version=3, migrations={1: later, 2: Migration(states={"a": "made"})})


class Gateway:
    """A handler that waits for another system."""

    def __call__(self, parcel: Parcel) -> None:
        """Take a message, or say what becomes of it."""
        if parcel.at is None:
            raise DeliveryRejectedError("sms", "no instant")
        raise DeliveryError("sms", parcel.key, after=timedelta(minutes=1), attempts=5)

    def close(self) -> None:
        """Close what is open."""


GATEWAY: RemoteHandler = Gateway()


def caught(decision: Decision) -> tuple[str, ...]:
    """Read an error's facts."""
    try:
        decision.require()
    except RefusedError as error:
        assert_type(error.ref, EntityRef)
        return error.reasons
    return ()


compile_machine(VISIT, {"visit.limit": timedelta(days=2)})


def simulations() -> None:
    """What would come of it."""
    scenario = Scenario.load("complaints.toml")
    assert_type(simulate(scenario, seed=2, progress=print), Simulated)
    compared = compare(scenario, [scenario.under("key_account")], replications=2)
    assert_type(compared, Compared)
    assert_type(compared.runs["complaints"], Sequence[Simulated])
