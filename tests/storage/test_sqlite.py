import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from crmflow.core.errors import StoreFileError, UnavailableError
from crmflow.core.ref import EntityRef
from crmflow.core.searching import Term
from crmflow.storage.commit import Committed
from crmflow.storage.port import Store
from crmflow.storage.query import Find
from crmflow.storage.rows import Checkpoint, JournalRow, MessageStatus, TimerRow
from crmflow.storage.sqlite import SqliteStore
from crmflow.storage.sqlite_file import SqliteOptions
from crmflow.testing import StoreSuite
from crmflow.testing.store_rows import commit_to, message

REF = EntityRef("main", "deal", "D-1")
TERMS = (Term("mobile", "1"), Term("name", "a"), Term("name~", "b"))


class TestSqliteFile(StoreSuite):
    """The store in a file keeps the contract."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        """Return a store in a new file."""
        self.path = str(tmp_path / "crm.db")
        store = SqliteStore(self.path)
        yield store
        store.close()

    def reopened(self, store: Store) -> Store:
        """Return the same file, opened again."""
        store.close()
        return SqliteStore(self.path)


class TestSqliteInMemory(StoreSuite):
    """SQLite without a file keeps the contract until it is closed."""

    lacks = frozenset({"durable"})

    @pytest.fixture
    def store(self) -> Iterator[Store]:
        """Return a store in memory."""
        store = SqliteStore()
        yield store
        store.close()


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Return where a new file may be made."""
    return str(tmp_path / "crm.db")


@pytest.fixture
def store(path: str) -> Iterator[SqliteStore]:
    """Return a store in a file that waits for nobody."""
    store = SqliteStore(path, SqliteOptions(timeout=0.05))
    yield store
    store.close()


def traced(store: SqliteStore) -> list[str]:
    """Return a list that fills with the first words of the statements run from now on."""
    statements: list[str] = []
    store._file._connection.set_trace_callback(lambda sql: statements.append(sql.split()[0]))
    return statements


def test_a_step_costs_five_statements(store: SqliteStore) -> None:
    """An ordinary step is one SELECT and a transaction of two writes."""
    store.commit([commit_to(REF)])
    statements = traced(store)
    store.load([REF])
    store.commit([commit_to(REF, 2)])
    assert statements == ["SELECT", "BEGIN", "UPDATE", "INSERT", "COMMIT"]


def test_a_batch_is_one_transaction(store: SqliteStore) -> None:
    """Members of a batch share BEGIN and COMMIT."""
    refs = [EntityRef("main", "deal", f"D-{number}") for number in range(10)]
    store.commit([commit_to(ref) for ref in refs])
    statements = traced(store)
    store.commit([commit_to(ref, 2) for ref in refs])
    assert statements == ["BEGIN", *["UPDATE"] * 10, *["INSERT"] * 10, "COMMIT"]


def plans(store: SqliteStore) -> dict[str, list[str]]:
    """Return the plan of every statement that reads while each way of reading is used."""
    seen: list[str] = []
    connection = store._file._connection
    connection.set_trace_callback(seen.append)
    read_everything(store)
    connection.set_trace_callback(None)
    explained = {
        sql: connection.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()
        for sql in seen
        if not sql.startswith(("BEGIN", "COMMIT", "ROLLBACK"))
    }
    return {sql: [row[3] for row in rows] for sql, rows in explained.items()}


def read_everything(store: SqliteStore) -> None:
    """Use every statement that reads, moves, marks or settles."""
    store.load([REF])
    timers = (TimerRow(REF, "remind", 5, 1),)
    store.commit([commit_to(REF, timers=timers, messages=(message(REF),))])
    store.commit([commit_to(REF, 2, key="k")])
    store.keyed("main", "deal", "D-1", "k")
    store.journal(REF, after=1, until=9)
    store.checkpoint(REF, until=9)
    store.due("main", 9, limit=9)
    store.tasks("main")
    store.tasks("main", roles=["sales"])
    for status in (None, MessageStatus.WAITING):
        for source in (None, REF):
            store.outbox("main", status=status, source=source)
    for machine in (None, "deal"):
        for state in (None, "open"):
            store.find(Find("main", machine, state, ("deal", "A")))
    for state in (None, "open"):
        for terms in (TERMS[:1], TERMS):
            store.find(Find("main", "deal", state, ("deal", "A"), terms=terms))
    store.unindex("main", "deal")
    store.secret(REF)
    store.counts("main")
    store.claim_due("main", 9, machines=("deal",), now=9, lease=9, limit=9, after=1)
    store.claim_messages("main", targets=("deal",), now=9, lease=9, limit=9)
    store.backlog("main", 9)
    store.mark(message(REF))
    store.settle(message(REF))


def test_every_statement_is_led_by_an_index(store: SqliteStore) -> None:
    """No statement scans a table or sorts, so cost grows neither with history nor waiting."""
    found = plans(store)
    assert len(found) > 20
    # A further term is asked of each row found, and of each term some are counted: the plan says
    # so in lines of their own.
    asked = ("CORRELATED SCALAR SUBQUERY", "CO-ROUTINE some", "SCAN some")
    steps = [(sql, one) for sql, rows in found.items() for one in rows if not one.startswith(asked)]
    assert len(steps) >= len(found)
    for sql, step in steps:
        assert step.startswith("SEARCH"), (sql, step)
        assert "tenant=?" in step, (sql, step)


def test_likeness_reads_the_terms_asked_for_alone(store: SqliteStore) -> None:
    """
    Each term is searched by its whole key; only what was found is counted and sorted.

    Rules: REC-049 STO-007
    """
    seen: list[str] = []
    connection = store._file._connection
    connection.set_trace_callback(seen.append)
    store.alike("main", "deal", TERMS, limit=9)
    connection.set_trace_callback(None)
    (sql,) = seen
    steps = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
    searches = [step for step in steps if "crmflow_term" in step]
    assert len(searches) == len(TERMS)
    for step in searches:
        assert step.startswith("SEARCH"), step
        assert "tenant=? AND machine=? AND field=? AND term=?" in step, step


def test_a_search_steps_over_what_it_finds_alone(store: SqliteStore) -> None:
    """Among thousands of entities a page is read in as few steps as among few (STO-007)."""
    refs = [EntityRef("main", "deal", f"D-{number:05}") for number in range(3000)]
    store.commit([commit_to(one, terms=(Term("name", one.id), Term("kind", "x"))) for one in refs])
    ticks = count()
    store._file._connection.set_progress_handler(lambda: next(ticks) * 0, 100)
    wanted = (Term("kind", "x"), Term("name", "D-02999"))
    assert [row.ref for row in store.find(Find("main", "deal", terms=wanted[1:]))] == [refs[-1]]
    assert next(ticks) < 5


def test_terms_cost_statements_only_where_they_change(store: SqliteStore) -> None:
    """A commit without terms runs none about them; one with them, one for each."""
    store.commit([commit_to(REF, terms=TERMS)])
    statements = traced(store)
    store.commit([commit_to(REF, 2)])
    store.commit([commit_to(REF, 3, terms=TERMS[:1], terms_gone=TERMS[1:])])
    plain = ["BEGIN", "UPDATE", "INSERT"]
    assert statements == [*plain, "COMMIT", *plain, "DELETE", "DELETE", "INSERT", "COMMIT"]


def test_a_long_history_behind_an_instant_is_not_read(store: SqliteStore) -> None:
    """Reading until an instant stops at the first later record."""
    ticks = count()
    commits = [commit_to(REF, version) for version in range(1, 2001)]
    store.commit(commits)
    store._file._connection.set_progress_handler(lambda: next(ticks) * 0, 100)
    assert [row.version for row in store.journal(REF, until=3, limit=5000)] == [1, 2, 3]
    assert next(ticks) < 10


def test_a_full_disk_writes_nothing(store: SqliteStore) -> None:
    """A commit that does not fit is refused whole, and the store goes on."""
    store.commit([commit_to(REF)])
    connection = store._file._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    big = commit_to(REF, 2, checkpoints=(Checkpoint(2, 2, bytes(100_000)),))
    with pytest.raises(StoreFileError, match="is full; nothing was written"):
        store.commit([big])
    assert [row and row.version for row in store.load([REF])] == [1]
    connection.execute("PRAGMA max_page_count = 1000000")
    assert store.commit([big]) == [Committed(2)]


def test_a_file_that_another_holds_is_unavailable(store: SqliteStore, path: str) -> None:
    """Waiting ends after the time allowed; then the caller is told to retry."""
    other = SqliteStore(path)
    other._file._connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(UnavailableError, match="Retry with the same key"):
        store.commit([commit_to(REF)])
    other.close()
    assert store.commit([commit_to(REF)]) == [Committed(1)]


def test_a_commit_that_cannot_be_encoded_leaves_no_transaction(store: SqliteStore) -> None:
    """Text that is no UTF-8 raises for its own batch, and the next one is committed."""
    wrong = EntityRef("main", "deal", "\ud800")
    with pytest.raises(UnicodeEncodeError):
        store.commit([commit_to(REF), commit_to(wrong)])
    assert store.commit([commit_to(REF)]) == [Committed(1)]


def test_rows_that_contradict_the_entity_are_told(store: SqliteStore) -> None:
    """A journal that is ahead of its entity is no conflict to try again, but a broken file."""
    store.commit([commit_to(REF)])
    store._file._connection.execute("DELETE FROM crmflow_entity")
    with pytest.raises(StoreFileError, match="crmflow_journal"):
        store.commit([commit_to(REF)])
    assert [type(row) for row in store.journal(REF)] == [JournalRow]


def test_a_closed_store_says_so(path: str) -> None:
    """Using a closed store is no riddle, closing it twice no error."""
    store = SqliteStore(path)
    store.close()
    store.close()
    with pytest.raises(StoreFileError, match="closed"):
        store.load([REF])


def test_a_forked_process_opens_its_own(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection is not carried over a fork."""
    with monkeypatch.context() as patch:
        patch.setattr(os, "getpid", lambda: -1)
        with pytest.raises(StoreFileError, match="forked process must open"):
            store.load([REF])


@pytest.mark.parametrize(("option", "number"), [("FULL", 2), ("NORMAL", 1)])
def test_how_a_file_is_written(path: str, option: str, number: int) -> None:
    """The file is written ahead, and synchronised as asked."""
    store = SqliteStore(path, SqliteOptions(option))
    connection = store._file._connection
    pragmas = ("journal_mode", "synchronous", "foreign_keys")
    values = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas]
    store.close()
    assert values == ["wal", number, 1]
