"""Whether a row's facts fit a machine: asked before anything is written, told by column."""

from __future__ import annotations

from collections.abc import Mapping

from crmflow.analysis.cells import Value
from crmflow.analysis.log_row import CellFault, LogRow
from crmflow.analysis.mapping import Mapping as LogMapping
from crmflow.core.errors import did_you_mean
from crmflow.core.form import Fault, structure
from crmflow.core.machine import Machine
from crmflow.core.plain import plain

__all__ = ["RowCheck"]


class RowCheck:
    """
    Checks rows of one log against one machine.

    Args:
        machine: Whose facts and states.
        mapping: From which column each fact comes.
    """

    def __init__(self, machine: Machine, mapping: LogMapping) -> None:
        self._facts = machine.facts
        self._states = frozenset(state.name for state in machine.states)
        self._label = mapping.label
        self._columns = {column.field: column.column for column in mapping.columns}
        # Rows of a case follow each other and mostly tell the same.
        self._last: Mapping[str, Value] | None = None
        self._found: tuple[Fault, ...] = ()

    def faults(self, row: LogRow, *, is_new: bool) -> tuple[CellFault, ...]:
        """
        Say what the machine cannot take.

        Args:
            row: The row.
            is_new: Whether nothing is known of its entity yet.
        """
        if row.state not in self._states:
            hint = did_you_mean(row.state or row.label, self._states)
            reason = f"stands for no state of the machine. {hint}"
            return (CellFault(self._label, row.label, reason),)
        if row.values != self._last:
            facts = {name: plain(value) for name, value in row.values.items()}
            _, self._found = structure(self._facts, facts)
            self._last = row.values
        return tuple(self._cell(fault, row) for fault in self._found if self._counts(fault, is_new))

    def _counts(self, fault: Fault, is_new: bool) -> bool:
        # What one row leaves out an earlier one has told.
        return is_new or fault.code != "missing" or _name(fault) in (self._last or {})

    def _cell(self, fault: Fault, row: LogRow) -> CellFault:
        name = _name(fault)
        column = self._columns.get(name, "")
        reason = f"does not fit fact {name!r}: {fault.told}"
        return CellFault(column, row.raw.get(column, ""), reason)


def _name(fault: Fault) -> str:
    """Return the fact a path such as `$.lines[2].amount` begins with."""
    return fault.path.removeprefix("$.").partition(".")[0].partition("[")[0]
