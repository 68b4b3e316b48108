"""From a URL to a store; what a URL does not name is not imported."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import attrs

from crmflow.core.errors import BackupError, ConfigurationError, did_you_mean
from crmflow.storage.port import Store

if TYPE_CHECKING:
    from crmflow.storage.chains import Checked
    from crmflow.storage.database import Migrated
    from crmflow.storage.server_backup import Dumps
    from crmflow.storage.sqlite_file import SqliteOptions

SCHEMES = ("mariadb", "memory", "mysql", "postgresql", "sqlite")
"""Kinds of stores."""

_SAME = {"mariadb": "mysql"}
"""Kinds that are spoken to as another one."""

_OPTIONS = ("synchronous", "timeout")
_SYNCHRONOUS = ("FULL", "NORMAL")
_MEMORY = ":memory:"


def open_store(url: str) -> Store:
    """
    Open a store, and make its tables where there are none.

    Args:
        url: One of these.

            - `memory:`: gone with the process.
            - `sqlite:///crm.db` (relative), `sqlite:////srv/crm.db` (absolute) or `sqlite://`
              (in memory). A file takes the options `?synchronous=FULL` (or `NORMAL`: a power cut
              may lose the last commits, never half of one) and `?timeout=5` (seconds to wait for
              another process).
            - `postgresql://user:password@host:port/database`, with the options `pool` (10: most
              connections of this process), `timeout` (10: seconds to wait for a connection or a
              lock), `schema` (made where it is missing), `host` (the folder of a socket),
              `sslmode` and `sslrootcert` (as libpq has them).
            - `mysql://user:password@host:port/database`, or `mariadb://`, with the options `pool`
              and `timeout` as above, `host` (the file of a socket), `ssl_ca` (who certifies the
              server, which must then prove itself), `ssl_cert` and `ssl_key` (whom it is shown).

    Raises:
        ConfigurationError: The URL names no store; all faults at once.
        ImportError: A package for such a store is not installed; names the extra.
        StoreFileError: The file or database cannot be used.
        SchemaOutOfDateError: The schema is of another release: see `upgrade`.
        UnavailableError: Another process holds the file, or the server does not answer.
    """
    scheme = _scheme(url)
    if scheme == "sqlite":
        from crmflow.storage.sqlite import SqliteStore

        return SqliteStore(*_sqlite(url))
    if scheme == "postgresql":
        from crmflow.storage.postgresql import PostgresqlStore

        return PostgresqlStore(url)
    if scheme == "mysql":
        from crmflow.storage.mysql import MysqlStore

        return MysqlStore(url)
    from crmflow.storage.memory import MemoryStore

    return MemoryStore()


def open_to_read(url: str) -> Store:
    """
    Open a store that is only to be read: nothing is made in it, an SQLite file cannot be written.

    Args:
        url: As for `open_store`; a store in memory is an empty one.

    Raises:
        ConfigurationError: The URL names no store.
        StoreFileError: There is no store yet, or it cannot be used.
        SchemaOutOfDateError: The schema is of another release.
        UnavailableError: The server does not answer.
    """
    if _scheme(url) == "sqlite":
        from crmflow.storage.sqlite import SqliteStore

        path, options = _sqlite(url)
        return SqliteStore(path, attrs.evolve(options, reading=path != _MEMORY))
    database = _database(url)
    if database is not None:
        from crmflow.storage.migrations import require_ready

        with closing(database):
            require_ready(database)
    return open_store(url)


def upgrade(url: str) -> None:
    """
    Bring a store's schema to this release's; of several at once one does, the others wait.

    Args:
        url: As for `open_store`; a store in memory has nothing to upgrade.

    Raises:
        ConfigurationError: The URL names no store.
        StoreFileError: The file or database cannot be used.
        SchemaOutOfDateError: The schema is of a newer release.
        UnavailableError: Another process holds the file, or the server does not answer.
    """
    database = _database(url)
    if database is not None:
        with closing(database):
            database.upgrade()


def current(url: str) -> str | None:
    """
    Return the revision of a store's schema, None where there is no store yet.

    Args:
        url: As for `open_store`; a store in memory has none.

    Raises:
        ConfigurationError: The URL names no store.
        StoreFileError: The file or database cannot be used.
        UnavailableError: Another process holds the file, or the server does not answer.
    """
    if _scheme(url) == "sqlite" and not os.path.exists(_sqlite(url)[0]):  # noqa: PTH110 - false also of a name too long
        return None
    database = _database(url)
    if database is None:
        return None
    with closing(database):
        return database.schema()


def dialect_of(url: str) -> str:
    """
    Return which SQL a store speaks: a name of `sql_parts.DIALECTS`.

    Args:
        url: As for `open_store`; a store in memory would speak SQLite's.

    Raises:
        ConfigurationError: The URL names no store.
    """
    scheme = _scheme(url)
    return "sqlite" if scheme == "memory" else scheme


def restore(
    url: str, file: str, *, force: bool = False, checked: bool = True, on: str | None = None
) -> Checked:
    """
    Make a store of a backup, once the backup is found whole.

    Args:
        url: As for `open_store`; a file that no process has open, or a database without a store.
        file: Path of the backup.
        force: Whether a file that is there is put aside; a server's store never is.
        checked: Whether a server's backup is checked in a scratch database first. Once it is
            restored it is in any case.
        on: URL of another server or role to check it with, None for the store's own.

    Raises:
        ConfigurationError: A URL names no store.
        BackupError: The backup is not whole, the store is there, or is one in memory.
        SchemaOutOfDateError: The backup is of a newer release.
        UnavailableError: The server does not answer.
    """
    scheme = _scheme(url)
    if scheme in {"mysql", "postgresql"}:
        from crmflow.storage.server_backup import restore as restored_there

        if force:
            raise BackupError(file, "a server's store is not put aside: leave --force out")
        place = _dumps(scheme, on) if checked and on is not None else None
        return restored_there(_dumps(scheme, url), file, checked=checked, on=place)
    from crmflow.storage.sqlite_backup import restore as restored

    if on is not None or not checked:
        reason = "a file is checked by itself: leave --check-on and --no-check out"
        raise BackupError(file, reason)
    path = _sqlite(url)[0] if scheme == "sqlite" else _MEMORY
    if path == _MEMORY:
        reason = "a store in memory is gone with the process; name a file (sqlite:///...)"
        raise BackupError(file, reason)
    return restored(Path(file), Path(path), force=force)


def _dumps(scheme: str, url: str) -> Dumps:
    """Return how a database on a server is dumped and filled."""
    if scheme == "postgresql":
        from crmflow.storage import postgresql_server  # first: it says what is not installed
        from crmflow.storage.postgresql_dump import PostgresqlDumps

        return PostgresqlDumps(postgresql_server.read_url(url))
    from crmflow.storage.mysql_connecting import read_url
    from crmflow.storage.mysql_dump import MysqlDumps

    return MysqlDumps(read_url(url))


def _scheme(url: str) -> str:
    """Return the kind of store that a URL names."""
    scheme, colon, rest = url.partition(":")
    kind = scheme.partition("+")[0]
    if not colon or kind not in SCHEMES:
        # A URL may hold a password, so no more of it is repeated than the scheme.
        known = did_you_mean(scheme, SCHEMES) if colon else "For a file write 'sqlite:///<path>'."
        raise ConfigurationError("the store's URL", (f"unknown scheme {scheme!r}. {known}",))
    if kind == "memory" and rest:
        fault = f"nothing may follow 'memory:', and {rest!r} does"
        raise ConfigurationError("the store's URL", (fault,))
    return _SAME.get(kind, kind)


def _database(url: str) -> Migrated | None:
    """Return where a store's tables are, None for a store in memory."""
    scheme = _scheme(url)
    if scheme == "memory":
        return None
    if scheme == "postgresql":
        from crmflow.storage.postgresql_server import PostgresqlServer

        return PostgresqlServer(url)
    if scheme == "mysql":
        from crmflow.storage.mysql_server import MysqlServer

        return MysqlServer(url)
    from crmflow.storage.sqlite_file import SqliteFile

    return SqliteFile(*_sqlite(url))


def _sqlite(url: str) -> tuple[str, SqliteOptions]:
    """Return path and options of an SQLite store."""
    location, _, query = url.partition(":")[2].partition("?")
    path, faults = _path(location)
    options, more = _options(query)
    if faults or more:
        raise ConfigurationError("the store's URL", (*faults, *more))
    return path, options


def _path(location: str) -> tuple[str, list[str]]:
    if location in {"//", f"///{_MEMORY}"}:
        return _MEMORY, []
    if location.startswith("///") and len(location) > len("///"):
        return location.removeprefix("///"), []
    fault = (
        f"'sqlite:{location}' names no file: write 'sqlite:///crm.db' (relative), "
        "'sqlite:////srv/crm.db' (absolute) or 'sqlite://' (in memory)"
    )
    return "", [fault]


def _options(query: str) -> tuple[SqliteOptions, list[str]]:
    from crmflow.storage.sqlite_file import SqliteOptions

    given = dict(parse_qsl(query, keep_blank_values=True))
    faults = [
        f"unknown option {name!r}. {did_you_mean(name, _OPTIONS)}"
        for name in given
        if name not in _OPTIONS
    ]
    synchronous = given.get("synchronous", "FULL").upper()
    if synchronous not in _SYNCHRONOUS:
        faults.append(f"synchronous is FULL or NORMAL, not {given['synchronous']!r}")
    timeout = _seconds(given.get("timeout", "5"))
    if timeout is None:
        faults.append(f"timeout is a number of seconds from 0 to 3600, not {given['timeout']!r}")
    return SqliteOptions(synchronous, timeout or 0.0), faults


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if 0 <= seconds <= 3600 else None  # noqa: PLR2004 - an hour
