"""From decisions to the rows of a commit, and back from rows to snapshots and records."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from crmflow.codec import Codec, chained, micros, moment
from crmflow.core.claim import Claim
from crmflow.core.decision import Decision
from crmflow.core.entity import Snapshot
from crmflow.core.journal import Drop, Effect, JournalRecord
from crmflow.core.ref import EntityRef
from crmflow.core.task import Task
from crmflow.core.timer import Timer
from crmflow.storage.port import (
    Checkpoint,
    Commit,
    EntityRow,
    JournalRow,
    MessageRow,
    TaskRow,
    TimerRow,
)

CHECKPOINT_EVERY = 64
"""Versions between two checkpoints, so that a query as of an instant folds at most so many."""

NO_HASH = bytes(32)
"""What the first record of a journal is chained to."""


def snapshot_of(codec: Codec, row: EntityRow) -> Snapshot[Any]:
    """Return the snapshot of a row."""
    return codec.decode_snapshot(row.ref, row.version, row.at, row.snapshot)


def records_of(decision: Decision) -> list[JournalRecord]:
    """Return the journal records a decision commits: its fired timers' first."""
    chain = (*decision.fired, decision)
    return [link.record for link in chain if link.record is not None]


def commit_of(
    codec: Codec, decision: Decision, head: bytes, recorded_at: datetime, creates: bool
) -> Commit:
    """
    Return the rows that commit an accepted decision and the timers fired before it.

    Args:
        codec: Encodes snapshot, records and messages.
        decision: What was decided.
        head: Hash of the last record before, or `NO_HASH`.
        recorded_at: Aware UTC instant of the commit.
        creates: Whether the entity must not exist yet.
    """
    ref, after = decision.entity, decision.snapshot
    records, rows = records_of(decision), []
    for record in records:
        body = codec.encode_record(record)
        head = chained(head, body)
        rows.append(_journal_row(record, body, head, micros(recorded_at)))
    snapshot, at = codec.encode_snapshot(after), micros(after.at)
    crossed = (records[0].version - 1) // CHECKPOINT_EVERY < after.version // CHECKPOINT_EVERY
    parts = _Parts(ref, records)
    return Commit(
        EntityRow(ref, after.version, after.state, at, snapshot, head),
        0 if creates else records[0].version - 1,
        tuple(rows),
        {record.event.key: record.version for record in records if record.event.key is not None},
        parts.timers,
        parts.gone("timers"),
        parts.tasks,
        parts.gone("tasks"),
        parts.claims,
        parts.claims_gone,
        tuple(
            MessageRow(
                ref,
                record.version,
                message.ordinal,
                EntityRef(ref.tenant, message.machine, message.id),
                codec.encode_message(message),
            )
            for record in records
            for message in record.messages
        ),
        (Checkpoint(after.version, at, snapshot),) if crossed else (),
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


class _Parts:
    """The last word of several records about each timer, task and claim."""

    def __init__(self, ref: EntityRef, records: Sequence[JournalRecord]) -> None:
        self._ref = ref
        self._last: dict[tuple[str, str], Effect] = {}
        for record in records:
            for effect in record.effects:
                self._last[effect.shelf, effect.of] = effect

    def _items(self, kind: type) -> list[Any]:
        found = (effect for effect in self._last.values() if not isinstance(effect, Drop))
        return [effect.item for effect in found if isinstance(effect.item, kind)]

    def gone(self, shelf: str) -> tuple[str, ...]:
        """Return the keys that are dropped from a shelf."""
        return tuple(e.of for e in self._last.values() if isinstance(e, Drop) and e.shelf == shelf)

    @property
    def timers(self) -> tuple[TimerRow, ...]:
        """Return the timers that are set."""
        return tuple(
            TimerRow(self._ref, timer.name, micros(timer.due_at), timer.generation)
            for timer in self._items(Timer)
        )

    @property
    def tasks(self) -> tuple[TaskRow, ...]:
        """Return the tasks that are set."""
        return tuple(
            TaskRow(
                self._ref,
                task.id,
                task.name,
                task.role,
                micros(task.opened_at),
                None if task.due_at is None else micros(task.due_at),
            )
            for task in self._items(Task)
        )

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Return the claims that are taken."""
        return tuple(self._items(Claim))

    @property
    def claims_gone(self) -> tuple[Claim, ...]:
        """Return the claims that are freed."""
        return tuple(Claim(*key.split(" ", 1)) for key in self.gone("claims"))


def recorded(codec: Codec, row: JournalRow) -> JournalRecord:
    """Return the record of a journal row."""
    return codec.decode_record(row.body)


def instant_of(row: JournalRow) -> datetime:
    """Return the aware UTC instant at which a record was stored."""
    return moment(row.recorded_at)
