"""Trends: the straight line of least squares through values at equal distances."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import attrs


@attrs.frozen
class Line:
    """
    A straight line.

    Attributes:
        start: Its value at place 0.
        slope: What it rises by from place to place.
    """

    start: Fraction
    slope: Fraction

    def __call__(self, place: int) -> Fraction:
        """Return its value at a place."""
        return self.start + self.slope * place


def trend(values: Sequence[Fraction]) -> Line:
    """
    Return the line of least squares through values at the places 0, 1, 2 ... (ANA-011).

    Exact: no number is rounded. Through one value it is level.

    Args:
        values: At least one.
    """
    n = len(values)
    mean_place, mean = Fraction(n - 1, 2), sum(values, Fraction(0)) / n
    spread = sum(((place - mean_place) ** 2 for place in range(n)), Fraction(0))
    rise = sum(((place - mean_place) * (v - mean) for place, v in enumerate(values)), Fraction(0))
    slope = rise / spread if spread else Fraction(0)
    return Line(mean - slope * mean_place, slope)
