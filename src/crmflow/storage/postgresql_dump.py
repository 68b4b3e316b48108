"""How a store on PostgreSQL is dumped and restored: by pg_dump and pg_restore, custom format."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count, takewhile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import attrs
import psycopg
from psycopg import errors, sql
from psycopg.conninfo import make_conninfo

from crmflow.core.errors import BackupError
from crmflow.storage.chains import Rows
from crmflow.storage.dump import Dump, see_whole, statements, strange
from crmflow.storage.migrations import VERSION_TABLE
from crmflow.storage.postgresql_server import LOCK, explained, make_schema, parameters
from crmflow.storage.server_backup import no_scratch, scratch_name, see_alone, see_empty
from crmflow.storage.server_tool import output, program
from crmflow.storage.server_url import ServerUrl

if TYPE_CHECKING:
    from crmflow.storage.postgresql_server import Connection

_PACKAGE = "PostgreSQL's client programs (postgresql-client)"
_BARE = ("--no-owner", "--no-privileges", "--no-comments", "--no-security-labels")
_PLAIN = (*_BARE, "--no-tablespaces", "--no-publications", "--no-subscriptions")
"""A store is its tables alone: whose they are and where they lie is the server's."""

_VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "application_name": "PGAPPNAME",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
}

_SCHEMA = """
SELECT coalesce(
    (SELECT relnamespace FROM pg_class WHERE oid = to_regclass(%s))::regnamespace::oid,
    (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
)
"""
_TABLES = f"""
SELECT nspname, array(
    SELECT relname FROM pg_class
    WHERE relnamespace = pg_namespace.oid AND relkind = 'r' AND starts_with(relname, 'crmflow_')
    ORDER BY relname
)::text[]
FROM pg_namespace WHERE oid = ({_SCHEMA})
"""  # noqa: S608 - our own texts
_SCRATCH = "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"

_COMMENT = re.compile(rb"--|\\(?:un)?restrict ")
_PLACE = rb'(?P<schema>\w+|"(?:[^"]|"")+")\.(?P<table>crmflow_\w+)'
_SETTING = re.compile(
    rb"(?:SET \w+ = [^;]*|SELECT pg_catalog\.set_config\('search_path', '', false\));\s*"
)
_OURS = re.compile(
    rb"(?P<made>CREATE TABLE|ALTER TABLE ONLY|CREATE(?: UNIQUE)? INDEX crmflow_\w+ ON) "
    + _PLACE
    + rb"\s[^;]*;\s*"
)
_FILLED = re.compile(rb"COPY " + _PLACE + rb" \([\w, \"]+\) FROM stdin;\s*")
_END = b"\\.\n"


class PostgresqlDumps:
    """
    Dumps of a store in one schema of a database, and into such; see `server_backup.Dumps`.

    Args:
        url: The database.
    """

    def __init__(self, url: ServerUrl) -> None:
        self._url = url
        self.name = str(url)

    def write(self, path: str) -> None:
        """Dump our tables of the schema as of one instant."""
        with self._connected() as connection:
            schema, _ = _placed(connection, self._url)
        quoted = schema.replace('"', '""')
        milliseconds = round(self._url.timeout * 1000)
        words = ("--format=custom", f"--lock-wait-timeout={milliseconds}")
        with (
            self._output(path, "pg_dump", *words, *_PLAIN, f'--table="{quoted}".crmflow_*') as dump,
            Path(path).open("wb") as file,
        ):
            shutil.copyfileobj(dump, file)

    def read(self, path: str) -> Dump:
        """Return what a dump says, and refuse what no dump of a store says."""
        with self._output(path, "pg_restore", *_PLAIN, "--file=-", path) as lines:
            dump = _read(path, lines)
        see_whole(path, dump.rows)
        return dump

    def see_room(self, dump: Dump) -> None:
        """See that the schema has none of our tables, and that the dump is of one of its name."""
        with self._connected() as connection:
            schema, tables = _placed(connection, self._url)
        see_empty(self.name, tables)
        if schema != dump.schema:
            reason = (
                f"the dump is of the schema {dump.schema!r}, and this is {schema!r}; restore it "
                f"into one of that name (?schema={dump.schema})"
            )
            raise BackupError(self.name, reason)

    @contextmanager
    def scratch(self, path: str, dump: Dump) -> Iterator[PostgresqlDumps]:
        """Give a new database with the schema of a dump, and drop it in the end."""
        name = scratch_name(self.name, str(dump.schema))
        named = sql.Identifier(name)
        gone = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(named)
        options = {**self._url.options, "schema": str(dump.schema)}
        with self._connected() as connection:
            lock = "SELECT pg_try_advisory_lock(%s, hashtext(%s))"
            see_alone(path, self.name, alone=_one(connection, lock, LOCK, name)[0])
            try:
                # One that is there was left by a process that was killed.
                connection.execute(gone)
                connection.execute(sql.SQL(_SCRATCH).format(named))
            except errors.InsufficientPrivilege as fault:
                raise no_scratch(path, self.name, fault.diag.message_primary, "CREATEDB") from fault
            try:
                yield PostgresqlDumps(attrs.evolve(self._url, database=name, options=options))
            finally:
                connection.execute(gone)

    def place(self, path: str, dump: Dump) -> None:
        """Restore a dump, whole or not at all: as into a scratch database."""
        self.load(path)

    def load(self, path: str) -> None:
        """Restore a dump in one transaction."""
        with self._connected() as connection:
            make_schema(connection, self._url)
        into = f"--dbname={make_conninfo(dbname=self._url.database)}"
        words = (*_PLAIN, "--single-transaction", "--exit-on-error", into, path)
        with self._output(path, "pg_restore", *words) as told:
            told.read()

    @contextmanager
    def reading(self) -> Iterator[Rows]:
        """Give what reads the database as of one instant, some rows at a time."""
        numbers = count()
        with self._connected(autocommit=False) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ

            def rows(statement: str) -> Iterator[Sequence[Any]]:
                with connection.cursor(name=f"crmflow_{next(numbers)}", binary=True) as cursor:
                    yield from cursor.execute(statement)

            yield rows

    @contextmanager
    def _connected(self, *, autocommit: bool = True) -> Iterator[Connection]:
        try:
            with psycopg.connect(**parameters(self._url), autocommit=autocommit) as connection:
                yield connection
        except psycopg.Error as fault:
            raise explained(self.name, fault) from fault

    @contextmanager
    def _output(self, path: str, name: str, *words: str) -> Iterator[IO[bytes]]:
        found = program(path, (name,), self._url.tools, _PACKAGE)
        with output(path, (found, *words), _environ(self._url)) as lines:
            yield lines


def _environ(url: ServerUrl) -> Mapping[str, str]:
    """Return what tells a program how to connect: anybody may see arguments, not these."""
    given = parameters(url)
    own = {name: str(given[key]) for key, name in _VARIABLES.items() if key in given}
    # Of plans and searched schemas, which are for a store, a program has its own mind.
    return {**own, "PGOPTIONS": ""}


def _one(connection: Connection, statement: str, *values: object) -> Sequence[Any]:
    (row,) = connection.execute(statement, values)
    return row


def _placed(connection: Connection, url: ServerUrl) -> tuple[str, Sequence[str]]:
    """Return the schema where a store is or would be, and its tables that are there."""
    found = connection.execute(_TABLES, (VERSION_TABLE,)).fetchone()
    return found if found is not None else (url.options.get("schema", "public"), ())


def _read(file: str, lines: IO[bytes]) -> Dump:
    rows: dict[str, int] = {}
    schema = None
    for statement in statements(lines, _COMMENT):
        found = _OURS.fullmatch(statement) or _FILLED.fullmatch(statement)
        if found is None:
            if _SETTING.fullmatch(statement) is None:
                raise strange(file, statement)
            continue
        schema, table = schema or found["schema"], found["table"].decode()
        if found["schema"] != schema:
            raise strange(file, statement)
        rows.setdefault(table, 0)
        if found.re is _FILLED:
            rows[table] += sum(1 for _ in takewhile(lambda line: line != _END, lines))
    return Dump(rows, None if schema is None else _unquoted(schema.decode()))


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
