"""Limits of amounts and of time that say nothing of a case, or that no event can keep."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from crmflow.analysis.checking.lengths import due
from crmflow.analysis.checking.subject import Subject
from crmflow.analysis.fault import Fault, FaultKind
from crmflow.policies.budgets.binding import scope_of
from crmflow.policies.budgets.rows import Budget, Late, Window

__all__ = ["budgets", "windows"]


def budgets(subject: Subject) -> Iterator[Fault]:
    """Yield the choices for which a budget by choices names no limit."""
    for one, machine in subject.about("budgets", Budget):
        named = scope_of(machine, one.row.event, subject.tables).names.get(one.row.by or "")
        for choice in sorted((named.kind.choices if named else frozenset()) - {*one.row.limits}):
            yield one.fault(FaultKind.GAP, ".limits", example=f"{one.row.by} = {choice}")


def windows(subject: Subject) -> Iterator[Fault]:
    """Yield two windows of one event of which none is open when the other is."""
    rows = list(subject.about("windows", Window))
    for (one, _), (other, _) in combinations(rows, 2):
        if _alike(one.row, other.row) and one.row.apart != other.row.apart:
            least, most = (one, other) if one.row.apart else (other, one)
            begins, ends = (due(subject, o.row.within, o.row.calendar) for o in (least, most))
            if begins is not None and ends is not None and begins > ends:
                names = (
                    f"{least.row.name} (≥ {least.row.within})",
                    f"{most.row.name} (≤ {most.row.within})",
                )
                yield other.fault(FaultKind.CONTRADICTION, ".within", one=names[0], other=names[1])


def _alike(one: Window, other: Window) -> bool:
    """Say whether both are hard, and about the same time of the same event."""
    same = ("machine", "event", "since", "at", "when")
    hard = Late.REASON not in {one.late, other.late}
    return hard and one.overlaps(other) and all(getattr(one, n) == getattr(other, n) for n in same)
