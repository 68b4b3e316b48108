"""Every query of the port costs what it finds, however many rows there are besides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import attrs
import pytest

from crmflow.core.claim import Claim
from crmflow.core.searching import Term
from crmflow.storage.mysql import MysqlStore
from crmflow.storage.postgresql import PostgresqlStore
from crmflow.storage.query import Find
from crmflow.storage.rows import MessageStatus, Pruned
from crmflow.storage.sql_store import SqlStore
from crmflow.storage.sqlite import SqliteStore
from crmflow.testing.store_rows import commit_to, message
from tests.storage import servers
from tests.storage.plans import (
    MANY,
    TENANT,
    Measure,
    Recording,
    fill,
    measure_mysql,
    measure_postgresql,
    measure_sqlite,
    ref_of,
)

FEW = 10
"""Rows of a page."""

BOUND = 400
"""Rows that a statement may read or sort for it: a tenth of what any table has."""


@attrs.frozen
class Filled:
    """A store full of rows, what is run on it, and how that is measured."""

    store: SqlStore
    recording: Recording
    measure: Measure

    def worst(self, call: Callable[[SqlStore], object]) -> None:
        """Assert that no statement of a call reads or sorts many rows."""
        self.recording.seen.clear()
        call(self.store)
        assert self.recording.seen
        for statement, values in self.recording.seen.items():
            if not statement.startswith("INSERT"):
                read = self.measure(statement, values)
                assert max(read.rows, read.sorted) <= BOUND, (read, statement)


@contextmanager
def sqlite(folder: Path) -> Iterator[Filled]:
    """Give a full store in a file."""
    with closing(SqliteStore(str(folder / "full.db"))) as store:
        fill(store)
        yield filled(store, measure_sqlite(store))


@contextmanager
def postgresql(_: Path) -> Iterator[Filled]:
    """Give a full store on a PostgreSQL server."""
    with servers.schema_of(servers.postgresql()) as url, closing(PostgresqlStore(url)) as store:
        fill(store)
        yield filled(store, measure_postgresql(store))


@contextmanager
def mysql(_: Path) -> Iterator[Filled]:
    """Give a full store on a MySQL or MariaDB server."""
    with servers.database_of(servers.mysql()) as url, closing(MysqlStore(url)) as store:
        fill(store)
        yield filled(store, measure_mysql(store))


def filled(store: SqlStore, measure: Measure) -> Filled:
    """Return a store whose statements are noted, run by the plain implementation."""
    database = store._database
    recording = Recording(database, database.name, database.dialect)
    return Filled(SqlStore(recording), recording, measure)


@pytest.fixture(scope="module", params=[sqlite, postgresql, mysql], ids=lambda one: one.__name__)
def full(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Filled]:
    """Return a full store of each kind."""
    with request.param(tmp_path_factory.mktemp("full")) as found:
        yield found


MIDDLE = ("deal", ref_of(MANY // 2).id)
KIND = Term("kind", "rare")
COMMON = Term("kind", "common")
NAME = Term("name", ref_of(7).id)
FINDS = {
    "all": Find(TENANT, after=MIDDLE, limit=FEW),
    "machine": Find(TENANT, "deal", after=MIDDLE, limit=FEW),
    "state": Find(TENANT, state="open", after=MIDDLE, limit=FEW),
    "rare state": Find(TENANT, state="won", limit=FEW),
    "machine and state": Find(TENANT, "deal", "won", MIDDLE, FEW),
    "no such state": Find(TENANT, "deal", "lost", limit=FEW),
    "common term": Find(TENANT, "deal", None, MIDDLE, FEW, (COMMON,)),
    "rare term": Find(TENANT, "deal", None, limit=FEW, terms=(KIND,)),
    "term and state": Find(TENANT, "deal", "won", limit=FEW, terms=(KIND,)),
    "terms": Find(TENANT, "deal", limit=FEW, terms=(KIND, NAME)),
    "terms, a common one in front": Find(TENANT, "deal", limit=FEW, terms=(COMMON, NAME)),
    "no such term": Find(TENANT, "deal", limit=FEW, terms=(Term("kind", "none"),)),
}


@pytest.mark.parametrize("query", FINDS.values(), ids=FINDS)
def test_a_page_of_entities_is_led_by_an_index(full: Filled, query: Find) -> None:
    """Whatever is asked for, and wherever the page begins (STO-007)."""
    full.worst(lambda store: store.find(query))


DUE = {
    "all": Find(TENANT, limit=FEW),
    "machine": Find(TENANT, "deal", limit=FEW),
    "state": Find(TENANT, "deal", "open", limit=FEW),
    "term": Find(TENANT, "deal", limit=FEW, terms=(COMMON,)),
    "terms and state": Find(TENANT, "deal", "open", limit=FEW, terms=(COMMON, Term("due", "0"))),
}


@pytest.mark.parametrize("query", DUE.values(), ids=DUE)
@pytest.mark.parametrize("until", [20, 10**12])
def test_what_is_due_is_led_by_an_index(full: Filled, query: Find, until: int) -> None:
    """Also where all is due, and where the page begins in the midst of it."""
    place = (MANY // 2, *MIDDLE) if until > MANY else None
    if len(query.terms) < 2 or until < MANY:
        full.worst(lambda store: store.find_due(query, until, after=place))


READS: dict[str, Callable[[SqlStore], object]] = {
    "load": lambda store: store.load([ref_of(1), ref_of(2)]),
    "keyed": lambda store: store.keyed(TENANT, "deal", "", "key 7"),
    "journal": lambda store: store.journal(ref_of(1), after=300, limit=FEW),
    "checkpoint": lambda store: store.checkpoint(ref_of(1), until=9),
    "due": lambda store: store.due(TENANT, 10**12, limit=FEW),
    "tasks": lambda store: store.tasks(TENANT, limit=FEW),
    "later tasks": lambda store: store.tasks(TENANT, after=(MANY // 2, *MIDDLE, "call"), limit=FEW),
    "tasks of roles": lambda store: store.tasks(
        TENANT, roles=["legal", "sales"], after=(MANY // 2, *MIDDLE, "call"), limit=FEW
    ),
    "alike": lambda store: store.alike(TENANT, "deal", [KIND, NAME], limit=FEW),
    "terms": lambda store: store.terms(
        TENANT, "deal", "due", until="03000", after=("02000", ""), limit=FEW
    ),
    "outbox": lambda store: store.outbox(TENANT, after=(*MIDDLE, 1, 0), limit=FEW),
    "outbox by status": lambda store: store.outbox(
        TENANT, status=MessageStatus.WAITING, after=(*MIDDLE, 1, 0), limit=FEW
    ),
    "outbox of none": lambda store: store.outbox(TENANT, status=MessageStatus.PARKED),
    "outbox of one": lambda store: store.outbox(TENANT, source=ref_of(7)),
    "secret": lambda store: store.secret(ref_of(7)),
    "secrets": lambda store: store.secrets(TENANT, after=MIDDLE, limit=FEW),
    "pruned": lambda store: store.pruned(ref_of(7)),
    "enrolled": lambda store: store.enrolled(TENANT),
    "policy set": lambda store: store.policy_set(TENANT, "digest"),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_a_read_is_led_by_an_index(full: Filled, read: Callable[[SqlStore], object]) -> None:
    """It reads what it finds, a page of it at most."""
    full.worst(read)


WRITES: dict[str, Callable[[SqlStore], object]] = {
    "claim_due": lambda store: store.claim_due(
        TENANT, 10**12, machines=["deal"], now=9, lease=9, limit=FEW, after=MANY // 2
    ),
    "claim_messages": lambda store: store.claim_messages(
        TENANT, targets=["contract"], now=9, lease=9, limit=FEW
    ),
    "mark": lambda store: store.mark(message(ref_of(9))),
    "settle": lambda store: store.settle(message(ref_of(9))),
    "rewrap": lambda store: store.rewrap(ref_of(9), b"key", b"other"),
    "index": lambda store: store.index([(commit_to(ref_of(9)).row, [NAME])]),
    "prune": lambda store: store.prune(
        ref_of(1), Pruned(2, 2, b"", b""), {f"key {number}": number for number in range(1, 3)}
    ),
    "enroll": lambda store: store.enroll(TENANT, [("deal", "sla")]),
    "dismiss": lambda store: store.dismiss(TENANT, "deal", "sla"),
    "keep_set": lambda store: store.keep_set(TENANT, "digest", b"body"),
    "conflict": lambda store: store.commit(
        [commit_to(ref_of(9), 9, key="k", claims=(Claim("email", ref_of(8).id),))]
    ),
    "step": lambda store: store.commit(
        [
            commit_to(
                ref_of(10),
                2,
                key="k",
                timers_gone=("remind",),
                tasks_gone=("call",),
                terms_gone=(NAME,),
                terms=(NAME,),
                claims_gone=(Claim("email", ref_of(10).id),),
                claims=(Claim("email", "new"),),
                secret=b"new",
            )
        ]
    ),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_write_is_led_by_an_index(full: Filled, write: Callable[[SqlStore], object]) -> None:
    """It reads the rows it writes."""
    full.worst(write)


@pytest.mark.parametrize("count", ["counts", "backlog"])
def test_what_counts_all_reads_an_index_and_sorts_nothing(full: Filled, count: str) -> None:
    """Each row is counted once, in the order that the index has them."""
    full.recording.seen.clear()
    full.store.counts(TENANT) if count == "counts" else full.store.backlog(TENANT, 10**12)
    for statement, values in full.recording.seen.items():
        read = full.measure(statement, values)
        assert (read.rows <= 5 * MANY, read.sorted) == (True, 0), (read, statement)
