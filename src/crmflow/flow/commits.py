"""From decisions to the rows of a commit, and back from rows to snapshots and records."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from crmflow.codec import Codec, chained, micros
from crmflow.codec.sealing import Seal, Vault
from crmflow.core.claim import Claim
from crmflow.core.decision import Decision
from crmflow.core.entity import Snapshot
from crmflow.core.erasure import ERASE
from crmflow.core.journal import Effect, JournalRecord, Put
from crmflow.core.migration import Former
from crmflow.core.ref import EntityRef
from crmflow.core.searching import PART, Searching, Term
from crmflow.core.task import Task
from crmflow.core.timer import Timer
from crmflow.flow.registry import Registry
from crmflow.storage.commit import Commit
from crmflow.storage.rows import Checkpoint, EntityRow, JournalRow, MessageRow, TaskRow, TimerRow

CHECKPOINT_EVERY = 64
"""Versions between two checkpoints, so that a query as of an instant folds at most so many."""

NO_HASH = bytes(32)
"""What the first record of a journal is chained to."""


class Known(Struct, frozen=True):
    """
    An entity as a step finds it.

    Attributes:
        snapshot: Its last decided snapshot.
        head: Its chain head.
        secret: The key of its encrypted values where this batch made it; else the store has it.
    """

    snapshot: Snapshot[Any]
    head: bytes
    secret: bytes | None = None


def snapshot_of(codec: Codec, row: EntityRow) -> Snapshot[Any]:
    """Return the snapshot of a row."""
    return codec.decode_snapshot(row.ref, row.version, row.at, row.snapshot)


def records_of(decision: Decision) -> list[JournalRecord]:
    """Return the journal records a decision commits: its fired timers' first, in order."""
    chain = (*decision.fired, decision, *decision.caused)
    return [link.record for link in chain if link.record is not None]


def commit_of(
    registry: Registry,
    before: Known,
    decision: Decision,
    recorded_at: datetime,
    *,
    named: bool = False,
) -> Commit:
    """
    Return the rows that commit an accepted decision and the timers fired before it.

    Args:
        registry: Its codec encodes snapshot, records and messages.
        before: The entity as it was found.
        decision: What was decided.
        recorded_at: Aware UTC instant of the commit.
        named: Whether keys of a creation are the entity's own too.
    """
    ref, after = decision.entity, decision.snapshot
    codec, head = registry.codec, before.head
    records, rows = records_of(decision), []
    seal = codec.vault.seal(after, before.secret)
    if seal is not None and any(record.event.name == ERASE for record in records):
        seal = seal.destroyed()
    for record in records:
        body = codec.encode_record(record, seal)
        head = chained(head, body)
        rows.append(_journal_row(record, body, head, micros(recorded_at)))
    snapshot, at = codec.encode_snapshot(after, seal), micros(after.at)
    crossed = (records[0].version - 1) // CHECKPOINT_EVERY < after.version // CHECKPOINT_EVERY
    commit = Commit(
        EntityRow(ref, after.version, after.state, at, snapshot, head),
        records[0].version - 1,
        tuple(rows),
        {record.event.key: record.version for record in records if record.event.key is not None},
        messages=_messages(codec, ref, records, seal, micros(recorded_at)),
        checkpoints=(Checkpoint(after.version, at, snapshot),) if crossed else (),
        named=named,
        secret=seal.secret if seal is not None and seal.fresh else None,
    )
    effects = [effect for record in records for effect in record.effects]
    if effects:
        commit = replace(commit, **indexed(ref, effects))
        if commit.claims or commit.claims_gone:
            commit = _blinded(codec.vault, commit)
    names = {name for record in records for name in record.facts}
    terms, gone = _moved(registry, before.snapshot, after, names, seal)
    return replace(commit, terms=terms, terms_gone=gone) if terms or gone else commit


def _moved(
    registry: Registry,
    before: Snapshot[Any],
    after: Snapshot[Any],
    names: set[str],
    seal: Seal | None,
) -> tuple[tuple[Term, ...], tuple[Term, ...]]:
    """
    Return the terms that an entity is found by from now on, and those no longer.

    Args:
        registry: Knows what entities are searched by.
        before: The entity as it was found.
        after: The entity as it is to be.
        names: Facts that may have changed.
        seal: What its values are sealed with, if anything.
    """
    codec, searching = registry.codec, registry.searching[after.ref.machine]
    if before.facts is None:
        # What a fact is by default nothing has set.
        names = set(searching.facts)
    was = found_by(codec, searching, before) if names else None
    terms, gone = searching.changed(was, after.facts, names)
    beside, beside_gone = searching.moved(before.attached, after.attached)
    terms, gone = (*terms, *beside), (*gone, *beside_gone)
    if seal is not None and seal.key is None:
        # Of what an erased key sealed nothing stays to be found by.
        sealed = searching.of(seal.fields)
        had = terms_of(codec, searching, before)
        terms = tuple(one for one in terms if not _is_of(one, sealed))
        gone = tuple(sorted({one for one in had if _is_of(one, sealed)}.union(gone)))
    return terms, gone


def terms_of(codec: Codec, searching: Searching, snapshot: Snapshot[Any]) -> set[Term]:
    """Return all terms that an entity is found by."""
    facts = found_by(codec, searching, snapshot)
    return searching.terms(facts) | searching.beside(snapshot.attached)


def found_by(codec: Codec, searching: Searching, snapshot: Snapshot[Any]) -> object:
    """Return the facts an entity is found by; of another definition those that still have names."""
    facts = snapshot.facts
    if not isinstance(facts, Former):
        return facts
    read = codec.today(searching.machine).read(facts)
    return SimpleNamespace(**{**dict.fromkeys(searching.facts), **read})


def _is_of(one: Term, fields: Collection[str]) -> bool:
    return one.field.removesuffix(PART) in fields


def _blinded(vault: Vault, commit: Commit) -> Commit:
    """Return a commit with digests in place of the claims that nobody may read."""
    ref = commit.row.ref
    return replace(
        commit,
        claims=vault.blinded(ref, commit.claims),
        claims_gone=vault.blinded(ref, commit.claims_gone),
    )


def _messages(
    codec: Codec,
    ref: EntityRef,
    records: Sequence[JournalRecord],
    seal: Seal | None,
    sent_at: int,
) -> tuple[MessageRow, ...]:
    return tuple(
        [
            MessageRow(
                ref,
                record.version,
                message.ordinal,
                EntityRef(ref.tenant, message.machine, message.id),
                codec.encode_message(message, seal),
                micros(record.event.at),
                sent_at,
            )
            for record in records
            for message in record.messages
        ]
    )


def _journal_row(record: JournalRecord, body: bytes, head: bytes, recorded_at: int) -> JournalRow:
    event = record.event
    return JournalRow(
        record.version,
        micros(event.at),
        recorded_at,
        record.entry.value,
        event.name,
        event.key,
        body,
        head,
    )


def indexed(ref: EntityRef, effects: Iterable[Effect]) -> dict[str, Any]:
    """Return the rows that index timers, tasks and claims: the last word about each."""
    last = {(effect.shelf, effect.of): effect for effect in effects}
    put: dict[str, list[Any]] = {"timers": [], "tasks": [], "claims": []}
    gone: dict[str, list[str]] = {"timers": [], "tasks": [], "claims": []}
    for effect in last.values():
        # By the shelf, not the kind: a timer that stands still is due to nobody.
        if effect.shelf in put:
            if isinstance(effect, Put):
                put[effect.shelf].append(effect.item)
            else:
                gone[effect.shelf].append(effect.of)
    return {
        "timers": tuple(_timer_row(ref, item) for item in put["timers"]),
        "tasks": tuple(_task_row(ref, item) for item in put["tasks"]),
        "claims": tuple(put["claims"]),
        "timers_gone": tuple(gone["timers"]),
        "tasks_gone": tuple(gone["tasks"]),
        "claims_gone": tuple(Claim(*of.split(" ", 1)) for of in gone["claims"]),
    }


def _timer_row(ref: EntityRef, timer: Timer) -> TimerRow:
    return TimerRow(ref, timer.name, micros(timer.due_at), timer.generation)


def _task_row(ref: EntityRef, task: Task) -> TaskRow:
    due_at = None if task.due_at is None else micros(task.due_at)
    whose = task.role if task.assignee is None else f"@{task.assignee}"
    return TaskRow(ref, task.id, task.name, whose, micros(task.opened_at), due_at)
