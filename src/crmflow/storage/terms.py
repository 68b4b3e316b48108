"""Terms in memory: who has which, in the order of their ids."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from crmflow.core.searching import Term


class TermIndex:
    """The ids of one machine's entities by each of their terms."""

    def __init__(self) -> None:
        self._ids: dict[Term, list[str]] = defaultdict(list)

    def put(self, id_: str, terms: Iterable[Term]) -> None:
        """Add terms of an entity; those it has are no error."""
        for term in terms:
            if not self._has(term, id_):
                insort(self._ids[term], id_)

    def drop(self, id_: str, terms: Iterable[Term]) -> None:
        """Take terms of an entity away; those it has not are no error."""
        for term in terms:
            if self._has(term, id_):
                ids = self._ids[term]
                del ids[bisect_left(ids, id_)]

    def having(self, terms: Sequence[Term], after: str) -> Iterator[str]:
        """Iterate over the ids behind *after* that have all terms, in order."""
        rarest = min(terms, key=lambda term: len(self._ids.get(term, ())))
        ids = self._ids.get(rarest, [])
        for place in range(bisect_right(ids, after), len(ids)):
            if self.has(ids[place], terms):
                yield ids[place]

    def has(self, id_: str, terms: Iterable[Term]) -> bool:
        """Say whether an entity has all of some terms."""
        return all(self._has(term, id_) for term in terms)

    def listed(self, field: str, until: str, after: tuple[str, str]) -> Iterator[tuple[str, str]]:
        """Iterate over (term, id) of a field behind *after*, in order, up to a term."""
        for term in sorted(one for one in self._ids if one.field == field and one.term < until):
            for id_ in self._ids[term]:
                if (term.term, id_) > after:
                    yield term.term, id_

    def alike(self, terms: Iterable[Term]) -> list[tuple[str, int]]:
        """Return the ids that have any of the terms and how many, most in front, then by id."""
        shared = Counter(id_ for term in set(terms) for id_ in self._ids.get(term, ()))
        return sorted(shared.items(), key=lambda pair: (-pair[1], pair[0]))

    def _has(self, term: Term, id_: str) -> bool:
        ids = self._ids.get(term, [])
        place = bisect_left(ids, id_)
        return place < len(ids) and ids[place] == id_
