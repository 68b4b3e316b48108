"""
Databases for measurements: a PostgreSQL server, and new databases and copies on it.

The server is the one that `CRMFLOW_TEST_POSTGRESQL` names, else one from a wheel that
runs as long as the measurement.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from benchmarks.raw_postgresql import connected
from tests.storage.servers import postgresql, postgresql_database, with_options

__all__ = ["copied", "database", "store"]

POOL = "16"


@contextmanager
def database() -> Iterator[str]:
    """Give the URL of a new database, and drop it in the end."""
    with postgresql_database(postgresql()) as url:
        yield url


def store(url: str, schema: str) -> str:
    """Return the URL of a store in a database, made when it is opened."""
    return with_options(url, pool=POOL, schema=schema)


def copied(url: str, source: str, target: str) -> str:
    """
    Copy a store within its database, tables, indexes, rows and all, and return the copy's URL.

    Args:
        url: URL of the database.
        source: Schema of the store.
        target: Schema to make.
    """
    assert urlsplit(url).scheme == "postgresql", "copies are made on PostgreSQL"
    with connected(store(url, source)) as connection:
        connection.execute(f"CREATE SCHEMA {target}")
        tables = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = %s", (source,)
        )
        for (name,) in tables.fetchall():
            new, old = f"{target}.{name}", f"{source}.{name}"
            connection.execute(f"CREATE TABLE {new} (LIKE {old} INCLUDING ALL)")
            connection.execute(f"INSERT INTO {new} SELECT * FROM {old}")  # noqa: S608 - our own names
        connection.execute("ANALYZE")
    return store(url, target)
