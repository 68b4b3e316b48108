"""
Chance: a stream of numbers for each purpose, so that what one thing draws changes no other.

A stream is named by what it is for (`complaints-000017 record 1`). Two policy sets that are
simulated under one seed draw the same numbers for the same purposes: common random numbers.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import TypeVar

import attrs

T = TypeVar("T")

_LEAST = 2.0**-54
"""Stands for the 0 that `random()` may give: no law has a value there."""


@attrs.frozen
class Stream:
    """Numbers for one purpose; nothing but `random()` is asked of it."""

    _random: random.Random

    def uniform(self) -> float:
        """Return a number greater than 0 and less than 1."""
        return self._random.random() or _LEAST

    def pick(self, weights: Sequence[float]) -> int:
        """
        Return a place, each as often as its weight says.

        Args:
            weights: Not negative, one of them greater than 0.
        """
        ends = list(accumulate(weights))
        reached = self.uniform() * ends[-1]
        return next(place for place, end in enumerate(ends) if reached < end)

    def choose(self, weights: Mapping[T, float]) -> T:
        """Return a key, each as often as its weight says."""
        return list(weights)[self.pick(list(weights.values()))]


@attrs.frozen
class Streams:
    """
    The streams of one run.

    Args:
        seed: The same seed gives the same numbers, in every process.
    """

    seed: int

    def of(self, *purpose: object) -> Stream:
        """Return the stream of a purpose, from its beginning."""
        named = "\0".join(map(str, (self.seed, *purpose)))
        digest = hashlib.blake2b(named.encode(), digest_size=16).digest()
        # Chance here is to be repeated, not to be a secret.
        return Stream(random.Random(int.from_bytes(digest)))  # noqa: S311
