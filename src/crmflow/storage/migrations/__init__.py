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

from crmflow.core.errors import SchemaOutOfDateError, StoreFileError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from crmflow.storage.database import Migrated

HEAD = "0007"
"""Revision of the schema that this release reads and writes."""

VERSION_TABLE = "crmflow_alembic_version"
"""Where the revision is kept, apart from a host's own Alembic."""

ALEMBIC = threading.Lock()
"""Held while Alembic runs, and taken before a database's lock."""


NOTHING = "there is no store yet, and reading makes none"
"""What a store is told to lack that is only read."""


def require_ready(database: Migrated) -> None:
    """
    Refuse a store whose tables are not there, or are of another release; nothing is made.

    Raises:
        StoreFileError: There are no tables.
        SchemaOutOfDateError: The schema is of another release.
    """
    found = database.schema()
    if found is None:
        raise StoreFileError(database.name, NOTHING)
    if found != HEAD:
        raise SchemaOutOfDateError(database.name, found, HEAD)


def make_ready(database: Migrated) -> None:
    """
    Make the tables where there are none, and refuse those of another release.

    Raises:
        SchemaOutOfDateError: The schema is of another release.
    """
    found = database.schema()
    if found is None:
        database.upgrade()
    elif found != HEAD:
        raise SchemaOutOfDateError(database.name, found, HEAD)


def migrate(connection: Connection, store: str, found: str | None) -> None:
    """
    Bring the schema to `HEAD`; the caller's transaction holds all of it or nothing.

    Args:
        connection: In a transaction that keeps other writers out.
        store: What errors call the store.
        found: The schema's revision, None where there are no tables.

    Raises:
        SchemaOutOfDateError: The revision is none of this release's.
        Exception: The driver's own, where the database refuses.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError
    from sqlalchemy.exc import DBAPIError

    if found == HEAD:
        return
    config = Config()
    folder = str(Path(__file__).parent)
    # Alembic's configuration interpolates `%`.
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, HEAD)
    except CommandError as fault:
        raise SchemaOutOfDateError(store, found or "none", HEAD) from fault
    except DBAPIError as fault:
        raise fault.orig or fault from fault


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
