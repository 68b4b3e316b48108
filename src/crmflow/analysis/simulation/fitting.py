"""
Laws fitted to what was seen, each with how far it is from it.

Exponential and lognormal laws have their greatest likelihood at a formula, gamma and Weibull
laws where an equation holds; an empirical law is what was seen itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from statistics import fmean, pstdev
from typing import Final

import attrs

from crmflow.analysis.simulation.distances import kolmogorov_smirnov, wasserstein
from crmflow.analysis.simulation.laws import (
    Constant,
    Empirical,
    Exponential,
    Gamma,
    Law,
    Lognormal,
    Weibull,
)
from crmflow.analysis.simulation.special_functions import digamma, root, trigamma

LEAST: Final = 0.5
"""Minutes that stand for what took no time, as logs of whole minutes tell it."""

_QUANTILES = 1_000
_SAMPLES = 5_000
_ROUNDS = 20
_SHARPEST = 1e-6


class Family(StrEnum):
    """Kinds of laws that can be fitted; `best` is the nearest but for `empirical`."""

    EXPONENTIAL = "exponential"
    LOGNORMAL = "lognormal"
    GAMMA = "gamma"
    WEIBULL = "weibull"
    EMPIRICAL = "empirical"
    BEST = "best"


@attrs.frozen
class Fitted:
    """
    A law that was fitted.

    Attributes:
        family: Its kind; of `best` the one that was nearest.
        law: The law.
        count: How many lengths were seen.
        distance: Kolmogorov-Smirnov, from 0 to 1.
        apart: Wasserstein, in minutes.
    """

    family: Family
    law: Law
    count: int
    distance: float
    apart: float


def fit(minutes: Sequence[float], family: Family = Family.BEST) -> Fitted:
    """
    Return the law of a family that fits best.

    Args:
        minutes: What was seen, zero or more; what took no time counts as half a minute.
        family: Which laws come into question.

    Raises:
        ValueError: Nothing was seen.
    """
    if not minutes:
        raise ValueError("a law cannot be fitted: nothing was seen")
    seen = sorted(one or LEAST for one in minutes)
    if seen[0] == seen[-1]:
        return Fitted(Family.EMPIRICAL, Constant(seen[0]), len(seen), 0.0, 0.0)
    families = _PARAMETRIC if family is Family.BEST else (family,)
    return min((_fitted(seen, one) for one in families), key=lambda one: one.distance)


def _fitted(seen: Sequence[float], family: Family) -> Fitted:
    law = _FITS[family](seen)
    few = _thinned(seen, _SAMPLES)
    distance, apart = kolmogorov_smirnov(few, law), wasserstein(few, law)
    return Fitted(family, law, len(seen), distance, apart)


def _thinned(seen: Sequence[float], most: int) -> Sequence[float]:
    """Return at most so many of them, at equal distances, both ends included."""
    if len(seen) <= most:
        return seen
    return [seen[round(n * (len(seen) - 1) / (most - 1))] for n in range(most)]


def _exponential(seen: Sequence[float]) -> Law:
    return Exponential(fmean(seen))


def _lognormal(seen: Sequence[float]) -> Law:
    logs = list(map(math.log, seen))
    return Lognormal(math.exp(fmean(logs)), max(pstdev(logs), _SHARPEST))


def _gamma(seen: Sequence[float]) -> Law:
    mean = fmean(seen)
    gap = max(math.log(mean) - fmean(map(math.log, seen)), _SHARPEST)
    # Minka's start is within 1.5 %; Newton's steps on 1/shape do the rest.
    shape = (3 - gap + math.sqrt((gap - 3) ** 2 + 24 * gap)) / (12 * gap)
    for _ in range(_ROUNDS):
        slope = shape - shape * shape * trigamma(shape)
        shape = 1 / (1 / shape + (math.log(shape) - digamma(shape) - gap) / slope)
    return Gamma(mean, shape)


def _weibull(seen: Sequence[float]) -> Law:
    few = _thinned(seen, _SAMPLES)
    greatest = few[-1]
    logs = [math.log(x / greatest) for x in few]
    mean = fmean(logs)

    def too_low(shape: float) -> bool:
        powers = [math.exp(shape * one) for one in logs]
        weighed = math.fsum(p * one for p, one in zip(powers, logs, strict=True))
        return weighed / math.fsum(powers) - 1 / shape < mean

    shape = root(too_low, _SHARPEST, 1.0)
    scale = fmean(math.exp(shape * one) for one in logs) ** (1 / shape)
    return Weibull(greatest * scale, shape)


def _empirical(seen: Sequence[float]) -> Law:
    return Empirical(tuple(_thinned(seen, _QUANTILES + 1)))


_PARAMETRIC = (Family.EXPONENTIAL, Family.LOGNORMAL, Family.GAMMA, Family.WEIBULL)
_FITS: Mapping[Family, Callable[[Sequence[float]], Law]] = {
    Family.EXPONENTIAL: _exponential,
    Family.LOGNORMAL: _lognormal,
    Family.GAMMA: _gamma,
    Family.WEIBULL: _weibull,
    Family.EMPIRICAL: _empirical,
}
