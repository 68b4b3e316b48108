"""Rows that are not in force while stories are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

LATER = date(2100, 1, 1)
"""First day of rows that are not in force while stories are told."""
DAYS = ("from_on", "until_on")

Rows = Mapping[str, Sequence[Mapping[str, object]]]
"""Rows by table."""


def postponed(rows: Rows) -> Rows:
    """
    Return rows that begin long after every story, each as long after the others as it was.

    A row that was always in force begins first. So rows of one name follow each other, and a
    row ends, as they did; only what ends at the end of all days ends then still.

    Args:
        rows: Rows whose days can be read.
    """
    told = [_days(row) for some in rows.values() for row in some]
    first = min((day for days in told for day in days.values()), default=LATER)
    # A row that was always in force is another one than what follows it.
    by = LATER - first + timedelta(days=1)
    return {
        table: [
            {**row, "from_on": LATER, **{name: _after(day, by) for name, day in _days(row).items()}}
            for row in some
        ]
        for table, some in rows.items()
    }


def _days(row: Mapping[str, object]) -> Mapping[str, date]:
    """Return the days of a row that it says."""
    said = {name: row[name] for name in DAYS if row.get(name) is not None}
    return {
        name: day if isinstance(day, date) else date.fromisoformat(str(day))
        for name, day in said.items()
    }


def _after(day: date, by: timedelta) -> date:
    return day + min(by, date.max - day)
