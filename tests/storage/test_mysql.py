from collections.abc import Iterator

import pytest

from crmflow.core.ref import EntityRef
from crmflow.storage.mysql import MysqlStore
from crmflow.storage.port import Store
from crmflow.testing import StoreSuite
from tests.storage.servers import database_of, mysql

REF = EntityRef("main", "deal", "D-1")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Return the URL of a database for the tests of this module."""
    with database_of(mysql()) as url:
        yield url


@pytest.fixture
def store(url: str) -> Iterator[MysqlStore]:
    """Return a store in a database that others of this module share."""
    store = MysqlStore(url)
    yield store
    store.close()


class TestMysql(StoreSuite):
    """The store on a MySQL or MariaDB server keeps the contract."""

    @pytest.fixture
    def store(self, url: str) -> Iterator[Store]:
        """Return a store in a database."""
        self.url = url
        store = MysqlStore(url)
        yield store
        store.close()

    def reopened(self, store: Store) -> Store:
        """Return the same database, opened again."""
        store.close()
        return MysqlStore(self.url)
