import pytest

import crmflow.testing
from crmflow.core.ref import EntityRef
from crmflow.storage.memory import MemoryStore
from crmflow.storage.rows import MessageRow
from crmflow.testing import StoreSuite
from crmflow.testing.store_laws import StoreMachine
from crmflow.testing.store_model import StoreModel
from crmflow.testing.store_rows import commit_to
from crmflow.testing.store_suite import why_skipped


def test_public_names_are_loaded() -> None:
    """Every listed name is there, and no other."""
    for name in crmflow.testing.__all__:
        assert getattr(crmflow.testing, name).__name__ == name
    with pytest.raises(AttributeError, match="StoreSweet"):
        crmflow.testing.StoreSweet  # noqa: B018 - the access is what fails


def test_what_a_store_lacks_is_skipped_with_the_reason() -> None:
    """A test is skipped only for what the store says it lacks."""
    lacks = frozenset({"durable"})
    assert why_skipped(lacks, None) is None
    assert why_skipped(lacks, "concurrent_writers") is None
    reason = why_skipped(lacks, "durable")
    assert reason is not None
    assert "lacks 'durable': what was acknowledged" in reason


def test_an_unknown_capability_is_told() -> None:
    """A mistyped capability skips nothing in silence."""
    with pytest.raises(ValueError, match="Did you mean 'durable'"):
        why_skipped(frozenset({"durabel"}), None)


def test_a_durable_store_must_be_reopened() -> None:
    """The suite asks its subclass for a way to open the store again."""
    with pytest.raises(NotImplementedError, match="needs 'reopened', or lacks 'durable'"):
        StoreSuite().reopened(MemoryStore())


class Forgetful(MemoryStore):
    """A store that settles nothing."""

    def settle(self, message: MessageRow) -> None:
        """Forget to."""


def test_a_store_that_forgets_is_noticed() -> None:
    """The suite and its model notice a store that keeps settled messages."""
    store, ref = Forgetful(), EntityRef("main", "deal", "D-1")
    with pytest.raises(AssertionError):
        StoreSuite().test_a_message_is_parked_and_settled(store, ref)
    machine = StoreMachine(store)
    store.commit([commit_to(EntityRef(machine.tenants[0], "deal", "D-1"))])
    with pytest.raises(AssertionError):
        machine.same_entities()


def test_a_model_knows_a_key_that_was_used() -> None:
    """As a store does, whatever else the commit says: for creations, and for each entity."""
    model, store = StoreModel(), MemoryStore()
    ref, other = EntityRef("main", "deal", "D-1"), EntityRef("main", "deal", "D-2")
    asked = [(ref, 1), (other, 1), (ref, 2), (ref, 3)]
    for one, version in asked:
        commit = commit_to(one, version, key="k")
        assert [model.commit(commit)] == list(store.commit([commit]))
    assert (model.version(ref), model.version(other)) == (2, 0)
