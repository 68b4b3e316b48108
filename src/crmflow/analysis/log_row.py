"""One row of an event log as it was understood, or why it could not be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import attrs

from crmflow.analysis.cells import Value
from crmflow.core.errors import RequestError


@attrs.frozen(kw_only=True)
class LogRow:
    """
    One row that was understood.

    Args:
        line: The line of the file where it begins, from 1.
        case: Whose row it is.
        label: The state or event as the log writes it.
        state: The machine's state after the row; None for an unmapped label.
        at: Aware UTC instant; None only in a snapshot's row without a time.
        actor: Who did it, if the log says so.
        values: The facts of the mapped columns; a missing value is left out.
        raw: Every column as the log writes it.
    """

    line: int
    case: str
    label: str
    state: str | None
    at: datetime | None
    actor: str | None
    values: Mapping[str, Value]
    raw: Mapping[str, str]


@attrs.frozen
class CellFault:
    """
    One cell that could not be understood.

    Args:
        column: Its column; empty when the row as a whole is at fault.
        value: Its text, or the row's.
        reason: What is wrong and what would be right.
    """

    column: str
    value: str
    reason: str

    def __str__(self) -> str:
        where = f"column {self.column!r}: " if self.column else ""
        return f"{where}{self.value!r} {self.reason}"


@attrs.frozen
class RowFault:
    """
    One row that was set aside.

    Args:
        file: The log.
        line: The line where the row begins, from 1.
        cells: Everything that is wrong with it.
        raw: Its columns as the log writes them, as far as they are known.
    """

    file: str
    line: int
    cells: tuple[CellFault, ...]
    raw: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {'; '.join(map(str, self.cells))}"

    def to_dict(self) -> dict[str, object]:
        """Return the fault as JSON-able values, the row included."""
        return {
            "file": self.file,
            "line": self.line,
            "faults": [attrs.asdict(cell) for cell in self.cells],
            "row": dict(self.raw),
        }


Aside = Callable[[RowFault], None]
"""Takes each row that cannot be understood, so that none is dropped silently."""


@attrs.define
class LogReadError(RequestError):
    """A log cannot be read on; all faults of the place are named at once."""

    file: str
    line: int | None
    faults: tuple[str, ...]

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}, line {self.line}"
        if len(self.faults) == 1:
            return f"{where}: {self.faults[0]}"
        return f"{where}:" + "".join(f"\n  - {fault}" for fault in self.faults)
