"""Indicators against their targets, period by period."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Context, Decimal
from fractions import Fraction

import attrs

from crmflow.policies.kpi.period import Period
from crmflow.policies.kpi.rows import Direction, Kpi, Scope, Statistic
from crmflow.policies.kpi.tally import NOTHING, Sample, Tally, figure, one

Tallies = Mapping[tuple[Period, str], Tally]

_HOLDS: Mapping[Direction, Callable[[Fraction, Fraction], bool]] = {
    Direction.AT_LEAST: operator.ge,
    Direction.ABOVE: operator.gt,
    Direction.AT_MOST: operator.le,
    Direction.BELOW: operator.lt,
}
_UPWARD = frozenset({Direction.AT_LEAST, Direction.ABOVE})


@attrs.frozen
class Outcome:
    """
    An indicator in one period.

    Attributes:
        kpi: The indicator.
        period: When.
        group: About whom, or empty for all.
        value: The exact number, or None where nothing was measured.
        target: The target of the period, or None.
        met: Whether it is met; None without a target or a number.
        count: Of how many samples it was made.
    """

    kpi: Kpi
    period: Period
    group: str
    value: Fraction | None
    target: Fraction | None
    met: bool | None
    count: int

    def shown(self, digits: int = 2) -> str:
        """
        Return the number as text, never rounded across its target.

        What shall be high is rounded down and what shall be low is rounded up, so that
        99.951 is no 99.96 and 94.999 no 95.

        Args:
            digits: Digits after the decimal point.
        """
        if self.value is None:
            return ""
        down = self.kpi.direction is None or self.kpi.direction in _UPWARD
        scaled = self.value * 10**digits
        whole = scaled.numerator // scaled.denominator if down else -(-scaled // 1)
        return f"{Decimal(whole).scaleb(-digits, _WIDE):f}"


_WIDE = Context(prec=100)


def target(kpi: Kpi, period: Period) -> Fraction | None:
    """
    Return the target of a period: it rises with each full year after the base year.

    Rules: ANA-003, ANA-004, AMB-46
    """
    if kpi.target is None:
        return None
    years = 0 if kpi.base_year is None else max(period.year - kpi.base_year, 0)
    risen = Fraction(kpi.target) + years * Fraction(kpi.step)
    return risen if kpi.cap is None else min(risen, Fraction(kpi.cap))


def meets(direction: Direction, value: Fraction, limit: Fraction) -> bool:
    """Say whether a number is on the right side of its target; compared exactly."""
    return _HOLDS[direction](value, limit)


def tallies(kpi: Kpi, samples: Iterable[Sample]) -> dict[tuple[Period, str], Tally]:
    """Return what samples add up to per period and, where it is about each, per group."""
    found: dict[tuple[Period, str], Tally] = {}
    for sample in samples:
        group = sample.group if kpi.scope is Scope.ACCOUNT else ""
        key = Period.of(sample.on, kpi.period), group
        found[key] = found.get(key, NOTHING) + one(sample)
    return found


def merged(first: Tallies, then: Tallies) -> dict[tuple[Period, str], Tally]:
    """Return the tallies of two parts of the samples as those of the whole."""
    keys = dict.fromkeys((*first, *then))
    return {key: first.get(key, NOTHING) + then.get(key, NOTHING) for key in keys}


def outcomes(kpi: Kpi, found: Tallies, periods: Iterable[Period] = ()) -> Iterator[Outcome]:
    """
    Yield an indicator in each period, by period and group.

    Args:
        kpi: The indicator.
        found: What its samples add up to.
        periods: Periods that are told of though nothing was measured in them: no complaint
            is told too.
    """
    groups = {group for _, group in found} or {""}
    keys = {*found, *((period, group) for period in periods for group in groups)}
    statistic = Statistic.RATIO if kpi.scope is Scope.RATE else kpi.statistic
    for period, group in sorted(keys):
        now, limit = found.get((period, group), NOTHING), target(kpi, period)
        value = figure(statistic, now, found.get((_compared(kpi, period), group), NOTHING))
        met = None
        if value is not None and limit is not None and kpi.direction is not None:
            met = meets(kpi.direction, value, limit)
        yield Outcome(kpi, period, group, value, limit, met, now.count)


def _compared(kpi: Kpi, period: Period) -> Period:
    return period.year_before() if kpi.statistic is Statistic.GROWTH else period.before()


def per_group(kpi: Kpi, samples: Iterable[Sample]) -> Iterator[Outcome]:
    """Yield an indicator for each group apart, such as each item of a survey (SUR-005)."""
    return outcomes(kpi, tallies(attrs.evolve(kpi, scope=Scope.ACCOUNT), samples))


def change(now: Outcome, then: Outcome) -> Fraction | None:
    """Return by how much an indicator has changed, in its own unit; None where one lacks."""
    if now.value is None or then.value is None:
        return None
    return now.value - then.value
