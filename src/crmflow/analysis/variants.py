"""
Variants: the sequences of states that cases go through, kept as a tree of shared
beginnings, so that a case needs one number however many moves it makes.
"""

from __future__ import annotations

from typing import Final

import attrs

longest_kept: Final = 100
"""States of a case that are kept in order; later ones only tell variants apart."""

_MASK: Final = (1 << 61) - 1
_FACTOR: Final = 0x9E3779B97F4A7C15


@attrs.frozen
class Trail:
    """
    Where a case has been.

    Args:
        node: The tree's number for its first `longest_kept` states; 0 is the root.
        length: How many states it has been in.
        rest: A digest of the states that are not kept.
    """

    node: int = 0
    length: int = 0
    rest: int = 0


class VariantTree:
    """Every beginning of a sequence of states, numbered; states are numbers here."""

    def __init__(self) -> None:
        self._children: dict[tuple[int, int], int] = {}
        self._parents: list[tuple[int, int]] = [(0, 0)]

    def step(self, trail: Trail, state: int) -> Trail:
        """Return *trail* one state longer."""
        length = trail.length + 1
        if length > longest_kept:
            rest = ((trail.rest ^ (state + 1)) * _FACTOR) & _MASK
            return Trail(trail.node, length, rest ^ (rest >> 29))
        key = (trail.node, state)
        node = self._children.get(key)
        if node is None:
            node = self._children[key] = len(self._parents)
            self._parents.append(key)
        return Trail(node, length)

    def states(self, trail: Trail) -> tuple[int, ...]:
        """Return the states of *trail* that are kept, in order."""
        states: list[int] = []
        node = trail.node
        while node:
            node, state = self._parents[node]
            states.append(state)
        return tuple(reversed(states))
