"""
The store port: encoded rows in, encoded rows out.

An adapter knows nothing of machines. It promises three things: the commit of
one entity is atomic, versions are compared and set, and claims and keys are
unique. Instants are integer microseconds since 1970-01-01 UTC; bodies are
bytes that the codec wrote. `crmflow.testing.StoreSuite` is the contract.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, runtime_checkable

import attrs

from crmflow.core.ref import EntityRef
from crmflow.core.searching import Term
from crmflow.storage.chains import Checked
from crmflow.storage.commit import Commit, KeyConflict, Outcome
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


class Store(Protocol):
    """
    The port to durability; all of it is safe to call from several threads.

    Every method raises `UnavailableError` where the store does not answer and
    `StoreFileError` where it cannot be used at all.
    """

    def load(self, refs: Sequence[EntityRef]) -> Sequence[EntityRow | None]:
        """Return the present row of each entity, None where there is none."""
        ...

    def commit(self, batch: Sequence[Commit]) -> Sequence[Outcome]:
        """
        Write each member whole or not at all, and return how each fared, in order.

        Members are tried in one transaction; where one clashes, they run one by
        one. Members of one entity follow each other by version; where one of them
        is lost, those after it are lost with it, for they were decided on it (see
        `singly`). Acknowledged only when durable.
        """
        ...

    def keyed(self, tenant: str, machine: str, scope: str, key: str) -> KeyConflict | None:
        """Return who used a key, or None."""
        ...

    def journal(
        self, ref: EntityRef, *, after: int = 0, until: int | None = None, limit: int = 1000
    ) -> Sequence[JournalRow]:
        """
        Return journal records in order.

        `at` never decreases within an entity, so reading may stop at the first later record.

        Args:
            ref: Whose.
            after: Versions greater than this.
            until: Only records whose `at` is not later (microseconds), or all.
            limit: At most so many.
        """
        ...

    def checkpoint(self, ref: EntityRef, *, until: int) -> Checkpoint | None:
        """Return the latest checkpoint whose `at` is not later than *until*, or None."""
        ...

    def due(self, tenant: str, until: int, *, limit: int) -> Sequence[TimerRow]:
        """Return timers due by *until*, earliest first."""
        ...

    def tasks(
        self,
        tenant: str,
        *,
        roles: Sequence[str] = (),
        after: TaskPlace | None = None,
        limit: int = 100,
    ) -> Sequence[TaskRow]:
        """
        Return open tasks, those due first in front.

        Args:
            tenant: Whose.
            roles: Of these roles, or of all.
            after: Place of the last one seen.
            limit: Rows of a page.
        """
        ...

    def outbox(
        self,
        tenant: str,
        *,
        status: MessageStatus | None = None,
        source: EntityRef | None = None,
        after: Spot | None = None,
        limit: int = 100,
    ) -> Sequence[MessageRow]:
        """
        Return messages in order of (source machine, source id, version, ordinal).

        Args:
            tenant: Whose.
            status: Waiting or parked ones only, or both.
            source: Of one source only.
            after: Spot of the last one seen.
            limit: Rows of a page.
        """
        ...

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
        """
        Lease timers to one caller: of two at once, none gets what the other got.

        A lease keeps nobody from committing. A timer that is set again is free.

        Args:
            tenant: Whose.
            until: Due by this instant, earliest first.
            machines: Of entities of these machines.
            now: The present instant; a lease that ends by it is over.
            lease: How long these are the caller's, in microseconds.
            limit: At most so many.
            after: Due at this instant or later.
        """
        ...

    def claim_messages(
        self, tenant: str, *, targets: Sequence[str], now: int, lease: int, limit: int
    ) -> Sequence[MessageRow]:
        """
        Lease waiting messages to one caller: of two at once, none gets what the other got.

        Those sent first are given first, whoever sent them, so that none waits for ever. Of each
        pair (source, target) only the first one is given, in the outbox's order: what waits, is
        leased or is parked before another of its pair keeps that one back.

        Args:
            tenant: Whose.
            targets: To these machines and handlers.
            now: The present instant; a message whose `not_before` is later stays.
            lease: How long these are the caller's, in microseconds.
            limit: At most so many.

        Returns:
            The messages by `sent_at`, then in the outbox's order; their `not_before` is when the
            lease ends.
        """
        ...

    def backlog(self, tenant: str, now: int) -> Backlog:
        """Return how much is due by now and waits."""
        ...

    def settle(self, message: MessageRow) -> None:
        """
        Remove a delivered message; nothing where it is gone.

        Nothing happens either where its `not_before` is another one by now: somebody has leased
        it since, and what the caller did came too late.
        """
        ...

    def mark(self, message: MessageRow, *, held: int | None = None) -> bool:
        """
        Store the message's status, detail, attempts and `not_before`; nothing where it is gone.

        Args:
            message: As it is to be.
            held: The `not_before` that the caller got it with, where it is to be another; nothing
                happens where the store has a different one, as for `settle`.

        Returns:
            Whether it was done.
        """
        ...

    def find(self, query: Find) -> Sequence[EntityRow]:
        """Return a page of entities."""
        ...

    def find_due(
        self, query: Find, until: int, *, after: DuePlace | None = None
    ) -> Sequence[DueRow]:
        """
        Return a page of entities of which a timer or a task is due, those due first in front.

        It costs as much as is due by then and passed over, however many entities there are.

        Args:
            query: Which entities; its own `after` is not used.
            until: Due by this instant, microseconds UTC.
            after: Place of the last one seen.
        """
        ...

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
        """
        Return who has which term of a field, as (term, id) in this order.

        Args:
            tenant: Whose.
            machine: Whose entities.
            field: The field of the terms.
            until: Terms in front of this one.
            after: (term, id) of the last one seen.
            limit: Rows of a page.
        """
        ...

    def alike(
        self, tenant: str, machine: str, terms: Sequence[Term], *, limit: int
    ) -> Sequence[Alike]:
        """Return entities with any of these terms, those with most in front, then by id."""
        ...

    def index(self, found: Sequence[tuple[EntityRow, Sequence[Term]]]) -> None:
        """Add the terms of entities that are still at the version of their row."""
        ...

    def unindex(self, tenant: str, machine: str) -> None:
        """Forget the terms of all entities of a machine."""
        ...

    def secret(self, ref: EntityRef) -> bytes | None:
        """Return the wrapped key of an entity's encrypted values, None where it never had one."""
        ...

    def secrets(
        self, tenant: str, *, after: tuple[str, str] | None = None, limit: int = 100
    ) -> Sequence[tuple[EntityRef, bytes]]:
        """Return a page of wrapped keys behind (machine, id), in that order; empty if destroyed."""
        ...

    def rewrap(self, ref: EntityRef, old: bytes, new: bytes) -> bool:
        """Put a wrapped key in place of the old one; say whether that was still there."""
        ...

    def pruned(self, ref: EntityRef) -> Pruned | None:
        """Return what stands in place of an entity's pruned records, None where none are."""
        ...

    def prune(self, ref: EntityRef, mark: Pruned, keys: Mapping[str, int]) -> bool:
        """
        Put a mark in place of records up to its version, with their checkpoints and keys.

        Args:
            ref: Whose.
            mark: What stands there from now on.
            keys: Key of each keyed record that goes -> its version.

        Returns:
            Whether it was done, whole; False where the record of the mark is not there:
            of two at once, one does it.
        """
        ...

    def counts(self, tenant: str) -> Mapping[tuple[str, str], int]:
        """Return how many entities there are per (machine, state)."""
        ...

    def enrolled(self, tenant: str) -> Sequence[tuple[str, str]]:
        """Return the (machine, policy) pairs that may have state, in order."""
        ...

    def enroll(self, tenant: str, policies: Sequence[tuple[str, str]]) -> None:
        """
        Note (machine, policy) pairs that may have state; no error where one is noted.

        An engine notes its policies when it starts, before any state comes about.
        """
        ...

    def dismiss(self, tenant: str, machine: str, policy: str) -> None:
        """Note that a policy has no state of a machine's entities any more."""
        ...

    def policy_set(self, tenant: str, digest: str) -> bytes | None:
        """Return what a policy digest stands for, or None."""
        ...

    def keep_set(self, tenant: str, digest: str, body: bytes) -> None:
        """Keep what a policy digest stands for; no error where it is kept."""
        ...

    def copy(self, path: str) -> None:
        """
        Write all there is, of all tenants and as of one instant, to a file while it is used.

        Args:
            path: The file, which is not there yet; its form is for the store to know.

        Raises:
            BackupError: The store has no copies, or the file cannot be written.
        """
        ...

    def verify(self, path: str, *, on: str | None = None) -> Checked:
        """
        Check that a copy is whole: its form, its schema, every chain of hashes (STO-001).

        Args:
            path: A file that `copy` wrote.
            on: URL of another server or role to check the copy of a server's store with.

        Raises:
            BackupError: It is not whole, or cannot be checked.
            SchemaOutOfDateError: It is of a newer release.
        """
        ...

    def close(self) -> None:
        """Give back connections; the store cannot be used afterwards."""
        ...


@runtime_checkable
class Waking(Protocol):
    """A store that can tell when another process may have made something due."""

    def waking(self, woken: Callable[[str | None], object]) -> AbstractContextManager[None]:
        """
        Tell of commits that may make something due, as long as the context lasts.

        Args:
            woken: Called, in any thread, with the tenant; with None where some may have been
                missed.
        """
        ...


PAGE = 200
"""Rows read from a store at a time."""


def every(store: Store, query: Find) -> Iterator[EntityRow]:
    """Yield the rows of a query in order of (machine, id), read a page at a time."""
    while True:
        page = store.find(query)
        yield from page
        if len(page) < query.limit:
            return
        query = attrs.evolve(query, after=(page[-1].ref.machine, page[-1].ref.id))
