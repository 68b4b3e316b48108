"""
Measure contenders in turns and compare them round by round.

A round times every contender once, in an order shuffled anew for each round
from a fixed seed. A ratio is the median of the ratios taken within one round,
so a slow minute of the machine touches both sides of it alike. The collector is
frozen and stopped while a sample runs: no contender pays for another's garbage.
"""

import gc
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import attrs

NANOSECONDS = 1_000_000_000

Baseline: TypeAlias = str | Mapping[str, str] | None
"""Whom all are compared with, or each by name, or nobody."""


@attrs.frozen
class Contender:
    """
    One thing to time.

    Args:
        name: How the table and the JSON call it.
        run: One call of it.
        steps: Steps done by one call; times are given per step.
        prepare: Called before each sample, outside its time; None for nothing.
    """

    name: str
    run: Callable[[], object]
    steps: int = attrs.field(default=1, kw_only=True, validator=attrs.validators.ge(1))
    prepare: Callable[[], object] | None = attrs.field(default=None, kw_only=True)


@attrs.frozen(kw_only=True)
class Plan:
    """
    How long and how often to measure.

    Args:
        rounds: Samples of each contender.
        min_seconds: Shortest sample; calls are repeated until it is reached.
            Zero measures single calls.
        seed: Seed of the order within the rounds.
        timer: Clock in nanoseconds.
    """

    rounds: int = attrs.field(default=21, validator=attrs.validators.ge(1))
    min_seconds: float = attrs.field(default=0.02, validator=attrs.validators.ge(0))
    seed: int = 1
    timer: Callable[[], int] = time.perf_counter_ns


@attrs.frozen(kw_only=True)
class Row:
    """
    What was measured of one contender, seconds per step.

    Args:
        name: The contender.
        median: Median of the rounds.
        p10: Tenth percentile of the rounds.
        p90: Ninetieth percentile of the rounds.
        rounds: How many samples were taken.
        ratio: Median of this time over the baseline's within each round; None
            where nothing serves as baseline.
    """

    name: str
    median: float
    p10: float
    p90: float
    rounds: int
    ratio: float | None = None

    @property
    def speed(self) -> float | None:
        """Steps per second as a share of the baseline's; None without one."""
        return None if self.ratio is None else 1 / self.ratio


def quantile(values: Sequence[float], share: float) -> float:
    """
    Return the value below which *share* of *values* lies, interpolated.

    Args:
        values: At least one number, in any order.
        share: From 0 (the least) to 1 (the greatest).

    Raises:
        ValueError: *values* is empty or *share* outside 0 to 1.
    """
    if not values or not 0 <= share <= 1:
        raise ValueError(f"cannot take quantile {share} of {len(values)} values")
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def paired_ratio(values: Sequence[float], base: Sequence[float]) -> float:
    """
    Return the median of the ratios of *values* to *base*, round by round.

    Raises:
        ValueError: The two do not have the same number of rounds, or none.
    """
    if not values:
        raise ValueError("cannot compare without a round")
    return statistics.median(value / against for value, against in zip(values, base, strict=True))


def calibrate(contender: Contender, plan: Plan) -> int:
    """Return how many calls of *contender* fill the shortest sample of *plan*."""
    loops = 1
    if not plan.min_seconds:
        return loops
    while True:
        spent = sample(contender, loops, plan.timer) * loops * contender.steps
        if spent >= plan.min_seconds:
            return loops
        grown = loops * plan.min_seconds / max(spent, 1e-9)
        loops = max(loops + 1, min(loops * 10, int(grown * 1.1)))


def sample(contender: Contender, loops: int, timer: Callable[[], int]) -> float:
    """Return the seconds of one step over *loops* calls, the collector at rest."""
    run = contender.run
    turns = range(loops)
    if contender.prepare is not None:
        contender.prepare()
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        started = timer()
        for _ in turns:
            run()
        spent = timer() - started
    finally:
        gc.enable()
        gc.unfreeze()
    return spent / NANOSECONDS / loops / contender.steps


def collect(contenders: Sequence[Contender], plan: Plan) -> dict[str, list[float]]:
    """Return the samples of each contender by name, one a round."""
    loops = {one.name: calibrate(one, plan) for one in contenders}
    samples: dict[str, list[float]] = {one.name: [] for one in contenders}
    order = list(contenders)
    shuffle = random.Random(plan.seed).shuffle
    for _ in range(plan.rounds):
        shuffle(order)
        for one in order:
            samples[one.name].append(sample(one, loops[one.name], plan.timer))
    return samples


def compared(names: Sequence[str], baseline: Baseline) -> dict[str, str]:
    """
    Return with whom each of *names* is compared; those without a baseline are left out.

    Raises:
        ValueError: A baseline is not among *names*.
    """
    pairs = dict.fromkeys(names, baseline) if isinstance(baseline, str) else dict(baseline or {})
    for name in (*pairs, *pairs.values()):
        if name not in names:
            raise ValueError(f"{name!r} is none of: {', '.join(names)}")
    return pairs


def summarise(samples: Mapping[str, Sequence[float]], baseline: Baseline = None) -> tuple[Row, ...]:
    """
    Return one row per contender, in the order given.

    Args:
        samples: Seconds per step by contender, one a round.
        baseline: The contender the others are compared with, or for each the one it is.

    Raises:
        ValueError: A baseline is not among the contenders.
    """
    pairs = compared(tuple(samples), baseline)
    return tuple(
        Row(
            name=name,
            median=statistics.median(values),
            p10=quantile(values, 0.1),
            p90=quantile(values, 0.9),
            rounds=len(values),
            ratio=paired_ratio(values, samples[pairs[name]]) if name in pairs else None,
        )
        for name, values in samples.items()
    )


def measure(
    contenders: Sequence[Contender], plan: Plan, baseline: Baseline = None
) -> tuple[Row, ...]:
    """
    Time *contenders* in turns and return one row each.

    Raises:
        ValueError: Two contenders share a name, or a baseline is none of them.
    """
    names = [one.name for one in contenders]
    if len(set(names)) < len(names):
        raise ValueError(f"contenders share a name: {', '.join(names)}")
    compared(names, baseline)
    return summarise(collect(contenders, plan), baseline)
