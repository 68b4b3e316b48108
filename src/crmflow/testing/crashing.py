"""A store that crashes on purpose: at the n-th call, before or after it takes effect."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from crmflow.core.ref import EntityRef
from crmflow.core.searching import Term
from crmflow.storage.chains import Checked
from crmflow.storage.commit import Commit, KeyConflict, Outcome
from crmflow.storage.port import Store
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
    TaskPlace,
    TaskRow,
    TimerRow,
)

T = TypeVar("T")


class CrashingStore:
    """
    Passes calls on to a store, but for one.

    Args:
        store: The real store.
        fault: What is raised.
        at: Which call raises it, counted from 1; all others pass.
        after: Whether the call takes effect first, as where only the answer is lost.
        calls: Names of the methods that count.
    """

    def __init__(
        self,
        store: Store,
        fault: BaseException,
        *,
        at: int = 1,
        after: bool = False,
        calls: Sequence[str] = ("commit",),
    ) -> None:
        self.store = store
        self.count = 0
        self._fault = fault
        self._at = at
        self._after = after
        self._calls = frozenset(calls)

    def _pass(self, name: str, call: Callable[[], T]) -> T:
        self.count += name in self._calls
        if name not in self._calls or self.count != self._at:
            return call()
        if self._after:
            call()
        raise self._fault

    def load(self, refs: Sequence[EntityRef]) -> Sequence[EntityRow | None]:
        """Pass on, or crash."""
        return self._pass("load", lambda: self.store.load(refs))

    def commit(self, batch: Sequence[Commit]) -> Sequence[Outcome]:
        """Pass on, or crash."""
        return self._pass("commit", lambda: self.store.commit(batch))

    def keyed(self, tenant: str, machine: str, scope: str, key: str) -> KeyConflict | None:
        """Pass on, or crash."""
        return self._pass("keyed", lambda: self.store.keyed(tenant, machine, scope, key))

    def journal(
        self, ref: EntityRef, *, after: int = 0, until: int | None = None, limit: int = 1000
    ) -> Sequence[JournalRow]:
        """Pass on, or crash."""
        return self._pass(
            "journal", lambda: self.store.journal(ref, after=after, until=until, limit=limit)
        )

    def checkpoint(self, ref: EntityRef, *, until: int) -> Checkpoint | None:
        """Pass on, or crash."""
        return self._pass("checkpoint", lambda: self.store.checkpoint(ref, until=until))

    def due(self, tenant: str, until: int, *, limit: int) -> Sequence[TimerRow]:
        """Pass on, or crash."""
        return self._pass("due", lambda: self.store.due(tenant, until, limit=limit))

    def tasks(
        self,
        tenant: str,
        *,
        roles: Sequence[str] = (),
        after: TaskPlace | None = None,
        limit: int = 100,
    ) -> Sequence[TaskRow]:
        """Pass on, or crash."""
        return self._pass(
            "tasks", lambda: self.store.tasks(tenant, roles=roles, after=after, limit=limit)
        )

    def outbox(
        self,
        tenant: str,
        *,
        status: MessageStatus | None = None,
        source: EntityRef | None = None,
        after: tuple[str, str, int, int] | None = None,
        limit: int = 100,
    ) -> Sequence[MessageRow]:
        """Pass on, or crash."""
        return self._pass(
            "outbox",
            lambda: self.store.outbox(
                tenant, status=status, source=source, after=after, limit=limit
            ),
        )

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
        """Pass on, or crash."""
        return self._pass(
            "claim_due",
            lambda: self.store.claim_due(
                tenant, until, machines=machines, now=now, lease=lease, limit=limit, after=after
            ),
        )

    def claim_messages(
        self, tenant: str, *, targets: Sequence[str], now: int, lease: int, limit: int
    ) -> Sequence[MessageRow]:
        """Pass on, or crash."""
        return self._pass(
            "claim_messages",
            lambda: self.store.claim_messages(
                tenant, targets=targets, now=now, lease=lease, limit=limit
            ),
        )

    def backlog(self, tenant: str, now: int) -> Backlog:
        """Pass on, or crash."""
        return self._pass("backlog", lambda: self.store.backlog(tenant, now))

    def settle(self, message: MessageRow) -> None:
        """Pass on, or crash."""
        self._pass("settle", lambda: self.store.settle(message))

    def mark(self, message: MessageRow, *, held: int | None = None) -> bool:
        """Pass on, or crash."""
        return self._pass("mark", lambda: self.store.mark(message, held=held))

    def find(self, query: Find) -> Sequence[EntityRow]:
        """Pass on, or crash."""
        return self._pass("find", lambda: self.store.find(query))

    def find_due(
        self, query: Find, until: int, *, after: DuePlace | None = None
    ) -> Sequence[DueRow]:
        """Pass on, or crash."""
        return self._pass("find_due", lambda: self.store.find_due(query, until, after=after))

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
        """Pass on, or crash."""
        return self._pass(
            "terms",
            lambda: self.store.terms(tenant, machine, field, until=until, after=after, limit=limit),
        )

    def alike(
        self, tenant: str, machine: str, terms: Sequence[Term], *, limit: int
    ) -> Sequence[Alike]:
        """Pass on, or crash."""
        return self._pass("alike", lambda: self.store.alike(tenant, machine, terms, limit=limit))

    def index(self, found: Sequence[tuple[EntityRow, Sequence[Term]]]) -> None:
        """Pass on, or crash."""
        self._pass("index", lambda: self.store.index(found))

    def unindex(self, tenant: str, machine: str) -> None:
        """Pass on, or crash."""
        self._pass("unindex", lambda: self.store.unindex(tenant, machine))

    def secret(self, ref: EntityRef) -> bytes | None:
        """Pass on, or crash."""
        return self._pass("secret", lambda: self.store.secret(ref))

    def secrets(
        self, tenant: str, *, after: tuple[str, str] | None = None, limit: int = 100
    ) -> Sequence[tuple[EntityRef, bytes]]:
        """Pass on, or crash."""
        return self._pass("secrets", lambda: self.store.secrets(tenant, after=after, limit=limit))

    def rewrap(self, ref: EntityRef, old: bytes, new: bytes) -> bool:
        """Pass on, or crash."""
        return self._pass("rewrap", lambda: self.store.rewrap(ref, old, new))

    def pruned(self, ref: EntityRef) -> Pruned | None:
        """Pass on, or crash."""
        return self._pass("pruned", lambda: self.store.pruned(ref))

    def prune(self, ref: EntityRef, mark: Pruned, keys: Mapping[str, int]) -> bool:
        """Pass on, or crash."""
        return self._pass("prune", lambda: self.store.prune(ref, mark, keys))

    def counts(self, tenant: str) -> Mapping[tuple[str, str], int]:
        """Pass on, or crash."""
        return self._pass("counts", lambda: self.store.counts(tenant))

    def enrolled(self, tenant: str) -> Sequence[tuple[str, str]]:
        """Pass on, or crash."""
        return self._pass("enrolled", lambda: self.store.enrolled(tenant))

    def enroll(self, tenant: str, policies: Sequence[tuple[str, str]]) -> None:
        """Pass on, or crash."""
        self._pass("enroll", lambda: self.store.enroll(tenant, policies))

    def dismiss(self, tenant: str, machine: str, policy: str) -> None:
        """Pass on, or crash."""
        self._pass("dismiss", lambda: self.store.dismiss(tenant, machine, policy))

    def policy_set(self, tenant: str, digest: str) -> bytes | None:
        """Pass on, or crash."""
        return self._pass("policy_set", lambda: self.store.policy_set(tenant, digest))

    def keep_set(self, tenant: str, digest: str, body: bytes) -> None:
        """Pass on, or crash."""
        self._pass("keep_set", lambda: self.store.keep_set(tenant, digest, body))

    def copy(self, path: str) -> None:
        """Pass on, or crash."""
        self._pass("copy", lambda: self.store.copy(path))

    def verify(self, path: str, *, on: str | None = None) -> Checked:
        """Pass on, or crash."""
        return self._pass("verify", lambda: self.store.verify(path, on=on))

    def close(self) -> None:
        """Pass on, or crash."""
        self._pass("close", self.store.close)
