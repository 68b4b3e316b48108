"""
Samples and what they add up to, exactly.

A tally is a sum: of two parts it is the tally of the whole, in any order, so that a
report may be made in one pass, in parts, or on several machines. Numbers are fractions
of decimals; nothing is rounded before it is compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction

import attrs

from crmflow.policies.kpi.rows import Statistic


@attrs.frozen
class Sample:
    """
    One thing measured.

    Attributes:
        on: Local day on which it counts.
        value: The number measured; of a ratio, how much of it meets.
        out_of: Of how much, for a ratio.
        group: By what it is told apart, such as a customer's id.
    """

    on: date
    value: Decimal
    out_of: Decimal = Decimal(1)
    group: str = ""


@attrs.frozen
class Tally:
    """
    What samples add up to.

    Attributes:
        count: How many samples.
        total: Sum of their values.
        out_of: Sum of what they are of.
        lowest: Smallest value, or None of none.
        highest: Largest value, or None of none.
        groups: Their groups.
    """

    count: int = 0
    total: Fraction = Fraction(0)
    out_of: Fraction = Fraction(0)
    lowest: Fraction | None = None
    highest: Fraction | None = None
    groups: frozenset[str] = frozenset()

    def __add__(self, other: Tally) -> Tally:
        """Return the tally of the samples of both."""
        lows = [one for one in (self.lowest, other.lowest) if one is not None]
        highs = [one for one in (self.highest, other.highest) if one is not None]
        return Tally(
            self.count + other.count,
            self.total + other.total,
            self.out_of + other.out_of,
            min(lows, default=None),
            max(highs, default=None),
            self.groups | other.groups,
        )


NOTHING = Tally()


def one(sample: Sample) -> Tally:
    """Return the tally of one sample."""
    value = Fraction(sample.value)
    groups = frozenset({sample.group})
    return Tally(1, value, Fraction(sample.out_of), value, value, groups)


def tally(samples: Iterable[Sample]) -> Tally:
    """Return what samples add up to."""
    return sum(map(one, samples), NOTHING)


def figure(statistic: Statistic, now: Tally, then: Tally = NOTHING) -> Fraction | None:
    """
    Return a statistic of a period.

    Args:
        statistic: Which.
        now: What the period's samples add up to.
        then: The same of the period it is compared with.

    Returns:
        The exact number, shares in percent; None where nothing was measured that it could
        be made of: no data is neither zero nor a hundred percent.
    """
    if statistic is Statistic.COUNT:
        return Fraction(now.count)
    if statistic is Statistic.LOWEST:
        return now.lowest
    if statistic is Statistic.HIGHEST:
        return now.highest
    part, whole = _share(statistic, now, then)
    if not whole:
        return None
    return part / whole * (1 if statistic in {Statistic.AVERAGE, Statistic.SUM} else 100)


def _share(statistic: Statistic, now: Tally, then: Tally) -> tuple[Fraction, Fraction]:
    """Return by what which sum is divided."""
    match statistic:
        case Statistic.RATIO:
            return now.total, now.out_of
        case Statistic.SUM:
            return now.total, Fraction(bool(now.count))
        case Statistic.GROWTH:
            return now.total - then.total, abs(then.total)
        case Statistic.RETENTION:
            return Fraction(len(now.groups & then.groups)), Fraction(len(then.groups))
        case Statistic.CHURN:
            return Fraction(len(then.groups - now.groups)), Fraction(len(then.groups))
        case _:
            return now.total, Fraction(now.count)
