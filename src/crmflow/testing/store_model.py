"""A store so simple that it is plainly right: lists, scanned in full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import attrs

from crmflow.core.claim import Claim
from crmflow.core.ref import EntityRef
from crmflow.core.searching import Term
from crmflow.storage.commit import (
    ClaimConflict,
    Commit,
    Committed,
    KeyConflict,
    Outcome,
    VersionConflict,
)
from crmflow.storage.query import Alike, Backlog, Find
from crmflow.storage.rows import (
    Checkpoint,
    DueRow,
    EntityRow,
    JournalRow,
    MessageRow,
    MessageStatus,
    TaskRow,
    TimerRow,
)


class StoreModel:
    """What a store of one tenant must answer."""

    def __init__(self) -> None:
        self.rows: dict[EntityRef, EntityRow] = {}
        self.records: dict[EntityRef, list[JournalRow]] = {}
        self.kept: dict[EntityRef, list[Checkpoint]] = {}
        self.used: dict[tuple[str, str, str], KeyConflict] = {}
        self.held: dict[Claim, EntityRef] = {}
        self.terms: dict[EntityRef, set[Term]] = {}
        self.timers: dict[tuple[EntityRef, str], TimerRow] = {}
        self.leases: dict[tuple[EntityRef, str], int] = {}
        self.open: dict[tuple[EntityRef, str], TaskRow] = {}
        self.sent: dict[tuple[EntityRef, int, int], MessageRow] = {}

    def version(self, ref: EntityRef) -> int:
        """Return an entity's version, 0 where there is none."""
        return self.rows[ref].version if ref in self.rows else 0

    def commit(self, commit: Commit) -> Outcome:
        """Write a commit, or say what stands against it."""
        ref = commit.row.ref
        for key in commit.keys:
            if (ref.machine, commit.scope, key) in self.used:
                return self.used[ref.machine, commit.scope, key]
        if self.version(ref) != commit.expected:
            return VersionConflict(self.version(ref))
        for claim in commit.claims:
            if self.held.get(claim, ref) != ref:
                return ClaimConflict(claim, self.held[claim])
        self._write(ref, commit)
        return Committed(commit.row.version)

    def _write(self, ref: EntityRef, commit: Commit) -> None:
        self.rows[ref] = commit.row
        self.records.setdefault(ref, []).extend(commit.records)
        self.kept.setdefault(ref, []).extend(commit.checkpoints)
        for key, version in commit.keys.items():
            self.used[ref.machine, commit.scope, key] = KeyConflict(key, ref, version)
        for name in (*commit.timers_gone, *(one.name for one in commit.timers)):
            self.timers.pop((ref, name), None)
            self.leases.pop((ref, name), None)
        for name in commit.tasks_gone:
            self.open.pop((ref, name), None)
        self.held = {
            claim: holder
            for claim, holder in self.held.items()
            if holder != ref or claim not in commit.claims_gone
        }
        self.terms[ref] = self.terms.get(ref, set()) - set(commit.terms_gone) | set(commit.terms)
        self.timers |= {(ref, one.name): one for one in commit.timers}
        self.open |= {(ref, one.name): one for one in commit.tasks}
        self.held |= dict.fromkeys(commit.claims, ref)
        self.sent |= {(ref, one.version, one.ordinal): one for one in commit.messages}

    def due(self, until: int) -> list[TimerRow]:
        """Return timers due, in order."""
        due = [one for one in self.timers.values() if one.due_at <= until]
        return sorted(due, key=lambda one: (one.due_at, one.ref, one.name))

    def tasks(self, roles: Sequence[str]) -> list[TaskRow]:
        """Return tasks of these roles, or of all, in order."""
        found = [one for one in self.open.values() if not roles or one.role in roles]
        return sorted(
            found, key=lambda one: (one.due_at is None, one.due_at or 0, one.ref, one.name)
        )

    def outbox(self) -> list[MessageRow]:
        """Return all messages in order."""
        return [self.sent[place] for place in sorted(self.sent)]

    def claim_due(
        self, until: int, *, machines: Sequence[str], now: int, lease: int, limit: int, after: int
    ) -> list[TimerRow]:
        """Lease timers that are due and free."""
        found = [
            one
            for one in self.due(until)
            if one.due_at >= after
            and one.ref.machine in machines
            and self.leases.get((one.ref, one.name), 0) <= now
        ][:limit]
        self.leases |= {(one.ref, one.name): now + lease for one in found}
        return found

    def claim_messages(
        self, *, targets: Sequence[str], now: int, lease: int, limit: int
    ) -> list[MessageRow]:
        """Lease the first message of each pair, where it waits and is free, sent first in front."""
        firsts = {(one.source, one.target): one for one in reversed(self.outbox())}
        found = [
            one
            for one in sorted(self.outbox(), key=lambda one: one.sent_at)
            if one in firsts.values()
            and one.target.machine in targets
            and one.status is MessageStatus.WAITING
            and one.not_before <= now
        ][:limit]
        leased = [attrs.evolve(one, not_before=now + lease) for one in found]
        self.sent |= {(one.source, one.version, one.ordinal): one for one in leased}
        return leased

    def backlog(self, now: int) -> Backlog:
        """Return how much is due and waits."""
        due = [one.due_at for one in self.due(now)]
        sent = self.sent.values()
        waiting = [one for one in sent if one.status is MessageStatus.WAITING]
        return Backlog(
            len(self.timers),
            len(due),
            min(due, default=None),
            len(waiting),
            len(sent) - len(waiting),
            min((one.sent_at for one in waiting), default=None),
        )

    def settle(self, message: MessageRow) -> None:
        """Remove a message that nobody else has leased."""
        gone = (_place(message), message.not_before)
        self.sent = {
            place: one for place, one in self.sent.items() if (place, one.not_before) != gone
        }

    def mark(self, message: MessageRow, held: int) -> bool:
        """Store how a message stands that nobody else has leased."""
        old = self.sent[_place(message)]
        free = old.not_before == held
        self.sent[_place(message)] = message if free else old
        return free

    def find(self, query: Find) -> list[EntityRow]:
        """Return a page of entities."""
        found = [
            self.rows[ref]
            for ref in sorted(self.rows)
            if query.machine in {None, ref.machine}
            and query.state in {None, self.rows[ref].state}
            and (query.after is None or (ref.machine, ref.id) > query.after)
            and self.terms[ref].issuperset(query.terms)
        ]
        return found[: query.limit]

    def find_due(self, query: Find, until: int) -> list[DueRow]:
        """Return the entities of which something is due, in order."""
        instants: dict[EntityRef, list[int]] = {}
        waiting: list[TimerRow | TaskRow] = [*self.timers.values(), *self.open.values()]
        for one in waiting:
            if one.due_at is not None and one.due_at <= until:
                instants.setdefault(one.ref, []).append(one.due_at)
        wanted = self.find(query)
        due = [DueRow(min(instants[row.ref]), row) for row in wanted if row.ref in instants]
        return sorted(due, key=lambda one: one.place)

    def listed(
        self, machine: str, field: str, until: str, after: tuple[str, str]
    ) -> list[tuple[str, str]]:
        """Return who has which term of a field, in order."""
        return sorted(
            (one.term, ref.id)
            for ref, own in self.terms.items()
            for one in own
            if ref.machine == machine and one.field == field and after < (one.term, ref.id)
            if one.term < until
        )

    def alike(self, machine: str, terms: Sequence[Term], limit: int) -> list[Alike]:
        """Return entities with any of the terms, in order."""
        found = [
            Alike(ref, len(own & set(terms)))
            for ref, own in self.terms.items()
            if ref.machine == machine and own & set(terms)
        ]
        return sorted(found, key=lambda one: (-one.shared, one.ref))[:limit]

    def counts(self) -> Mapping[tuple[str, str], int]:
        """Return how many entities there are per (machine, state)."""
        return Counter((ref.machine, row.state) for ref, row in self.rows.items())


def _place(message: MessageRow) -> tuple[EntityRef, int, int]:
    return (message.source, message.version, message.ordinal)
