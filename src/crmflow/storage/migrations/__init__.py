"""
The chain of schemas, run by Alembic from inside the package, without an ini file.

An up-to-date store is recognised by one query for `HEAD` in `VERSION_TABLE`, so
Alembic is imported only where tables are made or changed. It is not
thread-safe: one lock per process guards it, and the caller holds the
database's own lock against other processes.
"""

from __future__ import annotations

import threading
from collections.abc import MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

HEAD = "0006"
"""Revision of the schema that this release reads and writes."""

VERSION_TABLE = "crmflow_alembic_version"
"""Where the revision is kept, apart from a host's own Alembic."""

ALEMBIC = threading.Lock()
"""Held while Alembic runs, and taken before a database's lock."""


def migrate(connection: Connection) -> None:
    """
    Bring the schema to `HEAD`; the caller's transaction holds all of it or nothing.

    Args:
        connection: In a transaction that keeps other writers out.

    Raises:
        alembic.util.CommandError: The store's revision is none of this release's.
    """
    from alembic import command
    from alembic.config import Config

    config = Config()
    folder = str(Path(__file__).parent)
    # Alembic's configuration interpolates `%`.
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)


def include_name(name: str | None, kind: str, parents: MutableMapping[str, str | None]) -> bool:
    """
    Tell a host's Alembic to leave the tables of crmflow alone (`include_name`).

    Args:
        name: Name of the table or of another object.
        kind: What it is; only a `table` may be left out.
        parents: Ignored: names of its schema and table.

    Returns:
        False for a table of crmflow, else True.
    """
    return not (kind == "table" and name is not None and name.startswith("crmflow_"))
