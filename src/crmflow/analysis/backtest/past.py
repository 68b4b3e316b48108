"""What a journal gives to be lived again: where it begins, its records, or why it gives nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import attrs

from crmflow.analysis.source import Source
from crmflow.codec import micros, moment
from crmflow.core.entity import Snapshot
from crmflow.core.erasure import ERASE
from crmflow.core.errors import SealedError
from crmflow.core.journal import Entry, JournalRecord, fold, unborn
from crmflow.core.ref import EntityRef
from crmflow.engine.auditing import journal
from crmflow.flow.registry import Registry
from crmflow.storage.rows import EntityRow


class Untestable(StrEnum):
    """Why an entity cannot be lived again; what it would have been is not guessed."""

    PRUNED = "pruned"
    ERASED = "erased"
    SEALED = "sealed"
    FORMER = "former"
    OFF = "off"
    FAILED = "failed"


@attrs.frozen
class Untested:
    """
    An entity that is left out.

    Attributes:
        why: Why.
        detail: What there is to say besides, or empty.
    """

    why: Untestable
    detail: str = ""


@attrs.frozen
class Span:
    """
    The time that is looked at.

    Attributes:
        since: Aware instant from which the other policies judge, or None for always.
        until: Aware instant of the last record that is looked at, or None for all there are.
    """

    since: datetime | None = None
    until: datetime | None = None

    def begins(self, record: JournalRecord) -> bool:
        """Say whether a record is lived again, rather than taken as it was."""
        return self.since is None or record.event.at >= self.since


@attrs.frozen
class Past:
    """
    What of an entity is lived again.

    Attributes:
        ref: The entity.
        start: It as it was before the first of the records.
        records: The records, in order.
        observed: Whether all of them are rows of an imported log, which no policy has judged.
    """

    ref: EntityRef
    start: Snapshot[Any]
    records: Sequence[JournalRecord]
    observed: bool = False

    def ends(self, span: Span, now: datetime) -> datetime:
        """Return the aware UTC instant until which what is due comes about."""
        return span.until or max(now, *(one.event.at for one in self.records[-1:]), self.start.at)


def past_of(source: Source, row: EntityRow, span: Span) -> Past | Untested | None:
    """
    Return what of an entity is lived again, why it cannot be, or None where it was not there yet.

    Args:
        source: Where its journal is.
        row: The entity as stored.
        span: The time that is looked at.
    """
    registry, ref = source.registry, row.ref
    if ref.machine not in registry.machines:
        return Untested(Untestable.OFF)
    stored = list(journal(source.store, ref, row.version))
    if stored[0].version != 1:
        return Untested(Untestable.PRUNED)
    if any(one.event == ERASE for one in stored):
        return Untested(Untestable.ERASED)
    last = None if span.until is None else micros(span.until)
    rows = [one for one in stored if last is None or one.at <= last]
    if not rows:
        return None
    try:
        records = [registry.codec.decode_record(one.body) for one in rows]
    except SealedError as error:
        return Untested(Untestable.SEALED, str(error))
    return _split(registry, ref, records, span, moment(rows[0].at))


def _split(
    registry: Registry,
    ref: EntityRef,
    records: Sequence[JournalRecord],
    span: Span,
    at: datetime,
) -> Past | Untested:
    """Part the records into those that are taken as they were and those to be lived again."""
    compiled = registry.machines[ref.machine]
    version = compiled.basis.version
    if records[-1].basis.version != version:
        return Untested(Untestable.FORMER)
    former = [n for n, one in enumerate(records, 1) if _is_former(one, version)]
    earlier = [n for n, one in enumerate(records, 1) if not span.begins(one)]
    first = max((*former, *earlier), default=0)
    start = fold(records[:first], compiled.machine.facts, unborn(ref, at))
    return Past(ref, start, records[first:], observed=is_observed(records))


def _is_former(record: JournalRecord, version: int) -> bool:
    """Say whether a record is of another definition, or the step away from it."""
    return record.entry is Entry.MIGRATION or record.basis.version != version


def is_observed(records: Iterable[JournalRecord]) -> bool:
    """Say whether a journal has nothing but rows of an imported log."""
    return all(one.entry is Entry.OBSERVATION for one in records)


def is_input(record: JournalRecord) -> bool:
    """Say whether a record tells of something that was asked, and did not come by itself."""
    event = record.event
    return event.timer is None and event.raised_by is None and record.entry is not Entry.MIGRATION
