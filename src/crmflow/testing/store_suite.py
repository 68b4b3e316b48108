"""The contract of a store, as tests to subclass."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar, TypeVar

import pytest

from crmflow.core.claim import Claim
from crmflow.core.errors import did_you_mean
from crmflow.core.ref import EntityRef
from crmflow.storage.commit import ClaimConflict, Commit, Committed, VersionConflict
from crmflow.storage.port import Store
from crmflow.storage.rows import MessageRow, TimerRow
from crmflow.testing.store_conflicts import Conflicts
from crmflow.testing.store_finds import Finds
from crmflow.testing.store_keeping import Keeping
from crmflow.testing.store_laws import Laws
from crmflow.testing.store_overload import Overload
from crmflow.testing.store_reads import Reads
from crmflow.testing.store_rows import commit_to, message
from crmflow.testing.store_tenants import Tenants

CAPABILITIES = {
    "durable": "what was acknowledged is there when the store is opened again",
    "concurrent_writers": "several threads may write at the same time",
}
"""What a store may lack, and what that means."""

STEPS = 40
Test = TypeVar("Test", bound=Callable[..., None])


def needs(capability: str) -> Callable[[Test], Test]:
    """
    Mark a test of the suite as one of a capability.

    Args:
        capability: A name of `CAPABILITIES`.
    """

    def marked(test: Test) -> Test:
        test.__dict__["needs"] = capability
        return test

    return marked


def why_skipped(lacks: AbstractSet[str], needed: str | None) -> str | None:
    """
    Return why a test is skipped, or None where it is not.

    Args:
        lacks: Names of `CAPABILITIES` the store does not have.
        needed: The capability that the test needs, or None.

    Raises:
        ValueError: A name is none of `CAPABILITIES`.
    """
    for name in sorted(lacks - CAPABILITIES.keys()):
        raise ValueError(f"lacks {name!r} is no capability. {did_you_mean(name, CAPABILITIES)}")
    if needed is None or needed not in lacks:
        return None
    return f"the store lacks {needed!r}: {CAPABILITIES[needed]}"


class StoreSuite(Conflicts, Reads, Finds, Keeping, Tenants, Laws, Overload):
    """
    Subclass it, give a `store` fixture, and name what the store `lacks`.

    Every test uses tenants of its own, so one store may serve all of them.

    Example:
        class TestRedis(StoreSuite):
            lacks = frozenset({"concurrent_writers"})  # skipped, and shown as skipped

            @pytest.fixture
            def store(self): ...

    Attributes:
        lacks: Names of `CAPABILITIES` the store does not have.
    """

    lacks: ClassVar[AbstractSet[str]] = frozenset()

    @pytest.fixture(autouse=True)
    def _skip_what_it_lacks(self, request: pytest.FixtureRequest) -> None:
        reason = why_skipped(self.lacks, getattr(request.function, "needs", None))
        if reason is not None:
            pytest.skip(reason)

    def reopened(self, store: Store) -> Store:
        """Close a store and return it opened again; needed by the durable ones."""
        raise NotImplementedError(f"{type(self).__name__} needs 'reopened', or lacks 'durable'")

    @needs("durable")
    def test_what_was_acknowledged_outlives_the_store(self, store: Store, ref: EntityRef) -> None:
        """A store that is opened again holds every commit."""
        commits = [commit_to(ref, version, key=f"key-{version}") for version in range(1, 4)]
        store.commit(commits)
        again = self.reopened(store)
        try:
            assert again.load([ref]) == [commits[-1].row]
            assert [row.version for row in again.journal(ref)] == [1, 2, 3]
            assert again.keyed(ref.tenant, ref.machine, ref.id, "key-3") is not None
        finally:
            again.close()

    @needs("concurrent_writers")
    def test_concurrent_writers_lose_nothing(self, store: Store, ref: EntityRef) -> None:
        """Threads that count up one entity, each reading again on a conflict, all succeed."""
        store.commit([commit_to(ref)])
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lambda _: _count_up(store, ref), range(STEPS)))
        (row,) = store.load([ref])
        assert row is not None
        assert row.version == STEPS + 1
        assert [one.version for one in store.journal(ref)] == list(range(1, STEPS + 2))

    @needs("concurrent_writers")
    def test_one_of_many_creators_wins(self, store: Store, ref: EntityRef) -> None:
        """Of threads that create the same entity, one does; the others find it at version 1."""
        with ThreadPoolExecutor(4) as threads:
            outcomes = list(threads.map(lambda _: store.commit([commit_to(ref)])[0], range(8)))
        outcomes.remove(Committed(1))
        assert outcomes == [VersionConflict(1)] * 7

    @needs("concurrent_writers")
    def test_one_of_many_has_a_claim(self, store: Store, ref: EntityRef) -> None:
        """Of threads that take one claim for entities of their own, one does."""
        claim = Claim("email", "info@example.com")
        refs = [EntityRef(ref.tenant, "deal", f"D-{number}") for number in range(8)]
        store.commit([commit_to(one) for one in refs])
        with ThreadPoolExecutor(4) as threads:
            found = threads.map(
                lambda one: store.commit([commit_to(one, 2, claims=(claim,))])[0], refs
            )
            outcomes = dict(zip(refs, found, strict=True))
        (holder,) = [one for one, outcome in outcomes.items() if outcome == Committed(2)]
        del outcomes[holder]
        assert list(outcomes.values()) == [ClaimConflict(claim, holder)] * 7

    @needs("concurrent_writers")
    def test_each_timer_and_message_is_leased_once(self, store: Store, ref: EntityRef) -> None:
        """Threads that lease at the same time share all there is; none gets what another has."""
        refs = [EntityRef(ref.tenant, "deal", f"D-{number:02}") for number in range(STEPS)]
        store.commit(
            [
                commit_to(one, timers=(TimerRow(one, "remind", 5, 1),), messages=(message(one),))
                for one in refs
            ]
        )
        with ThreadPoolExecutor(4) as threads:
            timers = list(threads.map(lambda _: _timers(store, ref.tenant), range(4)))
            messages = list(threads.map(lambda _: _messages(store, ref.tenant), range(4)))
        assert sorted(one.ref for some in timers for one in some) == refs
        assert sorted(one.source for some in messages for one in some) == refs


def _timers(store: Store, tenant: str) -> list[TimerRow]:
    found: list[TimerRow] = []
    while some := store.claim_due(tenant, 9, machines=["deal"], now=9, lease=9, limit=3):
        found += some
    return found


def _messages(store: Store, tenant: str) -> list[MessageRow]:
    found: list[MessageRow] = []
    while some := store.claim_messages(tenant, targets=["contract"], now=9, lease=9, limit=3):
        found += some
    return found


def _count_up(store: Store, ref: EntityRef) -> None:
    while True:
        (row,) = store.load([ref])
        assert row is not None
        step: Commit = commit_to(ref, row.version + 1)
        if isinstance(store.commit([step])[0], Committed):
            return
