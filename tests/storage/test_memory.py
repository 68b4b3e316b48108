import pytest

from crmflow.core.errors import StoreFileError
from crmflow.core.ref import EntityRef
from crmflow.storage.memory import MemoryStore
from crmflow.storage.port import Store
from crmflow.testing import StoreSuite


class TestMemoryStore(StoreSuite):
    """The store in memory keeps the contract."""

    lacks = frozenset({"durable"})

    @pytest.fixture
    def store(self) -> Store:
        """Return a new store."""
        return MemoryStore()


def test_a_closed_store_cannot_be_used() -> None:
    """What was closed says so."""
    store = MemoryStore()
    store.close()
    with pytest.raises(StoreFileError, match="store memory: cannot be used: it was closed"):
        store.load([EntityRef("main", "deal", "D-1")])
