"""
How a store on MySQL or MariaDB is dumped and restored.

The server's own program dumps. What it wrote is restored by our driver, a statement at a time,
once every statement is known for one of ours: the program's own client would run anything.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs
from pymysql.constants import ER
from pymysql.cursors import SSCursor

from crmflow.core.errors import BackupError
from crmflow.storage.chains import Rows
from crmflow.storage.dump import Dump, see_whole, statements, strange
from crmflow.storage.migrations import VERSION_TABLE
from crmflow.storage.mysql_connecting import Connection, MySQLError, connect, explained
from crmflow.storage.server_backup import no_scratch, scratch_name, see_alone, see_empty
from crmflow.storage.server_tool import output, program
from crmflow.storage.server_url import ServerUrl

_PACKAGE = "the client programs of your server (mariadb-client, mysql-client)"
_PROGRAMS = ("mariadb-dump", "mysqldump")
_WORDS = (
    # One instant, which nobody waits for.
    "--single-transaction",
    "--quick",
    # Tables alone, every byte in digits.
    "--hex-blob",
    "--default-character-set=utf8mb4",
    "--skip-triggers",
    "--no-tablespaces",
    "--loose-set-gtid-purged=OFF",
    "--loose-column-statistics=0",
    # A restore makes tables where there are none, and takes none away.
    "--skip-add-drop-table",
    "--skip-add-locks",
    "--skip-disable-keys",
)

_TABLES = """
SELECT table_name FROM information_schema.tables
WHERE table_schema = DATABASE() AND left(table_name, 8) = 'crmflow_' ORDER BY table_name
"""

_COMMENT = re.compile(rb"--|/\*[!M][^;]*\*/;?\s*$")
_VALUE = rb"(?:(?:_binary )?(?:0x[0-9A-F]+|'(?:[^'\\]|\\.|'')*+')|-?\d+|NULL)"
_ROW = rb"\(" + _VALUE + rb"(?:," + _VALUE + rb")*+\)"
_EACH = re.compile(_ROW)
_CREATE = re.compile(rb"CREATE TABLE `(crmflow_\w+)` \([^;]+;\s*")
_INSERT = re.compile(
    rb"INSERT INTO `(crmflow_\w+)` VALUES\s(" + _ROW + rb"(?:,\n?" + _ROW + rb")*+);\s*"
)
_WHOLE = b"\n-- Dump completed"
_END = 200
"""Bytes at the end of a dump among which it says that it is whole."""

_DENIED = {ER.DBACCESS_DENIED_ERROR, ER.SPECIFIC_ACCESS_DENIED_ERROR}


class MysqlDumps:
    """
    Dumps of a store in a database, and into such; see `server_backup.Dumps`.

    Args:
        url: The database.
    """

    def __init__(self, url: ServerUrl) -> None:
        self._url = url
        self.name = str(url)

    def write(self, path: str) -> None:
        """Dump our tables as of one instant."""
        with self._connected() as connection:
            tables = _column(connection, _TABLES)
            ((version,),) = _rows(connection, "SELECT version()")
        names = _PROGRAMS if "MariaDB" in version else _PROGRAMS[::-1]
        found = program(path, names, self._url.tools, _PACKAGE)
        # Last, so that who restores it by hand has no store before all is there.
        tables.sort(key=lambda name: name == VERSION_TABLE)
        with _options(self._url) as options:
            words = (found, f"--defaults-file={options}", *_WORDS, self._url.database, *tables)
            with output(path, words) as dump, Path(path).open("wb") as file:
                shutil.copyfileobj(dump, file)

    def read(self, path: str) -> Dump:
        """Return what a dump says, and refuse what no dump of a store says."""
        rows: dict[str, int] = {}
        for statement in _statements(path):
            made = _CREATE.fullmatch(statement)
            if made is not None:
                rows[made[1].decode()] = 0
                continue
            filled = _INSERT.fullmatch(statement)
            if filled is None or filled[1].decode() not in rows:
                raise strange(path, statement)
            rows[filled[1].decode()] += sum(1 for _ in _EACH.finditer(filled[2]))
        see_whole(path, rows)
        with Path(path).open("rb") as file:
            file.seek(-min(_END, Path(path).stat().st_size), os.SEEK_END)
            if _WHOLE not in file.read():
                raise BackupError(path, "it is no whole dump: its end is missing")
        return Dump(rows)

    def see_room(self, dump: Dump) -> None:
        """See that the database has none of our tables."""
        with self._connected() as connection:
            see_empty(self.name, _column(connection, _TABLES))

    @contextmanager
    def scratch(self, path: str, dump: Dump) -> Iterator[MysqlDumps]:
        """Give a new database, and drop it in the end."""
        name = scratch_name(self.name)
        gone = f"DROP DATABASE IF EXISTS {name}"
        with self._connected() as connection:
            ((alone,),) = _rows(connection, "SELECT GET_LOCK(%s, 0)", name)
            see_alone(path, self.name, alone=alone == 1)
            try:
                # One that is there was left by a process that was killed.
                _rows(connection, gone)
                _rows(connection, f"CREATE DATABASE {name}")
            except MySQLError as fault:
                grant = r"all on `crmflow\_check\_%`.*"
                denied = no_scratch(path, self.name, fault.args[-1], grant)
                why = denied if fault.args[0] in _DENIED else explained(self.name, fault)
                raise why from fault
            try:
                yield MysqlDumps(attrs.evolve(self._url, database=name))
            finally:
                _rows(connection, gone)

    def load(self, path: str) -> None:
        """Run the statements of a dump."""
        with self._connected() as connection:
            for statement in _statements(path):
                connection.query(statement)

    def place(self, path: str, dump: Dump) -> None:
        """Restore a dump beside the database, then give all its tables to it at once."""
        with self.scratch(path, dump) as scratch, self._connected() as connection:
            scratch.load(path)
            moved = ", ".join(f"{scratch.database}.{one} TO {one}" for one in dump.rows)
            _rows(connection, f"RENAME TABLE {moved}")

    @property
    def database(self) -> str:
        """Name of the database."""
        return self._url.database

    @contextmanager
    def reading(self) -> Iterator[Rows]:
        """Give what reads the database; nobody else may write to it meanwhile."""

        def rows(statement: str) -> Iterator[Sequence[Any]]:
            # Of its own, since a connection gives the rows of one query at a time.
            with self._connected() as connection, connection.cursor(SSCursor) as cursor:
                cursor.execute(statement)
                yield from cursor

        yield rows

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        try:
            with closing(connect(self._url, patient=True)) as connection:
                yield connection
        except (MySQLError, OSError) as fault:
            raise explained(self.name, fault) from fault


def _rows(connection: Connection, statement: str, *values: str) -> Sequence[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return cursor.fetchall()


def _column(connection: Connection, statement: str) -> list[str]:
    return [name for (name,) in _rows(connection, statement)]


def _statements(path: str) -> Iterator[bytes]:
    with Path(path).open("rb") as lines:
        yield from statements(iter(lines), _COMMENT)


@contextmanager
def _options(url: ServerUrl) -> Iterator[str]:
    """Give the path of a file that only its owner may read, and that tells how to connect."""
    with TemporaryDirectory(prefix="crmflow-") as folder:
        file = Path(folder) / "client.cnf"
        file.touch(0o600)
        file.write_text("[client]\n" + "".join(f"{line}\n" for line in _lines(url)), "utf-8")
        yield str(file)


def _lines(url: ServerUrl) -> Iterator[str]:
    socket = url.host.startswith("/")
    given = {
        "protocol": "socket" if socket else "tcp",
        "socket" if socket else "host": url.host or None,
        "port": url.port,
        "user": url.user,
        "password": url.password,
        **{name.replace("_", "-"): value for name, value in url.options.items()},
    }
    for name, value in given.items():
        if value is not None:
            yield f"{name}={_quoted(str(value))}"
    # As the store connects: the server must prove itself where a certifier is named, else not.
    yield "loose-ssl-verify-server-cert" if url.options else "loose-skip-ssl-verify-server-cert"
    if url.options:
        yield "loose-ssl-mode=VERIFY_IDENTITY"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
