import pytest

from crmflow.core.errors import UnavailableError
from crmflow.core.ref import EntityRef
from crmflow.storage.commit import Committed
from crmflow.storage.memory import MemoryStore
from crmflow.storage.port import Store
from crmflow.testing import CrashingStore, StoreSuite
from crmflow.testing.store_rows import commit_to

REF = EntityRef("main", "deal", "D-1")
LOST = UnavailableError("memory:", "connection lost")


class TestCrashingStore(StoreSuite):
    """A store that never crashes keeps the contract."""

    lacks = frozenset({"durable"})

    @pytest.fixture
    def store(self) -> Store:
        """Return a store that would crash at the 10,000th commit."""
        return CrashingStore(MemoryStore(), LOST, at=10_000)


@pytest.mark.parametrize(("after", "version"), [(False, 1), (True, 2)])
def test_a_commit_crashes_before_or_after(*, after: bool, version: int) -> None:
    """The n-th commit raises, and has taken effect or not; the next one passes."""
    store = CrashingStore(MemoryStore(), LOST, at=2, after=after)
    assert store.commit([commit_to(REF)]) == [Committed(1)]
    with pytest.raises(UnavailableError):
        store.commit([commit_to(REF, 2)])
    assert [row and row.version for row in store.load([REF])] == [version]
    assert store.commit([commit_to(REF, version + 1)]) == [Committed(version + 1)]
    store.close()


def test_other_calls_may_crash() -> None:
    """Any method counts that is named."""
    store = CrashingStore(MemoryStore(), LOST, calls=("load", "close"), at=2)
    store.load([REF])
    with pytest.raises(UnavailableError):
        store.close()
    assert store.count == 2
