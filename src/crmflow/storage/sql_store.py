"""
The store port over any SQL database: one implementation, fed by the statements of `sql`.

A commit is written without looking first. Only where a row clashes is everything rolled back,
written one by one, and looked at for what stands against it. An adapter gives the database, and
may write in a faster way that only its own knows.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from crmflow.core.errors import StoreFileError
from crmflow.core.ref import EntityRef
from crmflow.core.searching import Term
from crmflow.storage import sql_rows as rows
from crmflow.storage.commit import (
    ClaimConflict,
    Commit,
    Committed,
    Outcome,
    VersionConflict,
    singly,
)
from crmflow.storage.database import TAKEN, Busy, Clash, Database, Step, Transaction
from crmflow.storage.rows import EntityRow, MessageRow, MessageStatus, TimerRow
from crmflow.storage.sql_keeping import SqlKeeping

_ATTEMPTS = 5
"""How often a commit is written where nothing is found to stand against it."""

_PAUSES = (0.0, 0.01, 0.05, 0.2)
"""Seconds to wait at most before a commit is tried again that let another go first."""


class SqlStore(SqlKeeping):
    """
    The store port over a database.

    Args:
        database: Where the tables are; they are up to date.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._parts = [(getattr(self._sql, name), values) for name, values in rows.PARTS.items()]

    def commit(self, batch: Sequence[Commit]) -> Sequence[Outcome]:
        """Write each member whole or not at all, and return how each fared, in order."""
        if len(batch) <= 1:
            return [self._single(one) for one in batch]
        try:
            self._patiently(partial(self._write_all, batch))
        except Clash:
            return singly(batch, self._single)
        return [Committed(one.row.version) for one in batch]

    def _single(self, commit: Commit) -> Outcome:
        for _ in range(_ATTEMPTS):
            try:
                self._patiently(partial(self._write_all, (commit,)))
            except Clash as fault:
                clash = fault
            else:
                return Committed(commit.row.version)
            with self._database.reading() as work:
                conflict = self._conflict(work, commit)
            if conflict is not None:
                return conflict
        # Nothing stands against it, and yet it cannot be written.
        raise StoreFileError(self._database.name, str(clash)) from clash

    def _patiently(self, write: Callable[[], None]) -> None:
        """Write, and again where another transaction was let go first."""
        for pause in _PAUSES:
            try:
                return write()
            except Busy:
                time.sleep(random.uniform(0, pause))  # noqa: S311 - no secret
        return write()

    def _write_all(self, batch: Sequence[Commit]) -> None:
        """Write a batch whole, or raise `Clash` or `Busy` and leave nothing of it."""
        with self._database.writing() as work:
            for wave in rows.waves(batch):
                self._write(work, wave)

    def _conflict(self, work: Transaction, commit: Commit) -> Outcome | None:
        """Return what stands against a commit; a key first, so that a repeat is known as one."""
        ref, sql = commit.row.ref, self._sql
        for key in commit.keys:
            found = work.execute(sql.keyed, (ref.tenant, ref.machine, commit.scope, key))
            used = rows.used(ref.tenant, ref.machine, key, found)
            if used is not None:
                return used
        row = self._loaded(work, ref)
        version = row.version if row else 0
        if version != commit.expected:
            return VersionConflict(version)
        for claim in commit.claims:
            holders = work.execute(sql.holder, (ref.tenant, claim.scope, claim.value))
            for holder in holders:
                if tuple(holder) != (ref.machine, ref.id):
                    return ClaimConflict(claim, EntityRef(ref.tenant, *holder))
        return None

    def _write(self, work: Transaction, wave: Sequence[Commit]) -> None:
        """Write commits of different entities, or raise `Clash`."""
        for step in self._steps(wave):
            touched = work.executemany(step.statement, step.values)
            if step.whole and touched < len(step.values):
                raise Clash(TAKEN)

    def _steps(self, wave: Sequence[Commit]) -> Iterator[Step]:
        """Yield what writes commits of different entities."""
        sql = self._sql
        moved = [rows.moved(one) for one in wave if one.expected]
        if moved:
            yield Step(sql.move, moved, whole=True)
        if len(moved) != len(wave):
            yield Step(sql.create, [rows.created(one) for one in wave if not one.expected])
        yield Step(sql.append, [row for one in wave for row in rows.records(one)])
        keys = [row for one in wave if one.keys for row in rows.keys(one)]
        if keys:
            yield Step(sql.add_key, keys)
        more = [one for one in wave if one.has_more]
        if more:
            yield from self._more_steps(more)

    def _more_steps(self, wave: Sequence[Commit]) -> Iterator[Step]:
        for statement, values_of in self._parts:
            values = [row for one in wave for row in values_of(one)]
            if values:
                yield Step(statement, values)
        # By member: what one frees, only a later one may take.
        for one in wave:
            freed, taken = rows.claims_gone(one), rows.claims(one)
            if freed:
                yield Step(self._sql.free_claim, freed)
            if taken:
                yield Step(self._sql.take_claim, taken, whole=True)

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
        """Lease timers to one caller: of two at once, none gets what the other got."""
        place = (tenant, after, until, now, rows.among(machines), limit)
        with self._database.writing() as work:
            found = work.execute(self._sql.due_unleased, place)
            timers = [rows.timer(tenant, row) for row in found]
            if timers:
                leased = [(now + lease, *rows.timer_key(one)) for one in timers]
                work.executemany(self._sql.lease_timer, leased)
        return timers

    def claim_messages(
        self, tenant: str, *, targets: Sequence[str], now: int, lease: int, limit: int
    ) -> Sequence[MessageRow]:
        """Lease the first waiting message of each pair to one caller."""
        end = now + lease
        place = (tenant, MessageStatus.WAITING, now, rows.among(targets), limit)
        with self._database.writing() as work:
            found = work.execute(self._sql.first_waiting, place)
            messages = self._first(work, [rows.leased(tenant, row, end) for row in found])
            if messages:
                leased = [(end, *rows.message_key(one)) for one in messages]
                work.executemany(self._sql.lease_message, leased)
        return messages

    def _first(self, _work: Transaction, read: list[MessageRow]) -> list[MessageRow]:
        """Return those that are the first of their pair: all, where one instant was read."""
        return read

    def settle(self, message: MessageRow) -> None:
        """Remove a delivered message; nothing where it is gone or another has leased it."""
        self._run(self._sql.settle, (*rows.message_key(message), message.not_before))

    def mark(self, message: MessageRow, *, held: int | None = None) -> bool:
        """Store how a message stands; say whether it was there and nobody else's."""
        with self._database.writing() as work:
            return work.executemany(self._sql.mark, [rows.marked(message, held)]) == 1

    def index(self, found: Sequence[tuple[EntityRow, Sequence[Term]]]) -> None:
        """Add the terms of entities that are still at the version of their row."""
        with self._database.writing() as work:
            for row, terms in found:
                now = self._loaded(work, row.ref)
                if terms and now is not None and now.version == row.version:
                    work.executemany(self._sql.add_term, rows.terms(row.ref, terms))

    def unindex(self, tenant: str, machine: str) -> None:
        """Forget the terms of all entities of a machine."""
        self._run(self._sql.unindex, (tenant, machine))

    def enroll(self, tenant: str, policies: Sequence[tuple[str, str]]) -> None:
        """Note (machine, policy) pairs that may have state."""
        # Engines that start at the same time note the same.
        self._patiently(partial(self._enroll, [(tenant, *pair) for pair in policies]))

    def _enroll(self, noted: Sequence[rows.Values]) -> None:
        with self._database.writing() as work:
            work.executemany(self._sql.enroll, noted)

    def dismiss(self, tenant: str, machine: str, policy: str) -> None:
        """Note that a policy has no state of a machine's entities any more."""
        self._run(self._sql.dismiss, (tenant, machine, policy))

    def keep_set(self, tenant: str, digest: str, body: bytes) -> None:
        """Keep what a policy digest stands for; no error where it is kept."""
        self._run(self._sql.keep_set, (tenant, digest, body))

    def close(self) -> None:
        """Give back connections; the store cannot be used afterwards."""
        self._database.close()
