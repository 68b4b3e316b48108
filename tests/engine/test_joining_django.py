"""Steps in the transaction of a Django application, on every database that it may have."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import django
import pymysql
import pytest
from django.conf import settings
from django.db import connections, transaction
from django.db.transaction import TransactionManagementError
from django.utils.connection import ConnectionProxy

from crmflow.core.errors import ConfigurationError, StoreFileError
from crmflow.engine.engine import Engine
from crmflow.storage.postgresql_server import PostgresqlServer, parameters
from tests.engine.machines import SALES
from tests.engine.test_grouping import RUNG
from tests.engine.test_joining import NUMBERS, Bell
from tests.storage.hosts import KINDS, urls

ENGINE = "django.db.backends."


def _database(url: str) -> dict[str, Any]:
    """Return how Django is told of a database."""
    if url.startswith("sqlite"):
        return {"ENGINE": f"{ENGINE}sqlite3", "NAME": url.removeprefix("sqlite:///")}
    if url.startswith("mysql"):
        parts = urlsplit(url)
        where = {"HOST": parts.hostname, "PORT": parts.port or "", "USER": parts.username}
        return {"ENGINE": f"{ENGINE}mysql", "NAME": parts.path.removeprefix("/"), **where}
    told = parameters(PostgresqlServer(url).url)
    words = {"HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password"}
    where = {word: told.get(name, "") for word, name in words.items()}
    options = {"options": told["options"]}
    return {"ENGINE": f"{ENGINE}postgresql", "NAME": told["dbname"], "OPTIONS": options, **where}


url = urls(*KINDS)


@pytest.fixture(scope="module")
def host(url: str) -> Iterator[Any]:
    """Return Django's connection to it; PyMySQL stands in for the driver that Django names."""
    if not settings.configured:
        settings.configure(DATABASES={"default": _database("sqlite:///:memory:")})
        django.setup()
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(sys.modules, "MySQLdb", pymysql)
        patched.setitem(
            connections.databases, "host", {**connections.databases["default"], **_database(url)}
        )
        with connections["host"].cursor() as cursor:
            cursor.execute("CREATE TABLE visitor (number VARCHAR(20) PRIMARY KEY)")
        yield connections["host"]
        connections["host"].close()
        del connections["host"]


@pytest.fixture
def bell() -> Bell:
    """Return what hears the messages."""
    return Bell()


@pytest.fixture
def engine(url: str, bell: Bell, request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Return an engine of a tenant of its own."""
    tenant = request.node.name[-60:]
    with Engine(url, machines=[RUNG], plugins=[bell], tenant=tenant) as engine:
        yield engine


def join_up(host: Any, crm: Engine) -> str:  # noqa: ANN401 - Django's connection
    """Write a row of the host's and a badge, and send a message."""
    number = f"D-{next(NUMBERS)}"
    with host.cursor() as cursor:
        cursor.execute("INSERT INTO visitor VALUES (%s)", [number])
    crm.create("badge", {"number": number}, actor=SALES, id=number).require()
    crm.fire(("badge", number), "ring", actor=SALES).require()
    return number


def fail(host: Any, joined: Callable[[Any], Engine]) -> None:  # noqa: ANN401 - as above
    """Write both in an `atomic` that is rolled back by an exception."""
    with transaction.atomic(using="host"):
        join_up(host, joined(host))
        raise ZeroDivisionError


def seen(host: Any, engine: Engine) -> tuple[set[str], set[str]]:  # noqa: ANN401 - as above
    """Return the badges of a tenant, and the host's rows of their numbers."""
    badges = {row.ref.id for row in engine.find("badge")}
    with host.cursor() as cursor:
        cursor.execute("SELECT number FROM visitor")
        return badges, {number for (number,) in cursor.fetchall()} & badges


def test_both_or_none(host: Any, engine: Engine, bell: Bell) -> None:  # noqa: ANN401 - as above
    """What `atomic` commits is there, of what it rolls back nothing; messages come behind."""
    with transaction.atomic(using="host"), engine.joined(host) as crm:
        number = join_up(host, crm)
        assert bell.heard == []
    assert bell.heard == [number]
    with pytest.raises(ZeroDivisionError):
        fail(host, engine.joined)
    assert seen(host, engine) == ({number}, {number})
    assert bell.heard == [number]
    assert not engine.outbox()


def test_nested_blocks(host: Any, engine: Engine, bell: Bell) -> None:  # noqa: ANN401 - as above
    """What an inner `atomic` rolls back is gone with its messages, what is around it stays."""
    with transaction.atomic(using="host"), engine.joined(host) as crm:
        outer = join_up(host, crm)
        with pytest.raises(ZeroDivisionError):
            fail(host, lambda _: crm)
        with transaction.atomic(using="host"):
            inner = join_up(host, crm)
        assert crm.create("badge", {"number": inner}, actor=SALES).refusal is not None
    assert seen(host, engine) == ({outer, inner}, {outer, inner})
    assert bell.heard == [outer, inner]


def test_outside_of_a_transaction_nothing_is_joined(host: Any, engine: Engine) -> None:  # noqa: ANN401 - as above
    """In autocommit every statement would be by itself, and Django is told so first."""
    with pytest.raises(ConfigurationError, match=r"transaction\.atomic"):
        engine.joined(host)


def test_what_can_only_be_rolled_back_is_refused(host: Any, engine: Engine) -> None:  # noqa: ANN401 - as above
    """By Django's own error, as for its own queries."""
    with transaction.atomic(using="host"), engine.joined(host) as crm:
        transaction.set_rollback(True, using="host")
        with pytest.raises(TransactionManagementError):
            join_up(host, crm)
        with pytest.raises(TransactionManagementError):
            crm.create("badge", {"number": "7"}, actor=SALES)


def test_where_the_savepoint_is_gone_django_must_roll_back(host: Any, engine: Engine) -> None:  # noqa: ANN401 - as above
    """What the database rolled back by itself is not committed by half."""

    def fail(crm: Any) -> None:  # noqa: ANN401 - its store is a joined one
        with crm.store._database.writing() as work:
            work.execute("ROLLBACK", ())
            work.execute("SELECT nothing FROM nowhere", ())

    with transaction.atomic(using="host"), engine.joined(host) as crm:
        join_up(host, crm)
        with pytest.raises(StoreFileError):
            fail(crm)
        assert host.needs_rollback
    assert seen(host, engine) == (set(), set())


def test_a_connection_may_be_named_by_djangos_proxy(host: Any, engine: Engine) -> None:  # noqa: ANN401 - as above
    """As `from django.db import connection` gives it, a proxy of the thread's own connection."""
    proxy: Any = ConnectionProxy(connections, "host")
    with transaction.atomic(using="host"), engine.joined(proxy) as crm:
        number = join_up(host, crm)
    assert seen(host, engine) == ({number}, {number})
