"""The store in a host's transaction: the contract, savepoints, and hosts that cannot be joined."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import psycopg
import pymysql
import pytest
from psycopg.rows import dict_row
from pymysql.constants import CLIENT
from pymysql.cursors import DictCursor
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import PendingRollbackError
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from crmflow.core.claim import Claim
from crmflow.core.errors import (
    BackupError,
    ConfigurationError,
    SchemaOutOfDateError,
    StoreFileError,
    UnavailableError,
    UnstorableError,
)
from crmflow.core.ref import EntityRef
from crmflow.storage.commit import ClaimConflict, Committed, KeyConflict, VersionConflict
from crmflow.storage.host_driver import join
from crmflow.storage.hosts import host_of
from crmflow.storage.joined import JoinedStore
from crmflow.storage.opening import open_store
from crmflow.storage.port import Store
from crmflow.testing import StoreSuite
from crmflow.testing.store_rows import commit_to, message, new_tenant
from tests.storage.hosts import KINDS, opened, urls

url = urls(*KINDS)

POOLS = 500
"""Pools made and dropped, of which many have the id of another: measured, one in four."""


@pytest.fixture(scope="module")
def engine(url: str) -> Iterator[Engine]:
    """Return a host's engine, which has a table of its own."""
    with opened(url) as engine:
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE stock (part VARCHAR(20) PRIMARY KEY)"))
        yield engine


@pytest.fixture
def host(engine: Engine) -> Iterator[Connection]:
    """Return a host's connection."""
    with engine.connect() as connection:
        yield connection


@pytest.fixture
def ref() -> EntityRef:
    """Return an entity of a tenant of its own."""
    return EntityRef(new_tenant(), "deal", "D-1")


def add(host: Connection | Session, part: str) -> None:
    """Add a row of the host's."""
    host.execute(text("INSERT INTO stock VALUES (:part)"), {"part": part})


def parts(engine: Engine) -> set[str]:
    """Return the host's rows that are committed."""
    with engine.connect() as connection:
        return set(connection.execute(text("SELECT part FROM stock")).scalars())


def joined(host: Connection | Session) -> JoinedStore:
    """Return the store in a host's transaction."""
    return join(host_of(host))


class TestJoined(StoreSuite):
    """The store in a host's transaction keeps the contract, for whoever has the transaction."""

    lacks = frozenset({"durable", "concurrent_writers"})

    @pytest.fixture
    def store(self, host: Connection) -> Store:
        """Return a store in a transaction that is rolled back in the end."""
        return joined(host)


def test_the_host_commits_both(engine: Engine, host: Connection, url: str, ref: EntityRef) -> None:
    """Rows of the host and ours are there together, and seen by nobody before."""
    store, others = joined(host), open_store(url)
    add(host, ref.tenant)
    assert store.commit([commit_to(ref)]) == [Committed(1)]
    assert (others.load([ref]), ref.tenant in parts(engine)) == ([None], False)
    host.commit()
    assert others.load([ref]) == [commit_to(ref).row]
    assert ref.tenant in parts(engine)
    others.close()


def test_the_host_rolls_back_both(engine: Engine, host: Connection, ref: EntityRef) -> None:
    """Neither is there afterwards; the next transaction of the host is joined as well."""
    store = joined(host)
    add(host, ref.tenant)
    store.commit([commit_to(ref)])
    host.rollback()
    assert store.load([ref]) == [None]
    assert ref.tenant not in parts(engine)
    store.commit([commit_to(ref)])
    host.commit()
    assert store.load([ref]) == [commit_to(ref).row]


def test_a_clash_leaves_the_host_as_it_was(host: Connection, ref: EntityRef) -> None:
    """A version, a key or a claim in the way is answered, and the host goes on and commits."""
    store, claim = joined(host), Claim("email", "info@example.com")
    other = EntityRef(ref.tenant, "deal", "D-2")
    store.commit([commit_to(ref, key="k", named=True, claims=(claim,)), commit_to(other)])
    add(host, ref.tenant)
    assert store.commit([commit_to(ref)]) == [VersionConflict(1)]
    assert store.commit([commit_to(ref, 2, key="k")]) == [KeyConflict("k", ref, 1)]
    taken = commit_to(other, 2, claims=(claim,), messages=(message(other, 2),))
    assert store.commit([taken]) == [ClaimConflict(claim, ref)]
    # Of a batch, those that nothing stands against are written.
    assert store.commit([commit_to(ref, 2), taken]) == [Committed(2), ClaimConflict(claim, ref)]
    host.commit()
    assert store.load([other, ref]) == [commit_to(other).row, commit_to(ref, 2).row]
    assert not store.outbox(ref.tenant)
    assert host.execute(text("SELECT count(*) FROM stock WHERE part = :p"), {"p": ref.tenant})


def test_savepoints_of_the_host_go_around_ours(host: Connection, ref: EntityRef) -> None:
    """What the host goes back behind is gone, what was before stays."""
    store = joined(host)
    store.commit([commit_to(ref)])
    nested = host.begin_nested()
    store.commit([commit_to(ref, 2)])
    nested.rollback()
    assert store.load([ref]) == [commit_to(ref).row]
    with host.begin_nested():
        store.commit([commit_to(ref, 2, state="won")])
    host.commit()
    assert store.load([ref]) == [commit_to(ref, 2, state="won").row]


def test_what_fails_in_a_commit_is_undone(host: Connection, ref: EntityRef) -> None:
    """A fault of the database in the midst of it leaves neither half a commit nor a ruin."""
    store = joined(host)
    add(host, ref.tenant)

    def fail() -> None:
        with store._database.writing() as work:
            work.executemany(store._sql.create, [(*_place(ref), 1, "open", 1, b"", b"")])
            work.execute("SELECT nothing FROM nowhere", ())

    with pytest.raises(StoreFileError):
        fail()
    assert store.load([ref]) == [None]
    host.commit()


def test_half_a_character_is_told(engine: Engine, host: Connection, ref: EntityRef) -> None:
    """It is no fault of the host's transaction, which goes on and commits."""
    store, half = joined(host), "\ud800"
    add(host, ref.tenant)
    with pytest.raises(UnstorableError, match="half of a character"):
        store.load([attrs.evolve(ref, id=half)])
    with pytest.raises(UnstorableError, match="half of a character"):
        store.commit([commit_to(ref, claims=(Claim("email", half),))])
    assert store.load([ref]) == [None]
    host.commit()
    assert ref.tenant in parts(engine)


def _place(ref: EntityRef) -> tuple[str, str, str]:
    return (ref.tenant, ref.machine, ref.id)


def test_what_is_interrupted_must_be_rolled_back(
    engine: Engine, host: Connection, ref: EntityRef
) -> None:
    """After a signal nobody knows what was done: the host cannot commit, only roll back."""
    store = joined(host)
    add(host, ref.tenant)
    with pytest.raises(KeyboardInterrupt), store._database.writing():
        raise KeyboardInterrupt
    with pytest.raises(PendingRollbackError):
        host.commit()
    host.rollback()
    assert ref.tenant not in parts(engine)
    assert store.load([ref]) == [None]


def test_where_the_savepoint_is_gone_the_host_must_roll_back(
    engine: Engine, ref: EntityRef
) -> None:
    """What a database rolled back by itself, the host's rows included, is not committed by half."""
    with Session(engine) as session:
        store = joined(session)
        add(session, ref.tenant)

        def fail() -> None:
            with store._database.writing() as work:
                work.execute("ROLLBACK", ())
                work.execute("SELECT nothing FROM nowhere", ())

        with pytest.raises(StoreFileError):
            fail()
        with pytest.raises(PendingRollbackError):
            session.commit()
        session.rollback()
        store.commit([commit_to(ref)])
        session.commit()
        assert ref.tenant not in parts(engine)


def test_a_session_commits_twice(engine: Engine, ref: EntityRef) -> None:
    """Its next transaction, perhaps on another connection, is joined as the first one was."""
    with Session(engine) as session:
        store = joined(session)
        for version in (1, 2):
            add(session, f"{ref.tenant}/{version}")
            store.commit([commit_to(ref, version)])
            session.commit()
        assert store.load([ref]) == [commit_to(ref, 2).row]
    assert {f"{ref.tenant}/1", f"{ref.tenant}/2"} <= parts(engine)


def test_a_session_of_a_registry_is_joined(engine: Engine, ref: EntityRef) -> None:
    """Where an application has its sessions from a `scoped_session`, that is as good."""
    sessions = scoped_session(sessionmaker(engine))
    store = join(host_of(sessions))
    store.commit([commit_to(ref)])
    sessions.rollback()
    assert store.load([ref]) == [None]
    sessions.remove()


def test_every_pool_is_listened_to() -> None:
    """Also one that has the id of a pool that is gone: SQLAlchemy remembers listeners by ids."""
    pools: list[int] = []
    for number in range(POOLS):
        lone, heard = create_engine("sqlite://"), list[int]()
        with lone.connect() as connection:
            host_of(connection).after(partial(heard.append, number))
        assert heard == [number]
        pools.append(id(lone.pool))
        lone.dispose()
        del lone, connection
    assert len(set(pools)) < POOLS


def test_it_is_left(host: Connection, tmp_path: Path, ref: EntityRef) -> None:
    """It can be used no more, while the host goes on; and it is nothing to make a copy of."""
    store = joined(host)
    store.commit([commit_to(ref)])
    with pytest.raises(BackupError, match="ask the engine itself"):
        store.copy(str(tmp_path / "copy.db"))
    with pytest.raises(BackupError, match="ask the engine itself"):
        store.verify(str(tmp_path / "copy.db"))
    store.close()
    store.close()
    with pytest.raises(StoreFileError, match="join it anew"):
        store.load([ref])
    host.commit()
    assert joined(host).load([ref]) == [commit_to(ref).row]


def test_a_database_needs_our_tables(host: Connection, tmp_path: Path) -> None:
    """Where they are not, or of another release, the command that helps is told."""
    joined(host).make_ready()
    host.rollback()
    with opened(f"sqlite:///{tmp_path}/empty.db") as empty, empty.connect() as connection:
        store = joined(connection)
        with pytest.raises(SchemaOutOfDateError, match="crmflow db upgrade") as none:
            store.make_ready()
        connection.execute(text("CREATE TABLE crmflow_alembic_version (version_num VARCHAR)"))
        connection.execute(text("INSERT INTO crmflow_alembic_version VALUES ('0001')"))
        with pytest.raises(SchemaOutOfDateError) as old:
            store.make_ready()
    assert (none.value.found, old.value.found) == ("none", "0001")


class Strange:
    """A connection of a driver that nobody knows."""


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (Strange(), "a Strange is none of a Connection or Session of SQLAlchemy"),
        (sessionmaker(), "a sessionmaker is none of"),
    ],
)
def test_what_is_no_host_is_told(given: Any, told: str) -> None:  # noqa: ANN401 - none of the types
    """Whatever else is given is named, and what could have been."""
    with pytest.raises(ConfigurationError, match=told):
        host_of(given)


class Driven:
    """A host with a connection of some driver."""

    place = None

    def __init__(self, connection: object) -> None:
        self.connection = connection

    def begun(self) -> object:
        """Return the connection."""
        return self.connection

    def after(self, call: object) -> None:
        """Forget it."""

    def give_up(self) -> None:
        """Do nothing."""


def test_drivers_that_are_not_ours_are_named() -> None:
    """The driver is told, and those that would do."""
    with pytest.raises(ConfigurationError, match=r"psycopg \(3\), PyMySQL or sqlite3 is needed"):
        join(Driven(Strange()))


def test_a_hosts_own_connection_class_is_its_drivers(tmp_path: Path, ref: EntityRef) -> None:
    """A class that a host puts over the driver's, with rows of its own, is joined as well."""
    path = f"{tmp_path}/host.db"
    open_store(f"sqlite:///{path}").close()

    class Own(sqlite3.Connection):
        """A host's own."""

    own = sqlite3.connect(path, factory=Own)
    own.row_factory = lambda _cursor, row: {"row": row}
    store = join(Driven(own))
    store.commit([commit_to(ref)])
    assert store.load([ref]) == [commit_to(ref).row]
    own.rollback()
    assert store.load([ref]) == [None]
    own.close()


class Around:
    """What SQLAlchemy puts around a connection that is awaited, as far as it is asked."""

    def __init__(self, own: sqlite3.Connection) -> None:
        self.driver_connection = own

    def cursor(self) -> Any:  # noqa: ANN401 - like the driver's
        """Return a cursor that can be set to nothing."""
        own = self.driver_connection.cursor()

        class Cursor:
            """Only what every driver has."""

            __slots__ = ()
            execute, fetchall = own.execute, own.fetchall

        return Cursor()


def test_a_cursor_that_is_not_the_drivers_is_left_as_it_is(tmp_path: Path, ref: EntityRef) -> None:
    """Rows come from it as the host has set them."""
    path = f"{tmp_path}/host.db"
    open_store(f"sqlite:///{path}").close()
    own = sqlite3.connect(path)
    assert join(Driven(Around(own))).load([ref]) == [None]
    assert own.in_transaction
    own.close()


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
class TestPostgresql:
    """What is particular about a host's connection to PostgreSQL."""

    def test_a_commit_is_one_statement(self, host: Connection, ref: EntityRef) -> None:
        """Beside its savepoint: four round trips a step."""
        store, seen = joined(host), []
        store.commit([commit_to(ref)])
        driver = store._database._driver  # type: ignore[attr-defined]

        class Seen:
            """A transaction that notes what is run."""

            def __init__(self, work: Any) -> None:  # noqa: ANN401 - the driver's
                self.work = work

            def execute(self, statement: str, values: Any) -> Any:  # noqa: ANN401 - likewise
                seen.append(statement.split(maxsplit=1)[0])
                return self.work.execute(statement, values)

        class Noting:
            """The driver, but for its transactions."""

            faults, explained = driver.faults, driver.explained

            def transaction(self, connection: object) -> Seen:
                return Seen(driver.transaction(connection))

        store._database._driver = Noting()  # type: ignore[attr-defined]
        store.load([ref])
        store.commit([commit_to(ref, 2, claims=(Claim("a", ref.id),))])
        assert seen == ["SELECT", "SAVEPOINT", "WITH", "RELEASE"]

    def test_rows_of_the_host_may_be_of_any_kind(self, url: str, ref: EntityRef) -> None:
        """Ours are read as they are written, whatever the host's connection makes of rows."""
        from crmflow.storage.postgresql_server import PostgresqlServer, parameters

        where = parameters(PostgresqlServer(url).url)
        with psycopg.connect(
            **where, row_factory=dict_row, cursor_factory=psycopg.ClientCursor
        ) as own:
            store = join(Driven(own))
            store.commit([commit_to(ref)])
            assert store.load([ref]) == [commit_to(ref).row]
            own.rollback()

    def test_autocommit_is_refused(self, engine: Engine) -> None:
        """There is no transaction to join."""
        with (
            engine.connect().execution_options(isolation_level="AUTOCOMMIT") as host,
            pytest.raises(ConfigurationError, match="autocommit"),
        ):
            joined(host)

    def test_who_sees_an_old_state_begins_anew(
        self, engine: Engine, url: str, ref: EntityRef
    ) -> None:
        """Where the server will not serialise, only the host can try again, and is told so."""
        others = open_store(url)
        others.commit([commit_to(ref)])
        with engine.connect().execution_options(isolation_level="REPEATABLE READ") as host:
            store = joined(host)
            store.load([ref])
            others.commit([commit_to(ref, 2)])
            add(host, ref.tenant)
            with pytest.raises(UnavailableError, match="begin it again"):
                store.commit([commit_to(ref, 2)])
            host.commit()
        others.close()
        assert ref.tenant in parts(engine)


@pytest.mark.parametrize("url", ["mysql"], indirect=True)
class TestMysql:
    """What is particular about a host's connection to MySQL or MariaDB."""

    def test_who_sees_an_old_state_begins_anew(
        self, engine: Engine, host: Connection, url: str, ref: EntityRef
    ) -> None:
        """By default a host sees what was when it began; what it cannot see it cannot decide."""
        others = open_store(url)
        others.commit([commit_to(ref)])
        store = joined(host)
        store.load([ref])
        others.commit([commit_to(ref, 2)])
        others.close()
        add(host, ref.tenant)
        with pytest.raises(UnavailableError, match="begin it again"):
            store.commit([commit_to(ref, 2)])
        host.commit()
        assert ref.tenant in parts(engine)

    def test_a_deadlock_takes_all_of_the_host(self, engine: Engine, ref: EntityRef) -> None:
        """The server has rolled back the host's rows too, so the rest may not be committed."""
        refs = [EntityRef(ref.tenant, "deal", f"D-{number}") for number in (1, 2)]
        with engine.connect() as first, engine.connect() as second:
            hosts = {one: joined(one) for one in (first, second)}
            hosts[first].commit([commit_to(one) for one in refs])
            first.commit()
            # The one that has written more is let go on.
            for number in range(50):
                add(first, f"{ref.tenant}/{number}")
            add(second, f"{ref.tenant}/second")
            hosts[first].commit([commit_to(refs[0], 2)])
            hosts[second].commit([commit_to(refs[1], 2)])
            with ThreadPoolExecutor(1) as thread:
                waiting = thread.submit(hosts[first].commit, [commit_to(refs[1], 2)])
                with pytest.raises(UnavailableError, match="begin it again"):
                    hosts[second].commit([commit_to(refs[0], 2)])
                with pytest.raises(PendingRollbackError):
                    second.commit()
                assert waiting.result() == [Committed(2)]
            first.commit()
        found = parts(engine)
        assert f"{ref.tenant}/49" in found
        assert f"{ref.tenant}/second" not in found

    def test_connections_that_cannot_keep_it_are_refused(self, engine: Engine) -> None:
        """All that is wrong with how a host has set its connection is told at once."""
        plain = pymysql.connect(**_where(engine), autocommit=True, charset="latin1")
        with pytest.raises(ConfigurationError) as refused:
            join(Driven(plain))
        plain.close()
        told = str(refused.value)
        assert all(word in told for word in ("autocommit", "FOUND_ROWS", "latin1"))

    def test_rows_of_the_host_may_be_of_any_kind(self, engine: Engine, ref: EntityRef) -> None:
        """Ours are read as they are written, whatever the host's connection makes of rows."""
        flags: dict[str, Any] = {"client_flag": CLIENT.FOUND_ROWS, "cursorclass": DictCursor}
        own = pymysql.connect(**_where(engine), **flags)
        store = join(Driven(own))
        store.commit([commit_to(ref)])
        assert store.load([ref]) == [commit_to(ref).row]
        own.close()

    def test_what_is_too_long_for_the_server_is_told(
        self, host: Connection, ref: EntityRef
    ) -> None:
        """Instead of a server that hangs up in the midst of the host's transaction."""
        store = joined(host)
        long = commit_to(ref)
        for size in (1 << 19, 1 << 25):
            big = long.records[0].__class__(1, 1, 2, "decision", "step", None, b"x" * size, b"")
            commit = long.__class__(long.row, 0, (big,), {})
            if size > 1 << 20:
                with pytest.raises(UnstorableError, match="max_allowed_packet"):
                    store.commit([commit])
            else:
                assert store.commit([commit]) == [Committed(1)]
                host.rollback()


def _where(engine: Engine) -> dict[str, Any]:
    made = engine.url
    return {
        "host": made.host,
        "port": made.port or 3306,
        "user": made.username,
        "password": made.password or "",
        "database": made.database,
    }
