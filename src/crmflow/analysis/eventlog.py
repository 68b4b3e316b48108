"""
Event logs: the rows of a CSV or XES file, gzip or plain, one at a time and in
bounded memory. A row that cannot be understood stops the reading or is handed to
whoever keeps such rows; none is dropped silently.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from crmflow.analysis.log_csv import csv_rows
from crmflow.analysis.log_file import open_log
from crmflow.analysis.log_order import by_time
from crmflow.analysis.log_row import Aside, CellFault, LogReadError, LogRow, RowFault
from crmflow.analysis.log_xes import xes_rows
from crmflow.analysis.mapping import Format, Mapping

__all__ = ["Aside", "CellFault", "LogReadError", "LogRow", "RowFault", "read_log"]


def read_log(path: Path, mapping: Mapping, *, aside: Aside | None = None) -> Iterator[LogRow]:
    """
    Yield the rows of a log, in the order the mapping asks for.

    Args:
        path: The log; gzip is recognised by its first bytes.
        mapping: What its columns mean.
        aside: Called with each row that cannot be understood, which is then left
            out. None: the first such row ends the reading.

    Raises:
        LogReadError: The file cannot be read, or a row is at fault and nobody
            takes it.
    """
    rows = _understood(path, mapping, aside)
    return by_time(rows) if mapping.order == "time" else rows


def _understood(path: Path, mapping: Mapping, aside: Aside | None) -> Iterator[LogRow]:
    rows_of = xes_rows if _format(path, mapping) == "xes" else csv_rows
    with open_log(path) as stream:
        for row in rows_of(path, stream, mapping):
            if isinstance(row, LogRow):
                yield row
            elif aside is not None:
                aside(row)
            else:
                raise LogReadError(row.file, row.line, tuple(map(str, row.cells)))


def _format(path: Path, mapping: Mapping) -> Format:
    if mapping.format is not None:
        return mapping.format
    suffixes = {suffix.lower() for suffix in path.suffixes}
    if suffixes & {".csv", ".tsv", ".txt"}:
        return "csv"
    if suffixes & {".xes", ".xml"}:
        return "xes"
    reason = "the name tells no format; set `format` in the mapping to 'csv' or 'xes'"
    raise LogReadError(str(path), None, (reason,))
