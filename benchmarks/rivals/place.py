"""Where rivals keep what they write, and what each of them is."""

from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

import attrs

TICKETS = 200
"""So many tickets take turns, lap by lap."""


@attrs.frozen
class Place:
    """
    A database for one rival.

    Attributes:
        kind: ``SQLite`` or ``PostgreSQL``.
        folder: Where files go.
        url: URL of an empty database on a server; None for SQLite.
    """

    kind: str
    folder: Path
    url: str | None = None

    def file(self, name: str) -> Path:
        """Return the path of a file."""
        return self.folder / f"{name}.db"

    def sqlalchemy(self, name: str) -> str:
        """Return the URL as SQLAlchemy takes it."""
        if self.url is None:
            return f"sqlite:///{self.file(name)}"
        return self.url.replace("postgresql://", "postgresql+psycopg://")

    def login(self) -> dict[str, str]:
        """Return database, user, password, host and port of the server."""
        assert self.url is not None, "a file needs no login"
        parts = urlsplit(self.url)
        # The folder of a socket is an option.
        (host,) = parse_qs(parts.query).get("host", [parts.hostname or "127.0.0.1"])
        return {
            "NAME": parts.path.removeprefix("/"),
            "USER": parts.username or "",
            "PASSWORD": parts.password or "",
            "HOST": host,
            "PORT": str(parts.port or 5432),
        }


class Rival(Protocol):
    """Tickets that go durable steps."""

    def lap(self) -> str:
        """Fire the events of the cycle on the next ticket, and return the state it ends in."""
        ...

    def close(self) -> None:
        """Close what is open."""
        ...


def turns(names: list[str]) -> Iterator[str]:
    """Return the tickets in turns."""
    return cycle(names)
