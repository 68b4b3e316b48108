"""Hosts for tests: databases with our tables in them, and what a host opens over them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from crmflow.storage.opening import open_store
from crmflow.storage.postgresql_server import PostgresqlServer, parameters
from tests.storage.servers import database_of, engine_of, mysql, postgresql, schema_of

KINDS = ("sqlite", "postgresql", "mysql")
"""The databases that a host may have."""


def urls(*kinds: str) -> Callable[..., Iterator[str]]:
    """Return a fixture, one for a module: the URL of a database of each kind, our tables in it."""

    @pytest.fixture(scope="module", params=kinds)
    def url(
        request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
    ) -> Iterator[str]:
        with database(request.param, tmp_path_factory.mktemp("host")) as found:
            yield found

    return url


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """Give the URL of a database with our tables in it."""
    with _empty(kind, folder) as url:
        open_store(url).close()
        yield url


@contextmanager
def _empty(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder}/host.db"
    elif kind == "postgresql":
        with schema_of(postgresql()) as url:
            yield url
    else:
        with database_of(mysql()) as url:
            yield url


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    """Give a host's engine of SQLAlchemy for a database."""
    engine = engine_of(url)
    yield engine
    engine.dispose()


def awaited(url: str) -> AsyncEngine:
    """Return a host's asynchronous engine of SQLAlchemy for a database."""
    if url.startswith("sqlite"):
        return create_async_engine(url.replace("sqlite:", "sqlite+aiosqlite:"))
    where = parameters(PostgresqlServer(url).url)
    return create_async_engine("postgresql+psycopg://", connect_args=where)
