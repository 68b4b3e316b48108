from collections.abc import Iterator

import pytest

from crmflow.core.ref import EntityRef
from crmflow.storage.port import Store
from crmflow.storage.postgresql import PostgresqlStore
from crmflow.testing import StoreSuite
from tests.storage.servers import postgresql, schema_of

REF = EntityRef("main", "deal", "D-1")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Return the URL of a schema for the tests of this module."""
    with schema_of(postgresql()) as url:
        yield url


@pytest.fixture
def store(url: str) -> Iterator[PostgresqlStore]:
    """Return a store in a schema that others of this module share."""
    store = PostgresqlStore(url)
    yield store
    store.close()


class TestPostgresql(StoreSuite):
    """The store on a PostgreSQL server keeps the contract."""

    @pytest.fixture
    def store(self, url: str) -> Iterator[Store]:
        """Return a store in a schema."""
        self.url = url
        store = PostgresqlStore(url)
        yield store
        store.close()

    def reopened(self, store: Store) -> Store:
        """Return the same schema, opened again."""
        store.close()
        return PostgresqlStore(self.url)
