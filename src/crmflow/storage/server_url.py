"""The URL of a database server, read with all its faults at once and shown without its password."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from urllib.parse import parse_qsl, unquote, urlsplit

import attrs

from crmflow.core.errors import ConfigurationError, did_you_mean

MOST_CONNECTIONS = 1000
LONGEST = 3600


@attrs.frozen
class ServerUrl:
    """
    Where a server is and how it is used.

    Attributes:
        scheme: Kind of server, without a driver's name.
        host: Name, address or folder of its socket; empty for the driver's own default.
        port: Its port, or None for the usual one.
        user: Who logs in, or None.
        password: With what, or None; never shown.
        database: Name of the database.
        pool: Connections that are kept at most.
        timeout: Seconds to wait for a connection or a lock.
        tools: Folder of the server's own programs, or None for the usual ones.
        options: What else the URL says, by name.
    """

    scheme: str
    host: str
    port: int | None
    user: str | None
    password: str | None = attrs.field(repr=False)
    database: str
    pool: int
    timeout: float
    tools: str | None
    options: Mapping[str, str]

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port is None else f":{self.port}"
        return f"{self.scheme}://{host}{port}/{self.database}"


def server_url(
    url: str, driver: str, schemes: Sequence[str], options: Collection[str]
) -> ServerUrl:
    """
    Read the URL of a server.

    Args:
        url: `scheme://user:password@host:port/database?option=value`. `host` may be an option
            too: the folder of a socket.
        driver: The driver that the scheme may name behind `+`; there is no choice of it.
        schemes: What it may begin with.
        options: Names of the options it may have besides `host`, `pool`, `timeout`
            and `tools`.

    Raises:
        ConfigurationError: It cannot be read; all faults at once, none with a password.
    """
    faults: list[str] = []
    try:
        url.encode()  # half a character is a ValueError too
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ConfigurationError("the store's URL", (_MALFORMED,)) from None
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    known = (*options, "host", "pool", "timeout", "tools")
    faults += [_unknown(name, known) for name in given if name not in known]
    scheme, _, named = parts.scheme.partition("+")
    if scheme not in schemes:
        faults.append(f"it names no server of this kind: write '{schemes[0]}://'")
    if named not in {"", driver}:
        faults.append(f"the driver is {driver}, not {named!r}: write '{scheme}://'")
    database = unquote(parts.path.removeprefix("/"))
    if not database or "/" in database:
        faults.append(_MALFORMED)
    pool = _number(given.pop("pool", "10"), 1, MOST_CONNECTIONS)
    if pool is None or not pool.is_integer():
        faults.append(f"pool is a number of connections from 1 to {MOST_CONNECTIONS}")
    timeout = _number(given.pop("timeout", "10"), 0, LONGEST)
    if not timeout:
        faults.append(f"timeout is a number of seconds above 0, up to {LONGEST}")
    if faults or pool is None or timeout is None:
        raise ConfigurationError("the store's URL", tuple(faults))
    return ServerUrl(
        scheme=scheme,
        host=given.pop("host", unquote(host)),
        port=port,
        user=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
        database=database,
        pool=int(pool),
        timeout=timeout,
        tools=given.pop("tools", None),
        options=given,
    )


def _unknown(name: str, known: Collection[str]) -> str:
    # Where a URL is broken, what stands in an option's place may hold the password.
    shown = repr(name) if name.isidentifier() else "(no word)"
    return f"unknown option {shown}. {did_you_mean(name, known)}"


_MALFORMED = "it names no database of a server: write '<scheme>://<user>:<password>@<host>/<name>'"


def _number(text: str, least: float, most: float) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if least <= number <= most else None
