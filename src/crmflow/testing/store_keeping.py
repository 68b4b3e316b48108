"""The suite's tests of keeping: keys that are wrapped anew, journals that are pruned."""

from __future__ import annotations

from crmflow.core.ref import EntityRef
from crmflow.storage.commit import Commit, KeyConflict
from crmflow.storage.port import Store
from crmflow.storage.rows import Checkpoint, JournalRow, Pruned
from crmflow.testing.store_rows import commit_to


def mark_of(row: JournalRow) -> Pruned:
    """Return the mark that stands in place of records up to one."""
    return Pruned(row.version, row.at, row.hash, b"snapshot", b"signed")


def journaled(store: Store, ref: EntityRef, count: int = 5) -> list[Commit]:
    """Commit so many keyed records with a checkpoint each, and return the commits."""
    commits = [
        commit_to(ref, n, key=f"{ref.id} {n}", checkpoints=(Checkpoint(n, n, b"kept"),))
        for n in range(1, count + 1)
    ]
    store.commit(commits)
    return commits


class Keeping:
    """What a store promises of keys and pruned journals."""

    def test_keys_are_listed_in_pages(self, store: Store, ref: EntityRef) -> None:
        """In order of machine and id, one tenant's, those that are destroyed too."""
        refs = [EntityRef(ref.tenant, *of) for of in (("deal", "D-1"), ("deal", "D-2"), ("x", "A"))]
        other = EntityRef(f"{ref.tenant}-other", "deal", "D-1")
        store.commit([commit_to(one, secret=one.id.encode()) for one in (*refs[::-1], other)])
        store.commit([commit_to(refs[1], 2, secret=b"")])
        wanted = [(refs[0], b"D-1"), (refs[1], b""), (refs[2], b"A")]
        assert store.secrets(ref.tenant) == wanted
        assert store.secrets(ref.tenant, limit=2) == wanted[:2]
        assert store.secrets(ref.tenant, after=("deal", "D-1")) == wanted[1:]
        assert store.secrets(ref.tenant, after=("x", "A")) == []

    def test_a_key_is_wrapped_anew_where_it_is_the_old_one(
        self, store: Store, ref: EntityRef
    ) -> None:
        """Whoever destroyed it meanwhile is not undone; the journal and version stay."""
        store.commit([commit_to(ref, secret=b"old")])
        assert store.rewrap(ref, b"old", b"new")
        assert not store.rewrap(ref, b"old", b"newer")
        assert store.secret(ref) == b"new"
        store.commit([commit_to(ref, 2, secret=b"")])
        assert not store.rewrap(ref, b"new", b"newer")
        assert store.secret(ref) == b""
        assert not store.rewrap(EntityRef(ref.tenant, "deal", "none"), b"old", b"new")

    def test_a_mark_stands_in_place_of_records(self, store: Store, ref: EntityRef) -> None:
        """With their checkpoints and keys; what comes behind it is as it was."""
        other = EntityRef(ref.tenant, ref.machine, "D-2")
        first, last = journaled(store, ref), journaled(store, other)
        mark = mark_of(first[2].records[0])
        assert store.pruned(ref) is None
        assert store.prune(ref, mark, {f"D-1 {n}": n for n in (1, 2, 3)} | {"D-2 1": 1})
        assert store.pruned(ref) == mark
        assert [row.version for row in store.journal(ref)] == [4, 5]
        assert store.load([ref]) == [first[-1].row]
        assert store.checkpoint(ref, until=3) is None
        assert store.checkpoint(ref, until=4) == Checkpoint(4, 4, b"kept")
        scopes = ("", ref.id, ref.id, ref.id)
        used = [
            store.keyed(ref.tenant, ref.machine, scope, f"D-1 {n}")
            for n, scope in enumerate(scopes, 1)
        ]
        assert used == [None, None, None, KeyConflict("D-1 4", ref, 4)]
        # The key of a creation has no entity in its scope, and is another's here.
        assert store.keyed(ref.tenant, ref.machine, "", "D-2 1") == KeyConflict("D-2 1", other, 1)
        assert [row.version for row in store.journal(other)] == [1, 2, 3, 4, 5]
        assert last[-1].row == store.load([other])[0]

    def test_of_two_at_once_one_prunes(self, store: Store, ref: EntityRef) -> None:
        """Who comes second finds the record of its mark gone, or another, and does nothing."""
        rows = [commit.records[0] for commit in journaled(store, ref)]
        assert store.prune(ref, mark_of(rows[3]), {})
        for late in (rows[3], rows[1]):
            assert not store.prune(ref, mark_of(late), {})
        strange = Pruned(5, 5, bytes(32), b"snapshot")
        assert not store.prune(ref, strange, {"D-1 5": 5})
        assert store.pruned(ref) == mark_of(rows[3])
        assert [row.version for row in store.journal(ref)] == [5]
        assert store.keyed(ref.tenant, ref.machine, ref.id, "D-1 5") is not None
