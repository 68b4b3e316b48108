"""All rows of one tenant in memory, and what stands against a commit of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from heapq import merge
from itertools import takewhile

from crmflow.core.ref import EntityRef
from crmflow.storage.commit import ClaimConflict, Commit, KeyConflict, Outcome, VersionConflict
from crmflow.storage.memory_outbox import MemoryOutbox
from crmflow.storage.query import Find
from crmflow.storage.rows import (
    Checkpoint,
    DueRow,
    EntityRow,
    JournalRow,
    Pruned,
    TaskRow,
    TimerRow,
)
from crmflow.storage.shelf import Key, Shelf
from crmflow.storage.terms import TermIndex

Of = tuple[str, str]


def deadline(due_at: int | None) -> Key:
    """Return by what tasks are ordered: those due first, then those that never are."""
    return (due_at is None, due_at or 0)


class TenantRows:
    """All rows of one tenant; what another one holds cannot even be reached."""

    def __init__(self) -> None:
        self.entities = Shelf[EntityRow](group=lambda row: row.state)
        self.journal: dict[Of, list[JournalRow]] = defaultdict(list)
        self.checkpoints: dict[Of, list[Checkpoint]] = defaultdict(list)
        self.keys: dict[tuple[str, str, str], KeyConflict] = {}
        self.claims: dict[tuple[str, str], EntityRef] = {}
        self.leases: dict[Key, int] = {}
        self.timers = Shelf[TimerRow](rank=lambda row: (row.due_at,))
        self.tasks = Shelf[TaskRow](
            rank=lambda row: deadline(row.due_at), group=lambda row: row.role
        )
        self.outbox = MemoryOutbox()
        self.secrets: dict[Of, bytes] = {}
        self.pruned: dict[Of, Pruned] = {}
        self.terms: dict[str, TermIndex] = defaultdict(TermIndex)
        self.counts: Counter[tuple[str, str]] = Counter()
        self.policies: set[tuple[str, str]] = set()
        self.policy_sets: dict[str, bytes] = {}

    def conflict(self, commit: Commit) -> Outcome | None:
        """Return what stands against a commit; a key first, so that a repeat is known as one."""
        ref = commit.row.ref
        for key in commit.keys:
            used = self.keys.get((ref.machine, commit.scope, key))
            if used is not None:
                return used
        row = self.entities.rows.get((ref.machine, ref.id))
        found = row.version if row else 0
        if found != commit.expected:
            return VersionConflict(found)
        for claim in commit.claims:
            holder = self.claims.get((claim.scope, claim.value), ref)
            if holder != ref:
                return ClaimConflict(claim, holder)
        return None

    def write(self, commit: Commit) -> None:
        """Write a commit that nothing stands against."""
        ref = commit.row.ref
        of = (ref.machine, ref.id)
        old = self.entities.rows.get(of)
        if old is not None:
            self.counts[ref.machine, old.state] -= 1
        self.counts[ref.machine, commit.row.state] += 1
        self.entities.put(of, commit.row)
        self.journal[of].extend(commit.records)
        for key, version in commit.keys.items():
            self.keys[ref.machine, commit.scope, key] = KeyConflict(key, ref, version)
        if commit.checkpoints:
            self.checkpoints[of].extend(commit.checkpoints)
        for message in commit.messages:
            self.outbox.put(message)
        self._index(commit, of)

    def _index(self, commit: Commit, of: Of) -> None:
        for name in commit.timers_gone:
            self.timers.drop((*of, name))
            self.leases.pop((*of, name), None)
        for timer in commit.timers:
            self.timers.put((*of, timer.name), timer)
            self.leases.pop((*of, timer.name), None)
        for name in commit.tasks_gone:
            self.tasks.drop((*of, name))
        for task in commit.tasks:
            self.tasks.put((*of, task.name), task)
        for claim in commit.claims_gone:
            if self.claims.get((claim.scope, claim.value)) == commit.row.ref:
                del self.claims[claim.scope, claim.value]
        for claim in commit.claims:
            self.claims[claim.scope, claim.value] = commit.row.ref
        if commit.secret is not None:
            self.secrets[of] = commit.secret
        if commit.terms or commit.terms_gone:
            terms = self.terms[of[0]]
            terms.drop(of[1], commit.terms_gone)
            terms.put(of[1], commit.terms)

    def prune(self, ref: EntityRef, mark: Pruned, keys: Mapping[str, int]) -> bool:
        """Put a mark in place of records; say whether its record was there."""
        of = (ref.machine, ref.id)
        records = self.journal.get(of, [])
        if (mark.version, mark.hash) not in {(one.version, one.hash) for one in records}:
            return False
        self.pruned[of] = mark
        self.journal[of] = [one for one in records if one.version > mark.version]
        kept = self.checkpoints.get(of, [])
        self.checkpoints[of] = [one for one in kept if one.version > mark.version]
        for key, version in keys.items():
            for scope in (ref.id, ""):
                if self.keys.get((ref.machine, scope, key)) == KeyConflict(key, ref, version):
                    del self.keys[ref.machine, scope, key]
        return True

    def having(self, query: Find, machine: str) -> Iterator[EntityRow]:
        """Iterate over the entities of a machine that have the terms of a query."""
        last = query.after or ("", "")
        if last[0] > machine:
            return
        after = last[1] if last[0] == machine else ""
        for id_ in self.terms[machine].having(query.terms, after):
            row = self.entities.rows[machine, id_]
            if query.state in {None, row.state}:
                yield row

    def due(self, until: int) -> Iterator[DueRow]:
        """Iterate over the entities of which something is due, those due first in front."""
        timers = ((one.due_at, one.ref) for one in self.timers.page())
        tasks = ((one.due_at, one.ref) for one in self.tasks.page() if one.due_at is not None)
        seen: set[EntityRef] = set()
        for due_at, ref in takewhile(lambda one: one[0] <= until, merge(timers, tasks)):
            if ref not in seen:
                seen.add(ref)
                yield DueRow(due_at, self.entities.rows[ref.machine, ref.id])

    def meets(self, row: EntityRow, query: Find) -> bool:
        """Say whether an entity is one that a query asks for."""
        ref = row.ref
        return (
            query.machine in {None, ref.machine}
            and query.state in {None, row.state}
            and self.terms[ref.machine].has(ref.id, query.terms)
        )
