"""Stores on servers and backups of them, for tests of both kinds of servers."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import attrs
import msgspec
from sqlalchemy import Connection, select, text

from crmflow.core.claim import Claim
from crmflow.core.ref import EntityRef
from crmflow.core.searching import Term
from crmflow.storage import backup
from crmflow.storage.chains import Checked
from crmflow.storage.commit import Committed
from crmflow.storage.opening import _dumps
from crmflow.storage.port import Store
from crmflow.storage.rows import MessageStatus, TaskRow, TimerRow
from crmflow.storage.server_backup import scratch_name
from crmflow.storage.tables import METADATA
from crmflow.testing.store_rows import message
from tests.storage.servers import engine_of, with_options
from tests.storage.test_backup import REFS, step

PASSWORD = "p'a\"s#s\\w; 密"
STRANGE = 'it\'s; (1),\n\\.\n-- "密" \t\x01 NULL'


@attrs.frozen
class Made:
    """A store on a server, and a backup of it."""

    kind: str
    url: str
    store: Store
    file: Path
    found: Checked


def fill(store: Store) -> None:
    """Write rows to every table of a store but that of pruned journals."""
    for version in (1, 2, 3):
        store.commit([step(ref, version) for ref in REFS])
    ref = EntityRef("third", "deal", "D'; 9")
    commit = msgspec.structs.replace(
        step(ref, 1),
        timers=(TimerRow(ref, "t", 5, 1),),
        tasks=(TaskRow(ref, "t", "T-1", "sales", 1, 2),),
        claims=(Claim("number", STRANGE),),
        terms=(Term("name", "密"),),
        messages=(message(ref),),
        secret=bytes(range(256)),
    )
    assert store.commit([commit]) == [Committed(1)]
    (waiting,) = store.outbox("third")
    assert store.mark(attrs.evolve(waiting, status=MessageStatus.PARKED, detail=STRANGE))
    store.enroll("third", [("deal", "sla")])
    store.keep_set("third", "digest", b"")


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """Give a connection of somebody else to a database, in a transaction."""
    engine = engine_of(without_tools(url))
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def content(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table of a store."""
    with connected(url) as connection:
        return {
            name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for name, table in METADATA.tables.items()
        }


def run(url: str, *statements: str) -> None:
    """Change a database behind everybody's back."""
    with connected(url) as connection:
        for one in statements:
            connection.execute(text(one))


def scratches(made: Made) -> list[str]:
    """Return the scratch databases beside a store."""
    of = (_dumps(made.kind, made.url).name, *["public"] * (made.kind == "postgresql"))
    query = "SELECT datname FROM pg_database WHERE datname = '{}'"
    if made.kind == "mysql":
        query = "SELECT schema_name FROM information_schema.schemata WHERE schema_name = '{}'"
    with connected(made.url) as connection:
        return [name for (name,) in connection.execute(text(query.format(scratch_name(*of))))]


@contextmanager
def changed(made: Made, change: str, back: str) -> Iterator[None]:
    """Change a store behind everybody's back, for a while."""
    run(made.url, change)
    try:
        yield
    finally:
        run(made.url, back)


def without_tools(url: str) -> str:
    """Return a URL that names no folder of programs."""
    return re.sub(r"[?&]tools=[^&]*", "", url)


def tools_of(made: Made) -> str | None:
    """Return the folder of programs that the URL of a store names, None for the usual ones."""
    return parse_qs(urlsplit(made.url).query).get("tools", [None])[0]


def re_tooled(made: Made, folder: Path, url: str = "") -> str:
    """Return the URL of a store with another folder of programs."""
    return with_options(without_tools(url or made.url), tools=str(folder))


def wrapped(made: Made, folder: Path, script: str) -> None:
    """Put programs in a folder that run a script; `$REAL` is the one whose place they take."""
    for name in ("pg_dump", "pg_restore", "mariadb-dump", "mysqldump"):
        real = shutil.which(name, path=tools_of(made))
        (folder / name).write_text(f"#!/bin/sh\nREAL={real}\n{script}\n")
        (folder / name).chmod(0o700)


def literal(value: str) -> str:
    """Return a text as both kinds of servers read it, for SQLAlchemy."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''").replace(":", "\\:") + "'"


def with_source() -> dict[str, str]:
    """Return the environment of a process that imports the source."""
    return os.environ | {"PYTHONPATH": str(Path(backup.__file__).parents[2])}
