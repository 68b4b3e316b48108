"""How a connection to MySQL or MariaDB is made and set, and what its errors mean for a store."""

from __future__ import annotations

import math
import re
from typing import Any

from crmflow.core.errors import (
    ConfigurationError,
    StoreFileError,
    UnavailableError,
    UnstorableError,
)
from crmflow.storage.database import Busy, Clash
from crmflow.storage.server_url import ServerUrl, server_url

try:
    import pymysql as driver
    from pymysql.constants import CLIENT, ER, FIELD_TYPE
    from pymysql.converters import conversions
except ImportError as missing:
    raise ImportError(
        "a store on MySQL or MariaDB needs PyMySQL: pip install 'crmflow[mysql]'"
    ) from missing

Connection = driver.Connection
MySQLError = driver.MySQLError

OPTIONS = ("ssl_ca", "ssl_cert", "ssl_key")
"""What the URL may say besides."""

_OLDEST = {"MariaDB": (10, 6), "MySQL": (8, 0)}
"""The first that can skip rows which others have locked."""

_PATIENCE = 60
"""Seconds beyond the wait for a lock after which a server that says nothing is taken for gone."""

_SETTINGS = (
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
    "SET SESSION default_storage_engine = 'InnoDB'",
)

_OVERTAKEN = {
    ER.LOCK_DEADLOCK,
    1020,  # MariaDB: the row changed since it was read
}
_GONE = {
    ER.LOCK_WAIT_TIMEOUT,
    ER.CON_COUNT_ERROR,
    ER.TOO_MANY_USER_CONNECTIONS,
    ER.SERVER_SHUTDOWN,
    ER.NORMAL_SHUTDOWN,
    ER.QUERY_INTERRUPTED,
    ER.OPTION_PREVENTS_STATEMENT,
    1927,  # MariaDB: the connection was killed
    3169,  # MySQL: the session was killed
    4031,  # MySQL: it was idle for too long
}
"""What the server says where another attempt, perhaps at another server, may succeed."""

_OF_CLIENT = range(2000, 3000)
"""What the driver itself says: the server cannot be reached, or went away."""


def read_url(url: str) -> ServerUrl:
    """
    Read the URL of a server.

    Raises:
        ConfigurationError: It cannot be read; all faults at once, none with a password.
    """
    read = server_url(url, "pymysql", ("mysql", "mariadb"), OPTIONS)
    if read.options and "ssl_ca" not in read.options:
        # Without it nobody would know to whom the certificate is shown.
        fault = "ssl_cert and ssl_key need ssl_ca: the file of who certifies the server"
        raise ConfigurationError("the store's URL", (fault,))
    return read


def connect(url: ServerUrl, *, patient: bool = False) -> Connection:
    """
    Return a new connection, in autocommit, with what a store relies on set.

    Args:
        url: Where to.
        patient: Whether an answer may take as long as it needs.

    Raises:
        StoreFileError: The server is too old.
        pymysql.MySQLError: It cannot be reached, or refuses.
        OSError: A file that the URL names cannot be read.
    """
    seconds = max(1, math.ceil(url.timeout))
    wait = f"SET SESSION innodb_lock_wait_timeout = {seconds}"
    connection = driver.connect(
        **_place(url),
        **_security(url),
        database=url.database,
        charset="utf8mb4",
        autocommit=True,
        connect_timeout=seconds,
        read_timeout=None if patient else seconds + _PATIENCE,
        write_timeout=None if patient else seconds + _PATIENCE,
        # Rows that are found are counted, whether or not they change.
        client_flag=CLIENT.MULTI_STATEMENTS | CLIENT.FOUND_ROWS,
        init_command=";".join((*_SETTINGS, wait)),
        # Bytes of limited length are texts here, longer ones are bytes: see `column_types`.
        conv={**conversions, FIELD_TYPE.VAR_STRING: _text},
        program_name="crmflow",
    )
    fault = too_old(connection.get_server_info())  # type: ignore[no-untyped-call]  # in its stubs
    if fault is not None:
        connection.close()
        raise StoreFileError(str(url), fault)
    return connection


def _place(url: ServerUrl) -> dict[str, Any]:
    """Return where to, and as whom; a path is that of a socket."""
    given = {
        "unix_socket" if url.host.startswith("/") else "host": url.host or None,
        "port": url.port,
        "user": url.user,
        # As bytes: the driver would take a text for Latin-1.
        "password": None if url.password is None else url.password.encode(),
    }
    return {name: value for name, value in given.items() if value is not None}


def _security(url: ServerUrl) -> dict[str, Any]:
    """Return how it is secured: where a certifier is named, the server must prove itself."""
    if not url.options:
        return {}
    return {**url.options, "ssl_verify_cert": True, "ssl_verify_identity": True}


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def too_old(version: str) -> str | None:
    """
    Return why a server of some version cannot be used, or None where it can.

    Args:
        version: As the server tells it: `10.11.6-MariaDB`, `8.0.36`; a MariaDB may put
            `5.5.5-` in front for older clients.
    """
    kind = "MariaDB" if "MariaDB" in version else "MySQL"
    found = re.match(r"(?:5\.5\.5-)?(\d+)\.(\d+)", version)
    oldest = _OLDEST[kind]
    if found is None or tuple(map(int, found.groups())) >= oldest:
        return None
    return f"it is {kind} {version}; {kind} {oldest[0]}.{oldest[1]} or newer is needed"


def explained(store: str, fault: Exception) -> Exception:
    """
    Return what a fault of the driver means for a store.

    Args:
        store: What errors call the store.
        fault: The driver's, the pool's or the system's.
    """
    code, reason = _told(fault)
    # By the package's own names: where it stands in for MySQLdb its modules are loaded twice.
    if isinstance(fault, driver.IntegrityError):
        # Its own text would show what the row holds.
        return Clash(f"a row is in the way (error {code})")
    if code in _OVERTAKEN:
        return Busy(store, reason)
    if isinstance(fault, driver.DataError):
        return UnstorableError((reason,))
    if isinstance(fault, OSError):
        return StoreFileError(store, reason)
    if code in _GONE or code in _OF_CLIENT or code == 0:
        return UnavailableError(store, reason)
    return StoreFileError(store, reason)


def _told(fault: Exception) -> tuple[int, str]:
    """Return number and first line of a fault; 0 where it has no number."""
    code, *rest = fault.args or (0,)
    if not isinstance(code, int):
        code, rest = 0, [code]
    text = str(rest[0]) if rest and rest[0] else "the connection is gone"
    return code, text.partition("\n")[0]
