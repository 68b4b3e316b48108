"""How far apart what was seen is from a law, or from what was seen elsewhere."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence

from crmflow.analysis.simulation.laws import Empirical, Law

_COMPARED = 1_000
"""Places at which quantiles are compared."""

_PLACES: tuple[Callable[[Sequence[float], float], int], ...] = (bisect_left, bisect_right)


def kolmogorov_smirnov(seen: Sequence[float], law: Law) -> float:
    """
    Return the greatest difference between the parts of both that are at most so long, 0 to 1.

    Args:
        seen: Minutes, one at least.
        law: The law.
    """
    found, count = sorted(seen), len(seen)
    above = max((place + 1) / count - law.cdf(x) for place, x in enumerate(found))
    # A law may jump where something was seen: what matters there is where it jumps from.
    below = max(
        law.cdf(math.nextafter(x, -math.inf)) - place / count for place, x in enumerate(found)
    )
    return max(above, below, 0.0)


def wasserstein(seen: Sequence[float], law: Law) -> float:
    """
    Return by how many minutes quantiles differ on the average.

    Args:
        seen: Minutes, one at least.
        law: The law, no mixture.
    """
    found = sorted(seen)
    count = min(len(found), _COMPARED)
    places = [(n + 0.5) / count for n in range(count)]
    return math.fsum(abs(found[int(u * len(found))] - law.draw(u)) for u in places) / count


def between(one: Sequence[float], other: Sequence[float]) -> tuple[float, float]:
    """
    Return both distances between two lots of what was seen.

    Args:
        one: Minutes, two at least.
        other: Likewise.

    Returns:
        Kolmogorov-Smirnov (0 to 1) and Wasserstein (minutes).
    """
    first, second = sorted(one), sorted(other)
    apart = max(
        abs(place(first, x) / len(first) - place(second, x) / len(second))
        for x in (*first, *second)
        for place in _PLACES
    )
    return apart, wasserstein(first, Empirical(second))
