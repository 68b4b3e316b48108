"""Samples from what a company's entities are and were: snapshots and journals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeVar

import attrs

from crmflow.core.entity import Snapshot
from crmflow.core.journal import JournalRecord
from crmflow.core.machine import Machine
from crmflow.core.tables import Tables
from crmflow.expressions import Expression, Scope
from crmflow.policies.kpi.rows import Kpi, Sources, Statistic
from crmflow.policies.kpi.rows import Scope as About
from crmflow.policies.kpi.tally import Sample

V = TypeVar("V")

_HOUR = 3_600_000_000
_MICROSECONDS = 1_000_000


@attrs.frozen
class Stay:
    """
    How long an entity was in a state.

    Attributes:
        state: The state.
        begins_at: Aware UTC instant at which it was entered.
        ends_at: Aware UTC instant at which it was left, or None where it has not been.
    """

    state: str
    begins_at: datetime
    ends_at: datetime | None


def stays(records: Iterable[JournalRecord]) -> Iterator[Stay]:
    """Yield the states an entity was in, in order; the last one is open."""
    state, begins_at = "", datetime.min.replace(tzinfo=UTC)
    for record in records:
        if record.to is not None and record.to != state:
            if state:
                yield Stay(state, begins_at, record.event.at)
            state, begins_at = record.to, record.event.at
    if state:
        yield Stay(state, begins_at, None)


@attrs.frozen
class Measured:
    """
    An indicator, ready for the entities of its machine.

    Attributes:
        kpi: The row.
        zone: The company's zone, by which days are told.
        counts: Which entities count.
        meets: Which of them meet.
        value: What is measured of them.
        out_of: Of how much.
    """

    kpi: Kpi
    zone: tzinfo
    counts: Expression[bool] | None = None
    meets: Expression[bool] | None = None
    value: Expression[Decimal | None] | None = None
    out_of: Expression[Decimal | None] | None = None

    def of_entity(self, snapshot: Snapshot[Any]) -> Sample | None:
        """Return the sample an entity is; None where it does not count or lacks a number."""
        if self.counts is not None and not _said(self.counts, snapshot):
            return None
        on, value, out_of = self._on(snapshot), self._value(snapshot), self._out_of(snapshot)
        if on is None or value is None or out_of is None:
            return None
        return Sample(on, value, out_of, self._group(snapshot))

    def _value(self, snapshot: Snapshot[Any]) -> Decimal | None:
        if self.value is not None:
            return _said(self.value, snapshot)
        if self.kpi.statistic is Statistic.RATIO:
            return Decimal(self.meets is not None and bool(_said(self.meets, snapshot)))
        return Decimal(1)

    def _out_of(self, snapshot: Snapshot[Any]) -> Decimal | None:
        if self.out_of is not None:
            return _said(self.out_of, snapshot)
        return Decimal(self.kpi.scope is not About.RATE)

    def of_journal(
        self, snapshot: Snapshot[Any], records: Iterable[JournalRecord]
    ) -> Iterator[Sample]:
        """Yield the samples of an entity's life, by the row's source."""
        if self.kpi.source is Sources.ENTITIES:
            sample = self.of_entity(snapshot)
            yield from () if sample is None else (sample,)
        elif self.kpi.source is Sources.STAYS:
            yield from self._stayed(snapshot, records)
        else:
            yield from self._went_on(snapshot, records)

    def _stayed(
        self, snapshot: Snapshot[Any], records: Iterable[JournalRecord]
    ) -> Iterator[Sample]:
        for stay in stays(records):
            if stay.state == self.kpi.state and stay.ends_at is not None:
                on, hours = self._day(stay.ends_at), _hours(stay.begins_at, stay.ends_at)
                yield Sample(on, hours, group=self._group(snapshot))

    def _went_on(
        self, snapshot: Snapshot[Any], records: Iterable[JournalRecord]
    ) -> Iterator[Sample]:
        """Yield of an entity that reached a state, once, whether or when it reached the other."""
        found = list(stays(records))
        first = next((n for n, stay in enumerate(found) if stay.state == self.kpi.state), None)
        if first is None:
            return
        then = (stay for stay in found[first + 1 :] if stay.state == self.kpi.reaches)
        begins_at, other, group = found[first].begins_at, next(then, None), self._group(snapshot)
        if self.kpi.source is Sources.REACHED:
            yield Sample(self._day(begins_at), Decimal(other is not None), group=group)
        elif other is not None:
            hours = _hours(begins_at, other.begins_at)
            yield Sample(self._day(other.begins_at), hours, group=group)

    def _day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def _on(self, snapshot: Snapshot[Any]) -> date | None:
        if self.kpi.on is None:
            return self._day(snapshot.entered_at)
        known: date | datetime | None = getattr(snapshot.facts, self.kpi.on)
        return self._day(known) if isinstance(known, datetime) else known

    def _group(self, snapshot: Snapshot[Any]) -> str:
        if self.kpi.by is None:
            return ""
        known: object = getattr(snapshot.facts, self.kpi.by)
        return "" if known is None else str(known)


def _said(expression: Expression[V], snapshot: Snapshot[Any]) -> V:
    """Return what an expression says of an entity."""
    return expression(snapshot.facts, state=snapshot.state, at=snapshot.at, links=snapshot.links)


def _hours(begins_at: datetime, ends_at: datetime) -> Decimal:
    """Return the elapsed hours between two instants, to a hundred-millionth of an hour."""
    span = ends_at - begins_at
    micros = (span.days * 86_400 + span.seconds) * _MICROSECONDS + span.microseconds
    return Decimal(round(Fraction(micros, _HOUR) * 10**8)).scaleb(-8)


def measured(kpi: Kpi, machine: Machine, tables: Tables) -> Measured:
    """Return an indicator ready for its machine; FieldError where an expression is wrong."""
    scope = Scope.about(machine, None, tables)
    return Measured(
        kpi,
        tables.zone,
        scope.maybe(kpi.counts),
        scope.maybe(kpi.meets),
        scope.maybe(kpi.value, Decimal),
        scope.maybe(kpi.out_of, Decimal),
    )
