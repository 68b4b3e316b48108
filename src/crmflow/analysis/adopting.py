"""
Rows of a snapshot into the store: each places one entity by `adopt`, an event of its own
with a right and a reason, and nothing is made up that the file lacks.

Importing again is harmless: an entity that was adopted with the same state and facts is
left alone; one that was only ever adopted follows a newer snapshot; one that has lived on
here since is not touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import attrs

from crmflow.analysis.log_row import CellFault, LogRow
from crmflow.analysis.row_check import RowCheck
from crmflow.codec import moment
from crmflow.core.actor import Actor
from crmflow.core.journal import Entry
from crmflow.core.plain import plain
from crmflow.engine.engine import Engine
from crmflow.engine.values import Adopting
from crmflow.flow.run import Answered

__all__ = ["Adoptions"]


@attrs.frozen
class _Past:
    """
    What the store had of an entity before.

    Args:
        at: Aware UTC instant of its last record; None where there was no such entity.
        placed: State and facts of its last adoption, if it has any.
        lives_on: Whether its last record is another one.
    """

    at: datetime | None = None
    placed: tuple[str, object] | None = None
    lives_on: bool = False


class Adoptions:
    """
    Writes rows as adoptions.

    Args:
        engine: Its store takes them.
        machine: Name of the machine.
        check: Says which rows the machine cannot take.
        actor: Has one of the machine's `adopters` roles.
        reason: Why the entities do not come by their events; journaled.
    """

    def __init__(
        self, engine: Engine, machine: str, check: RowCheck, *, actor: Actor | str, reason: str
    ) -> None:
        self._engine = engine
        self._machine = machine
        self._check = check
        self._actor = actor
        self._reason = reason
        self._past: dict[str, _Past] = {}
        self._cases: set[str] = set()

    def begin(self, rows: Sequence[LogRow]) -> None:
        """Look up what the store has of the rows' entities."""
        refs = [self._engine.ref((self._machine, row.case)) for row in rows]
        self._past = {
            ref.id: _Past() if found is None else self._past_of(ref.id, moment(found.at))
            for ref, found in zip(refs, self._engine.store.load(refs), strict=True)
        }

    def _past_of(self, case: str, at: datetime) -> _Past:
        placed, lives_on = None, True
        for record in self._engine.journal((self._machine, case)):
            lives_on = record.entry is not Entry.ADOPTION
            if not lives_on:
                form: Any = record.event.form
                placed = (form.state, form.facts)
        return _Past(at, placed, lives_on)

    def known(self, row: LogRow) -> bool | tuple[CellFault, ...]:
        """Say whether the store has the row already; or why it cannot take it."""
        past = self._past[row.case]
        if row.case in self._cases:
            reason = "has a row in this file already; expected one per entity"
            return (CellFault("", row.case, reason),)
        faults = self._check.faults(row, is_new=past.at is None)
        if faults:
            return faults
        self._cases.add(row.case)
        if past.placed == (row.state, plain(row.values)):
            return True
        if past.lives_on:
            reason = f"{self._machine} {row.case} has lived on here: a snapshot cannot move it"
            return (CellFault("", row.label, reason),)
        return False

    def write(self, rows: Sequence[LogRow]) -> tuple[Answered, ...]:
        """Adopt the entities of rows that are not known; return what became of each."""
        return self._engine.adopt_many((self._adopting(row) for row in rows), actor=self._actor)

    def _adopting(self, row: LogRow) -> Adopting:
        before = self._past[row.case].at
        # An entity's time never goes back: what is earlier is told now.
        is_past = before is not None and row.at is not None and row.at < before
        return Adopting(
            (self._machine, row.case),
            row.state or "",
            row.values,
            reason=self._reason,
            incomplete=True,
            at=None if is_past else row.at,
        )
