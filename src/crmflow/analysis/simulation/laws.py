"""
Laws of chance over lengths of time, in minutes.

Each turns one uniform number into a length, so a purpose draws one number whatever its law is,
and a longer law gives a longer length to the same number.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from statistics import NormalDist
from typing import Protocol

import attrs

from crmflow.analysis.simulation.special_functions import lower_gamma, root

_NORMAL = NormalDist()


class Law(Protocol):
    """A law of chance over lengths of time."""

    @property
    def mean(self) -> float:
        """Minutes on the average."""
        ...

    def draw(self, uniform: float) -> float:
        """Return the minutes that a number between 0 and 1 stands for."""
        ...

    def cdf(self, minutes: float) -> float:
        """Return the chance of so many minutes at most."""
        ...


@attrs.frozen
class Constant:
    """Always the same."""

    mean: float

    def draw(self, uniform: float) -> float:
        """Return the minutes, whatever the number is."""
        return self.mean

    def cdf(self, minutes: float) -> float:
        """Return the chance of so many minutes at most."""
        return float(minutes >= self.mean)


@attrs.frozen
class Exponential:
    """As likely to end in the next minute as in any before."""

    mean: float

    def draw(self, uniform: float) -> float:
        """Return the minutes that a number between 0 and 1 stands for."""
        return -self.mean * math.log1p(-uniform)

    def cdf(self, minutes: float) -> float:
        """Return the chance of so many minutes at most."""
        return -math.expm1(-max(minutes, 0.0) / self.mean)


@attrs.frozen
class Lognormal:
    """The logarithm is normal: half below *median*, spread by *sigma*."""

    median: float
    sigma: float

    @property
    def mean(self) -> float:
        """Minutes on the average."""
        return self.median * math.exp(self.sigma**2 / 2)

    def draw(self, uniform: float) -> float:
        """Return the minutes that a number between 0 and 1 stands for."""
        return self.median * math.exp(self.sigma * _NORMAL.inv_cdf(uniform))

    def cdf(self, minutes: float) -> float:
        """Return the chance of so many minutes at most."""
        if minutes <= 0:
            return 0.0
        return _NORMAL.cdf(math.log(minutes / self.median) / self.sigma)


@attrs.frozen
class Gamma:
    """A sum of *shape* exponential parts."""

    mean: float
    shape: float

    def draw(self, uniform: float) -> float:
        """Return the minutes that a number between 0 and 1 stands for."""
        scale = self.mean / self.shape
        found = root(lambda x: lower_gamma(self.shape, x) < uniform, 0.0, self.shape)
        return scale * found

    def cdf(self, minutes: float) -> float:
        """Return the chance of so many minutes at most."""
        return lower_gamma(self.shape, max(minutes, 0.0) * self.shape / self.mean)


@attrs.frozen
class Weibull:
    """Ever sooner to end with *shape* above 1, ever later below."""

    scale: float
    shape: float

    @property
    def mean(self) -> float:
        """Minutes on the average."""
        return self.scale * math.gamma(1 + 1 / self.shape)

    def draw(self, uniform: float) -> float:
        """Return the minutes that a number between 0 and 1 stands for."""
        return self.scale * math.pow(-math.log1p(-uniform), 1 / self.shape)

    def cdf(self, minutes: float) -> float:
        """Return the chance of so many minutes at most."""
        return -math.expm1(-math.pow(max(minutes, 0.0) / self.scale, self.shape))


@attrs.frozen
class Empirical:
    """
    What was seen: straight lines between quantiles at equal distances of chance.

    Args:
        quantiles: Minutes in order, the least first and the greatest last; two at least.
    """

    quantiles: Sequence[float]

    @property
    def mean(self) -> float:
        """Minutes on the average."""
        found = self.quantiles
        return (math.fsum(found) - (found[0] + found[-1]) / 2) / (len(found) - 1)

    def draw(self, uniform: float) -> float:
        """Return the minutes that a number between 0 and 1 stands for."""
        place = uniform * (len(self.quantiles) - 1)
        lower = min(int(place), len(self.quantiles) - 2)
        start, end = self.quantiles[lower], self.quantiles[lower + 1]
        return start + (end - start) * (place - lower)

    def cdf(self, minutes: float) -> float:
        """Return the chance of so many minutes at most."""
        found = self.quantiles
        upper = bisect_right(found, minutes)
        if upper in {0, len(found)}:
            return float(upper > 0)
        start, end = found[upper - 1], found[upper]
        return (upper - 1 + (minutes - start) / (end - start)) / (len(found) - 1)


@attrs.frozen
class Mixture:
    """
    Sometimes one law, sometimes another.

    Args:
        parts: (weight, law), one at least; weights are greater than 0.
    """

    parts: Sequence[tuple[float, Law]]

    @property
    def _ends(self) -> list[float]:
        total, ends = math.fsum(weight for weight, _ in self.parts), [0.0]
        for weight, _ in self.parts:
            ends.append(ends[-1] + weight / total)
        return ends

    @property
    def mean(self) -> float:
        """Minutes on the average."""
        total = math.fsum(weight for weight, _ in self.parts)
        return math.fsum(weight * law.mean for weight, law in self.parts) / total

    def draw(self, uniform: float) -> float:
        """Return the minutes of the part that the number falls in, by where it falls there."""
        ends = self._ends
        place = min(bisect_left(ends, uniform), len(self.parts))
        start, end = ends[place - 1], ends[place]
        within = (uniform - start) / (end - start)
        return self.parts[place - 1][1].draw(min(max(within, 2.0**-54), 1 - 2.0**-53))

    def cdf(self, minutes: float) -> float:
        """Return the chance of so many minutes at most."""
        total = math.fsum(weight for weight, _ in self.parts)
        return math.fsum(weight * law.cdf(minutes) for weight, law in self.parts) / total
