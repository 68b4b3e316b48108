"""Stores that are noted while they are open."""

from __future__ import annotations

import attrs

from crmflow.storage.memory import MemoryStore


@attrs.define
class Shelf:
    """
    What makes stores, and notes them.

    Attributes:
        made: How many it has made.
        open: Those that are not closed.
    """

    made: int = 0
    open: set[int] = attrs.field(factory=set)

    def __call__(self) -> MemoryStore:
        """Return a store."""
        self.made += 1
        return Noted(self)


class Noted(MemoryStore):
    """A store that its shelf notes while it is open."""

    def __init__(self, shelf: Shelf) -> None:
        super().__init__()
        self.shelf = shelf
        shelf.open.add(id(self))

    def close(self) -> None:
        """Be open no longer."""
        super().close()
        self.shelf.open.remove(id(self))
