"""Erasure: what is left of a value whose key was destroyed, and the event that destroys it."""

from __future__ import annotations

from typing import Final

ERASE = "$erase"
"""Reserved event with which the key of an entity's encrypted values is destroyed."""


class Erased(str):
    """A value that nobody can read any more; a text, so that it may stand where one did."""

    __slots__ = ()


ERASED: Final = Erased("ERASED")
"""In place of every value that was erased."""
