"""From the texts of a row to what they mean: the step that CSV and XES share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from crmflow.analysis.cells import Parser, Value, instants, parser_of
from crmflow.analysis.log_row import CellFault, LogRow, RowFault
from crmflow.analysis.mapping import CASE_JOINT, Column
from crmflow.analysis.mapping import Mapping as LogMapping
from crmflow.core.errors import did_you_mean

_NO_VALUE: Final = "has no value; expected one in every row"


class RowReader:
    """
    Reads the rows of one log.

    Args:
        file: The log, for faults.
        mapping: What its columns mean.
    """

    def __init__(self, file: str, mapping: LogMapping) -> None:
        self._file = file
        self._mapping = mapping
        self._missing = mapping.missing | {""}
        self._state_of = mapping.state_finder()
        self._instant = instants(mapping.time_formats, mapping.zone)
        self._columns = tuple((column, _parser(column)) for column in mapping.columns)

    def read(self, line: int, raw: Mapping[str, str]) -> LogRow | RowFault:
        """
        Understand one row, or say everything that is wrong with it.

        Args:
            line: The line where the row begins.
            raw: Its texts by column.
        """
        mapping = self._mapping
        faults: list[CellFault] = []
        case = self._case(raw, faults)
        label = self._needed(mapping.label, raw, faults)
        at = self._at(raw, faults)
        values = self._values(raw, faults)
        if faults:
            return RowFault(self._file, line, tuple(faults), raw)
        return LogRow(
            line=line,
            case=case,
            label=label,
            state=self._state_of(label),
            at=at,
            actor=None if mapping.actor is None else self._text(mapping.actor, raw),
            values=values,
            raw=raw,
        )

    def _text(self, column: str, raw: Mapping[str, str]) -> str | None:
        """Return the text as it was written; None when it is missing."""
        text = raw.get(column)
        return None if text is None or text.strip() in self._missing else text

    def _case(self, raw: Mapping[str, str], faults: list[CellFault]) -> str:
        """Return whose row it is; parts that could be read as others are at fault."""
        columns = self._mapping.case
        parts = [self._needed(column, raw, faults) for column in columns]
        if len(parts) > 1:
            reason = f"holds {CASE_JOINT!r}, which joins the columns of a case"
            faults.extend(
                CellFault(column, part, reason)
                for column, part in zip(columns, parts, strict=True)
                if CASE_JOINT in part
            )
        return CASE_JOINT.join(parts)

    def _needed(self, column: str, raw: Mapping[str, str], faults: list[CellFault]) -> str:
        text = self._text(column, raw)
        if text is None:
            hint = "" if column in raw else f". {did_you_mean(column, raw)}"
            faults.append(CellFault(column, raw.get(column, ""), _NO_VALUE + hint))
        return text or ""

    def _at(self, raw: Mapping[str, str], faults: list[CellFault]) -> datetime | None:
        for column in self._mapping.time:
            text = self._text(column, raw)
            if text is None:
                continue
            try:
                return self._instant(text)
            except ValueError as error:
                faults.append(CellFault(column, text, str(error)))
                return None
        if self._mapping.kind != "snapshot":
            self._needed(self._mapping.time[0], raw, faults)
        return None

    def _values(self, raw: Mapping[str, str], faults: list[CellFault]) -> dict[str, Value]:
        values: dict[str, Value] = {}
        for column, parse in self._columns:
            text = self._text(column.column, raw)
            if text is not None:
                try:
                    values[column.field] = parse(column.values.get(text, text))
                except ValueError as error:
                    faults.append(CellFault(column.column, text, str(error)))
        return values


def _parser(column: Column) -> Parser:
    return parser_of(
        column.type,
        formats=column.formats,
        zone=column.zone,
        currency=column.currency,
        separator=column.separator,
    )
