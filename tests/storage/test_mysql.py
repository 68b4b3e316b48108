import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import attrs
import msgspec
import pymysql
import pytest

from crmflow.core.claim import Claim
from crmflow.core.errors import StoreFileError, UnavailableError, UnstorableError
from crmflow.core.ref import EntityRef
from crmflow.storage.commit import Commit, Committed, VersionConflict
from crmflow.storage.limits import LIMITS
from crmflow.storage.mysql import MysqlStore
from crmflow.storage.mysql_pairs import first_of_pairs
from crmflow.storage.mysql_server import MysqlServer
from crmflow.storage.port import Store
from crmflow.storage.query import Find
from crmflow.storage.rows import TaskRow, TimerRow
from crmflow.testing import StoreSuite
from crmflow.testing.store_rows import commit_to, message, new_tenant
from tests.storage.servers import admin, database_of, mysql, with_options

LOCK = "SELECT 1 FROM crmflow_entity WHERE tenant = %s AND id = %s FOR UPDATE"
WAITING = """
SELECT count(*) FROM information_schema.innodb_trx AS trx
JOIN information_schema.processlist AS own ON own.id = trx.trx_mysql_thread_id
WHERE trx.trx_state = 'LOCK WAIT' AND own.db = DATABASE()
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Return the URL of a database for the tests of this module."""
    with database_of(mysql()) as url:
        yield url


@pytest.fixture
def store(url: str) -> Iterator[MysqlStore]:
    """Return a store in a database that others of this module share."""
    store = MysqlStore(with_options(url, pool="2", timeout="5"))
    yield store
    store.close()


@pytest.fixture
def ref() -> EntityRef:
    """Return an entity of a tenant of its own."""
    return EntityRef(new_tenant(), "deal", "D-1")


@contextmanager
def beside(url: str) -> Iterator[pymysql.cursors.Cursor]:
    """Give a connection of somebody else, in a transaction."""
    with closing(admin(url)) as connection, connection.cursor() as cursor:
        cursor.execute(f"USE {url.rpartition('/')[2]}")
        cursor.execute("START TRANSACTION")
        yield cursor


def thread(connection: pymysql.Connection) -> int:
    """Return the server's number of a connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT CONNECTION_ID()")
        return int(cursor.fetchall()[0][0])


def kill(*connections: pymysql.Connection) -> None:
    """Break connections off at the server."""
    with closing(admin(mysql())) as rival, rival.cursor() as cursor:
        for one in connections:
            cursor.execute("KILL %s", (thread(one),))


class TestMysql(StoreSuite):
    """The store on a MySQL or MariaDB server keeps the contract."""

    @pytest.fixture
    def store(self, url: str) -> Iterator[Store]:
        """Return a store in a database."""
        self.url = url
        store = MysqlStore(url)
        yield store
        store.close()

    def reopened(self, store: Store) -> Store:
        """Return the same database, opened again."""
        store.close()
        return MysqlStore(self.url)


def test_a_step_costs_three_round_trips(
    store: MysqlStore, ref: EntityRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step is one SELECT, one packet that writes, and the COMMIT; a batch of steps too."""
    refs = [EntityRef(ref.tenant, "deal", f"D-{number}") for number in range(1, 20)]
    store.commit([commit_to(one) for one in refs])
    sent: list[str] = []
    query = pymysql.Connection.query

    def counted(connection: pymysql.Connection, text: str, unbuffered: bool = False) -> int:
        sent.append(text.partition(" ")[0])
        return query(connection, text, unbuffered)

    monkeypatch.setattr(pymysql.Connection, "query", counted)
    for members in (refs[:1], refs[1:]):
        store.load(members)
        timer = TimerRow(members[0], "remind", 1, 1)
        store.commit([commit_to(one, 2, timers=(timer,)) for one in members])
    assert sent == ["SELECT", "START", "COMMIT", "SET", "START", "COMMIT"]


def test_a_lost_connection_is_unknown_and_replaced(url: str, ref: EntityRef) -> None:
    """Where connections break, one caller is told to retry; the next ones have new ones."""
    with closing(MysqlStore(url)) as store, ThreadPoolExecutor(4) as threads:
        store.commit([commit_to(ref)])
        with store._server._connected() as one, store._server._connected() as two:
            kill(one, two)
        with pytest.raises(UnavailableError, match="Retry with the same key"):
            store.commit([commit_to(ref, 2)])
        found = list(threads.map(lambda _: store.load([ref]), range(40)))
        assert found == [[commit_to(ref).row]] * 40


def test_connections_that_break_together_are_left_once(store: MysqlStore, ref: EntityRef) -> None:
    """Who finds out second leaves the new connections alone."""

    def break_together() -> None:
        with store._server._connected() as first, store._server._connected() as second:
            kill(first, second)
            second.ping()

    with pytest.raises(UnavailableError):
        break_together()
    assert store.load([ref]) == [None]


def test_who_is_interrupted_leaves_nothing_half_read(store: MysqlStore, ref: EntityRef) -> None:
    """A connection is not used again once its reader was interrupted."""

    def interrupted() -> None:
        with store._server.writing() as work:
            work.executemany(store._sql.enroll, [(ref.tenant, "deal", "late")])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert store.enrolled(ref.tenant) == []


def test_who_is_overtaken_tries_again(url: str, store: MysqlStore, ref: EntityRef) -> None:
    """A commit that the server breaks off in a deadlock is written once the other is done."""
    other = EntityRef(ref.tenant, "deal", "D-2")
    store.commit([commit_to(ref), commit_to(other)])
    with beside(url) as rival, ThreadPoolExecutor(1) as thread:
        # The server breaks off who has changed least.
        rows = [(f"{ref.tenant}-{number}", "deal", "p") for number in range(40)]
        rival.executemany("INSERT INTO crmflow_policy VALUES (%s, %s, %s)", rows)
        rival.execute(LOCK, (ref.tenant, "D-2"))
        batch = thread.submit(store.commit, [commit_to(one, 2) for one in (ref, other)])
        rival.execute(WAITING)
        while rival.fetchone() == (0,):
            # Asked without a pause, the server would repeat its answer for ever.
            time.sleep(0.15)
            rival.execute(WAITING)
        rival.execute(LOCK, (ref.tenant, "D-1"))
        rival.execute("ROLLBACK")
        assert batch.result() == [Committed(2), Committed(2)]


def test_who_waits_too_long_is_told(url: str, ref: EntityRef) -> None:
    """Neither a row nor a connection is waited for longer than allowed."""
    with closing(MysqlStore(with_options(url, pool="1", timeout="0.05"))) as store:
        store.commit([commit_to(ref)])
        with beside(url) as rival:
            rival.execute(LOCK, (ref.tenant, "D-1"))
            with pytest.raises(UnavailableError, match="Lock wait timeout"):
                store.commit([commit_to(ref, 2)])
        with store._server._connected(), pytest.raises(UnavailableError, match="limit of size 1"):
            store.load([ref])
        assert store.commit([commit_to(ref, 2)]) == [Committed(2)]


def test_what_another_leases_is_skipped(store: MysqlStore, ref: EntityRef) -> None:
    """Two that lease at once neither wait for each other nor get the same."""
    timers = tuple(TimerRow(ref, name, 5, 1) for name in "ab")
    store.commit([commit_to(ref, timers=timers, messages=(message(ref), message(ref, 1, 1)))])
    store.commit([commit_to(ref, 2, messages=(attrs.evolve(message(ref, 2), target=ref),))])
    due, waiting = store._sql.due_unleased, store._sql.first_waiting
    place = (ref.tenant, 0, 9, 1, " deal contract ", 1)
    with store._server.writing() as rival:
        assert rival.execute(due, place)[0][2] == "a"
        assert len(rival.execute(waiting, (ref.tenant, "waiting", 1, " contract ", 1))) == 1
        given = store.claim_due(ref.tenant, 9, machines=("deal",), now=1, lease=5, limit=9)
        assert given == [timers[1]]
        names = ("contract", "deal")
        sent = store.claim_messages(ref.tenant, targets=names, now=1, lease=5, limit=9)
        assert [(one.version, one.target) for one in sent] == [(2, ref)]


def test_who_is_not_the_first_of_its_pair_any_more_waits(url: str, ref: EntityRef) -> None:
    """Of messages that came while others were read, the first of each pair alone is given."""
    other = EntityRef(ref.tenant, "deal", "D-2")
    first, second, beside = message(ref), message(ref, 2), message(other)
    far = attrs.evolve(message(ref, 2, 1), target=other)
    with closing(MysqlServer(url)) as server:
        server.make_ready()
        store = MysqlStore(url)
        store.commit([commit_to(ref, messages=(first,)), commit_to(other, messages=(beside,))])
        store.commit([commit_to(ref, 2, messages=(second, far))])
        with server.writing() as work:
            assert first_of_pairs(work, [first, second, far, beside]) == [first, far, beside]
            assert first_of_pairs(work, [second]) == []
        store.settle(first)
        with server.writing() as work:
            assert first_of_pairs(work, [second]) == [second]
        store.close()


def test_rows_that_contradict_the_entity_are_told(
    url: str, store: MysqlStore, ref: EntityRef
) -> None:
    """A journal that is ahead of its entity is no conflict to try again, but broken."""
    store.commit([commit_to(ref)])
    with beside(url) as rival:
        rival.execute("DELETE FROM crmflow_entity WHERE tenant = %s", (ref.tenant,))
        rival.execute("COMMIT")
    with pytest.raises(StoreFileError, match="a row is in the way") as told:
        store.commit([commit_to(ref)])
    assert ref.tenant not in str(told.value)


def test_a_late_step_is_told_the_version(url: str, ref: EntityRef) -> None:
    """Of two stores that step one entity, the later is told; nothing of its step stays."""
    with closing(MysqlStore(url)) as first, closing(MysqlStore(url)) as second:
        first.commit([commit_to(ref)])
        first.commit([commit_to(ref, 2)])
        late = commit_to(ref, 2, key="k", messages=(message(ref, 2),))
        assert second.commit([late]) == [VersionConflict(2)]
        assert second.outbox(ref.tenant) == []
        assert second.keyed(ref.tenant, "deal", ref.id, "k") is None


def large(ref: EntityRef, size: int) -> Commit:
    """Return a creation with a snapshot of some bytes."""
    commit = commit_to(ref)
    row = msgspec.structs.replace(commit.row, snapshot=os.urandom(size))
    return msgspec.structs.replace(commit, row=row)


def test_a_long_batch_goes_out_in_pieces(store: MysqlStore, ref: EntityRef) -> None:
    """What is too long for one packet of statements is written and read back whole."""
    refs = [EntityRef(ref.tenant, "deal", f"D-{number}") for number in range(4)]
    batch = [large(one, 300_000) for one in refs]
    assert store.commit(batch) == [Committed(1)] * 4
    assert store.load(refs) == [one.row for one in batch]


def test_more_than_the_server_takes_is_told(store: MysqlStore, ref: EntityRef) -> None:
    """The server hangs up on what is too long; it is said before, and the next step is written."""
    store._server._most = 4_000
    with pytest.raises(UnstorableError, match="max_allowed_packet is 4000"):
        store.commit([large(ref, 2_000)])
    assert store.commit([large(ref, 1_000)]) == [Committed(1)]


def test_order_is_that_of_code_points(store: MysqlStore, ref: EntityRef) -> None:
    """Pages come in the same order on every store; spaces at the end and case count."""
    ids = ["Z", "a", "É", "é", "订单", "🙂", "a ", "A", "'; --", "%s", "\\"]
    store.commit([commit_to(EntityRef(ref.tenant, "deal", id_)) for id_ in ids])
    found = store.find(Find(ref.tenant, "deal", "open"))
    assert [row.ref.id for row in found] == sorted(ids)
    assert store.load([EntityRef(ref.tenant, "deal", "a  ")]) == [None]


def test_half_of_a_character_is_no_text(store: MysqlStore, ref: EntityRef) -> None:
    """What is no UTF-8 raises for its own batch, and the next one is committed."""
    with pytest.raises(UnicodeEncodeError):
        store.commit([commit_to(ref), commit_to(EntityRef(ref.tenant, "deal", "\udcff"))])
    assert store.commit([commit_to(ref)]) == [Committed(1)]


def test_the_longest_texts_are_kept(store: MysqlStore) -> None:
    """Keys and indexes hold the longest text of each kind."""

    def longest(kind: str) -> str:
        return "订" * (LIMITS[kind] // 3)

    ref = EntityRef(longest("tenant"), longest("machine"), longest("id"))
    task = TaskRow(ref, longest("task_id"), longest("name"), longest("role"), 1, None)
    claim = Claim(longest("scope"), longest("value"))
    commit = commit_to(
        ref,
        state=longest("state"),
        key=longest("key"),
        tasks=(task,),
        timers=(TimerRow(ref, longest("name"), 1, 1),),
        claims=(claim,),
    )
    assert store.commit([commit]) == [Committed(1)]
    assert store.tasks(ref.tenant) == [task]
    assert store.due(ref.tenant, 1, limit=1) == list(commit.timers)
    assert store.find(Find(ref.tenant, state=commit.row.state)) == [commit.row]


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("find", ("deal", "D-250")),
        ("find_machine", ("deal", "D-250")),
        ("find_state", ("open", "deal", "D-250")),
        ("find_both", ("open", "deal", "D-250")),
        ("outbox", ("deal", "D-250", 1, 0)),
        ("outbox_status", ("waiting", "deal", "D-250", 1, 0)),
        ("due", (999,)),
        ("due_unleased", (200, 999, 1, " deal ")),
    ],
)
def test_a_page_reads_no_more_than_its_rows(
    store: MysqlStore, ref: EntityRef, statement: str, place: tuple[str | int, ...]
) -> None:
    """However many rows lie before a page or behind it, the server reads its own, unsorted."""
    refs = [EntityRef(ref.tenant, "deal", f"D-{number:03}") for number in range(300)]
    timers = [TimerRow(one, "remind", number, 1) for number, one in enumerate(refs)]
    store.commit(
        [
            commit_to(one, timers=(timer,), messages=(message(one),))
            for one, timer in zip(refs, timers, strict=True)
        ]
    )
    with store._server.writing() as work:
        work.execute("FLUSH STATUS", ())
        found = work.execute(getattr(store._sql, statement), (ref.tenant, *place, 10))
        read = work.execute("SHOW SESSION STATUS LIKE 'Handler_read_next'", ())
    assert len(found) == 10
    assert int(read[0][1]) < 20


def test_a_forked_process_opens_its_own(
    store: MysqlStore, ref: EntityRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connections are not carried over a fork."""
    with monkeypatch.context() as patch:
        patch.setattr(os, "getpid", lambda: -1)
        with pytest.raises(StoreFileError, match="forked process must open"):
            store.load([ref])


def test_a_closed_store_says_so(url: str, ref: EntityRef) -> None:
    """Using a closed store is no riddle, closing it twice no error."""
    store = MysqlStore(url)
    store.close()
    store.close()
    with pytest.raises(StoreFileError, match="closed"):
        store.load([ref])
