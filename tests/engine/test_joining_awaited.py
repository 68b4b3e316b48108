"""Steps in the transaction of a host that awaits its database: psycopg and aiosqlite."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import PendingRollbackError
from sqlalchemy.ext.asyncio import AsyncEngine as Database
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from crmflow.core.claim import Claim
from crmflow.core.errors import ConfigurationError, StoreFileError
from crmflow.core.ref import EntityRef
from crmflow.engine.async_engine import AsyncEngine
from crmflow.storage.commit import Committed, VersionConflict
from crmflow.storage.host_driver import join
from crmflow.storage.hosts import ConnectionHost, SessionHost
from crmflow.storage.rows import TimerRow
from crmflow.testing.store_rows import commit_to, message, new_tenant
from tests.engine.callers import PATIENCE
from tests.engine.machines import SALES
from tests.engine.test_grouping import RUNG
from tests.engine.test_joining import NUMBERS, Base, Bell, Member
from tests.storage.hosts import awaited, opened, urls

Visit = Callable[[Database, AsyncEngine], Awaitable[None]]


url = urls("sqlite", "postgresql")


@pytest.fixture(scope="module", autouse=True)
def tables(url: str) -> None:
    """Make the host's tables."""
    with opened(url) as shared:
        Base.metadata.create_all(shared)


@pytest.fixture
def bell() -> Bell:
    """Return what hears the messages."""
    return Bell()


@pytest.fixture
def visit(url: str, bell: Bell) -> Callable[[Visit], None]:
    """Return what lets a host visit its database and an engine over it."""

    async def whole(what: Visit) -> None:
        shared = awaited(url)
        async with AsyncEngine(url, machines=[RUNG], plugins=[bell], tenant=new_tenant()) as engine:
            await what(shared, engine)
        await shared.dispose()

    return lambda what: asyncio.run(asyncio.wait_for(whole(what), PATIENCE))


async def join_up(session: AsyncSession, crm: AsyncEngine) -> str:
    """Write a member and their badge."""
    number = f"A-{next(NUMBERS)}"
    session.add(Member(number=number))
    (await crm.create("badge", {"number": number}, actor=SALES, id=number)).require()
    return number


async def seen(shared: Database, engine: AsyncEngine) -> tuple[set[str], set[str]]:
    """Return the badges of a tenant, and those of their numbers that are members."""
    badges = {row.ref.id async for row in engine.find("badge")}
    async with AsyncSession(shared) as session:
        return badges, set(await session.scalars(select(Member.number))) & badges


@asynccontextmanager
async def session_of(shared: Database, engine: AsyncEngine) -> AsyncIterator[Any]:
    """Give a session and an engine in its transaction."""
    async with AsyncSession(shared) as session, engine.joined(session) as crm:
        yield session, crm


def test_both_or_none(visit: Callable[[Visit], None], bell: Bell) -> None:
    """What the session commits is there, of what it rolls back nothing; messages come behind."""

    async def host(shared: Database, engine: AsyncEngine) -> None:
        async with session_of(shared, engine) as (session, crm):
            number = await join_up(session, crm)
            await crm.fire(("badge", number), "ring", actor=SALES)
            assert [row.ref.id async for row in crm.find("badge")] == [number]
            assert bell.heard == []
            await session.commit()
            lost = await join_up(session, crm)
            await crm.fire(("badge", lost), "ring", actor=SALES)
            await session.rollback()
        assert await seen(shared, engine) == ({number}, {number})
        while await engine.outbox():  # noqa: ASYNC110 - it is handed over in a thread
            await asyncio.sleep(0.001)
        assert bell.heard == [number]

    visit(host)


def test_calls_that_are_awaited_at_the_same_time(visit: Callable[[Visit], None]) -> None:
    """They follow each other in the one transaction there is."""

    async def host(shared: Database, engine: AsyncEngine) -> None:
        async with shared.begin() as connection, engine.joined(connection) as crm:
            calls = [crm.create("badge", {"number": str(n % 4)}, actor=SALES) for n in range(8)]
            decisions = await asyncio.gather(*calls)
            assert sum(one.accepted for one in decisions) == 4
            await connection.execute(text("SELECT 1"))
        assert len([row async for row in engine.find("badge")]) == 4

    visit(host)


def test_nested_transactions_of_the_host(visit: Callable[[Visit], None]) -> None:
    """What a nested one rolls back is gone, and what is around it stays."""

    async def host(shared: Database, engine: AsyncEngine) -> None:
        async with session_of(shared, engine) as (session, crm):
            number = await join_up(session, crm)
            nested = await session.begin_nested()
            await join_up(session, crm)
            await nested.rollback()
            await session.commit()
        assert await seen(shared, engine) == ({number}, {number})

    visit(host)


def test_it_is_left_with_its_block(visit: Callable[[Visit], None]) -> None:
    """What is asked afterwards is refused, and the engine itself goes on."""

    async def host(shared: Database, engine: AsyncEngine) -> None:
        async with session_of(shared, engine) as (session, crm):
            number = await join_up(session, crm)
            await session.commit()
        with pytest.raises(StoreFileError, match="closed"):
            await crm.fire(("badge", number), "use", actor=SALES)
        assert (await engine.fire(("badge", number), "use", actor=SALES)).accepted

    visit(host)


def test_a_call_that_is_cancelled_takes_the_transaction_along(
    visit: Callable[[Visit], None],
) -> None:
    """Nobody knows how far it came, so the host cannot commit, and finds nothing of it after."""

    async def host(shared: Database, engine: AsyncEngine) -> None:
        async with session_of(shared, engine) as (session, crm):
            await join_up(session, crm)
            store: Any = crm._engine.store

            begun = False

            def waits(_batch: object) -> None:
                nonlocal begun
                with store._database.writing() as work:
                    begun = True
                    work.execute(SLOW[store._database.dialect], ())

            store._write_all = waits
            call = asyncio.create_task(crm.create("badge", {"number": "7"}, actor=SALES))
            while not begun:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.001)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            with pytest.raises(PendingRollbackError):
                await session.commit()
            await session.rollback()
        assert await seen(shared, engine) == (set(), set())

    visit(host)


SLOW = {
    "postgresql": "SELECT pg_sleep(5)",
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) "
    "SELECT max(i) FROM n",
}
"""Statements that last."""


def test_after_the_engine_is_closed_others_hand_over(url: str, bell: Bell) -> None:
    """A transaction that ends later than the engine is committed as well."""

    async def host() -> None:
        shared = awaited(url)
        engine = AsyncEngine(url, machines=[RUNG], plugins=[bell], tenant=new_tenant())
        async with session_of(shared, engine) as (session, crm):
            number = await join_up(session, crm)
            await crm.fire(("badge", number), "ring", actor=SALES)
            await engine.aclose()
            await session.commit()
        await shared.dispose()

    asyncio.run(asyncio.wait_for(host(), PATIENCE))
    assert bell.heard == []


def test_hosts_that_do_not_await_are_for_the_other_engine(visit: Callable[[Visit], None]) -> None:
    """And the other way round; each error says who joins what."""

    async def host(shared: Database, engine: AsyncEngine) -> None:
        with pytest.raises(ConfigurationError, match="an AsyncConnection or AsyncSession"):
            await engine.joined(Session()).__aenter__()  # type: ignore[arg-type]
        async with AsyncSession(shared) as session, engine.joined(session) as crm:
            with pytest.raises(ConfigurationError, match="join it with an AsyncEngine"):
                crm._engine.joined(session)  # type: ignore[union-attr, arg-type]

    visit(host)


def test_the_store_is_the_same(url: str) -> None:
    """All that the port can be asked, an asynchronous driver answers too."""

    def ask(session: Session) -> None:
        ref = EntityRef(new_tenant(), "deal", "D-1")
        store = join(SessionHost(session))
        timers = (TimerRow(ref, "remind", 5, 1),)
        first = commit_to(ref, timers=timers, messages=(message(ref),), secret=b"old")
        assert store.commit([first]) == [Committed(1)]
        assert store.commit([commit_to(ref)]) == [VersionConflict(1)]
        assert store.commit([commit_to(ref, 2, claims=(Claim("a", "b"),))]) == [Committed(2)]
        assert store.load([ref, ref]) == [commit_to(ref, 2).row] * 2
        assert store.rewrap(ref, b"old", b"new")
        (timer,) = store.claim_due(ref.tenant, 9, machines=["deal"], now=9, lease=9, limit=3)
        assert timer.ref == ref
        session.rollback()
        assert store.load([ref]) == [None]

    async def host() -> None:
        shared = awaited(url)
        async with AsyncSession(shared) as session:
            await session.run_sync(ask)
        async with shared.connect() as connection:
            await connection.run_sync(lambda one: join(ConnectionHost(one)).load([]))
        await shared.dispose()

    asyncio.run(asyncio.wait_for(host(), PATIENCE))
