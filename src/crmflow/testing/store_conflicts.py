"""The suite's tests of writing: whole or not at all, and which clash is told."""

from __future__ import annotations

import pytest

from crmflow.core.claim import Claim
from crmflow.core.ref import EntityRef
from crmflow.core.searching import Term
from crmflow.storage.commit import ClaimConflict, Committed, KeyConflict, VersionConflict
from crmflow.storage.port import Store
from crmflow.storage.query import Find
from crmflow.storage.rows import Checkpoint, TaskRow, TimerRow
from crmflow.testing.store_rows import Parts, commit_to, message, new_tenant

CLAIM = Claim("email", "info@example.com")


def everything(ref: EntityRef, version: int) -> Parts:
    """Return parts of every kind."""
    return {
        "timers": (TimerRow(ref, "remind", 50, 1),),
        "tasks": (TaskRow(ref, f"{ref.id}-1", "call", "sales", 1, 60),),
        "claims": (CLAIM,),
        "messages": (message(ref, version),),
        "checkpoints": (Checkpoint(version, version, b"snapshot"),),
    }


class Conflicts:
    """What a store promises of `commit`."""

    @pytest.fixture
    def ref(self) -> EntityRef:
        """Return an entity of a tenant of its own."""
        return EntityRef(new_tenant(), "deal", "D-1")

    def test_a_commit_is_read_back(self, store: Store, ref: EntityRef) -> None:
        """Every part of a commit is found again as it was written."""
        commit = commit_to(ref, key="k", **everything(ref, 1))
        assert store.commit([commit]) == [Committed(1)]
        assert store.load([ref]) == [commit.row]
        assert store.journal(ref) == list(commit.records)
        assert store.keyed(ref.tenant, "deal", "", "k") == KeyConflict("k", ref, 1)
        assert store.due(ref.tenant, 50, limit=9) == list(commit.timers)
        assert store.tasks(ref.tenant) == list(commit.tasks)
        assert store.outbox(ref.tenant) == list(commit.messages)
        assert store.checkpoint(ref, until=1) == commit.checkpoints[0]
        assert store.counts(ref.tenant) == {("deal", "open"): 1}

    @pytest.mark.parametrize("version", [1, 3])
    def test_a_version_is_compared_and_set(
        self, store: Store, ref: EntityRef, version: int
    ) -> None:
        """A commit that read another version is told the present one and writes nothing."""
        first = commit_to(ref)
        store.commit([first])
        late = commit_to(ref, version, state="lost", key="k", **everything(ref, version))
        assert store.commit([late]) == [VersionConflict(1)]
        self._only(store, ref, first.row.state)

    def test_an_entity_that_is_not_there_has_version_0(self, store: Store, ref: EntityRef) -> None:
        """A step on an unknown entity is told version 0."""
        assert store.commit([commit_to(ref, 2)]) == [VersionConflict(0)]
        assert store.load([ref]) == [None]

    def test_a_claim_has_one_holder(self, store: Store, ref: EntityRef) -> None:
        """A claim that another entity holds is refused with everything beside it."""
        other = EntityRef(ref.tenant, "lead", "L-1")
        store.commit([commit_to(other, claims=(CLAIM,))])
        store.commit([commit_to(ref)])
        late = commit_to(ref, 2, state="lost", key="k", **everything(ref, 2))
        assert store.commit([late]) == [ClaimConflict(CLAIM, other)]
        self._only(store, ref, "open")

    def test_a_key_is_used_once(self, store: Store, ref: EntityRef) -> None:
        """A key that was used is told with its version, and nothing is written."""
        store.commit([commit_to(ref), commit_to(ref, 2, key="k")])
        repeat = commit_to(ref, 3, state="lost", key="k", **everything(ref, 3))
        assert store.commit([repeat]) == [KeyConflict("k", ref, 2)]
        self._only(store, ref, "open", version=2)

    def _only(self, store: Store, ref: EntityRef, state: str, version: int = 1) -> None:
        (row,) = store.load([ref])
        assert row is not None
        assert (row.version, row.state) == (version, state)
        assert len(store.journal(ref)) == version
        assert store.due(ref.tenant, 99, limit=9) == []
        assert store.tasks(ref.tenant) == []
        assert store.outbox(ref.tenant) == []
        assert store.checkpoint(ref, until=99) is None

    def test_a_key_is_told_before_a_version_before_a_claim(
        self, store: Store, ref: EntityRef
    ) -> None:
        """A repeat is known as one even where its version and claim clash too."""
        other = EntityRef(ref.tenant, "deal", "D-2")
        store.commit([commit_to(ref, key="k"), commit_to(other, claims=(CLAIM,))])
        repeat = commit_to(ref, 1, key="k", claims=(CLAIM,))
        assert store.commit([repeat]) == [KeyConflict("k", ref, 1)]
        stale = commit_to(ref, 1, key="new", claims=(CLAIM,))
        assert store.commit([stale]) == [VersionConflict(1)]

    def test_keys_have_scopes(self, store: Store, ref: EntityRef) -> None:
        """One key serves a creation of each machine, and each entity, once."""
        lead = EntityRef(ref.tenant, "lead", ref.id)
        named = EntityRef(ref.tenant, "deal", "D-2")
        batch = [
            commit_to(ref, key="k"),
            commit_to(ref, 2, key="k"),
            commit_to(lead, key="k"),
            commit_to(named, key="k", named=True),
        ]
        assert store.commit(batch) == [Committed(1), Committed(2), Committed(1), Committed(1)]
        again = commit_to(EntityRef(ref.tenant, "deal", "D-3"), key="k")
        assert store.commit([again]) == [KeyConflict("k", ref, 1)]
        assert store.keyed(ref.tenant, "deal", "D-2", "k") == KeyConflict("k", named, 1)
        assert store.keyed(ref.tenant, "deal", "D-3", "k") is None

    def test_own_claims_are_kept_and_freed(self, store: Store, ref: EntityRef) -> None:
        """Claiming again is no conflict; a freed claim is another's to take, not to free."""
        other = EntityRef(ref.tenant, "deal", "D-2")
        store.commit([commit_to(ref, claims=(CLAIM,)), commit_to(ref, 2, claims=(CLAIM,))])
        store.commit([commit_to(other, claims_gone=(CLAIM,))])
        taken = commit_to(other, 2, claims=(CLAIM,))
        assert store.commit([taken]) == [ClaimConflict(CLAIM, ref)]
        own, free = Claim("email", "own"), Claim("email", "free")
        some = commit_to(other, 2, claims=(own,))
        several = commit_to(other, 3, claims=(own, free, CLAIM))
        assert store.commit([some, several]) == [Committed(2), ClaimConflict(CLAIM, ref)]
        taken = commit_to(other, 3, claims=(CLAIM,))
        freed = commit_to(ref, 3, claims_gone=(CLAIM,))
        assert store.commit([freed, taken]) == [Committed(3), Committed(3)]

    def test_a_clash_in_a_batch_is_its_own(self, store: Store, ref: EntityRef) -> None:
        """Members beside one that clashes are committed, and each is told in order."""
        other = EntityRef(ref.tenant, "deal", "D-2")
        batch = [commit_to(ref), commit_to(ref, 3), commit_to(other)]
        assert store.commit(batch) == [Committed(1), VersionConflict(1), Committed(1)]
        assert [row and row.version for row in store.load([ref, other])] == [1, 1]

    def test_what_follows_a_lost_member_is_lost(self, store: Store, ref: EntityRef) -> None:
        """A member decided on a lost one never lands on somebody else's same version."""
        store.commit([commit_to(ref), commit_to(ref, 2)])
        batch = [commit_to(ref, 2), commit_to(ref, 3)]
        assert store.commit(batch) == [VersionConflict(2), VersionConflict(2)]
        assert [row.version for row in store.journal(ref)] == [1, 2]

    def test_one_entity_may_come_twice_in_a_batch(self, store: Store, ref: EntityRef) -> None:
        """Members of one entity follow each other, what the later says holds."""
        timer = TimerRow(ref, "remind", 50, 1)
        batch = [
            commit_to(ref, timers=(timer,), claims=(CLAIM,)),
            commit_to(ref, 2, timers_gone=("remind",), claims_gone=(CLAIM,)),
        ]
        assert store.commit(batch) == [Committed(1), Committed(2)]
        assert store.due(ref.tenant, 99, limit=9) == []
        other = EntityRef(ref.tenant, "deal", "D-2")
        assert store.commit([commit_to(other, claims=(CLAIM,))]) == [Committed(1)]

    def test_claims_in_a_batch_have_one_holder(self, store: Store, ref: EntityRef) -> None:
        """Of two that take a claim in one batch the first has it; only its holder frees it."""
        other = EntityRef(ref.tenant, "deal", "D-2")
        both = [commit_to(one, claims=(CLAIM,)) for one in (ref, other)]
        assert store.commit(both) == [Committed(1), ClaimConflict(CLAIM, ref)]
        store.commit([commit_to(other)])
        freed = [commit_to(one, 2, claims_gone=(CLAIM,)) for one in (ref, other)]
        assert store.commit(freed) == [Committed(2), Committed(2)]
        assert store.commit([commit_to(other, 3, claims=(CLAIM,))]) == [Committed(3)]

    def test_what_is_not_there_may_be_removed(self, store: Store, ref: EntityRef) -> None:
        """Removing what an entity has not changes nothing and is no error."""
        gone: Parts = {
            "timers_gone": ("remind",),
            "tasks_gone": ("call",),
            "claims_gone": (CLAIM,),
            "terms_gone": (Term("name", "a"),),
        }
        other = EntityRef(ref.tenant, "deal", "D-2")
        kept: Parts = {"claims": (CLAIM,), "terms": (Term("name", "a"),)}
        assert store.commit([commit_to(other, **kept)]) == [Committed(1)]
        assert store.commit([commit_to(ref, **gone)]) == [Committed(1)]
        assert store.commit([commit_to(ref, 2, claims=(CLAIM,))]) == [ClaimConflict(CLAIM, other)]
        found = store.find(Find(ref.tenant, "deal", terms=(Term("name", "a"),)))
        assert [row.ref for row in found] == [other]

    def test_nothing_to_commit_is_nothing(self, store: Store) -> None:
        """An empty batch and an empty load have empty answers."""
        assert list(store.commit([])) == []
        assert list(store.load([])) == []
