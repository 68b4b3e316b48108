import importlib
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import psycopg
import pytest

from crmflow.core.claim import Claim
from crmflow.core.errors import StoreFileError, UnavailableError, UnstorableError
from crmflow.core.ref import EntityRef
from crmflow.storage.commit import Committed, VersionConflict
from crmflow.storage.opening import open_store
from crmflow.storage.port import Store
from crmflow.storage.postgresql import PostgresqlStore
from crmflow.storage.query import Find
from crmflow.storage.rows import TimerRow
from crmflow.testing import StoreSuite
from crmflow.testing.store_rows import commit_to, message, new_tenant
from tests.storage.servers import postgresql, schema_of, with_options


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Return the URL of a schema for the tests of this module."""
    with schema_of(postgresql()) as url:
        yield url


@pytest.fixture
def store(url: str) -> Iterator[PostgresqlStore]:
    """Return a store with one connection, in a schema that others of this module share."""
    store = PostgresqlStore(with_options(url, pool="1", timeout="5"))
    yield store
    store.close()


@pytest.fixture
def ref() -> EntityRef:
    """Return an entity of a tenant of its own."""
    return EntityRef(new_tenant(), "deal", "D-1")


@contextmanager
def beside(store: PostgresqlStore) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """Give a connection of somebody else to the schema of a store."""
    with store._server.alone() as connection:
        yield connection


class TestPostgresql(StoreSuite):
    """The store on a PostgreSQL server keeps the contract."""

    @pytest.fixture
    def store(self, url: str) -> Iterator[Store]:
        """Return a store in a schema."""
        self.url = url
        store = PostgresqlStore(url)
        yield store
        store.close()

    def reopened(self, store: Store) -> Store:
        """Return the same schema, opened again."""
        store.close()
        return PostgresqlStore(self.url)


def run(store: PostgresqlStore, statement: str) -> None:
    """Run a statement on the connection of a store that has one."""
    store._server.run(statement, ())


def test_a_step_costs_two_statements(store: PostgresqlStore, ref: EntityRef) -> None:
    """An ordinary step is one SELECT and one statement that writes; a batch of steps too."""
    refs = [EntityRef(ref.tenant, "deal", f"D-{number}") for number in range(1, 20)]
    store.commit([commit_to(one) for one in refs])
    seen: list[str] = []
    running = store._run

    def counted(statement: str, values: object) -> object:
        seen.append(statement.split(maxsplit=1)[0])
        return running(statement, values)  # type: ignore[arg-type]

    store._run = counted  # type: ignore[assignment]
    for members in (refs[:1], refs[1:]):
        store.load(members)
        store.commit([commit_to(one, 2, claims=(Claim("number", one.id),)) for one in members])
    assert seen == ["SELECT", "WITH"] * 2


def test_a_lost_connection_is_unknown_and_replaced(url: str, ref: EntityRef) -> None:
    """Where connections break, one caller is told to retry; the next ones have new ones."""
    with closing(PostgresqlStore(url)) as store, ThreadPoolExecutor(4) as threads:
        store.commit([commit_to(ref)])
        list(threads.map(lambda _: store.load([ref]), range(40)))
        with beside(store) as other:
            mine = [one.info.backend_pid for one in store._server._pool._pool]
            assert len(mine) > 1
            other.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) AS pid", (mine,))
        with pytest.raises(UnavailableError, match="Retry with the same key"):
            store.commit([commit_to(ref, 2)])
        assert (
            list(threads.map(lambda _: store.load([ref]), range(40))) == [[commit_to(ref).row]] * 40
        )


def test_who_is_overtaken_tries_again(store: PostgresqlStore, ref: EntityRef) -> None:
    """A commit that the server breaks off in a deadlock is written once the other is done."""
    other = EntityRef(ref.tenant, "deal", "D-2")
    store.commit([commit_to(ref), commit_to(other)])
    run(store, "SET deadlock_timeout = '50ms'")
    lock = "SELECT 1 FROM crmflow_entity WHERE tenant = %s AND id = %s FOR UPDATE"
    with beside(store) as rival, ThreadPoolExecutor(1) as thread:
        rival.execute(lock, (ref.tenant, "D-2"))
        batch = thread.submit(store.commit, [commit_to(one, 2) for one in (ref, other)])
        # The batch has the first by now, or waits for this one: either way it gives way.
        rival.execute(lock, (ref.tenant, "D-1"))
        rival.commit()
        assert batch.result() == [Committed(2), Committed(2)]


def test_who_waits_too_long_is_told(url: str, ref: EntityRef) -> None:
    """Neither a row nor a connection is waited for longer than allowed."""
    with closing(PostgresqlStore(with_options(url, pool="1", timeout="0.05"))) as store:
        store.commit([commit_to(ref)])
        with beside(store) as rival:
            rival.execute("SELECT 1 FROM crmflow_entity FOR UPDATE")
            with pytest.raises(UnavailableError, match="lock timeout"):
                store.commit([commit_to(ref, 2)])
        with store._server.reading(), pytest.raises(UnavailableError, match="connection"):
            store.load([ref])
        assert store.commit([commit_to(ref, 2)]) == [Committed(2)]


def test_a_batch_that_always_loses_is_unavailable(store: PostgresqlStore, ref: EntityRef) -> None:
    """Whom the server breaks off again and again is told to retry."""
    store.commit([commit_to(ref)])
    run(
        store,
        "CREATE FUNCTION overtaken() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$",
    )
    run(
        store,
        "CREATE TRIGGER overtaken BEFORE INSERT ON crmflow_key EXECUTE FUNCTION overtaken()",
    )
    with pytest.raises(UnavailableError):
        store.commit([commit_to(ref, 2, key="k")])
    run(store, "DROP FUNCTION overtaken CASCADE")
    assert store.commit([commit_to(ref, 2, key="k")]) == [Committed(2)]


def test_rows_that_contradict_the_entity_are_told(store: PostgresqlStore, ref: EntityRef) -> None:
    """A journal that is ahead of its entity is no conflict to try again, but broken."""
    store.commit([commit_to(ref)])
    store._server.run("DELETE FROM crmflow_entity WHERE tenant = %s", (ref.tenant,))
    with pytest.raises(StoreFileError, match="crmflow_journal"):
        store.commit([commit_to(ref)])


def test_a_table_that_is_gone_is_told(store: PostgresqlStore, ref: EntityRef) -> None:
    """What the server cannot do at all is no reason to retry."""
    run(store, "ALTER TABLE crmflow_entity RENAME TO elsewhere")
    with pytest.raises(StoreFileError, match='relation "crmflow_entity" does not exist'):
        store.load([ref])
    run(store, "ALTER TABLE elsewhere RENAME TO crmflow_entity")


def test_a_late_step_is_told_the_version(url: str, ref: EntityRef) -> None:
    """Of two stores that step one entity, the later is told; nothing of its step stays."""
    with closing(PostgresqlStore(url)) as first, closing(PostgresqlStore(url)) as second:
        first.commit([commit_to(ref)])
        first.commit([commit_to(ref, 2)])
        late = commit_to(ref, 2, key="k", messages=(message(ref, 2),))
        assert second.commit([late]) == [VersionConflict(2)]
        assert second.outbox(ref.tenant) == []
        assert second.keyed(ref.tenant, "deal", ref.id, "k") is None


def test_texts_that_no_server_keeps_are_told(store: PostgresqlStore) -> None:
    """Asking for an id with NUL is the caller's fault."""
    with pytest.raises(UnstorableError, match="NUL"):
        store.load([EntityRef("main", "deal", "\0")])


def test_order_is_that_of_code_points(store: PostgresqlStore, ref: EntityRef) -> None:
    """Pages come in the same order on every store, whatever the language of the server."""
    ids = ["Z", "a", "É", "é", "订单", "🙂", "a ", "A"]
    store.commit([commit_to(EntityRef(ref.tenant, "deal", id_)) for id_ in ids])
    found = store.find(Find(ref.tenant, "deal", "open"))
    assert [row.ref.id for row in found] == sorted(ids)


def test_a_closed_store_says_so(url: str, ref: EntityRef) -> None:
    """Using a closed store is no riddle, closing it twice no error."""
    store = PostgresqlStore(url)
    store.close()
    store.close()
    with pytest.raises(StoreFileError, match="closed"):
        store.load([ref])


def test_a_forked_process_opens_its_own(
    store: PostgresqlStore, ref: EntityRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connections are not carried over a fork."""
    with monkeypatch.context() as patch:
        patch.setattr(os, "getpid", lambda: -1)
        with pytest.raises(StoreFileError, match="forked process must open"):
            store.load([ref])


def test_a_server_that_is_not_there_is_told_without_its_password() -> None:
    """Who cannot connect is told where to, and nothing secret."""
    with pytest.raises(UnavailableError, match=r"postgresql://127.0.0.1:1/crm is unav") as told:
        open_store("postgresql://ann:secret@127.0.0.1:1/crm?timeout=1")
    assert "secret" not in str(told.value)


def test_a_schema_may_have_any_name(url: str, ref: EntityRef) -> None:
    """A schema is made where it is missing, whatever is in its name."""
    name = f'{url.rpartition("=")[2]} "é\\'
    with closing(open_store(with_options(postgresql(), schema=name))) as store:
        store.commit([commit_to(ref)])
        assert store.counts(ref.tenant) == {("deal", "open"): 1}
        assert isinstance(store, PostgresqlStore)
        run(store, 'DROP SCHEMA "{}" CASCADE'.format(name.replace('"', '""')))


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without psycopg, the error says what to install."""
    module = importlib.import_module("crmflow.storage.postgresql_server")
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "psycopg", None)
        with pytest.raises(ImportError, match=r"pip install 'crmflow\[postgres\]'"):
            importlib.reload(module)
    importlib.reload(module)


def test_a_storm_of_timers_is_not_sorted_for_each_batch() -> None:
    """Also where the server counted the timers while there were few: the index gives the order."""
    refs = [EntityRef("main", "deal", f"D-{number:04}") for number in range(2000)]
    commits = [
        commit_to(ref, timers=(TimerRow(ref, "remind", number, 1),))
        for number, ref in enumerate(refs)
    ]
    with schema_of(postgresql()) as url, closing(PostgresqlStore(url)) as store:
        store.commit(commits[:100])
        run(store, "ANALYZE crmflow_timer")
        store.commit(commits[100:])
        place = ("main", 50, 9999, 0, " deal ", 100, 60, "main")
        plan = str(store._server.run(f"EXPLAIN {store._claim_due}", place))
        assert "crmflow_timer_due" in plan
        assert "Sort" not in plan


def test_no_plan_is_compiled() -> None:
    """Avoiding what reads all costs much in the planner's eyes, and compiling is slower by far."""
    with schema_of(postgresql()) as url, closing(PostgresqlStore(url)) as store:
        assert store._server.run("SHOW jit", ()) == [("off",)]
