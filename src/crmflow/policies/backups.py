"""
Backups: how often the store is copied by itself, where to, and how many copies are kept.

The table alone: `Engine.run_due` makes the copies (STO-001).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo

import attrs

from crmflow.core.form import Fault, Some, Text
from crmflow.core.local_time import moment_of
from crmflow.core.machine import Machine
from crmflow.core.measure import Measure, Unit
from crmflow.core.tables import Table, TableRow, Tables
from crmflow.core.working_time import WorkingCalendar
from crmflow.hookspecs import hookimpl

__all__ = ["Backup", "tables"]

_NAME = re.compile(r"[A-Za-z0-9_]+\Z")
_STAMP = "%Y%m%dT%H%M%SZ"
_DAYS = (Unit.DAYS, Unit.MONTHS)

A_DAY = Measure(1, Unit.DAYS)
"""How often a backup is made where a row says nothing else (STO-001)."""


@attrs.frozen(kw_only=True)
class Backup(TableRow):
    """
    A backup that is made by itself, at the first run of what is due once it is time.

    Attributes:
        every: How long after the last one. Days are the company's: a day that has a backup
            needs no other, whatever the hour.
        keep: How many are kept; the oldest go first.
        folder: Folder they are put in, which is there and has those of one store alone;
            left out, none are made.
        checked: Whether a copy is checked before it gets its name. A server's is restored for
            it into a database that the store's role must be allowed to make.
    """

    every: Measure = A_DAY
    keep: Some = 14
    folder: Text | None = None
    checked: bool = True

    def file(self, at: datetime) -> str:
        """Return the name of a backup made at an instant."""
        return f"{self.name}-{at.astimezone(UTC).strftime(_STAMP)}.db"

    def made_at(self, file: str) -> datetime | None:
        """Return when a backup of this name was made, None for another file."""
        name, _, stamp = file.removesuffix(".db").rpartition("-")
        try:
            at = datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
        except ValueError:
            return None
        return at if name == self.name and file == self.file(at) else None

    def is_due(self, last: datetime | None, now: datetime, zone: tzinfo) -> bool:
        """
        Say whether it is time for a backup.

        Args:
            last: When the last one was made, or None.
            now: Aware instant.
            zone: The company's zone.
        """
        if last is None:
            return True
        if self.every.unit in _DAYS:
            # By the day: else a run some seconds earlier than yesterday's would skip today.
            last = moment_of(zone, last.astimezone(zone).date(), timedelta())
        return self.every.due_at(last, WorkingCalendar.always(zone)) <= now


def check(
    rows: Sequence[Backup], tables: Tables, machines: Mapping[str, Machine]
) -> Iterator[Fault]:
    """Yield every fault of the table."""
    for number, row in enumerate(rows):
        place = f"$.backups[{number}]"
        if not _NAME.match(row.name):
            yield Fault(f"{place}.name", "type", "letters, digits and underscores: names of files")
        if row.every.working or row.every.through:
            yield Fault(f"{place}.every", "type", "a measure such as '1d' or '6h'")


@hookimpl
def tables() -> Sequence[Table]:
    """Return the table."""
    return (Table("backups", Backup, check),)
