import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from crmflow.core.errors import (
    ConfigurationError,
    SchemaOutOfDateError,
    StoreFileError,
    UnavailableError,
)
from crmflow.core.ref import EntityRef
from crmflow.storage.commit import Committed
from crmflow.storage.memory import MemoryStore
from crmflow.storage.migrations import HEAD
from crmflow.storage.opening import current, open_store, upgrade
from crmflow.storage.sqlite import SqliteStore
from crmflow.testing.store_rows import commit_to

REF = EntityRef("main", "deal", "D-1")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a new file may be made."""
    return tmp_path / "crm.db"


def run(path: Path, sql: str) -> None:
    """Run a script of SQL on a file."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(sql)


def test_urls_name_stores(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each kind of URL opens its kind of store."""
    monkeypatch.chdir(path.parent)
    for url, kind in {
        "memory:": MemoryStore,
        "sqlite://": SqliteStore,
        "sqlite:///:memory:": SqliteStore,
        f"sqlite:///{path}?synchronous=normal&timeout=0.5": SqliteStore,
        "sqlite:///relative.db": SqliteStore,
    }.items():
        store = open_store(url)
        assert type(store) is kind
        store.close()
    assert sorted(file.name for file in path.parent.iterdir()) == ["crm.db", "relative.db"]


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("sqllite:///crm.db", "Did you mean 'sqlite'"),
        ("postgres://user:secret@host/crm", "scheme 'postgres'. Did you mean 'postgresql'"),
        ("oracle://user:secret@host/crm", "unknown scheme 'oracle'. Known: 'mariadb', 'memory'"),
        ("postgresql+psycopg2://u:secret@host/crm", "the driver is psycopg, not 'psycopg2'"),
        ("postgresql://user:secret@host", "names no database of a server: write '<scheme>://"),
        ("postgresql://\ud800:secret@host/crm", "names no database of a server"),
        ("postgresql://user:secret@host/a/b", "names no database of a server"),
        ("postgresql://user:secret@host:port/crm", "names no database of a server"),
        ("postgresql://u:secret@host/crm?pol=1", "unknown option 'pol'. Did you mean 'pool'?"),
        ("postgresql:?//u:secret@host/crm", "unknown option (no word). Known: 'host', 'pool',"),
        ("postgresql://u:secret@host/crm?pool=0", "pool is a number of connections from 1 to"),
        ("postgresql://u:secret@host/crm?pool=1.5", "pool is a number of connections from 1 to"),
        ("postgresql://u:secret@host/crm?timeout=0", "timeout is a number of seconds above 0"),
        ("postgresql://u:secret@host/crm?timeout=x", "timeout is a number of seconds above 0"),
        ("crm.db", "For a file write 'sqlite:///<path>'"),
        ("memory:crm", "nothing may follow 'memory:'"),
        ("sqlite:crm.db", "names no file: write 'sqlite:///crm.db'"),
        ("sqlite:///", "names no file"),
        ("sqlite:///a?synchronus=FULL", "unknown option 'synchronus'. Did you mean 'synchronous'?"),
        ("sqlite:///a?synchronous=OFF", "synchronous is FULL or NORMAL, not 'OFF'"),
        ("sqlite:///a?timeout=soon", "timeout is a number of seconds from 0 to 3600, not 'soon'"),
        ("sqlite:///a?timeout=-1", "not '-1'"),
    ],
)
def test_a_wrong_url_is_told(url: str, fault: str) -> None:
    """A URL that names no store says what is wrong, and no secret of it."""
    with pytest.raises(ConfigurationError) as told:
        open_store(url)
    assert fault in str(told.value)
    assert "secret" not in str(told.value)


def test_all_faults_of_a_url_at_once() -> None:
    """Nobody mends a URL fault by fault."""
    with pytest.raises(ConfigurationError) as told:
        open_store("sqlite:?timeout=x&synchronous=y&z=1")
    assert len(told.value.faults) == 4


def test_a_foreign_file_is_left_alone(path: Path) -> None:
    """A file with somebody else's tables is refused and not changed."""
    run(path, "CREATE TABLE customer (name)")
    before = path.read_bytes()
    for use in (open_store, upgrade, current):
        with pytest.raises(StoreFileError, match="tables of something else \\('customer'\\)"):
            use(f"sqlite:///{path}")
    assert path.read_bytes() == before


def test_a_file_of_another_kind_is_refused(path: Path) -> None:
    """A file that is no SQLite file is refused and not changed."""
    path.write_text("not a database at all, " * 50)
    with pytest.raises(StoreFileError, match="it is not an SQLite file"):
        open_store(f"sqlite:///{path}")
    assert path.read_text().startswith("not a database")


def test_a_damaged_file_is_told(path: Path) -> None:
    """Damage inside a file is told when it is met."""
    store = open_store(f"sqlite:///{path}")
    store.commit([commit_to(REF)])
    store.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + bytes(len(whole) - 4096))
    with pytest.raises(StoreFileError, match="the file is damaged; restore a backup"):
        open_store(f"sqlite:///{path}").load([REF])


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    """A folder, and a place in a folder that is not there, are told as such."""
    with pytest.raises(StoreFileError, match="it is a folder; name a file in it"):
        open_store(f"sqlite:///{tmp_path}")
    with pytest.raises(StoreFileError, match="there is no folder"):
        open_store(f"sqlite:///{tmp_path}/missing/crm.db")


def test_a_name_that_cannot_be_is_told(tmp_path: Path) -> None:
    """What the system will not open is a fault of the file."""
    with pytest.raises(StoreFileError, match="cannot be opened; look at the rights"):
        open_store(f"sqlite:///{tmp_path}/{'n' * 300}")
    with pytest.raises(StoreFileError, match="cannot be opened; look at the rights"):
        open_store(f"sqlite:///{tmp_path}/a\0b")
    assert current(f"sqlite:///{tmp_path}/{'n' * 300}") is None


@contextmanager
def nobody() -> Iterator[None]:
    """Drop a superuser's right to write everything."""
    mine = os.geteuid()
    os.seteuid(mine or 65534)
    try:
        yield
    finally:
        os.seteuid(mine)


def test_a_read_only_file_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file one may not write is told when it is opened."""
    open_store(f"sqlite:///{path}").close()
    path.chmod(0o444)
    path.parent.chmod(0o755)
    monkeypatch.chdir(path.parent)
    with nobody(), pytest.raises(StoreFileError, match="it may be read but not written"):
        open_store("sqlite:///crm.db")


def test_a_place_that_cannot_be_opened_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is neither a file nor a folder is told as such."""
    monkeypatch.chdir(path.parent)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("crm.db")
        with pytest.raises(StoreFileError, match="it cannot be opened"):
            open_store("sqlite:///crm.db")


def test_an_older_schema_is_upgraded_when_asked(path: Path) -> None:
    """Opening refuses a schema that is behind; `upgrade` brings it up, twice is no error."""
    run(path, "CREATE TABLE crmflow_alembic_version (version_num VARCHAR(32) NOT NULL)")
    url = f"sqlite:///{path}"
    assert current(url) == "none"
    with pytest.raises(SchemaOutOfDateError, match="crmflow db upgrade"):
        open_store(url)
    upgrade(url)
    upgrade(url)
    assert current(url) == HEAD
    store = open_store(url)
    assert store.commit([commit_to(REF)]) == [Committed(1)]
    store.close()


def test_a_newer_schema_is_left_alone(path: Path) -> None:
    """A schema that this release does not know is neither opened nor changed."""
    url = f"sqlite:///{path}"
    open_store(url).close()
    run(path, "UPDATE crmflow_alembic_version SET version_num = '9999'")
    for use in (open_store, upgrade):
        with pytest.raises(SchemaOutOfDateError, match="'9999'"):
            use(url)
    assert current(url) == "9999"


def test_half_a_schema_is_not_left_behind(path: Path) -> None:
    """An upgrade that fails changes nothing."""
    run(
        path,
        "CREATE TABLE crmflow_alembic_version (version_num VARCHAR(32) NOT NULL);"
        "CREATE TABLE crmflow_message (id)",
    )
    with pytest.raises(StoreFileError, match="crmflow_message already exists"):
        upgrade(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    assert count == 2


def test_what_is_not_there_has_no_schema(path: Path) -> None:
    """Asking for the schema makes no file; memory has none to upgrade."""
    assert current(f"sqlite:///{path}") is None
    assert not path.exists()
    upgrade("memory:")
    assert current("memory:") is None


def test_a_file_held_while_it_is_opened(path: Path) -> None:
    """A new file whose lock another holds is unavailable, and made once it is free."""
    for begin in ("BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"):
        with closing(sqlite3.connect(path, isolation_level=None)) as holder:
            holder.execute(begin)
            with pytest.raises(UnavailableError, match="another process holds it"):
                open_store(f"sqlite:///{path}?timeout=0.05")
    open_store(f"sqlite:///{path}").close()
    run(path, "PRAGMA journal_mode = DELETE")
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM crmflow_entity").fetchall()
        with pytest.raises(UnavailableError, match="another process holds it"):
            open_store(f"sqlite:///{path}?timeout=0.05")


OPEN = "from crmflow.storage.opening import open_store; open_store('sqlite:///crm.db').close()"


def test_processes_that_make_one_file_at_once(path: Path) -> None:
    """Of processes that open a new file together, one makes it and all can use it."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    started = [
        subprocess.Popen([sys.executable, "-c", OPEN], cwd=path.parent, env=environment)
        for _ in range(2)
    ]
    assert [process.wait() for process in started] == [0, 0]
    assert current(f"sqlite:///{path}") == HEAD


def test_threads_that_make_one_file_at_once(path: Path) -> None:
    """Of threads that open a new file together, one makes it and all can use it."""
    with ThreadPoolExecutor(4) as threads:
        stores = list(threads.map(open_store, [f"sqlite:///{path}"] * 4))
    outcomes = [store.commit([commit_to(REF)])[0] for store in stores]
    assert outcomes.count(Committed(1)) == 1
    for store in stores:
        store.close()


SEEN = """
import sys
from crmflow.storage.opening import open_store
open_store("memory:")
before = [name for name in ("sqlalchemy", "alembic", "sqlite3") if name in sys.modules]
open_store("sqlite:///crm.db").close()
print(before, "alembic" in sys.modules)
"""


def test_only_what_is_needed_is_imported(path: Path) -> None:
    """Memory needs no database package, an up-to-date file no Alembic."""
    open_store(f"sqlite:///{path}").close()
    done = subprocess.run(
        [sys.executable, "-c", SEEN],
        cwd=path.parent,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.stdout.strip() == "[] False"
