"""A CSV log, read record by record."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from itertools import compress
from pathlib import Path
from typing import BinaryIO

from crmflow.analysis.log_file import Lines
from crmflow.analysis.log_row import CellFault, LogReadError, LogRow, RowFault
from crmflow.analysis.mapping import Mapping
from crmflow.analysis.row_reader import RowReader
from crmflow.core.errors import did_you_mean


def csv_rows(path: Path, stream: BinaryIO, mapping: Mapping) -> Iterator[LogRow | RowFault]:
    """
    Yield every record of a CSV log, understood or at fault; blank lines are none.

    Args:
        path: The log; its name decides the delimiter when the mapping does not.
        stream: Its bytes.
        mapping: What its columns mean.

    Raises:
        LogReadError: The header lacks columns, the encoding is wrong, or a quote
            is never closed, so that where records begin is lost.
    """
    tabbed = ".tsv" in path.name.lower()
    delimiter = mapping.delimiter or ("\t" if tabbed else ",")
    with Lines(path, stream, mapping.encoding) as lines:
        records = _records(path, lines, delimiter)
        names = _header(path, records, mapping)
        keep = _kept(path, names, mapping)
        chosen = [place in keep.values() for place in range(len(names))]
        reader = RowReader(str(path), mapping)
        for line, cells in records:
            if isinstance(cells, str):
                yield RowFault(str(path), line, (CellFault("", lines.last, cells),), {})
                continue
            # A short row has fewer cells than names; what it has is kept for its fault.
            raw = dict(zip(keep, compress(cells, chosen), strict=False))
            if len(cells) == len(names):
                yield reader.read(line, raw)
            else:
                reason = f"has {len(cells)} cells; expected {len(names)}, as the header"
                fault = CellFault("", delimiter.join(cells), reason)
                yield RowFault(str(path), line, (fault,), raw)


def _records(path: Path, lines: Lines, delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """Yield each record's first line and cells, or what is wrong with its quotes."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        line = lines.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            reason = f"cannot be split into cells: {error}; expected quotes doubled in quotes"
            if lines.read > line or "unexpected end" in str(error):
                faults = (f"the record that begins here {reason}",)
                raise LogReadError(str(path), line, faults) from error
            yield line, reason
        else:
            if cells:
                yield line, cells


def _header(
    path: Path, records: Iterator[tuple[int, list[str] | str]], mapping: Mapping
) -> tuple[str, ...]:
    """Return the columns' names, spaces around them cut, a nameless one numbered."""
    if mapping.fields is not None:
        return mapping.fields
    line, cells = next(records, (1, "is missing; expected the names of the columns"))
    if isinstance(cells, str):
        raise LogReadError(str(path), line, (f"the header {cells}",))
    return tuple(name.strip() or f"column_{place}" for place, name in enumerate(cells, 1))


def _kept(path: Path, names: Sequence[str], mapping: Mapping) -> dict[str, int]:
    """Return the place of each column that is read, in order; check that all are there."""
    keep: dict[str, int] = {}
    repeated: list[str] = []
    for place, name in enumerate(names):
        if name not in keep:
            keep[name] = place
        elif mapping.duplicates == "number":
            keep[_numbered(name, keep, names)] = place
        else:
            repeated.append(name)
    faults = [
        f"the log has no column {name!r}. {did_you_mean(name, keep)}"
        for name in mapping.named_columns()
        if name not in keep
    ]
    if mapping.duplicates == "error":
        faults += [
            f"column {name!r} stands twice; set `duplicates` in the mapping to 'first' or 'number'"
            for name in dict.fromkeys(repeated)
        ]
    if faults:
        raise LogReadError(str(path), 1, tuple(faults))
    return keep


def _numbered(name: str, keep: dict[str, int], names: Sequence[str]) -> str:
    number = 2
    while f"{name}_{number}" in keep or f"{name}_{number}" in names:
        number += 1
    return f"{name}_{number}"
