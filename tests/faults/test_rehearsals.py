"""Rehearsals of whole companies, with faults: a million decisions, and nothing is found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from crmflow.testing.rehearsal import SHIPPED, Rehearsal
from tests.faults.rehearsals import JOBS
from tests.faults.scale import SOAK, seed

COMPANIES = {"jobs": (JOBS, 20_000, 42), "shipped": (SHIPPED, 8_000, 20)}
"""
How many decisions one seed makes, and how many seeds there are; together a million.

One seed of either takes about as long as one of the other, so that all workers are busy to the end.
"""

LONGER = 10
"""So many times as many seeds are rehearsed by `make soak`."""

BASE = int(seed()) if SOAK else 1
"""The first seed: every change is judged by the same ones, and a soak by others each time."""

RUNS = [
    pytest.param(company, steps, BASE + place, id=f"{name}-{place}")
    for name, (company, steps, seeds) in COMPANIES.items()
    for place in range(seeds * (LONGER if SOAK else 1))
]


@pytest.mark.slow
@pytest.mark.parametrize(("company", "steps", "number"), RUNS)
def test_a_rehearsal_finds_nothing(
    company: Rehearsal, steps: int, number: int, record_property: Callable[[str, object], None]
) -> None:
    """Whatever goes wrong, nothing is lost, doubled or stuck, and all journals are whole."""
    done = company.run(number, steps)
    record_property("rehearsed", str(done))
    assert done.counts["torn"]
    assert done.steps >= steps


def test_a_million_decisions_are_rehearsed() -> None:
    """By what every change goes through."""
    counts = Counter[str]()
    for name, (_, steps, seeds) in COMPANIES.items():
        counts[name] += steps * seeds
    assert counts.total() >= 1_000_000
    assert all(counts[name] >= 160_000 for name in COMPANIES)
