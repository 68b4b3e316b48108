"""Keeping beside deadlines: nothing is thrown away while something may still run."""

from __future__ import annotations

from collections.abc import Iterator

from crmflow.analysis.checking.subject import Placed, Subject
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
            for deadline, _ in subject.about("deadlines", Definition):
                if _outlives(subject, machine, one, keep, deadline.row):
                    end = str(_longest(subject, deadline.row))
                    values = {"keep": str(keep), "deadline": deadline.row.name, "end": end}
                    yield one.fault(FaultKind.SHORT_RETENTION, path, **values)


def _kept(row: Retention) -> Iterator[tuple[str, Measure]]:
    """Yield how long something is kept before it is thrown away, and the column that says so."""
    if row.purge and row.days is not None:
        yield ".days", Measure(row.days, Unit.DAYS)
    elif row.keep is not None and (row.purge or row.event is not None):
        yield ".keep", row.keep
    if row.journal is not None:
        yield ".journal", row.journal


def _outlives(
    subject: Subject, machine: Machine, one: Placed[Retention], keep: Measure, row: Definition
) -> bool:
    if row.machine != machine.name or not any(map(one.row.about, runs_in(row, machine))):
        return False
    calendar = subject.tables.calendar(row.calendar).planning()
    end = _longest(subject, row)
    return keep.due_at(subject.at, calendar) < end.due_at(subject.at, calendar)


def _longest(subject: Subject, row: Definition) -> Measure:
    """Return the longest time a deadline may take, extensions included."""
    calendar = subject.tables.calendar(row.calendar).planning()
    ends = [target.end for target in row.rows] + [step.to for step in row.extension]
    return max(ends, key=lambda end: end.due_at(subject.at, calendar))
