"""
What entities are searched by: the values of some of their facts, as terms, and what hangs on them.

A machine names these facts (`Machine.searchable`). Of a plain one (`mobile`) every value is a
term; of a text (`name:text`) also each pair of neighbouring characters, by which names that
are alike are found. Terms are compared without regard to width, case and spaces (REC-049).

Whatever a machine names, its entities are searched by owner and tier, by what they are linked
to, and by what policies remember of them (`Findable`).
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import pairwise
from typing import Any

import attrs
from msgspec import Struct

from crmflow.core.entity import Attached
from crmflow.core.errors import NotSearchableError
from crmflow.core.machine import Machine
from crmflow.core.plain import leaves, plain
from crmflow.core.ref import EntityRef

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

OWNER = "owner"
"""The field of who looks after an entity: its fact of this name, or `manager`."""

TIER = "tier"
"""The field of tiers: the fact of this name, or what a linked entity tells of its own."""

LINK = "@"
"""The field of the entities that an entity is linked to."""

_OWNERS = (OWNER, "manager")


class Term(Struct, frozen=True, order=True):
    """
    A value that an entity is found by.

    Attributes:
        field: Name of the fact; with `PART` behind it where the term is a part of its text.
        term: The value, normalised.
    """

    field: str
    term: str


Remembered = Callable[[Any], Iterable[Term]]
"""Gives the terms of a policy's state."""


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


@attrs.frozen
class Searching:
    """
    By what the entities of one machine are searched.

    Args:
        machine: Name of the machine.
        words: Names of its facts, `:text` behind those that are found by likeness too; a field
            of another name than its fact is `field=fact`, one of no fact `field=`.
        hidden: Names of facts whose terms are kept as digests alone.
        blind: Gives the digest of a term of a field.
        remembered: Gives the terms of a policy's state, by policy.
    """

    machine: str
    words: tuple[str, ...]
    hidden: frozenset[str]
    blind: Callable[[str, str], str] = attrs.field(eq=False)
    remembered: Mapping[str, Remembered] = attrs.field(factory=dict, eq=False)
    _texts: Mapping[str, bool] = attrs.field(init=False)
    _facts: Mapping[str, str] = attrs.field(init=False)
    _closed: frozenset[str] = attrs.field(init=False)

    @_texts.default
    def _split(self) -> Mapping[str, bool]:
        pairs = (word.partition("=")[0].partition(":") for word in self.words)
        return {name: kind == TEXT for name, _, kind in pairs}

    @_facts.default
    def _named(self) -> Mapping[str, str]:
        pairs = ((word.partition(":")[0]).partition("=") for word in self.words)
        return {name: fact if equals else name for name, equals, fact in pairs}

    @_closed.default
    def _sealed(self) -> frozenset[str]:
        return frozenset(self.of(self.hidden))

    @property
    def note(self) -> str:
        """By what a store notes that the terms of all entities are whole: by these digests too."""
        hidden = (f"{name}:sealed:{self.blind(name, '')[:_TOLD]}" for name in sorted(self._closed))
        return NOTE + " ".join((*self.words, LINK, *hidden))

    @property
    def fields(self) -> Collection[str]:
        """Names of the fields that can be asked for."""
        return self._texts.keys()

    @property
    def facts(self) -> Collection[str]:
        """Names of the facts that are read."""
        return {fact for fact in self._facts.values() if fact}

    def of(self, names: Collection[str]) -> list[str]:
        """Return the fields of some facts; a field of no fact counts by its own name."""
        return [field for field, fact in self._facts.items() if (fact or field) in names]

    def changed(
        self, before: object, after: object, names: Collection[str]
    ) -> tuple[tuple[Term, ...], tuple[Term, ...]]:
        """
        Return the terms that are new and those that are gone, each in order.

        Args:
            before: The facts before, or None.
            after: The facts afterwards, or None.
            names: Which facts may have changed.
        """
        fields = self.of(names) if names else ()
        if not fields:
            return (), ()
        had, has = self.terms(before, fields), self.terms(after, fields)
        return tuple(sorted(has - had)), tuple(sorted(had - has))

    def terms(self, facts: object, fields: Iterable[str] | None = None) -> set[Term]:
        """Return all terms of facts (None has none), or those of some fields."""
        found: set[Term] = set()
        for name in (self.fields if fields is None else fields) if facts is not None else ():
            fact = self._facts[name]
            for text in map(str, leaves(plain(getattr(facts, fact)))) if fact else ():
                found |= self._of(name, text, whole=True, split=self._texts[name])
        return found

    def moved(self, before: Attached, after: Attached) -> tuple[tuple[Term, ...], tuple[Term, ...]]:
        """Return the terms of what hangs on an entity that are new, and those that are gone."""
        if before.links is after.links and before.policies is after.policies:
            return (), ()
        had, has = self.beside(before), self.beside(after)
        return tuple(sorted(has - had)), tuple(sorted(had - has))

    def beside(self, attached: Attached) -> set[Term]:
        """Return the terms of what hangs on an entity: its links, and what policies remember."""
        found: set[Term] = set()
        for link in attached.links:
            found.add(linked_to(link.ref))
            if self._facts.get(TIER) == "":
                for text in map(str, leaves(link.facts.get(TIER))):
                    found |= self._of(TIER, text, whole=True, split=False)
        for state in attached.policies:
            if state.policy in self.remembered:
                found.update(self.remembered[state.policy](state.value))
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
            for text in map(str, leaves(plain(value))):
                found |= self._of(name, text, whole=not split, split=split)
        return tuple(sorted(found))

    def _of(self, name: str, text: str, *, whole: bool, split: bool) -> set[Term]:
        found = {Term(name + PART, part) for part in parts(text)} if split else set()
        term = normalised(text)
        if whole and term:
            found.add(Term(name, term))
        if name in self._closed:
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


def linked_to(ref: EntityRef) -> Term:
    """Return the term of entities that are linked to an entity."""
    return _indexable(Term(LINK, f"{ref.machine}/{ref.id}"))


def searching_of(
    machine: Machine,
    hidden: frozenset[str],
    blind: Callable[[str, str], str],
    remembered: Mapping[str, Remembered] | None = None,
) -> Searching:
    """
    Return by what a machine's entities are searched.

    Args:
        machine: The machine.
        hidden: Facts whose terms are kept as digests alone.
        blind: Gives the digest of a term of a field.
        remembered: Gives the terms of a policy's state, by policy.
    """
    named = {word.partition(":")[0] for word in machine.searchable}
    facts = {field.name for field in attrs.fields(machine.facts)}
    owner = next((name for name in _OWNERS if name in facts), None)
    words = list(machine.searchable)
    if owner is not None and OWNER not in named:
        words.append(OWNER if owner == OWNER else f"{OWNER}={owner}")
    if TIER not in named:
        words.append(TIER if TIER in facts else f"{TIER}=")
    return Searching(machine.name, tuple(words), hidden, blind, remembered or {})
