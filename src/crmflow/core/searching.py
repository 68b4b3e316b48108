"""
What entities are searched by: the values of some of their facts, as terms.

A machine names these facts (`Machine.searchable`). Of a plain one (`mobile`) every value is a
term; of a text (`name:text`) also each pair of neighbouring characters, by which names that
are alike are found. Terms are compared without regard to width, case and spaces (REC-049).
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import pairwise

import attrs
from msgspec import Struct

from crmflow.core.errors import NotSearchableError
from crmflow.core.machine import Machine
from crmflow.core.plain import plain

TEXT = "text"
"""Behind a fact's name and a colon: it is found by likeness too."""

MOST = 200
"""Terms that one question for likeness asks for: no name has as many."""

LONGEST_TERM = 768
"""Bytes of UTF-8 that a term may have; in place of a longer text its digest is a term."""

NOTE = "$terms "
"""What a note of whole terms begins with, among the policies that are enrolled."""

_TOLD = 12
"""Characters of a digest that tell one key of digests from another."""

PART = "~"
"""Behind a fact's name: the field of the parts of its texts."""


class Term(Struct, frozen=True, order=True):
    """
    A value that an entity is found by.

    Attributes:
        field: Name of the fact; with `PART` behind it where the term is a part of its text.
        term: The value, normalised.
    """

    field: str
    term: str


def normalised(text: str) -> str:
    """Return a text without regard to width, case and spaces (NFKC, casefold, spaces out)."""
    # Again until nothing changes: signs meet only once the spaces between them are gone.
    while (plainer := "".join(unicodedata.normalize("NFKC", text.casefold()).split())) != text:
        text = plainer
    return text


def parts(text: str) -> frozenset[str]:
    """Return each pair of neighbouring characters of a text; the one of a single character."""
    whole = normalised(text)
    return frozenset(map("".join, pairwise(whole))) or frozenset({whole} - {""})


def _texts(value: object) -> Iterator[str]:
    """Yield every text, number, day ... in a plain value; nothing of what is not known."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif value is not None:
        yield str(value)


@attrs.frozen
class Searching:
    """
    By what the entities of one machine are searched.

    Args:
        machine: Name of the machine.
        words: Names of its facts, `:text` behind those that are found by likeness too.
        hidden: Names of facts whose terms are kept as digests alone.
        blind: Gives the digest of a term of a field.
    """

    machine: str
    words: tuple[str, ...]
    hidden: frozenset[str]
    blind: Callable[[str, str], str] = attrs.field(eq=False)
    _texts: Mapping[str, bool] = attrs.field(init=False)

    @_texts.default
    def _split(self) -> Mapping[str, bool]:
        pairs = (word.partition(":") for word in self.words)
        return {name: kind == TEXT for name, _, kind in pairs}

    @property
    def note(self) -> str:
        """By what a store notes that the terms of all entities are whole: by these digests too."""
        hidden = (
            f"{name}:sealed:{self.blind(name, '')[:_TOLD]}"
            for name in sorted(self.hidden)
            if name in self._texts
        )
        return NOTE + " ".join((*self.words, *hidden))

    @property
    def fields(self) -> Collection[str]:
        """Names of the facts."""
        return self._texts.keys()

    def changed(
        self, before: object, after: object, names: Iterable[str]
    ) -> tuple[tuple[Term, ...], tuple[Term, ...]]:
        """
        Return the terms that are new and those that are gone, each in order.

        Args:
            before: The facts before, or None.
            after: The facts afterwards, or None.
            names: Which facts may have changed.
        """
        fields = [name for name in names if name in self._texts]
        if not fields:
            return (), ()
        had, has = self.terms(before, fields), self.terms(after, fields)
        return tuple(sorted(has - had)), tuple(sorted(had - has))

    def terms(self, facts: object, names: Iterable[str] | None = None) -> set[Term]:
        """Return all terms of facts (None has none), or those of the named ones."""
        found: set[Term] = set()
        for name in (self.fields if names is None else names) if facts is not None else ():
            for text in _texts(plain(getattr(facts, name))):
                found |= self._of(name, text, whole=True, split=self._texts[name])
        return found

    def wanted(self, where: Mapping[str, object]) -> tuple[Term, ...]:
        """
        Return the terms that an entity with these values has.

        Raises:
            NotSearchableError: Entities are not searched by a field.
        """
        return self._asked(where, likeness=False)

    def like(self, values: Mapping[str, object]) -> tuple[Term, ...]:
        """
        Return the terms by which entities with values like these are found.

        Raises:
            NotSearchableError: Entities are not searched by a field.
        """
        return self._asked(values, likeness=True)[:MOST]

    def _asked(self, values: Mapping[str, object], *, likeness: bool) -> tuple[Term, ...]:
        found: set[Term] = set()
        for name, value in values.items():
            if name not in self._texts:
                raise NotSearchableError(self.machine, name, tuple(self._texts))
            split = likeness and self._texts[name]
            for text in _texts(plain(value)):
                found |= self._of(name, text, whole=not split, split=split)
        return tuple(sorted(found))

    def _of(self, name: str, text: str, *, whole: bool, split: bool) -> set[Term]:
        found = {Term(name + PART, part) for part in parts(text)} if split else set()
        term = normalised(text)
        if whole and term:
            found.add(Term(name, term))
        if name in self.hidden:
            return {Term(one.field, self.blind(one.field, one.term)) for one in found}
        return {_indexable(one) for one in found}


def _indexable(one: Term) -> Term:
    """Return a term that every store can keep: a digest where the text is too long or no text."""
    raw = one.term.encode("utf-8", "surrogatepass")
    # A text with half of a character has other bytes once that is left out.
    whole = raw == one.term.encode("utf-8", "ignore")
    if whole and len(raw) <= LONGEST_TERM and b"\0" not in raw:
        return one
    return Term(one.field, hashlib.sha256(raw).hexdigest())


def searching_of(
    machine: Machine, hidden: frozenset[str], blind: Callable[[str, str], str]
) -> Searching | None:
    """
    Return by what a machine's entities are searched, or None for nothing.

    Args:
        machine: The machine.
        hidden: Facts whose terms are kept as digests alone.
        blind: Gives the digest of a term of a field.
    """
    if not machine.searchable:
        return None
    return Searching(machine.name, machine.searchable, hidden, blind)
