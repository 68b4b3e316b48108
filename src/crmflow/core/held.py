"""Keys of what is remembered: things told apart by where they are, not by what they say."""

from __future__ import annotations

from typing import Generic, Self, TypeVar

import attrs

T = TypeVar("T")


@attrs.frozen
class Held(Generic[T]):
    """
    A thing and its place in memory, where nothing else can be while it is held.

    Attributes:
        place: Its place.
        thing: The thing; comparing it would take longer than what is remembered of it.
    """

    place: int
    thing: T = attrs.field(eq=False)

    @classmethod
    def of(cls, thing: T) -> Self:
        """Return a thing as a key."""
        return cls(id(thing), thing)
