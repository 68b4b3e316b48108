"""Keeping beside deadlines: nothing is thrown away while something may still run."""

from __future__ import annotations

from collections.abc import Iterator

from crmflow.analysis.checking.lengths import longest, shorter
from crmflow.analysis.checking.subject import Subject
from crmflow.analysis.fault import Fault, FaultKind
from crmflow.core.machine import Machine
from crmflow.core.measure import Measure, Unit
from crmflow.policies.retention.row import Retention
from crmflow.policies.sla.definition import Definition
from crmflow.policies.sla.reach import runs_in

__all__ = ["short"]


def short(subject: Subject) -> Iterator[Fault]:
    """Yield retentions after which a deadline of the same entity may still run."""
    for one, machine in subject.about("retention", Retention):
        for path, keep in _kept(one.row):
            for deadline in _running(subject, machine, one.row):
                end = _longest(subject, deadline)
                if end is not None and shorter(subject, keep, end, deadline.calendar):
                    values = {"keep": str(keep), "deadline": deadline.name, "end": str(end)}
                    yield one.fault(FaultKind.SHORT_RETENTION, path, **values)


def _kept(row: Retention) -> Iterator[tuple[str, Measure]]:
    """Yield how long something is kept before it is thrown away, and the column that says so."""
    if row.purge and row.days is not None:
        yield ".days", Measure(row.days, Unit.DAYS)
    elif row.keep is not None and (row.purge or row.event is not None):
        yield ".keep", row.keep
    if row.journal is not None:
        yield ".journal", row.journal


def _running(subject: Subject, machine: Machine, row: Retention) -> Iterator[Definition]:
    """Yield the deadlines that can run in states the row is about."""
    for one, of in subject.about("deadlines", Definition):
        if of is machine and any(map(row.about, runs_in(one.row, machine))):
            yield one.row


def _longest(subject: Subject, row: Definition) -> Measure | None:
    """Return the longest time a deadline may take, extensions included."""
    ends = [target.end for target in row.rows] + [step.to for step in row.extension]
    return longest(subject, ends, row.calendar)
