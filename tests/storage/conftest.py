"""Stores on servers, with backups, for the tests that need one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import quote, urlsplit

import pytest

from crmflow.storage.backup import back_up
from crmflow.storage.opening import open_store
from tests.storage.backups import PASSWORD, Made, fill, literal, run
from tests.storage.servers import empty_database

KINDS = ["postgresql", pytest.param("mysql", marks=pytest.mark.slow)]
"""What is the same for all kinds is seen with one quickly, and with the other at leisure."""


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Return a kind of server."""
    return str(request.param)


@pytest.fixture(scope="module")
def made(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """Give a store with rows in every table, strange texts among them, and a backup of it."""
    file = tmp_path_factory.mktemp("backups") / "backup.db"
    with empty_database(kind) as url, closing(open_store(url)) as store:
        fill(store)
        yield Made(kind, url, store, file, back_up(store, file))


@pytest.fixture
def role(made: Made) -> Iterator[str]:
    """Give the URL of the store as a role that has a password, and may make no database."""
    parts, name = urlsplit(made.url), f"crmflow_role_{os.getpid()}"
    database = parts.path[1:]
    statements = {
        "mysql": (
            f"CREATE USER {name} IDENTIFIED BY {literal(PASSWORD)}",
            f"GRANT ALL ON {database}.* TO {name}",
            f"DROP USER {name}",
        ),
        "postgresql": (
            f"CREATE ROLE {name} LOGIN PASSWORD {literal(PASSWORD)}",
            f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}",
            f"DROP OWNED BY {name}; DROP ROLE {name}",
        ),
    }
    made_, granted, gone = statements[made.kind]
    run(made.url, made_, granted)
    host = parts.netloc.rpartition("@")[2]
    yield parts._replace(netloc=f"{name}:{quote(PASSWORD, safe='')}@{host}").geturl()
    run(made.url, gone)
