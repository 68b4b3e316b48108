"""
The store in one SQLite file: the embedded default, safe for threads and processes.

An ordinary step is one SELECT, then BEGIN IMMEDIATE, UPDATE, INSERT, COMMIT. A
commit is written without looking first; only where a row clashes is everything
rolled back and tried again one by one, looking before each.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

from crmflow.core.ref import EntityRef
from crmflow.core.searching import Term
from crmflow.storage import sql_rows as rows
from crmflow.storage.port import (
    Alike,
    ClaimConflict,
    Commit,
    Committed,
    Find,
    KeyConflict,
    Outcome,
    VersionConflict,
    singly,
)
from crmflow.storage.rows import (
    Checkpoint,
    EntityRow,
    JournalRow,
    MessageRow,
    MessageStatus,
    TaskRow,
    TimerRow,
)
from crmflow.storage.sql import statements
from crmflow.storage.sql_rows import Values
from crmflow.storage.sql_terms import alike_terms, find_terms
from crmflow.storage.sqlite_file import MEMORY, SqliteFile, SqliteOptions
from crmflow.storage.tables import NEVER


class SqliteStore:
    """
    The store port over one file, or over memory.

    Args:
        path: Path of the file, made where there is none; `:memory:` for none at all.
        options: How the file is used.

    Raises:
        StoreFileError: The file is none of ours, damaged, read-only, a folder or nowhere.
        SchemaOutOfDateError: Its schema is of another release.
        UnavailableError: Another process holds it.
    """

    def __init__(self, path: str = MEMORY, options: SqliteOptions | None = None) -> None:
        self._file = SqliteFile(path, options or SqliteOptions())
        try:
            self._file.make_ready()
            self._sql = sql = statements("sqlite")
            self._parts = [(getattr(sql, name), values) for name, values in rows.PARTS.items()]
        except BaseException:
            self._file.close()
            raise

    def load(self, refs: Sequence[EntityRef]) -> Sequence[EntityRow | None]:
        """Return the present row of each entity, None where there is none."""
        with self._file as connection:
            if len(refs) == 1:
                return [self._loaded(connection, refs[0])]
            # One transaction, so that the file is locked for reading once.
            connection.execute("BEGIN")
            found = [self._loaded(connection, ref) for ref in refs]
            connection.execute("COMMIT")
            return found

    def _loaded(self, connection: sqlite3.Connection, ref: EntityRef) -> EntityRow | None:
        key = (ref.tenant, ref.machine, ref.id)
        row = connection.execute(self._sql.load, key).fetchone()
        return EntityRow(ref, *row) if row else None

    def commit(self, batch: Sequence[Commit]) -> Sequence[Outcome]:
        """Write each member whole or not at all, and return how each fared, in order."""
        with self._file as connection:
            connection.execute("BEGIN IMMEDIATE")
            if self._fits(connection, batch):
                connection.execute("COMMIT")
                return [Committed(one.row.version) for one in batch]
            connection.execute("ROLLBACK")
            return singly(batch, lambda one: self._single(connection, one))

    def _fits(self, connection: sqlite3.Connection, batch: Sequence[Commit]) -> bool:
        try:
            return all(self._wrote(connection, wave) for wave in rows.waves(batch))
        except sqlite3.IntegrityError:
            return False

    def _single(self, connection: sqlite3.Connection, commit: Commit) -> Outcome:
        connection.execute("BEGIN IMMEDIATE")
        conflict = self._conflict(connection, commit)
        if conflict is not None:
            connection.execute("ROLLBACK")
            return conflict
        self._wrote(connection, (commit,))
        connection.execute("COMMIT")
        return Committed(commit.row.version)

    def _conflict(self, connection: sqlite3.Connection, commit: Commit) -> Outcome | None:
        """Return what stands against a commit; a key first, so that a repeat is known as one."""
        ref, sql = commit.row.ref, self._sql
        for key in commit.keys:
            used = self._used(connection, ref.tenant, ref.machine, commit.scope, key)
            if used is not None:
                return used
        row = connection.execute(sql.load, (ref.tenant, ref.machine, ref.id)).fetchone()
        found = row[0] if row else 0
        if found != commit.expected:
            return VersionConflict(found)
        for claim in commit.claims:
            place = (ref.tenant, claim.scope, claim.value)
            holder = connection.execute(sql.holder, place).fetchone()
            if holder is not None and holder != (ref.machine, ref.id):
                return ClaimConflict(claim, EntityRef(ref.tenant, *holder))
        return None

    def _wrote(self, connection: sqlite3.Connection, wave: Sequence[Commit]) -> bool:
        """Write commits of different entities; False or an error where one clashes."""
        many, sql = connection.executemany, self._sql
        moved = [rows.moved(one) for one in wave if one.expected]
        if moved and many(sql.move, moved).rowcount != len(moved):
            return False
        if len(moved) != len(wave):
            many(sql.create, [rows.created(one) for one in wave if not one.expected])
        many(sql.append, [row for one in wave for row in rows.records(one)])
        keys = [row for one in wave if one.keys for row in rows.keys(one)]
        if keys:
            many(sql.add_key, keys)
        return all(self._wrote_more(connection, one) for one in wave if rows.has_more(one))

    def _wrote_more(self, connection: sqlite3.Connection, commit: Commit) -> bool:
        for statement, values_of in self._parts:
            values = values_of(commit)
            if values:
                connection.executemany(statement, values)
        # By member: what one frees, only a later one may take.
        connection.executemany(self._sql.free_claim, rows.claims_gone(commit))
        taken = rows.claims(commit)
        count = connection.executemany(self._sql.take_claim, taken).rowcount if taken else 0
        return count == len(taken)

    def keyed(self, tenant: str, machine: str, scope: str, key: str) -> KeyConflict | None:
        """Return who used a key, or None."""
        with self._file as connection:
            return self._used(connection, tenant, machine, scope, key)

    def _used(
        self, connection: sqlite3.Connection, tenant: str, machine: str, scope: str, key: str
    ) -> KeyConflict | None:
        row = connection.execute(self._sql.keyed, (tenant, machine, scope, key)).fetchone()
        return KeyConflict(key, EntityRef(tenant, machine, row[0]), row[1]) if row else None

    def journal(
        self, ref: EntityRef, *, after: int = 0, until: int | None = None, limit: int = 1000
    ) -> Sequence[JournalRow]:
        """Return journal records in order, up to the first that is later than *until*."""
        place = (ref.tenant, ref.machine, ref.id, after, limit)
        with self._file as connection:
            cursor = connection.execute(self._sql.journal, place)
            # Stepped through, so that a long history behind *until* is not read.
            records = (JournalRow(*row) for row in cursor)
            if until is None:
                return list(records)
            return list(takewhile(lambda one: one.at <= until, records))

    def checkpoint(self, ref: EntityRef, *, until: int) -> Checkpoint | None:
        """Return the latest checkpoint whose `at` is not later than *until*, or None."""
        place = (ref.tenant, ref.machine, ref.id, until, 1)
        with self._file as connection:
            row = connection.execute(self._sql.checkpoint, place).fetchone()
        return Checkpoint(*row) if row else None

    def due(self, tenant: str, until: int, *, limit: int) -> Sequence[TimerRow]:
        """Return timers due by *until*, earliest first."""
        return [
            TimerRow(EntityRef(tenant, machine, id_), *rest)
            for machine, id_, *rest in self._all(self._sql.due, (tenant, until, limit))
        ]

    def tasks(
        self, tenant: str, *, roles: Sequence[str] = (), limit: int = 100
    ) -> Sequence[TaskRow]:
        """Return open tasks (of these roles, or all), those due first in front."""
        if roles:
            # One query per role: an index leads each to its first rows.
            found = [
                row
                for role in dict.fromkeys(roles)
                for row in self._all(self._sql.tasks_of, (tenant, role, limit))
            ]
            found = sorted(found, key=lambda row: (row[6], row[0], row[1], row[2]))[:limit]
        else:
            found = self._all(self._sql.tasks, (tenant, limit))
        return [_task(tenant, *row) for row in found]

    def outbox(
        self,
        tenant: str,
        *,
        status: MessageStatus | None = None,
        source: EntityRef | None = None,
        after: tuple[str, str, int, int] | None = None,
        limit: int = 100,
    ) -> Sequence[MessageRow]:
        """Return messages in order of (source machine, source id, version, ordinal)."""
        sql = self._sql
        given: Values = (tenant,) if status is None else (tenant, status)
        place = rows.after_message(after, source)
        if place is None:
            return []
        if source is None:
            statement = sql.outbox if status is None else sql.outbox_status
        else:
            statement = sql.outbox_source if status is None else sql.outbox_both
        return [_message(tenant, *row) for row in self._all(statement, (*given, *place, limit))]

    def settle(self, message: MessageRow) -> None:
        """Remove a delivered message; no error where it is gone."""
        self._all(self._sql.settle, rows.message_key(message))

    def mark(self, message: MessageRow) -> None:
        """Store the message's status and detail; no error where it is gone."""
        values = (message.status, message.detail, *rows.message_key(message))
        self._all(self._sql.mark, values)

    def find(self, query: Find) -> Sequence[EntityRow]:
        """Return a page of entities."""
        sql, machine, state = self._sql, query.machine, query.state
        given: Values = (query.tenant,) if state is None else (query.tenant, state)
        place = rows.after_entity(query.after, machine)
        if place is None:
            return []
        if query.terms:
            return self._by_terms(query, str(place[-1]))
        if machine is None:
            statement = sql.find if state is None else sql.find_state
        else:
            statement = sql.find_machine if state is None else sql.find_both
        return [
            EntityRow(EntityRef(query.tenant, of, id_), *rest)
            for of, id_, *rest in self._all(statement, (*given, *place, query.limit))
        ]

    def _by_terms(self, query: Find, after: str) -> Sequence[EntityRow]:
        statement = find_terms("sqlite", len(query.terms), state=query.state is not None)
        return [
            EntityRow(EntityRef(query.tenant, str(query.machine), id_), *rest)
            for id_, *rest in self._all(statement, rows.by_terms(query, after))
        ]

    def alike(
        self, tenant: str, machine: str, terms: Sequence[Term], *, limit: int
    ) -> Sequence[Alike]:
        """Return entities with any of these terms, those with most in front, then by id."""
        wanted = sorted(set(terms))
        if not wanted:
            return []
        values = [text for one in wanted for text in (tenant, machine, one.field, one.term)]
        found = self._all(alike_terms("sqlite", len(wanted)), (*values, limit))
        return [Alike(EntityRef(tenant, machine, id_), shared) for id_, shared in found]

    def index(self, found: Sequence[tuple[EntityRow, Sequence[Term]]]) -> None:
        """Add the terms of entities that are still at the version of their row."""
        with self._file as connection:
            connection.execute("BEGIN IMMEDIATE")
            for row, terms in found:
                now = self._loaded(connection, row.ref)
                if now is not None and now.version == row.version:
                    connection.executemany(self._sql.add_term, rows.terms(row.ref, terms))
            connection.execute("COMMIT")

    def unindex(self, tenant: str, machine: str) -> None:
        """Forget the terms of all entities of a machine."""
        self._all(self._sql.unindex, (tenant, machine))

    def secret(self, ref: EntityRef) -> bytes | None:
        """Return the wrapped key of an entity's encrypted values, None where it never had one."""
        found = self._all(self._sql.secret, (ref.tenant, ref.machine, ref.id))
        return found[0][0] if found else None

    def counts(self, tenant: str) -> Mapping[tuple[str, str], int]:
        """Return how many entities there are per (machine, state)."""
        found = self._all(self._sql.counts, (tenant,))
        return {(machine, state): count for machine, state, count in found}

    def enrolled(self, tenant: str) -> Sequence[tuple[str, str]]:
        """Return the (machine, policy) pairs that may have state, in order."""
        return self._all(self._sql.enrolled, (tenant,))

    def enroll(self, tenant: str, machine: str, policy: str) -> None:
        """Note that a policy may have state of a machine's entities."""
        self._all(self._sql.enroll, (tenant, machine, policy))

    def dismiss(self, tenant: str, machine: str, policy: str) -> None:
        """Note that a policy has no state of a machine's entities any more."""
        self._all(self._sql.dismiss, (tenant, machine, policy))

    def policy_set(self, tenant: str, digest: str) -> bytes | None:
        """Return what a policy digest stands for, or None."""
        found = self._all(self._sql.policy_set, (tenant, digest))
        return found[0][0] if found else None

    def keep_set(self, tenant: str, digest: str, body: bytes) -> None:
        """Keep what a policy digest stands for; no error where it is kept."""
        self._all(self._sql.keep_set, (tenant, digest, body))

    def copy(self, path: str) -> None:
        """Write all there is to a new file, while the store is used."""
        self._file.copy(path)

    def close(self) -> None:
        """Close the file; the store cannot be used afterwards."""
        self._file.close()

    def _all(self, statement: str, values: Values) -> list[Any]:
        with self._file as connection:
            return connection.execute(statement, values).fetchall()


def _task(
    tenant: str,
    machine: str,
    id_: str,
    name: str,
    task_id: str,
    role: str,
    opened_at: int,
    due_at: int,
) -> TaskRow:
    deadline = None if due_at == NEVER else due_at
    return TaskRow(EntityRef(tenant, machine, id_), task_id, name, role, opened_at, deadline)


def _message(
    tenant: str,
    machine: str,
    id_: str,
    version: int,
    ordinal: int,
    target: str,
    of: str,
    target_id: str,
    body: bytes,
    status: str,
    detail: str,
) -> MessageRow:
    source = EntityRef(tenant, machine, id_)
    to = EntityRef(target, of, target_id)
    return MessageRow(source, version, ordinal, to, body, MessageStatus(status), detail)
