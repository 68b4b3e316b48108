"""
What if: runs of several scenarios under common random numbers, figure by figure.

In each replication all scenarios draw the same numbers for the same purposes, so what differs is
what the scenarios say. The differences of the replications are then told with the interval in
which their mean lies with a confidence of 95 %, by Student's t.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean, stdev
from typing import Final

import attrs

from crmflow.analysis.simulation.outcome import Figure, Simulated, shown
from crmflow.analysis.simulation.running import simulate
from crmflow.analysis.simulation.scenario import Scenario
from crmflow.analysis.simulation.special_functions import student_quantile

CONFIDENCE: Final = 0.95

Ran = Callable[[int], object]
"""Told how many runs are done."""


def _nobody(_runs: int) -> None:
    """Tell nobody."""


@attrs.frozen
class Interval:
    """
    A mean over replications, and where it may lie.

    Attributes:
        mean: The mean.
        half: Half the length of the interval of 95 % confidence; None of one replication.
    """

    mean: float
    half: float | None

    @property
    def clear(self) -> bool | None:
        """Whether 0 lies outside of it; None where that cannot be told."""
        return None if self.half is None else abs(self.mean) > self.half


def interval(numbers: Sequence[float]) -> Interval:
    """
    Return the mean of some numbers and its interval of 95 % confidence.

    Args:
        numbers: One of each replication.
    """
    count = len(numbers)
    if count == 1:
        return Interval(numbers[0], None)
    quantile = student_quantile((1 + CONFIDENCE) / 2, count - 1)
    return Interval(fmean(numbers), quantile * stdev(numbers) / math.sqrt(count))


@attrs.frozen
class Difference:
    """
    How a scenario differs from the first one.

    Attributes:
        scenario: Its name.
        figure, of: What was measured.
        base, other: The mean of the first scenario, and of this one.
        apart: By how much this one is more, replication by replication.
    """

    scenario: str
    figure: str
    of: str
    base: float
    other: float
    apart: Interval


@attrs.frozen
class Compared:
    """
    What came of several scenarios.

    Attributes:
        seeds: The seed of each replication.
        runs: The replications of each scenario by its name, the first one in front.
        differences: How the others differ from it.
    """

    seeds: Sequence[int]
    runs: Mapping[str, Sequence[Simulated]]
    differences: Sequence[Difference]

    def rows(self) -> Sequence[Mapping[str, object]]:
        """Return the differences as rows; `clear` says whether 0 lies outside the interval."""
        return [
            {
                "scenario": one.scenario,
                "figure": one.figure,
                "of": one.of,
                "base": shown(one.base),
                "other": shown(one.other),
                "difference": shown(one.apart.mean),
                "low": _end(one.apart, -1),
                "high": _end(one.apart, 1),
                "clear": one.apart.clear,
            }
            for one in self.differences
        ]


def _end(found: Interval, side: int) -> str | None:
    return None if found.half is None else shown(found.mean + side * found.half)


def compare(
    base: Scenario,
    others: Sequence[Scenario] = (),
    *,
    replications: int = 1,
    seed: int | None = None,
    lang: str = "en",
    ran: Ran = _nobody,
) -> Compared:
    """
    Run scenarios again and again under common random numbers, and tell how they differ.

    Args:
        base: What the others are compared with.
        others: What if.
        replications: How often each is run; two at least for intervals.
        seed: Seed of the first replication, the next ones follow; left out, that of *base*.
        lang: Language of labels: `en` or `zh`.
        ran: Told how many runs are done.

    Raises:
        ConfigurationError: A scenario has faults.
        ValueError: There are no replications.
    """
    if replications < 1:
        raise ValueError("one replication at least is needed")
    first = base.rows.seed if seed is None else seed
    seeds = range(first, first + replications)
    scenarios = _named((base, *others))
    runs: dict[str, list[Simulated]] = {name: [] for name in scenarios}
    for number in seeds:
        for name, scenario in scenarios.items():
            runs[name].append(simulate(scenario, seed=number, lang=lang))
            ran(sum(map(len, runs.values())))
    lots = list(runs.items())
    differences = [one for name, found in lots[1:] for one in _between(name, lots[0][1], found)]
    return Compared(tuple(seeds), runs, differences)


def _named(scenarios: Sequence[Scenario]) -> Mapping[str, Scenario]:
    """Return scenarios by name; of one name the later ones are numbered."""
    found: dict[str, Scenario] = {}
    for scenario in scenarios:
        count = sum(name.partition("#")[0] == scenario.name for name in found)
        found[f"{scenario.name}#{count + 1}" if count else scenario.name] = scenario
    return found


def _between(
    name: str, base: Sequence[Simulated], other: Sequence[Simulated]
) -> Sequence[Difference]:
    """Return how figures differ that all replications of both have."""
    every = [*base, *other]
    known = [key for key in base[0].figures if all(key in one.figures for one in every)]
    return [_difference(name, key, base, other) for key in known]


def _difference(
    name: str, key: Figure, base: Sequence[Simulated], other: Sequence[Simulated]
) -> Difference:
    before = [one.figures[key] for one in base]
    after = [one.figures[key] for one in other]
    apart = interval([b - a for a, b in zip(before, after, strict=True)])
    return Difference(name, *key, fmean(before), fmean(after), apart)


def figure_intervals(runs: Sequence[Simulated]) -> Sequence[Mapping[str, object]]:
    """Return the figures of a scenario's replications as rows: each mean with its interval."""
    rows = []
    for key in runs[0].figures:
        if all(key in one.figures for one in runs):
            found = interval([one.figures[key] for one in runs])
            row = {"figure": key[0], "of": key[1], "mean": shown(found.mean)}
            rows.append({**row, "low": _end(found, -1), "high": _end(found, 1)})
    return rows
