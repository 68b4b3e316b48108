"""
Which records of a journal may go: pure, and none before a year has passed, whatever is configured.

A journal is kept for ever unless a row says how long (STO-005, STO-006). Each record counts from
its own instant, or from when it was written where that is later: an imported one is not old.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import attrs

from crmflow.core.form import Text
from crmflow.core.machine import Machine
from crmflow.core.tables import Tables
from crmflow.core.working_time import WorkingCalendar
from crmflow.policies.retention.keeping import FLOOR
from crmflow.policies.retention.row import Retention

POLICY = "retention"

PRUNE = "$prune"
"""Reserved event by which it is journaled that records are pruned."""

PATIENCE = timedelta(days=30)
"""How much older than that the first record is before any go: no journal is pruned every day."""


@attrs.frozen
class Pruning:
    """
    What is pruned.

    Attributes:
        version: That of the last record that goes.
        hash: Its hash, in hex: what is left is chained to it.
        row: Name of the row by which it goes.
        at: Aware UTC instant.
    """

    version: int
    hash: Text
    row: Text
    at: datetime


@attrs.frozen
class Journals:
    """
    How long records of the journals of one machine's entities are kept.

    Attributes:
        rows: The rows that say so.
        tables: Tell the company's day and zone.
    """

    rows: tuple[Retention, ...]
    tables: Tables

    def of(self, state: str, now: datetime) -> tuple[Retention, ...]:
        """Return the rows that hold for entities in a state; none keeps for ever."""
        day = self.tables.day(now)
        return tuple(row for row in self.rows if row.about(state) and row.in_force(day))

    def may_go(self, rows: Iterable[Retention], at: datetime, now: datetime) -> bool:
        """Say whether a record of an instant need not be kept by any of these rows."""
        calendar = WorkingCalendar.always(self.tables.zone)
        spans = [row.journal for row in rows if row.journal is not None]
        return bool(spans) and all(span.due_at(at, calendar) <= now for span in (FLOOR, *spans))

    def is_due(self, rows: Iterable[Retention], first: datetime, now: datetime) -> bool:
        """Say whether it is time to prune a journal whose first record is of an instant."""
        return self.may_go(rows, first + PATIENCE, now)


def journals(tables: Tables, machine: Machine) -> Journals | None:
    """Return how long a machine's journals are kept, None for ever."""
    rows = tables.about(machine, POLICY, Retention)
    mine = tuple(row for row in rows if row.journal is not None)
    return Journals(mine, tables) if mine else None
