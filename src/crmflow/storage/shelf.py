"""Rows kept in order, all of them and per group, as an index keeps them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Hashable, Iterator
from typing import Any, Generic, TypeVar

Row = TypeVar("Row")
Key = tuple[Any, ...]


class Shelf(Generic[Row]):
    """
    Rows by key, found in order of (rank, key).

    Args:
        rank: What rows are ordered by before their key; empty for the key alone.
        group: In which group a row is found besides; None is all of them.
    """

    def __init__(
        self,
        *,
        rank: Callable[[Row], Key] = lambda _: (),
        group: Callable[[Row], Hashable] = lambda _: "",
    ) -> None:
        self.rows: dict[Key, Row] = {}
        self._rank = rank
        self._group = group
        self._lists: dict[Hashable, list[tuple[Key, Key]]] = {}

    def put(self, key: Key, row: Row) -> None:
        """Put a row in place of the one with the same key."""
        old = self.rows.get(key)
        self.rows[key] = row
        was = () if old is None else self._stands(key, old)
        stands = self._stands(key, row)
        for name, place in was:
            if (name, place) not in stands:
                self._take(name, place)
        for name, place in stands:
            if (name, place) not in was:
                insort(self._lists.setdefault(name, []), (place, key))

    def drop(self, key: Key) -> None:
        """Take a row away; no error where there is none."""
        row = self.rows.pop(key, None)
        if row is not None:
            for name, place in self._stands(key, row):
                self._take(name, place)

    def page(self, after: Key = (), *, group: Hashable = None) -> Iterator[Row]:
        """
        Iterate over rows in order; the shelf may not change meanwhile.

        Args:
            after: Only rows whose (rank, key), or the start of it, is greater.
            group: Of this group only, or of all.
        """
        places = self._lists.get(group, [])
        for index in range(bisect_right(places, after, key=_place), len(places)):
            yield self.rows[places[index][1]]

    def _stands(self, key: Key, row: Row) -> tuple[tuple[Hashable, Key], ...]:
        place = (*self._rank(row), *key)
        return ((None, place), (self._group(row), place))

    def _take(self, name: Hashable, place: Key) -> None:
        places = self._lists[name]
        del places[bisect_left(places, place, key=_place)]
        if not places:
            del self._lists[name]


def _place(pair: tuple[Key, Key]) -> Key:
    return pair[0]
