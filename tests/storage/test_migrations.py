import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import attrs
import psycopg
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import VARBINARY, Connection, Engine, MetaData, inspect, text
from sqlalchemy.types import TypeEngine

from crmflow.core.errors import SchemaOutOfDateError, StoreFileError
from crmflow.storage import migrations
from crmflow.storage.ddl import ddl
from crmflow.storage.opening import current, open_store, upgrade
from crmflow.storage.postgresql_server import LOCK
from crmflow.storage.sql import Statements, orders, statements
from crmflow.storage.sql_parts import DIALECTS
from crmflow.storage.sqlite_file import SqliteFile, SqliteOptions
from crmflow.storage.tables import METADATA
from tests.storage.servers import (
    database_of,
    engine_of,
    mysql,
    postgresql,
    postgresql_database,
    schema_of,
    with_options,
)

FOLDER = str(Path(migrations.__file__).parent)
REVISIONS = [one.revision for one in ScriptDirectory(FOLDER).walk_revisions()]


def test_the_chain_ends_at_the_head() -> None:
    """The revision that a store is recognised by is the chain's last."""
    assert ScriptDirectory(FOLDER).get_heads() == [migrations.HEAD]
    assert Config().get_main_option("script_location") is None


def schema(engine: Engine) -> dict[str, object]:
    """Return what a database tells of our tables: columns, keys and indexes, by name."""
    seen = inspect(engine)
    found: dict[str, object] = {}
    for table in seen.get_table_names():
        columns = {
            one["name"]: (str(one["type"]), one["nullable"], one["default"])
            for one in seen.get_columns(table)
        }
        indexes = {one["name"]: one["column_names"] for one in seen.get_indexes(table)}
        found[table] = (columns, seen.get_pk_constraint(table)["constrained_columns"], indexes)
    return found


@pytest.fixture(params=["sqlite", "postgresql", "mysql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the URL of an empty store of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/crm.db"
    elif request.param == "postgresql":
        with schema_of(postgresql(), made=True) as url:
            yield url
    else:
        with database_of(mysql()) as url:
            yield url


def dispose(*engines: Engine) -> None:
    """Close what engines hold."""
    for engine in engines:
        engine.dispose()


def test_migrations_make_the_declared_tables(url: str) -> None:
    """The chain leads to what the statements are compiled from."""
    upgrade(url)
    made = engine_of(url)
    found = schema(made)
    with made.begin() as connection:
        for table in found:
            connection.execute(text(f"DROP TABLE {table}"))
    METADATA.create_all(made)
    assert found.pop(migrations.VERSION_TABLE)
    assert found == schema(made)
    dispose(made)


def test_narrow_rows_are_stored_in_their_key(tmp_path: Path) -> None:
    """SQLite keeps rows without wide bodies in the tree of their key."""
    path = tmp_path / "crm.db"
    upgrade(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as connection:
        narrow = "SELECT count(*) FROM sqlite_master WHERE sql LIKE '%WITHOUT ROWID%'"
        assert connection.execute(narrow).fetchone() == (7,)


def fill(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
    """Insert a row into every table, and return what the tables hold."""
    held: dict[str, list[tuple[object, ...]]] = {}
    found = MetaData()
    found.reflect(connection)
    for table in found.sorted_tables:
        if table.name != migrations.VERSION_TABLE:
            row = {one.name: _value(one.type) for one in table.columns}
            connection.execute(table.insert().values(row))
        held[table.name] = [tuple(one) for one in connection.execute(table.select())]
    return held


def _value(kind: TypeEngine[object]) -> object:
    # Texts are kept as bytes where the database cannot compare texts exactly.
    if isinstance(kind, VARBINARY):
        return b"waiting"
    return {str: "waiting", int: 7, bytes: b"body"}[kind.python_type]


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_released_schema_is_brought_up(url: str, revision: str) -> None:
    """From each earlier revision, with rows, the chain leads to the head; all rows are kept."""
    engine = engine_of(url)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", FOLDER)
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        before = fill(connection)
    assert current(url) == revision
    upgrade(url)
    assert current(url) == migrations.HEAD
    with engine.begin() as connection:
        after = MetaData()
        after.reflect(connection)
        for name in before.keys() - {migrations.VERSION_TABLE}:
            (row,) = connection.execute(after.tables[name].select())
            assert tuple(row)[: len(before[name][0])] == before[name][0]
    dispose(engine)
    with closing(open_store(url)) as store:
        (message,) = store.outbox("waiting")
        assert (message.attempts, message.not_before) in {(0, 0), (7, 7)}
        assert (
            len(store.claim_due("waiting", 7, machines=("waiting",), now=7, lease=1, limit=9)) == 1
        )


def test_what_waits_is_told_when_it_was_sent(url: str) -> None:
    """Messages of an earlier release have the instants of the record that sent them."""
    engine = engine_of(url)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", FOLDER)
        config.attributes["connection"] = connection
        command.upgrade(config, "0006")
        fill(connection)
        connection.execute(text("UPDATE crmflow_journal SET at = 3, recorded_at = 5"))
        connection.execute(text("UPDATE crmflow_message SET version = 7, ordinal = 1"))
    dispose(engine)
    upgrade(url)
    with closing(open_store(url)) as store:
        (message,) = store.outbox("waiting")
        assert (message.at, message.sent_at) == (3, 5)
        assert store.backlog("waiting", 9).waiting_since == 5


def test_half_a_schema_is_not_left_behind(url: str) -> None:
    """A migration that fails in the middle changes nothing, and runs once nothing is in its way."""
    if url.startswith("mysql"):
        pytest.skip("what changes tables is no part of a transaction there")
    engine = engine_of(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE crmflow_secret (id INTEGER)"))
        connection.execute(text(f"CREATE TABLE {migrations.VERSION_TABLE} (version_num TEXT)"))
    for _ in range(2):
        with pytest.raises(StoreFileError, match=r"crmflow_secret.* already exists"):
            upgrade(url)
        assert sorted(schema(engine)) == [migrations.VERSION_TABLE, "crmflow_secret"]
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE crmflow_secret"))
    dispose(engine)
    upgrade(url)
    assert current(url) == migrations.HEAD


def test_what_is_half_done_is_gone_on_with() -> None:
    """Where a broken migration leaves what it did, running it again passes over that."""
    with database_of(mysql()) as url:
        upgrade(url)
        engine = engine_of(url)
        whole = schema(engine)
        for revision in REVISIONS:
            with engine.begin() as connection:
                table = migrations.VERSION_TABLE
                connection.execute(text(f"UPDATE {table} SET version_num = '{revision}'"))  # noqa: S608 - ours
            upgrade(url)
        with engine.begin() as connection:
            connection.execute(text(f"DELETE FROM {migrations.VERSION_TABLE}"))  # noqa: S608 - ours
            connection.execute(text("DROP INDEX crmflow_timer_due ON crmflow_timer"))
        upgrade(url)
        assert schema(engine) == whole
        dispose(engine)


def test_a_migration_waits_for_another_longer_than_a_commit_does(tmp_path: Path) -> None:
    """A timeout that is right for a commit is short for what moves every row."""
    path = str(tmp_path / "crm.db")
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    end = threading.Timer(0.3, other.rollback)
    end.start()
    file = SqliteFile(path, SqliteOptions(timeout=0.2))
    file.make_ready()
    end.join()
    assert current(f"sqlite:///{path}") == migrations.HEAD
    with file as connection:
        assert connection.execute("PRAGMA busy_timeout").fetchone() == (200,)
    file.close()
    other.close()


OPEN = "import sys; from crmflow.storage.opening import open_store; open_store(sys.argv[1]).close()"


def test_of_several_at_once_one_migrates(url: str) -> None:
    """Of processes that open an empty database together, one makes it and all can use it."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    started = [
        subprocess.Popen([sys.executable, "-c", OPEN, url], env=environment) for _ in range(3)
    ]
    assert [process.wait() for process in started] == [0, 0, 0]
    assert current(url) == migrations.HEAD


def test_who_migrates_second_waits_as_long_as_it_takes() -> None:
    """A long migration of another process is waited for longer than for anything else."""
    with schema_of(postgresql(), made=True) as url, psycopg.connect(postgresql()) as other:
        name = url.rpartition("=")[2]
        other.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", (LOCK, name))
        with ThreadPoolExecutor(1) as thread:
            second = thread.submit(upgrade, with_options(url, timeout="0.01"))
            waiting = "SELECT count(*) FROM pg_locks WHERE classid = %s AND NOT granted"
            while other.execute(waiting, (LOCK,)).fetchone() == (0,):
                assert not second.done()
            other.execute("SELECT pg_sleep(0.05)")
            assert current(url) is None
            other.commit()
            second.result()
        assert current(url) == migrations.HEAD


def test_a_newer_schema_is_left_alone(url: str) -> None:
    """A schema that this release does not know is neither opened nor changed."""
    upgrade(url)
    engine = engine_of(url)
    with engine.begin() as connection:
        newer = f"UPDATE {migrations.VERSION_TABLE} SET version_num = '9999'"  # noqa: S608 - ours
        connection.execute(text(newer))
    dispose(engine)
    for use in (open_store, upgrade):
        with pytest.raises(SchemaOutOfDateError, match="'9999'"):
            use(url)
    assert current(url) == "9999"


def test_a_postgresql_database_its_own_needs_no_schema() -> None:
    """Where the URL names no schema, the tables are made where the server looks first."""
    with postgresql_database(postgresql()) as url:
        assert current(url) is None
        open_store(url).close()
        engine = engine_of(url)
        assert inspect(engine).has_table("crmflow_entity", schema="public")
        dispose(engine)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_is_printed_is_what_is_made(dialect: str) -> None:
    """The printed statements make every table and index, in the dialect's own types."""
    printed = list(ddl(dialect))
    names = {table.name for table in METADATA.sorted_tables} | {migrations.VERSION_TABLE}
    assert {one.split()[2] for one in printed if one.startswith("CREATE TABLE")} == names
    kinds = {"sqlite": "BLOB", "postgresql": "BYTEA", "mysql": "LONGBLOB"}
    assert any(kinds[dialect] in one for one in printed)
    assert printed[-1].endswith(f"VALUES ('{migrations.HEAD}')")


@pytest.mark.parametrize(
    ("name", "kind", "kept"),
    [
        ("crmflow_entity", "table", False),
        (migrations.VERSION_TABLE, "table", False),
        ("customer", "table", True),
        ("crmflow_mine", "index", True),
        (None, "schema", True),
    ],
)
def test_a_host_keeps_our_tables(name: str | None, kind: str, *, kept: bool) -> None:
    """A host's autogenerate that uses the filter does not see our tables."""
    assert migrations.include_name(name, kind, {}) is kept


def test_every_table_is_led_by_the_tenant() -> None:
    """Keys and indexes start with the tenant, and names with the prefix."""
    for table in METADATA.sorted_tables:
        assert table.name.startswith("crmflow_")
        assert next(iter(table.primary_key)).name == "tenant"
        for index in table.indexes:
            assert next(iter(index.columns)).name == "tenant"


@pytest.mark.parametrize(("dialect", "mark"), [("sqlite", "?"), ("postgresql", "%s")])
def test_statements_take_their_parameters_in_order(dialect: str, mark: str) -> None:
    """Every place holds one parameter, and they come in the same order."""
    order = orders(dialect)
    for name, sql in attrs.asdict(statements(dialect)).items():
        assert sql.count(mark) == len(order[name])
    assert set(order) == {one.name for one in attrs.fields(Statements)}
    assert order["move"][-4:] == ("its_tenant", "its_machine", "its_id", "its_version")
    assert order["outbox_both"][:2] == ("its_tenant", "its_status")
    assert order["find_both"] == ("its_tenant", "its_state", "its_machine", "after_id", "limit")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_puts_rows_in_place_of_others(dialect: str) -> None:
    """What is upserted says so, in the words of the dialect."""
    found = attrs.asdict(statements(dialect))
    words = "ON DUPLICATE KEY UPDATE" if dialect == "mysql" else "ON CONFLICT"
    for name in ("set_timer", "set_task", "take_claim", "add_term", "set_secret", "keep_set"):
        assert words in found[name]
