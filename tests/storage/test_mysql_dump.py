"""Dumps of MySQL and MariaDB: our tables' rows in digits, and no other statement."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pymysql.converters import escape_string

from crmflow.core.errors import BackupError
from crmflow.storage.backup import back_up_unchecked
from crmflow.storage.mysql_connecting import read_url
from crmflow.storage.mysql_dump import MysqlDumps, _options
from crmflow.storage.opening import open_store, restore
from tests.storage.backups import content, run
from tests.storage.servers import empty_database
from tests.storage.test_backup import REFS, step

TABLES = ("crmflow_entity", "crmflow_journal", "crmflow_alembic_version")
MADE = "".join(f"CREATE TABLE `{name}` (\n  `x` int\n) ENGINE=InnoDB;\n" for name in TABLES)
END = "\n-- Dump completed on 2026-03-02\n"
VALUES = st.one_of(
    st.none(), st.integers(), st.binary(max_size=9), st.text(st.characters(codec="utf-8"))
)


def said(folder: Path, text: str, end: str = END) -> dict[str, int]:
    """Return how many rows a dump says to have of each table."""
    file = folder / "dump.sql"
    file.write_text(text + end, "utf-8", newline="")
    return dict(MysqlDumps(read_url("mysql://127.0.0.1:1/crm")).read(str(file)).rows)


def written(value: object) -> str:
    """Return a value as the program writes it."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"0x{value.hex().upper()}" if value else "''"
    return str(value) if isinstance(value, int) else f"'{escape_string(str(value))}'"


@given(rows=st.lists(st.lists(VALUES, min_size=1, max_size=4), min_size=1, max_size=5))
@example(rows=[["');DROP TABLE x;--", "\\'", "(1),\n(2)"], [b"", None]])
def test_rows_are_counted_whatever_is_in_them(
    tmp_path_factory: pytest.TempPathFactory, rows: Sequence[Sequence[object]]
) -> None:
    """A text may look like rows, statements or comments."""
    several = [f"({','.join(map(written, row))})" for row in rows]
    for between in (",", ",\n"):
        insert = f"INSERT INTO `crmflow_journal` VALUES\n{between.join(several)};\n"
        found = said(tmp_path_factory.getbasetemp(), MADE + insert + insert)
        assert found == {**dict.fromkeys(TABLES, 0), "crmflow_journal": 2 * len(rows)}


@pytest.mark.parametrize(
    "statement",
    [
        "DROP DATABASE crm;\n",
        "INSERT INTO `crmflow_entity` VALUES (1); DROP DATABASE crm;\n",
        "INSERT INTO `crmflow_entity` VALUES (sleep(9));\n",
        "INSERT INTO `crmflow_claim` VALUES (1);\n",
        "CREATE TABLE `crmflow_x` (\n x int); DROP DATABASE crm;\n",
        "CREATE TABLE `hosts` (\n x int);\n",
        "\\! touch x\n",
        "/*! DROP DATABASE crm */; DROP DATABASE crm;\n",
        "INSERT INTO `crmflow_entity` VALUES (1",
    ],
)
def test_what_no_store_says_is_refused(tmp_path: Path, statement: str) -> None:
    """A dump is a program: of another one nothing is run."""
    with pytest.raises(BackupError, match="it is no dump of a store: it says"):
        said(tmp_path, MADE + statement)


def test_a_dump_without_its_end_is_refused(tmp_path: Path) -> None:
    """Cut off where a statement ended, or before there was any."""
    with pytest.raises(BackupError, match="its end is missing"):
        said(tmp_path, MADE, "")
    with pytest.raises(BackupError, match="it has no crmflow_alembic_version, crmflow_entity"):
        said(tmp_path, "", "")


def test_what_it_says_besides_is_never_run(tmp_path: Path) -> None:
    """Settings of a session are for the program's own client."""
    setting = "/*!40101 SET NAMES utf8mb4 */;\n/*M!999999\\- enable the sandbox mode */ \n--\n\n"
    assert said(tmp_path, setting + MADE) == dict.fromkeys(TABLES, 0)


def test_a_dump_is_restored_as_it_was_and_not_if_it_was_changed(tmp_path: Path) -> None:
    """One digit of a record is enough; what the server refuses of it is told too."""
    file, name = tmp_path / "backup.db", f"crmflow_user_{os.getpid()}"
    with (
        empty_database("mysql") as url,
        empty_database("mysql") as other,
        closing(open_store(url)) as store,
    ):
        store.commit([step(REFS[0], 1)])
        back_up_unchecked(store, file)
        whole = file.read_bytes()
        body = f"{REFS[0]} 1".encode().hex().upper().encode()
        file.write_bytes(whole.replace(body, body[:-1] + b"2"))
        with pytest.raises(BackupError, match="it was changed: the journal of deal D-1"):
            store.verify(str(file))
        file.write_bytes(whole.replace(b"`head` longblob", b"`head` longblab"))
        with pytest.raises(BackupError, match=r"it is no whole store: .*longblab"):
            store.verify(str(file))
        file.write_bytes(whole)
        with user_of(url, name) as may_not, pytest.raises(BackupError, match="grant all on"):
            store.verify(str(file), on=may_not)
        assert restore(other, str(file), checked=False).records == 1
        assert content(other) == content(url)


@contextmanager
def user_of(url: str, name: str) -> Iterator[str]:
    """Give the URL of a database as a user who has rights to it alone."""
    parts = urlsplit(url)
    run(url, f"CREATE USER {name}", f"GRANT ALL ON {parts.path[1:]}.* TO {name}")
    yield parts._replace(netloc=f"{name}@{parts.netloc.rpartition('@')[2]}").geturl()
    run(url, f"DROP USER {name}")


@pytest.mark.parametrize(
    ("url", "lines"),
    [
        (
            "mysql://ann:a%22%5C%23%20b@host:33/crm",
            {'host="host"', 'port="33"', 'user="ann"', 'password="a\\"\\\\# b"', 'protocol="tcp"'},
        ),
        ("mysql:///crm?host=/run/my.sock", {'socket="/run/my.sock"', 'protocol="socket"'}),
        ("mysql:///crm", {'protocol="tcp"'}),
        (
            "mariadb://host/crm?ssl_ca=ca.pem&ssl_cert=c.pem&ssl_key=k.pem&tools=/opt/bin",
            {'host="host"', 'protocol="tcp"', 'ssl-ca="ca.pem"', 'ssl-cert="c.pem"'}
            | {'ssl-key="k.pem"', "loose-ssl-mode=VERIFY_IDENTITY", "loose-ssl-verify-server-cert"},
        ),
    ],
)
def test_a_program_connects_as_the_store_does(url: str, lines: set[str]) -> None:
    """By a file that its owner alone may read and that is gone afterwards."""
    if "ssl_ca" not in url:
        lines = {*lines, "loose-skip-ssl-verify-server-cert"}
    with _options(read_url(url)) as path:
        file = Path(path)
        assert file.stat().st_mode & 0o777 == 0o600
        assert file.parent.stat().st_mode & 0o777 == 0o700
        assert set(file.read_text("utf-8").splitlines()) == {"[client]", *lines}
    assert not os.path.lexists(path)
