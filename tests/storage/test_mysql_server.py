import importlib
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pymysql import err

from crmflow.core.errors import (
    ConfigurationError,
    SchemaOutOfDateError,
    StoreFileError,
    UnavailableError,
    UnstorableError,
)
from crmflow.storage import mysql_connecting
from crmflow.storage.database import Busy, Clash
from crmflow.storage.migrations import HEAD, VERSION_TABLE
from crmflow.storage.mysql_connecting import _place, explained, read_url, too_old
from crmflow.storage.mysql_server import MysqlServer
from crmflow.storage.opening import current, open_store, upgrade
from tests.storage.servers import admin, database_of, mysql, with_options

CERTIFIER = """
-----BEGIN CERTIFICATE-----
MIIBeTCCAR+gAwIBAgIUeBPkDfOxTSX0QMxrZnJXgDKa2EwwCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGbm9ib2R5MCAXDTI2MTEyNjA0MTU1NVoYDzIxMjYxMTAyMDQx
NTU1WjARMQ8wDQYDVQQDDAZub2JvZHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AARiMz+Yuoff1tqY8Hxk/Asb1EK7u4WDsKHnKNXzxcmXYPkqgy6HmxBTK4PCn3BR
zTZtA8pXAnKC39o9COWKx+1Zo1MwUTAdBgNVHQ4EFgQUOtdZ26ZBRA0nRXbF3Rm/
vnjTOt8wHwYDVR0jBBgwFoAUOtdZ26ZBRA0nRXbF3Rm/vnjTOt8wDwYDVR0TAQH/
BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEA+I0eGbdgpvCaLUQwPyNXqBOj5FQr
7dtKdQzjkkuVUvUCIDYYit8Hh7IlziaW5FqmGYAHpQGaEJxzLQahOr/SnN7q
-----END CERTIFICATE-----
"""


@pytest.fixture
def url() -> Iterator[str]:
    """Return the URL of a database without tables."""
    with database_of(mysql()) as url:
        yield url


SET = f"UPDATE {VERSION_TABLE} SET version_num = "  # noqa: S608 - our own name


def run(url: str, statement: str) -> None:
    """Run a statement in the database of a URL."""
    with closing(admin(url)) as connection, connection.cursor() as cursor:
        cursor.execute(f"USE {urlsplit(url).path[1:]}")
        cursor.execute(statement)


@pytest.mark.parametrize("scheme", ["mysql", "mysql+pymysql", "mariadb"])
def test_a_store_is_opened_by_its_url(url: str, scheme: str) -> None:
    """Either name of the server will do; its tables are made when it is first opened."""
    named = urlsplit(url)._replace(scheme=scheme).geturl()
    assert current(named) is None
    with closing(open_store(named)) as store:
        assert store.counts("main") == {}
    assert current(named) == HEAD


def test_an_upgrade_goes_on_with_what_another_left(url: str) -> None:
    """The server commits each table by itself: what is made already is no error."""
    upgrade(url)
    run(url, f"{SET}'0001'")
    with pytest.raises(SchemaOutOfDateError, match="crmflow db upgrade"):
        open_store(url)
    run(url, f"TRUNCATE TABLE {VERSION_TABLE}")
    assert current(url) == "none"
    upgrade(url)
    assert current(url) == HEAD


def test_an_unknown_revision_is_left_alone(url: str) -> None:
    """A schema of a newer release is refused."""
    upgrade(url)
    run(url, f"{SET}'9999'")
    with pytest.raises(SchemaOutOfDateError, match="'9999'"):
        upgrade(url)


def test_who_opens_waits_for_whoever_migrates(url: str) -> None:
    """A schema that somebody is bringing up to date is looked at again once they are done."""
    upgrade(url)
    run(url, f"{SET}'0001'")
    server = MysqlServer(url)
    with closing(server), ThreadPoolExecutor(1) as thread:
        with server._alone() as migrating:
            server._wait_for_others(migrating)
            found = thread.submit(server.schema)
            with closing(admin(url)) as rival, rival.cursor() as cursor:
                waiting = "SELECT 1 FROM information_schema.processlist WHERE state = 'User lock'"
                while not cursor.execute(waiting):
                    pass
            run(url, f"{SET}'{HEAD}'")
        assert found.result() == HEAD


def test_a_version_that_cannot_be_read_is_told(url: str) -> None:
    """A table of our name that is none of ours is no empty database."""
    run(url, f"CREATE TABLE {VERSION_TABLE} (other INTEGER)")
    with pytest.raises(StoreFileError, match="version_num"):
        open_store(url)


def test_an_old_server_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that cannot skip locked rows is refused when it is opened."""
    monkeypatch.setattr(mysql_connecting, "_OLDEST", {"MariaDB": (99, 1), "MySQL": (99, 1)})
    with pytest.raises(StoreFileError, match=r"M\w+ 99.1 or newer is needed"):
        open_store(url)


@pytest.mark.parametrize(
    ("version", "fault"),
    [
        ("10.6.0-MariaDB", None),
        ("5.5.5-10.11.6-MariaDB-log", None),
        ("5.5.5-10.5.2-MariaDB", "MariaDB 10.6 or newer"),
        ("8.0.36", None),
        ("5.7.44-log", "MySQL 8.0 or newer"),
        ("unknown", None),
    ],
)
def test_versions_are_told_apart(version: str, fault: str | None) -> None:
    """MariaDB and MySQL count their versions each for itself."""
    found = too_old(version)
    assert found is None if fault is None else fault in str(found)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (err.IntegrityError(1062, "Duplicate entry 'ann@example.com'"), Clash),
        (err.OperationalError(1213, "Deadlock found"), Busy),
        (err.OperationalError(1205, "Lock wait timeout exceeded"), UnavailableError),
        (err.DataError(1406, "Data too long for column 'id'"), UnstorableError),
        (err.OperationalError(2013, "Lost connection\nduring query"), UnavailableError),
        (err.InterfaceError(0, ""), UnavailableError),
        (err.Error("Already closed"), UnavailableError),
        (err.InterfaceError(), UnavailableError),
        (err.OperationalError(1053, "Server shutdown in progress"), UnavailableError),
        (err.OperationalError(1114, "The table is full"), StoreFileError),
        (FileNotFoundError(2, "No such file or directory"), StoreFileError),
    ],
)
def test_what_the_driver_says_is_explained(fault: Exception, kind: type[Exception]) -> None:
    """Each fault is one of ours: try again, ask with the key, or put it right."""
    found = explained("mysql://host/crm", fault)
    assert type(found) is kind
    assert "ann@example.com" not in str(found)
    assert "during query" not in str(found)


@pytest.mark.parametrize(
    ("change", "kind", "told"),
    [
        ({"netloc": "ann:secret@127.0.0.1:1"}, UnavailableError, "Can't connect"),
        ({"path": "/crmflow_nowhere"}, StoreFileError, "crmflow_nowhere"),
    ],
)
def test_what_cannot_be_opened_is_told(
    change: dict[str, str], kind: type[Exception], told: str
) -> None:
    """Who cannot connect is told where to, and nothing secret."""
    url = with_options(urlsplit(mysql())._replace(**change).geturl(), timeout="1")
    with pytest.raises(kind, match=told) as found:
        open_store(url)
    assert "secret" not in str(found.value)


def test_a_socket_is_named_by_its_file() -> None:
    """A path in place of a host is no host; what is not said is the driver's to know."""
    assert _place(read_url("mysql:///crm?host=/run/mysqld.sock")) == {
        "unix_socket": "/run/mysqld.sock"
    }
    assert _place(read_url("mysql://ann:%E7%A7%98@host:33/crm")) == {
        "host": "host",
        "port": 33,
        "user": "ann",
        "password": "秘".encode(),
    }


def test_a_wrong_password_is_told_without_it(url: str) -> None:
    """Nothing of a password is said, in whatever letters it is."""
    wrong = urlsplit(url)._replace(netloc=f"crmflow_nobody:秘密@{urlsplit(url).hostname}:3306")
    with pytest.raises(StoreFileError, match="Access denied") as found:
        open_store(wrong.geturl())
    assert "秘密" not in str(found.value)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("ssl_cert=c.pem", "ssl_cert and ssl_key need ssl_ca"),
        ("ssl_cert=c.pem&ssl_ac=ca.pem", "unknown option 'ssl_ac'. Did you mean 'ssl_ca'"),
    ],
)
def test_a_wrong_url_is_told(query: str, told: str) -> None:
    """What a URL may not say is told without its password."""
    with pytest.raises(ConfigurationError) as found:
        open_store(f"mysql://ann:secret@host/crm?{query}")
    assert told in str(found.value)
    assert "secret" not in str(found.value)


def test_a_certifier_that_cannot_be_read_is_told(url: str) -> None:
    """A missing file is no server that does not answer."""
    with pytest.raises(StoreFileError, match="No such file"):
        open_store(with_options(url, ssl_ca="nowhere.pem"))


def test_a_server_must_prove_itself(url: str, tmp_path: Path) -> None:
    """With a certifier named, a server without its certificate is refused."""
    file = tmp_path / "ca.pem"
    file.write_text(CERTIFIER)
    with pytest.raises(UnavailableError, match=r"(?i)ssl"):
        open_store(with_options(url, ssl_ca=str(file), timeout="1"))


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without PyMySQL, the error says what to install."""
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "pymysql", None)
        patch.delitem(sys.modules, "crmflow.storage.mysql_connecting")
        with pytest.raises(ImportError, match=r"pip install 'crmflow\[mysql\]'"):
            importlib.import_module("crmflow.storage.mysql_connecting")
