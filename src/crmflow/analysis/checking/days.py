"""Days: between two versions of a row none may be missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

from crmflow.analysis.checking.subject import Placed, Subject
from crmflow.analysis.fault import Fault, FaultKind
from crmflow.core.tables import TableRow
from crmflow.profiles.entry import Use

__all__ = ["gaps"]

_DAY = timedelta(days=1)


def gaps(subject: Subject) -> Iterator[Fault]:
    """Yield the days between two versions of a row on which none is in force."""
    names: dict[tuple[str, str], list[Placed[TableRow]]] = defaultdict(list)
    for entry in subject.loaded.entries:
        # A version that is switched off states that there is nothing.
        if entry.row is not None and entry.use in {Use.USED, Use.OFF}:
            names[entry.table.name, entry.row.name].append(Placed(entry.row, entry))
    today = subject.tables.day(subject.at)
    for versions in names.values():
        for one, then in pairwise(sorted(versions, key=lambda one: one.row.from_on or date.min)):
            first = (one.row.until_on or date.max - _DAY) + _DAY
            last = (then.row.from_on or date.min + _DAY) - _DAY
            if first <= last and today <= last:
                yield one.fault(
                    FaultKind.DAY_GAP, ".until_on", name=one.row.name, first=first, last=last
                )
