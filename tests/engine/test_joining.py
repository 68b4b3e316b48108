"""Steps in a host's transaction: with an ORM beside, committed and rolled back by the host."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine as Database
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.types import String

from crmflow.clock import ManualClock
from crmflow.config import Overlay
from crmflow.core.errors import (
    ConfigurationError,
    ConflictError,
    SchemaOutOfDateError,
    StoreFileError,
    UnavailableError,
    UnknownEntityError,
)
from crmflow.core.message import Handler, Parcel
from crmflow.core.tables import Tables
from crmflow.engine.engine import Engine
from crmflow.engine.values import Firing
from crmflow.hookspecs import hookimpl
from tests.engine.machines import AT, SALES
from tests.engine.test_grouping import RUNG
from tests.engine.test_sealing import MILL
from tests.storage.hosts import KINDS, database, opened, urls


class Base(DeclarativeBase):
    """What the host knows."""


class Member(Base):
    """A row of the host's, beside the badge of the same number."""

    __tablename__ = "member"

    number: Mapped[str] = mapped_column(String(20), primary_key=True)


class Bell:
    """A plugin whose handler keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.take: Callable[[Parcel], object] = lambda _parcel: None

    @hookimpl
    def handlers(self, tables: Tables) -> Mapping[str, Handler]:
        """Bring the handler."""
        return {"bell": self._hear}

    def _hear(self, parcel: Parcel) -> None:
        self.heard.append(parcel.source.id)
        self.take(parcel)


url = urls(*KINDS)


@pytest.fixture(scope="module")
def shared(url: str) -> Iterator[Database]:
    """Return the host's engine of the database."""
    with opened(url) as shared:
        Base.metadata.create_all(shared)
        yield shared


@pytest.fixture
def bell() -> Bell:
    """Return what hears the messages."""
    return Bell()


@pytest.fixture
def engine(url: str, bell: Bell, request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Return an engine of a tenant of its own."""
    tenant, clock = request.node.name[-60:], ManualClock(AT)
    with Engine(url, machines=[RUNG], plugins=[bell], clock=clock, tenant=tenant) as engine:
        yield engine


@pytest.fixture
def number() -> str:
    """Return the number of a member that no other test has."""
    return f"M-{next(NUMBERS)}"


NUMBERS = count(1)


def join_up(session: Session, crm: Engine, number: str) -> None:
    """Write a member and their badge."""
    session.add(Member(number=number))
    crm.create("badge", {"number": number}, actor=SALES, id=number).require()


def members(shared: Database) -> set[str]:
    """Return the members that are committed."""
    with Session(shared) as session:
        return set(session.scalars(select(Member.number)))


def badges(engine: Engine) -> set[str]:
    """Return the badges that are committed."""
    return {row.ref.id for row in engine.find("badge")}


@pytest.mark.parametrize("autoflush", [True, False])
def test_a_model_and_an_entity_are_committed_together(
    shared: Database, engine: Engine, number: str, autoflush: bool
) -> None:
    """Whether the host's rows are written before ours or behind them, at the commit."""
    with Session(shared, autoflush=autoflush) as session, engine.joined(session) as crm:
        join_up(session, crm, number)
        assert crm.get(("badge", number)).facts.number == number
        assert badges(engine) == set()
        session.commit()
    assert badges(engine) == {number}
    assert number in members(shared)


def test_an_exception_rolls_back_both(shared: Database, engine: Engine, number: str) -> None:
    """Where the host's block fails, neither its row nor ours was ever there."""

    def fail() -> None:
        with Session(shared) as session, session.begin(), engine.joined(session) as crm:
            join_up(session, crm, number)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert badges(engine) == set()
    assert number not in members(shared)
    with pytest.raises(UnknownEntityError):
        engine.get(("badge", number))


def test_a_row_that_the_host_cannot_write_takes_ours_along(
    shared: Database, engine: Engine, number: str
) -> None:
    """Also where it shows only when the session is flushed, behind our step."""
    with Session(shared, autoflush=False) as session, engine.joined(session) as crm:
        session.execute(insert(Member).values(number=number))
        join_up(session, crm, number)
        with pytest.raises(IntegrityError):
            session.commit()
        session.rollback()
        assert badges(crm) == set()
    assert number not in members(shared)


def test_nested_transactions_of_the_host(shared: Database, engine: Engine, number: str) -> None:
    """What a nested one rolls back is gone, and what is around it stays."""
    with Session(shared) as session, session.begin(), engine.joined(session) as crm:
        join_up(session, crm, number)
        with session.begin_nested():
            join_up(session, crm, f"{number}/a")
        nested = session.begin_nested()
        join_up(session, crm, f"{number}/b")
        nested.rollback()
    both = {number, f"{number}/a"}
    assert badges(engine) == both
    assert both <= members(shared)
    assert f"{number}/b" not in members(shared)


def test_a_refusal_leaves_the_transaction_usable(
    shared: Database, engine: Engine, number: str
) -> None:
    """A claim that another one holds, a repeated key, a version that is not there: as usual."""
    engine.create("badge", {"number": number}, actor=SALES).require()
    other = f"{number}/a"
    with Session(shared) as session, session.begin(), engine.joined(session) as crm:
        session.add(Member(number=number))
        taken = crm.create("badge", {"number": number}, actor=SALES)
        assert taken.refusal is not None
        new = crm.create("badge", {"number": other}, actor=SALES, key="k").require()
        again = crm.create("badge", {"number": other}, actor=SALES, key="k")
        assert (again.entity, again.repeated) == (new.entity, True)
        with pytest.raises(ConflictError):
            crm.fire(new.entity, "use", actor=SALES, version=7)
        used, missed = crm.fire_many(
            [Firing(one, "use", actor=SALES) for one in (new.entity, ("badge", "x"))]
        )
        assert (bool(used.accepted), type(missed)) == (True, UnknownEntityError)  # type: ignore[union-attr]
    assert engine.get(new.entity).facts.uses == 1
    assert number in members(shared)


def test_a_message_waits_for_the_hosts_commit(
    shared: Database, engine: Engine, bell: Bell, number: str
) -> None:
    """A session that commits twice has it handed over twice, what is rolled back never."""
    bell.take = lambda parcel: engine.fire(parcel.source, "use", actor=SALES).require()
    with Session(shared) as session, engine.joined(session) as crm:
        join_up(session, crm, number)
        crm.fire(("badge", number), "ring", actor=SALES).require()
        assert bell.heard == []
        session.commit()
        assert bell.heard == [number]
        crm.fire(("badge", number), "ring", actor=SALES).require()
        with session.begin_nested():
            crm.fire(("badge", number), "ring", actor=SALES).require()
        assert bell.heard == [number]
        session.commit()
        assert bell.heard == [number] * 3
        crm.fire(("badge", number), "ring", actor=SALES).require()
        session.rollback()
    assert bell.heard == [number] * 3
    assert engine.get(("badge", number)).facts.uses == 3
    assert not engine.outbox()


def test_a_connection_hands_over_when_it_has_ended(
    shared: Database, engine: Engine, bell: Bell, number: str
) -> None:
    """That is when it begins anew, or is given back; other hosts of its pool hand over nothing."""
    with shared.connect() as host, engine.joined(host) as crm:
        for _ in range(2):
            crm.create("badge", {"number": number}, actor=SALES, id=number).require()
            crm.fire(("badge", number), "ring", actor=SALES).require()
            host.rollback()
        crm.create("badge", {"number": number}, actor=SALES, id=number).require()
        crm.fire(("badge", number), "ring", actor=SALES).require()
        with shared.connect():
            pass
        host.commit()
        assert bell.heard == []
        host.execute(text("SELECT 1"))
        assert bell.heard == [number]
        crm.fire(("badge", number), "ring", actor=SALES).require()
        host.commit()
    assert bell.heard == [number] * 2
    assert not engine.outbox()


def test_what_is_due_runs_in_it_but_for_messages(
    shared: Database, engine: Engine, bell: Bell, number: str
) -> None:
    """Timers are fired in the transaction, and whatever waits is handed over behind it."""
    bell.take = lambda _parcel: 1 / 0
    with Session(shared) as session, engine.joined(session) as crm:
        join_up(session, crm, number)
        crm.fire(("badge", number), "ring", actor=SALES).require()
        session.commit()
        (failed,) = engine.outbox()
        assert failed.attempts == 1
        bell.take = lambda _parcel: None
        assert crm.retry_outbox().applied == ()
        assert len(engine.outbox()) == 1
        session.commit()
    assert bell.heard == [number] * 2
    assert not engine.outbox()


def test_nobody_else_is_asked_with_it(shared: Database, engine: Engine, number: str) -> None:
    """It does not wait for those who share a transaction, nor do they wait for it."""
    with engine._group._work, Session(shared) as session, engine.joined(session) as crm:
        join_up(session, crm, number)
        session.commit()
    assert badges(engine) == {number}


def test_it_is_left_with_its_block(shared: Database, engine: Engine, number: str) -> None:
    """What is asked afterwards is refused; the engine itself goes on, its handlers too."""
    with Session(shared) as session:
        with engine.joined(session) as crm:
            join_up(session, crm, number)
        with pytest.raises(StoreFileError, match="join it anew"):
            crm.fire(("badge", number), "use", actor=SALES)
        session.commit()
    assert engine.fire(("badge", number), "use", actor=SALES).require().snapshot.facts.uses == 1


def test_another_database_is_told(engine: Engine, tmp_path: Path) -> None:
    """One without our tables, and one that is the store of somebody else."""
    with (
        opened(f"sqlite:///{tmp_path}/none.db") as none,
        none.connect() as host,
        pytest.raises(SchemaOutOfDateError, match="crmflow db upgrade"),
    ):
        engine.joined(host)
    with (
        database("sqlite", tmp_path) as url,
        opened(url) as other,
        other.connect() as host,
        pytest.raises(ConfigurationError, match="not the engine's store"),
    ):
        engine.joined(host)


def test_threads_join_transactions_of_their_own(
    shared: Database, engine: Engine, number: str
) -> None:
    """One engine serves the hosts of many threads at a time; each has its own rows or none."""
    faults: list[Exception] = []

    def visit(place: int) -> None:
        try:
            with Session(shared) as session, engine.joined(session) as crm:
                join_up(session, crm, f"{number}/{place}")
                crm.fire(("badge", f"{number}/{place}"), "ring", actor=SALES).require()
                if place % 2:
                    session.commit()
        except Exception as fault:  # noqa: BLE001 - shown below
            faults.append(fault)

    threads = [threading.Thread(target=visit, args=(place,)) for place in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert faults == []
    assert badges(engine) == {f"{number}/{place}" for place in (1, 3, 5)}


def test_hosts_that_race_lose_nothing(
    shared: Database, engine: Engine, number: str, record_property: Callable[[str, object], None]
) -> None:
    """
    Of hosts that move one entity, each in the end has its row and its step, once.

    Where a host sees an old state, or was in a deadlock, it begins again, as it is told.
    """
    badge = engine.create("badge", {"number": number}, actor=SALES, id=number).require().entity
    again: list[int] = []

    def use(place: int) -> None:
        try:
            with Session(shared) as session, session.begin(), engine.joined(session) as crm:
                crm.fire(badge, "use", actor=SALES).require()
                session.add(Member(number=f"{number}/{place}"))
        except (UnavailableError, ConflictError):
            again.append(place)
            use(place)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(use, range(12)))
    assert engine.get(badge).facts.uses == 12
    assert len([one for one in members(shared) if one.startswith(f"{number}/")]) == 12
    record_property("hosts that began again", len(again))


DO = st.lists(
    st.sampled_from(("join", "taken", "ring", "nest", "release", "back", "commit", "rollback")),
    min_size=4,
    max_size=25,
)


@given(does=DO)
@settings(max_examples=20, suppress_health_check=list(HealthCheck))
def test_whatever_a_host_does_rows_and_entities_agree(
    shared: Database, engine: Engine, bell: Bell, does: list[str]
) -> None:
    """Law: after any steps, savepoints, commits and rollbacks each member has their badge."""
    bell.heard.clear()
    before = badges(engine)
    with Session(shared) as session, engine.joined(session) as crm:
        _Host(session, crm).play(does)
    joined = badges(engine)
    assert joined == {one for one in members(shared) if one.startswith("L-")}
    assert before <= joined
    assert not engine.outbox()
    assert len(bell.heard) == sum(engine.get(("badge", one)).version - 1 for one in joined - before)


class _Host:
    """A host that does as it is told."""

    def __init__(self, session: Session, crm: Engine) -> None:
        self.session = session
        self.crm = crm
        self.mine: list[str] = []
        self.nested: list[Any] = []

    def play(self, does: list[str]) -> None:
        """Do one after another; what is not committed in the end is rolled back."""
        for one in does:
            getattr(self, one)()

    def join(self) -> None:
        """Write a member and their badge."""
        number = f"L-{next(NUMBERS)}"
        join_up(self.session, self.crm, number)
        self.mine.append(number)

    def taken(self) -> None:
        """Ask for a badge that is taken."""
        for one in self.mine[-1:]:
            if self.session.get(Member, one) is not None:
                assert self.crm.create("badge", {"number": one}, actor=SALES).refusal

    def ring(self) -> None:
        """Send a message."""
        for one in self.mine[-1:]:
            if self.session.get(Member, one) is not None:
                self.crm.fire(("badge", one), "ring", actor=SALES).require()

    def nest(self) -> None:
        """Begin a nested transaction."""
        self.nested.append(self.session.begin_nested())

    def release(self) -> None:
        """Commit the innermost nested transaction."""
        if self.nested:
            self.nested.pop().commit()

    def back(self) -> None:
        """Roll the innermost nested transaction back."""
        if self.nested:
            self.nested.pop().rollback()

    def commit(self) -> None:
        """Commit all."""
        self.nested.clear()
        self.session.commit()

    def rollback(self) -> None:
        """Roll all back."""
        self.nested.clear()
        self.session.rollback()


def test_keys_of_encrypted_facts_are_of_the_transaction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was sealed in it is opened in it, and destroyed with it."""
    for name in ("MILL_KEY", "INDEX_KEY"):
        monkeypatch.setenv(name, base64.b64encode(bytes(range(32))).decode())
    sealing = {"name": "mills", "machine": "mill", "fields": ["mobile"], "key": "k1"}
    keys = {"k1": "env:MILL_KEY", "index": "env:INDEX_KEY"}
    config = Overlay({"storage.keys": keys}, {"encryption": [sealing]})
    mill = {"name": "N", "mobile": "13900007777"}
    with (
        database("sqlite", tmp_path) as url,
        opened(url) as shared,
        Engine(url, machines=[MILL], config=config) as engine,
        Session(shared) as session,
        engine.joined(session) as crm,
    ):
        for end in (session.rollback, session.commit):
            added = crm.create("mill", mill, actor=SALES, id="M-1").require().entity
            changed = crm.fire(added, "change", {"name": "O"}, actor=SALES).require()
            assert crm.get(added).facts == changed.snapshot.facts
            assert crm.get(added).facts.mobile == mill["mobile"]
            end()
        assert engine.get(added).facts.mobile == mill["mobile"]
