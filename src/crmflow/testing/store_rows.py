"""Short ways to the rows that a store's tests write."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from itertools import count
from typing import TypedDict, Unpack

from crmflow.core.claim import Claim
from crmflow.core.ref import EntityRef
from crmflow.core.searching import Term
from crmflow.storage.commit import Commit
from crmflow.storage.rows import Checkpoint, EntityRow, JournalRow, MessageRow, TaskRow, TimerRow

_TENANTS: Iterator[int] = count(1)


class Parts(TypedDict, total=False):
    """What a commit may write besides its entity and record."""

    timers: tuple[TimerRow, ...]
    timers_gone: tuple[str, ...]
    tasks: tuple[TaskRow, ...]
    tasks_gone: tuple[str, ...]
    claims: tuple[Claim, ...]
    claims_gone: tuple[Claim, ...]
    messages: tuple[MessageRow, ...]
    checkpoints: tuple[Checkpoint, ...]
    terms: tuple[Term, ...]
    terms_gone: tuple[Term, ...]
    secret: bytes | None


def new_tenant() -> str:
    """Return a tenant that no other test of this process has: an empty store of its own."""
    return f"tenant-{next(_TENANTS)}"


def commit_to(
    ref: EntityRef,
    version: int = 1,
    *,
    state: str = "open",
    at: int | None = None,
    key: str | None = None,
    named: bool = False,
    **parts: Unpack[Parts],
) -> Commit:
    """
    Return the commit that takes an entity to a version.

    Args:
        ref: Which entity.
        version: Version afterwards; 1 creates it.
        state: State afterwards.
        at: Instant, or None for the version's number.
        key: Key of the record, or None.
        named: Whether a creation's key is the entity's own.
        parts: What it writes besides.
    """
    instant = version if at is None else at
    body = f"{ref} {version} {state} {key}".encode()
    digest = sha256(body).digest()
    record = JournalRow(version, instant, instant + 1, "decision", "step", key, body, digest)
    row = EntityRow(ref, version, state, instant, body[::-1], digest)
    keys = {key: version} if key is not None else {}
    return Commit(row, version - 1, (record,), keys, named=named, **parts)


def message(
    source: EntityRef, version: int = 1, ordinal: int = 0, sent_at: int | None = None
) -> MessageRow:
    """Return a waiting message, sent when `commit_to` commits the version, or at an instant."""
    target = EntityRef(source.tenant, "contract", f"of {source.id}")
    sent = version + 1 if sent_at is None else sent_at
    return MessageRow(source, version, ordinal, target, b"message", version, sent)
