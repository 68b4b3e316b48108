"""The store in memory: the same promises as the durable ones, until it is closed."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice, takewhile

import attrs

from crmflow.core.errors import BackupError, StoreFileError
from crmflow.core.ref import EntityRef
from crmflow.core.searching import Term
from crmflow.storage.chains import Checked
from crmflow.storage.commit import Commit, Committed, KeyConflict, Outcome, singly
from crmflow.storage.memory_rows import TenantRows, deadline
from crmflow.storage.query import Alike, Backlog, Find
from crmflow.storage.rows import (
    Checkpoint,
    DuePlace,
    DueRow,
    EntityRow,
    JournalRow,
    MessageRow,
    MessageStatus,
    Pruned,
    Spot,
    TaskPlace,
    TaskRow,
    TimerRow,
)
from crmflow.storage.shelf import Key

_NO_COPIES = "a store in memory has no backups; use a file (sqlite:///...)"


class MemoryStore:
    """The store port over dictionaries, under one lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tenants: dict[str, TenantRows] | None = {}

    def _of(self, tenant: str) -> TenantRows:
        if self._tenants is None:
            raise StoreFileError("memory:", "it was closed")
        found = self._tenants.get(tenant)
        if found is None:
            found = self._tenants[tenant] = TenantRows()
        return found

    def load(self, refs: Sequence[EntityRef]) -> Sequence[EntityRow | None]:
        """Return the present row of each entity, None where there is none."""
        with self._lock:
            return [self._of(ref.tenant).entities.rows.get((ref.machine, ref.id)) for ref in refs]

    def commit(self, batch: Sequence[Commit]) -> Sequence[Outcome]:
        """Write each member whole or not at all, and return how each fared, in order."""
        with self._lock:
            return singly(batch, self._committed)

    def _committed(self, commit: Commit) -> Outcome:
        rows = self._of(commit.row.ref.tenant)
        conflict = rows.conflict(commit)
        if conflict is not None:
            return conflict
        rows.write(commit)
        return Committed(commit.row.version)

    def keyed(self, tenant: str, machine: str, scope: str, key: str) -> KeyConflict | None:
        """Return who used a key, or None."""
        with self._lock:
            return self._of(tenant).keys.get((machine, scope, key))

    def journal(
        self, ref: EntityRef, *, after: int = 0, until: int | None = None, limit: int = 1000
    ) -> Sequence[JournalRow]:
        """Return journal records in order, up to the first that is later than *until*."""
        with self._lock:
            records = self._of(ref.tenant).journal.get((ref.machine, ref.id), [])
            start = bisect_right(records, after, key=lambda one: one.version)
            found = records[start : start + limit]
        if until is None:
            return found
        return list(takewhile(lambda one: one.at <= until, found))

    def checkpoint(self, ref: EntityRef, *, until: int) -> Checkpoint | None:
        """Return the latest checkpoint whose `at` is not later than *until*, or None."""
        with self._lock:
            kept = self._of(ref.tenant).checkpoints.get((ref.machine, ref.id), [])
            count = bisect_right(kept, until, key=lambda one: one.at)
            return kept[count - 1] if count else None

    def due(self, tenant: str, until: int, *, limit: int) -> Sequence[TimerRow]:
        """Return timers due by *until*, earliest first."""
        with self._lock:
            timers = self._of(tenant).timers.page()
            return list(islice(takewhile(lambda one: one.due_at <= until, timers), limit))

    def tasks(
        self,
        tenant: str,
        *,
        roles: Sequence[str] = (),
        after: TaskPlace | None = None,
        limit: int = 100,
    ) -> Sequence[TaskRow]:
        """Return open tasks (of these roles, or all), those due first in front."""
        groups: Iterable[str | None] = dict.fromkeys(roles) if roles else (None,)
        start = () if after is None else (*deadline(after[0]), *after[1:])
        with self._lock:
            tasks = self._of(tenant).tasks
            pages = [islice(tasks.page(start, group=group), limit) for group in groups]
            found = [one for page in pages for one in page]
        return sorted(found, key=lambda one: (*deadline(one.due_at), *one.place[1:]))[:limit]

    def outbox(
        self,
        tenant: str,
        *,
        status: MessageStatus | None = None,
        source: EntityRef | None = None,
        after: Spot | None = None,
        limit: int = 100,
    ) -> Sequence[MessageRow]:
        """Return messages in order of (source machine, source id, version, ordinal)."""
        start: Key = after or ()
        with self._lock:
            messages = self._of(tenant).outbox.ordered
            if source is None:
                return list(islice(messages.page(start, group=status), limit))
            start = max(start, (source.machine, source.id))
            own = takewhile(lambda one: one.source == source, messages.page(start, group=status))
            return list(islice(own, limit))

    def claim_due(
        self,
        tenant: str,
        until: int,
        *,
        machines: Sequence[str],
        now: int,
        lease: int,
        limit: int,
        after: int = 0,
    ) -> Sequence[TimerRow]:
        """Lease timers to one caller."""
        with self._lock:
            rows = self._of(tenant)
            due = takewhile(lambda one: one.due_at <= until, rows.timers.page((after,)))
            free = (one for one in due if rows.leases.get(_timer(one), 0) <= now)
            found = list(islice((one for one in free if one.ref.machine in machines), limit))
            rows.leases.update((_timer(one), now + lease) for one in found)
        return found

    def claim_messages(
        self, tenant: str, *, targets: Sequence[str], now: int, lease: int, limit: int
    ) -> Sequence[MessageRow]:
        """Lease the first waiting message of each pair to one caller."""
        with self._lock:
            outbox = self._of(tenant).outbox
            free = (one for one in outbox.waiting() if one.not_before <= now)
            meant = (one for one in free if one.target.machine in targets)
            found = list(islice(filter(outbox.is_first, meant), limit))
            leased = [attrs.evolve(one, not_before=now + lease) for one in found]
            for one in leased:
                outbox.put(one)
        return leased

    def backlog(self, tenant: str, now: int) -> Backlog:
        """Return how much is due by now and waits."""
        with self._lock:
            rows = self._of(tenant)
            due = [one.due_at for one in rows.timers.page() if one.due_at <= now]
            waiting = [one.sent_at for one in rows.outbox.waiting()]
            return Backlog(
                len(rows.timers.rows),
                len(due),
                min(due, default=None),
                len(waiting),
                len(rows.outbox.ordered.rows) - len(waiting),
                min(waiting, default=None),
            )

    def settle(self, message: MessageRow) -> None:
        """Remove a delivered message; nothing where it is gone or another has leased it."""
        with self._lock:
            outbox = self._of(message.source.tenant).outbox
            if outbox.now(message, message.not_before) is not None:
                outbox.drop(message)

    def mark(self, message: MessageRow, *, held: int | None = None) -> bool:
        """Store how a message stands; say whether it was there and nobody else's."""
        with self._lock:
            outbox = self._of(message.source.tenant).outbox
            old = outbox.now(message, message.not_before if held is None else held)
            if old is None:
                return False
            marked = attrs.evolve(
                old,
                status=message.status,
                detail=message.detail,
                attempts=message.attempts,
                not_before=message.not_before,
            )
            outbox.put(marked)
        return True

    def find(self, query: Find) -> Sequence[EntityRow]:
        """Return a page of entities."""
        start: Key = query.after or ()
        with self._lock:
            entities = self._of(query.tenant).entities
            if query.machine is None:
                return list(islice(entities.page(start, group=query.state), query.limit))
            if query.terms:
                found = self._of(query.tenant).having(query, query.machine)
                return list(islice(found, query.limit))
            start = max(start, (query.machine,))
            own = takewhile(
                lambda one: one.ref.machine == query.machine,
                entities.page(start, group=query.state),
            )
            return list(islice(own, query.limit))

    def find_due(
        self, query: Find, until: int, *, after: DuePlace | None = None
    ) -> Sequence[DueRow]:
        """Return a page of entities of which something is due, those due first in front."""
        with self._lock:
            rows = self._of(query.tenant)
            behind = (one for one in rows.due(until) if after is None or one.place > after)
            return list(islice((one for one in behind if rows.meets(one.row, query)), query.limit))

    def terms(
        self,
        tenant: str,
        machine: str,
        field: str,
        *,
        until: str,
        after: tuple[str, str] = ("", ""),
        limit: int = 100,
    ) -> Sequence[tuple[str, str]]:
        """Return who has which term of a field, as (term, id) in this order."""
        with self._lock:
            return list(islice(self._of(tenant).terms[machine].listed(field, until, after), limit))

    def alike(
        self, tenant: str, machine: str, terms: Sequence[Term], *, limit: int
    ) -> Sequence[Alike]:
        """Return entities with any of these terms, those with most in front, then by id."""
        with self._lock:
            found = self._of(tenant).terms[machine].alike(terms)[:limit]
        return [Alike(EntityRef(tenant, machine, id_), shared) for id_, shared in found]

    def index(self, found: Sequence[tuple[EntityRow, Sequence[Term]]]) -> None:
        """Add the terms of entities that are still at the version of their row."""
        with self._lock:
            for row, terms in found:
                ref = row.ref
                tenant = self._of(ref.tenant)
                now = tenant.entities.rows.get((ref.machine, ref.id))
                if now is not None and now.version == row.version:
                    tenant.terms[ref.machine].put(ref.id, terms)

    def unindex(self, tenant: str, machine: str) -> None:
        """Forget the terms of all entities of a machine."""
        with self._lock:
            self._of(tenant).terms.pop(machine, None)

    def secret(self, ref: EntityRef) -> bytes | None:
        """Return the wrapped key of an entity's encrypted values, None where it never had one."""
        with self._lock:
            return self._of(ref.tenant).secrets.get((ref.machine, ref.id))

    def secrets(
        self, tenant: str, *, after: tuple[str, str] | None = None, limit: int = 100
    ) -> Sequence[tuple[EntityRef, bytes]]:
        """Return a page of wrapped keys behind (machine, id), in that order."""
        with self._lock:
            found = sorted(self._of(tenant).secrets.items())
        later = ((of, secret) for of, secret in found if after is None or of > after)
        return [(EntityRef(tenant, *of), secret) for of, secret in islice(later, limit)]

    def rewrap(self, ref: EntityRef, old: bytes, new: bytes) -> bool:
        """Put a wrapped key in place of the old one; say whether that was still there."""
        of = (ref.machine, ref.id)
        with self._lock:
            secrets = self._of(ref.tenant).secrets
            same = secrets.get(of) == old
            if same:
                secrets[of] = new
        return same

    def pruned(self, ref: EntityRef) -> Pruned | None:
        """Return what stands in place of an entity's pruned records, None where none are."""
        with self._lock:
            return self._of(ref.tenant).pruned.get((ref.machine, ref.id))

    def prune(self, ref: EntityRef, mark: Pruned, keys: Mapping[str, int]) -> bool:
        """Put a mark in place of records up to its version; False where its record is not there."""
        with self._lock:
            return self._of(ref.tenant).prune(ref, mark, keys)

    def counts(self, tenant: str) -> Mapping[tuple[str, str], int]:
        """Return how many entities there are per (machine, state)."""
        with self._lock:
            return dict(+self._of(tenant).counts)

    def enrolled(self, tenant: str) -> Sequence[tuple[str, str]]:
        """Return the (machine, policy) pairs that may have state, in order."""
        with self._lock:
            return sorted(self._of(tenant).policies)

    def enroll(self, tenant: str, policies: Sequence[tuple[str, str]]) -> None:
        """Note (machine, policy) pairs that may have state."""
        with self._lock:
            self._of(tenant).policies.update(policies)

    def dismiss(self, tenant: str, machine: str, policy: str) -> None:
        """Note that a policy has no state of a machine's entities any more."""
        with self._lock:
            self._of(tenant).policies.discard((machine, policy))

    def policy_set(self, tenant: str, digest: str) -> bytes | None:
        """Return what a policy digest stands for, or None."""
        with self._lock:
            return self._of(tenant).policy_sets.get(digest)

    def keep_set(self, tenant: str, digest: str, body: bytes) -> None:
        """Keep what a policy digest stands for; no error where it is kept."""
        with self._lock:
            self._of(tenant).policy_sets.setdefault(digest, body)

    def copy(self, path: str) -> None:
        """Refuse: what is in memory is gone with the process, and so would its restoring be."""
        raise BackupError(path, _NO_COPIES)

    def verify(self, path: str, *, on: str | None = None) -> Checked:
        """Refuse: there are none."""
        raise BackupError(path, _NO_COPIES)

    def close(self) -> None:
        """Forget everything."""
        with self._lock:
            self._tenants = None


def _timer(one: TimerRow) -> Key:
    return (one.ref.machine, one.ref.id, one.name)
