"""Functions that laws and intervals are made of: incomplete gamma, digamma, Student's t."""

from __future__ import annotations

import math
from collections.abc import Callable

_ENOUGH = 1e-15
_ASYMPTOTIC = 10.0
"""From here on the series for large arguments are exact to the last digits."""


def root(below: Callable[[float], bool], low: float, high: float) -> float:
    """
    Return the place at which a claim ceases to hold, by halving.

    Args:
        below: Holds below the place, and not above it.
        low: Where it holds.
        high: Bound of the place, doubled while the claim holds there.
    """
    while below(high) and math.isfinite(high):
        low, high = high, 2 * high
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if below(middle) else (low, middle)
    return high


def lower_gamma(shape: float, x: float) -> float:
    """Return the regularised lower incomplete gamma function of a shape > 0, at x >= 0."""
    if x <= 0:
        return 0.0
    scale = math.exp(shape * math.log(x) - x - math.lgamma(shape))
    if x < shape + 1:
        return min(1.0, scale * _series(shape, x))
    return max(0.0, 1.0 - scale * _fraction(shape, x))


def _series(shape: float, x: float) -> float:
    n, term = 0, 1 / shape
    total = term
    while term > total * _ENOUGH:
        n += 1
        term *= x / (shape + n)
        total += term
    return total


def _fraction(shape: float, x: float) -> float:
    """Return the continued fraction of the upper function, by Lentz's method."""
    b = x + 1 - shape
    n, c, d = 0, math.inf, 1 / b
    total, step = d, math.inf
    while abs(step - 1) > _ENOUGH:
        n += 1
        a = n * (shape - n)
        b += 2
        d = 1 / (a * d + b)
        c = b + a / c
        step = c * d
        total *= step
    return total


def digamma(x: float) -> float:
    """Return the derivative of the logarithm of the gamma function, at x > 0."""
    shift = 0.0
    while x < _ASYMPTOTIC:
        shift -= 1 / x
        x += 1
    square = 1 / (x * x)
    tail = square * (1 / 12 - square * (1 / 120 - square * (1 / 252 - square / 240)))
    return shift + math.log(x) - 0.5 / x - tail


def trigamma(x: float) -> float:
    """Return the derivative of `digamma`, at x > 0."""
    shift = 0.0
    while x < _ASYMPTOTIC:
        shift += 1 / (x * x)
        x += 1
    square = 1 / (x * x)
    tail = 1 / 6 - square * (1 / 30 - square * (1 / 42 - square / 30))
    return shift + 1 / x + square / 2 + tail * square / x


def student_cdf(t: float, degrees: int) -> float:
    """Return the chance that Student's t of so many degrees of freedom is not above *t*."""
    angle = math.atan(t / math.sqrt(degrees))
    sine, square = math.sin(angle), math.cos(angle) ** 2
    # The finite sums of Abramowitz and Stegun, 26.7.3 and 26.7.4.
    odd = degrees % 2
    term, total = (math.cos(angle), 0.0) if odd else (1.0, 0.0)
    for n in range(degrees // 2):
        total += term
        term *= square * (2 * n + 1 + odd) / (2 * n + 2 + odd)
    within = 2 / math.pi * (angle + sine * total) if odd else sine * total
    return (1 + within) / 2


def student_quantile(chance: float, degrees: int) -> float:
    """
    Return the t that Student's t is not above with a chance.

    Args:
        chance: From 0.5 up to less than 1.
        degrees: Degrees of freedom, 1 at least.
    """
    return root(lambda t: student_cdf(t, degrees) < chance, 0.0, 2.0)
