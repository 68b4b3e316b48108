"""Checks of the table `retention`: nothing below the floor, nothing purged without its days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from crmflow.core.checking import all_known, dated, known, placed
from crmflow.core.form import Fault
from crmflow.core.machine import Machine
from crmflow.core.measure import Measure, Unit
from crmflow.core.tables import Tables
from crmflow.policies.retention.row import Retention

Faults = Iterator[Fault]

_LEAST = {Unit.DAYS: 365, Unit.MONTHS: 12}


def check(rows: Sequence[Retention], tables: Tables, machines: Mapping[str, Machine]) -> Faults:
    """Yield every fault of the table."""
    for place, row, machine in placed("retention", rows, machines):
        yield from all_known(f"{place}.states", row.states, [s.name for s in machine.states])
        for column in ("dealings", "changes"):
            for number, fact in enumerate(getattr(row, column)):
                yield from dated(f"{place}.{column}[{number}]", fact, machine.facts)
        yield from known(f"{place}.event", row.event, machine.events)
        for column in ("keep", "journal"):
            span = getattr(row, column)
            if span is not None and not _keeps(span):
                expected = "12mo or more, or 365d or more: one year is the floor (STO-003)"
                yield Fault(f"{place}.{column}", "below_floor", expected)
        if row.days is not None and row.days < _LEAST[Unit.DAYS]:
            yield Fault(f"{place}.days", "below_floor", "365 or more (STO-003)")
        if row.purge and row.days is None and row.keep is None:
            expected = "days, or keep: purging is configured with how long things are kept"
            yield Fault(f"{place}.days", "missing", expected)
        if row.archive_after is not None and (not row.archive or row.archive_after.working):
            expected = "a measure without working time, in a row that archives"
            yield Fault(f"{place}.archive_after", "type", expected)


def _keeps(keep: Measure) -> bool:
    return keep.by is None and keep.amount >= _LEAST.get(keep.unit, keep.amount + 1)
