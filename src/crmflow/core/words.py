"""Words: lists that a declaration may write as one text, its words apart by spaces."""

from __future__ import annotations

from collections.abc import Iterable


def words(text: str | Iterable[str]) -> tuple[str, ...]:
    """Return the words of a text, or what is given as a list already."""
    return tuple(text.split()) if isinstance(text, str) else tuple(text)


def role_names(text: str | Iterable[str]) -> frozenset[str]:
    """Return the roles that are named, in no order."""
    return frozenset(words(text))
