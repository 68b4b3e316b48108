"""The benchmark of tiers: its contenders do the same work."""

import pytest

from benchmarks.harness import Row
from benchmarks.tiers import CONTENDERS, _bars, sample


@pytest.mark.parametrize("count", [1, 9, 1_234])
def test_contenders_agree(count: int) -> None:
    """Each finds the same number in the top tenth."""
    assert {find(count) for find in CONTENDERS.values()} == {-(-count // 10)}


def test_a_sample_is_a_process_of_its_own() -> None:
    """It tells its time and its peak."""
    taken = sample("plain SQLite", 100)
    assert taken.seconds > 0
    assert 5 < taken.peak < 100


def test_bars_compare_sizes_and_rivals() -> None:
    """Memory is compared with that of the smaller populations, time with plain SQLite's."""
    sizes = (10, 100, 1000)
    labels = [f"crmflow, {size:,} members" for size in sizes]
    peaks = dict(zip(labels, (20.0, 25.0, 30.0), strict=True))
    rows = tuple(
        Row(name=name, median=1, p10=1, p90=1, rounds=1, ratio=float(n))
        for n, name in enumerate(labels)
    )
    assert [(bar.value, bar.reached) for bar in _bars(rows, peaks, sizes)] == [
        (1.5, True),
        (1.2, True),
        (2.0, True),
    ]
