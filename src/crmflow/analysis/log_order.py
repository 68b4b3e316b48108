"""
Rows in the order of their instants, however large the log: sorted runs are
written to one nameless temporary file and merged, so that only one run and a
block of each are in memory.
"""

from __future__ import annotations

import heapq
import itertools
import pickle
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import IO, Final

from crmflow.analysis.log_row import LogRow

rows_in_memory: Final = 10_000
"""Rows of one sorted run."""

_BLOCK: Final = 100
_FIRST: Final = datetime.min.replace(tzinfo=UTC)


def _instant(row: LogRow) -> datetime:
    return row.at or _FIRST


def by_time(rows: Iterable[LogRow], *, run: int = rows_in_memory) -> Iterator[LogRow]:
    """
    Yield the rows in the order of their instants, those of one instant as they came.

    Args:
        rows: Rows in any order; one without an instant comes first.
        run: Rows held in memory at once.
    """
    source = iter(rows)
    with tempfile.TemporaryFile() as file:
        runs: list[Iterable[LogRow]] = []
        while part := sorted(itertools.islice(source, run), key=_instant):
            if len(part) < run:
                runs.append(part)
                break
            runs.append(_stored(file, _store(file, part)))
        yield from heapq.merge(*runs, key=_instant)


def _store(file: IO[bytes], rows: Sequence[LogRow]) -> list[int]:
    """Write a sorted run in blocks; return where each begins."""
    places = []
    for start in range(0, len(rows), _BLOCK):
        places.append(file.tell())
        pickle.dump(rows[start : start + _BLOCK], file, pickle.HIGHEST_PROTOCOL)
    return places


def _stored(file: IO[bytes], places: Sequence[int]) -> Iterator[LogRow]:
    for place in places:
        file.seek(place)
        # Read back from this process's own nameless file.
        block: Sequence[LogRow] = pickle.load(file)  # noqa: S301
        yield from block
