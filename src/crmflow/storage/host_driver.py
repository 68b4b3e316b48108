"""The drivers that a host may speak to its database by: those that our stores speak by."""

from __future__ import annotations

from crmflow.core.errors import ConfigurationError
from crmflow.storage.hosts import HOST, Host
from crmflow.storage.joined import Driver, JoinedDatabase, JoinedStore

DRIVERS = ("psycopg", "pymysql", "sqlite3", "aiosqlite")
"""Packages of the drivers, the last one only under SQLAlchemy's asyncio; psycopg there too."""


def join(host: Host) -> JoinedStore:
    """
    Return the store in a host's transaction.

    Raises:
        ConfigurationError: It is none that can be joined.
    """
    driver = driver_of(host.begun())
    return driver.store(JoinedDatabase(host, driver))


def driver_of(connection: object) -> Driver:
    """
    Return the driver of a host's connection.

    Args:
        connection: The driver's own, or what SQLAlchemy puts around an asynchronous one.

    Raises:
        ConfigurationError: Such a connection cannot be joined; all reasons at once.
    """
    own = getattr(connection, "driver_connection", connection)
    # A host may have classes of its own over those of the driver.
    packages = [base.__module__.partition(".")[0] for base in type(own).__mro__]
    found = next((name for name in DRIVERS if name in packages), None)
    if found is None:
        fault = f"its driver is {packages[0]}; psycopg (3), PyMySQL or sqlite3 is needed"
        raise ConfigurationError(HOST, (fault,))
    driver = _driver(found)
    faults = driver.unfit(own)
    if faults:
        raise ConfigurationError(HOST, tuple(faults))
    return driver


def _driver(package: str) -> Driver:
    """Return what is known of a driver; the host has imported it."""
    if package == "psycopg":
        from crmflow.storage.host_postgresql import POSTGRESQL

        return POSTGRESQL
    if package == "pymysql":
        from crmflow.storage.host_mysql import MYSQL

        return MYSQL
    from crmflow.storage.host_sqlite import SQLITE

    return SQLITE
