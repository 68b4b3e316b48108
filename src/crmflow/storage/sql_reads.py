"""What every SQL store reads, in few statements led by an index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

import attrs

from crmflow.core.ref import EntityRef
from crmflow.core.searching import Term
from crmflow.storage import sql_rows as rows
from crmflow.storage.commit import KeyConflict
from crmflow.storage.database import Database, Transaction
from crmflow.storage.query import Alike, Backlog, Find
from crmflow.storage.rows import (
    Checkpoint,
    DuePlace,
    DueRow,
    EntityRow,
    JournalRow,
    MessageRow,
    MessageStatus,
    Spot,
    TaskPlace,
    TaskRow,
    TimerRow,
)
from crmflow.storage.sql import statements
from crmflow.storage.sql_backlog import counting
from crmflow.storage.sql_due import found_due
from crmflow.storage.sql_rows import Values
from crmflow.storage.sql_terms import alike_terms, find_terms

_FIRST = 64
"""Records read at first where an instant ends the reading: as many as between checkpoints."""

_SOME = 100
"""How far those who have a term are counted, to begin with the term that fewest have."""


class SqlReads:
    """
    The reading half of `SqlStore`.

    Args:
        database: Where the tables are; they are up to date.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._run = database.run
        self._sql = statements(database.dialect)

    def load(self, refs: Sequence[EntityRef]) -> Sequence[EntityRow | None]:
        """Return the present row of each entity, None where there is none."""
        if len(refs) == 1:
            (ref,) = refs
            found = self._run(self._sql.load, (ref.tenant, ref.machine, ref.id))
            return [EntityRow(ref, *found[0]) if found else None]
        with self._database.reading() as work:
            return [self._loaded(work, ref) for ref in refs]

    def _loaded(self, work: Transaction, ref: EntityRef) -> EntityRow | None:
        found = work.execute(self._sql.load, (ref.tenant, ref.machine, ref.id))
        return EntityRow(ref, *found[0]) if found else None

    def keyed(self, tenant: str, machine: str, scope: str, key: str) -> KeyConflict | None:
        """Return who used a key, or None."""
        found = self._run(self._sql.keyed, (tenant, machine, scope, key))
        return rows.used(tenant, machine, key, found)

    def journal(
        self, ref: EntityRef, *, after: int = 0, until: int | None = None, limit: int = 1000
    ) -> Sequence[JournalRow]:
        """Return journal records in order, up to the first that is later than *until*."""
        if until is None:
            return self._records(ref, after, limit)
        found: list[JournalRow] = []
        size = _FIRST
        while len(found) < limit:
            # Ever longer pages, so that a long history behind *until* is not read.
            size = min(size, limit - len(found))
            page = self._records(ref, after + len(found), size)
            kept = list(takewhile(lambda one: one.at <= until, page))
            found += kept
            if len(kept) < size:
                break
            size *= 2
        return found

    def _records(self, ref: EntityRef, after: int, limit: int) -> list[JournalRow]:
        place = (ref.tenant, ref.machine, ref.id, after, limit)
        return [JournalRow(*row) for row in self._run(self._sql.journal, place)]

    def checkpoint(self, ref: EntityRef, *, until: int) -> Checkpoint | None:
        """Return the latest checkpoint whose `at` is not later than *until*, or None."""
        found = self._run(self._sql.checkpoint, (ref.tenant, ref.machine, ref.id, until, 1))
        return Checkpoint(*found[0]) if found else None

    def due(self, tenant: str, until: int, *, limit: int) -> Sequence[TimerRow]:
        """Return timers due by *until*, earliest first."""
        found = self._run(self._sql.due, (tenant, until, limit))
        return [rows.timer(tenant, row) for row in found]

    def tasks(
        self,
        tenant: str,
        *,
        roles: Sequence[str] = (),
        after: TaskPlace | None = None,
        limit: int = 100,
    ) -> Sequence[TaskRow]:
        """Return open tasks (of these roles, or all), those due first in front."""
        place = rows.after_task(after)
        if roles:
            # One query per role: an index leads each to its first rows.
            found = [
                row
                for role in dict.fromkeys(roles)
                for row in self._run(self._sql.tasks_of, (tenant, role, *place, limit))
            ]
            found = sorted(found, key=lambda row: (row[6], row[0], row[1], row[2]))[:limit]
        else:
            found = self._run(self._sql.tasks, (tenant, *place, limit))
        return [rows.task(tenant, row) for row in found]

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
        sql = self._sql
        given: Values = (tenant,) if status is None else (tenant, status)
        place = rows.after_message(after, source)
        if place is None:
            return []
        if source is None:
            statement = sql.outbox if status is None else sql.outbox_status
        else:
            statement = sql.outbox_source if status is None else sql.outbox_both
        found = self._run(statement, (*given, *place, limit))
        return [rows.message(tenant, row) for row in found]

    def backlog(self, tenant: str, now: int) -> Backlog:
        """Return how much is due by now and waits."""
        sql = counting(self._database.dialect)
        ((due, first),) = self._run(sql.due, (tenant, now))
        ((pending,),) = self._run(sql.pending, (tenant,))
        messages = {status: told for status, *told in self._run(sql.messages, (tenant,))}
        waiting, since = messages.get(MessageStatus.WAITING, (0, None))
        parked, _ = messages.get(MessageStatus.PARKED, (0, None))
        return Backlog(pending, due, first, waiting, parked, since)

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
            for of, id_, *rest in self._run(statement, (*given, *place, query.limit))
        ]

    def _by_terms(self, query: Find, after: str) -> Sequence[EntityRow]:
        query = self._rarest_first(query)
        count, state = len(query.terms), query.state is not None
        statement = find_terms(self._database.dialect, count, state=state)
        return [
            EntityRow(EntityRef(query.tenant, str(query.machine), id_), *rest)
            for id_, *rest in self._run(statement, rows.by_terms(query, after))
        ]

    def _rarest_first(self, query: Find) -> Find:
        """Return a query whose first term, which leads to the others, few entities have."""
        if len(query.terms) == 1:
            return query

        def some(one: Term) -> int:
            place = (query.tenant, query.machine, one.field, one.term, _SOME)
            return int(self._run(self._sql.some_terms, place)[0][0])

        return attrs.evolve(query, terms=tuple(sorted(query.terms, key=some)))

    def find_due(
        self, query: Find, until: int, *, after: DuePlace | None = None
    ) -> Sequence[DueRow]:
        """Return a page of entities of which something is due, those due first in front."""
        with self._database.reading() as work:
            return found_due(work, self._database.dialect, query, until, after)

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
        place = (tenant, machine, field, until, *after, limit)
        return [(term, id_) for term, id_ in self._run(self._sql.terms, place)]

    def alike(
        self, tenant: str, machine: str, terms: Sequence[Term], *, limit: int
    ) -> Sequence[Alike]:
        """Return entities with any of these terms, those with most in front, then by id."""
        wanted = sorted(set(terms))
        if not wanted:
            return []
        values = [text for one in wanted for text in (tenant, machine, one.field, one.term)]
        statement = alike_terms(self._database.dialect, len(wanted))
        found = self._run(statement, (*values, limit))
        return [Alike(EntityRef(tenant, machine, id_), shared) for id_, shared in found]

    def secret(self, ref: EntityRef) -> bytes | None:
        """Return the wrapped key of an entity's encrypted values, None where it never had one."""
        return _value(self._run(self._sql.secret, (ref.tenant, ref.machine, ref.id)))

    def counts(self, tenant: str) -> Mapping[tuple[str, str], int]:
        """Return how many entities there are per (machine, state)."""
        found = self._run(self._sql.counts, (tenant,))
        return {(machine, state): count for machine, state, count in found}

    def enrolled(self, tenant: str) -> Sequence[tuple[str, str]]:
        """Return the (machine, policy) pairs that may have state, in order."""
        return self._run(self._sql.enrolled, (tenant,))

    def policy_set(self, tenant: str, digest: str) -> bytes | None:
        """Return what a policy digest stands for, or None."""
        return _value(self._run(self._sql.policy_set, (tenant, digest)))


def _value(found: Sequence[Sequence[Any]]) -> bytes | None:
    return found[0][0] if found else None
