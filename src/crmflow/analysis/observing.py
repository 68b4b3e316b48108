"""
Rows of a history into journals: each is an observation with its own instant and actor.

Importing again is harmless. What an entity's journal has already is compared with the
log's rows one by one: equal rows are known and left alone, rows beyond them are new (a
log that has grown is brought up to date), and a row that differs is never written.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import attrs

from crmflow.analysis.log_row import CellFault, LogRow
from crmflow.analysis.row_check import RowCheck
from crmflow.core.journal import Entry, JournalRecord
from crmflow.core.plain import plain
from crmflow.engine.engine import Engine
from crmflow.engine.values import Observed
from crmflow.flow.run import Answered

__all__ = ["NOBODY", "Observing"]

NOBODY = "unknown"
"""Actor of a row whose log does not say who did it."""


@attrs.frozen
class _Past:
    """
    What the store had of an entity before this import.

    Args:
        seen: Digests of its observations that no row has matched yet.
        is_new: Whether there was no such entity.
        is_live: Whether its journal has more than observations.
    """

    seen: deque[int] = attrs.field(factory=deque)
    is_new: bool = False
    is_live: bool = False


# Shared by all cases that need no more, so that one costs little.
_NEW, _OPEN = _Past(is_new=True), _Past()


class Observing:
    """
    Writes rows as observations.

    Args:
        engine: Its store takes them.
        machine: Name of the machine.
        check: Says which rows the machine cannot take.
    """

    def __init__(self, engine: Engine, machine: str, check: RowCheck) -> None:
        self._engine = engine
        self._machine = machine
        self._check = check
        self._past: dict[str, _Past] = {}

    def begin(self, rows: Sequence[LogRow]) -> None:
        """Look up what the store has of the rows' entities."""
        cases = list(dict.fromkeys(row.case for row in rows if row.case not in self._past))
        refs = [self._engine.ref((self._machine, case)) for case in cases]
        for case, found in zip(cases, self._engine.store.load(refs), strict=True):
            self._past[case] = _NEW if found is None else self._past_of(case)

    def _past_of(self, case: str) -> _Past:
        records = list(self._engine.journal((self._machine, case)))
        seen = [_digest_of(record) for record in records if record.entry is Entry.OBSERVATION]
        return _Past(deque(seen), is_live=len(seen) < len(records))

    def known(self, row: LogRow) -> bool | tuple[CellFault, ...]:
        """Say whether the store has the row already; or why it cannot take it."""
        past = self._past[row.case]
        faults = self._check.faults(row, is_new=past.is_new)
        if faults:
            return faults
        if past.seen:
            if past.seen[0] != _digest(row):
                reason = "differs from what the journal has in its place; what is journaled stays"
                return (CellFault("", row.label, reason),)
            past.seen.popleft()
            return True
        if past.is_live:
            reason = f"{self._machine} {row.case} is decided on here: a log cannot move it"
            return (CellFault("", row.label, reason),)
        self._past[row.case] = _OPEN
        return False

    def write(self, rows: Sequence[LogRow]) -> tuple[Answered, ...]:
        """Journal rows that are not known; return what became of each."""
        return self._engine.observe_many(
            Observed(
                (self._machine, row.case),
                row.label,
                # A row of a history that was understood and checked has both.
                cast("str", row.state),
                cast("datetime", row.at),
                row.actor or NOBODY,
                row.values,
            )
            for row in rows
        )


def _digest(row: LogRow) -> int:
    facts = {name: plain(value) for name, value in row.values.items()}
    return _hashed(row.label, row.state, row.at, row.actor or NOBODY, facts)


def _digest_of(record: JournalRecord) -> int:
    form: Any = record.event.form
    return _hashed(form.label, form.state, form.seen_at, record.event.actor.id, form.facts)


def _hashed(*parts: object) -> int:
    # Within one process only: text hashes differ between two.
    return hash(
        repr([sorted(part.items()) if isinstance(part, Mapping) else part for part in parts])
    )
