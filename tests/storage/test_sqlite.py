from collections.abc import Iterator
from pathlib import Path

import pytest

from crmflow.storage.port import Store
from crmflow.storage.sqlite import SqliteStore
from crmflow.testing import StoreSuite


class TestSqliteFile(StoreSuite):
    """The store in a file keeps the contract."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        self.path = str(tmp_path / "crm.db")
        store = SqliteStore(self.path)
        yield store
        store.close()

    def reopened(self, store: Store) -> Store:
        store.close()
        return SqliteStore(self.path)


class TestSqliteInMemory(StoreSuite):
    """SQLite without a file keeps the contract until it is closed."""

    lacks = {"durable"}

    @pytest.fixture
    def store(self) -> Iterator[Store]:
        store = SqliteStore()
        yield store
        store.close()
