"""Scores on a scale: averages, what is lowest, who recommends."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.core.satisfaction import (
    SAID_KEPT,
    Scale,
    Tally,
    lowest,
    mean,
    promoter_score,
    rounded,
)

scores = st.lists(st.integers(0, 10), min_size=1)


def tally(item: str, *given_scores: int) -> Tally:
    """Return a tally of scores."""
    found = Tally(item)
    for score in given_scores:
        found = found.with_score(score)
    return found


@given(scores, st.randoms())
def test_no_order_of_answers_matters(given_scores: list[int], random: Random) -> None:
    """Count, sum, lowest score and who recommends are the same (SUR-005)."""
    shuffled = list(given_scores)
    random.shuffle(shuffled)
    assert tally("x", *given_scores) == tally("x", *shuffled)


@given(scores, scores)
def test_the_overall_average_lies_between_those_of_the_items(
    one: list[int], other: list[int]
) -> None:
    """And is the average of all scores (SUR-004)."""
    tallies = [tally("one", *one), tally("other", *other)]
    means = [mean([each]) or Fraction(0) for each in tallies]
    overall = mean(tallies)
    assert overall == Fraction(sum(one + other), len(one + other))
    assert min(means) <= overall <= max(means)


@given(scores)
def test_scores_become_percents(given_scores: list[int]) -> None:
    """The lowest is nothing, the highest all, and order is kept."""
    percents = [Scale.TEN.percent(score) for score in sorted(given_scores)]
    assert percents == sorted(percents)
    assert all(0 <= percent <= 100 for percent in percents)
    assert Scale.FIVE.percent(1) == 0
    assert Scale.FIVE.percent(5) == 100
    assert Scale.FIVE.percent(Fraction(7, 2)) == Decimal("62.50")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Fraction(1, 3), "0.33"),
        (Fraction(2, 3), "0.67"),
        (Fraction(1, 200), "0.01"),
        (Fraction(-1, 3), "-0.33"),
        (Fraction(5), "5.00"),
    ],
)
def test_figures_have_two_decimals(value: Fraction, shown: str) -> None:
    """Half up, exactly."""
    assert str(rounded(value)) == shown


def test_the_lowest_scores_keep_what_was_said() -> None:
    """What was said with a better score is forgotten, and not more than some is kept (SUR-006)."""
    found = Tally("x").with_score(4, "fine").with_score(2).with_score(2, "bad").with_score(3, "so")
    assert (found.lowest, found.said) == (2, ("bad",))
    for _ in range(SAID_KEPT + 5):
        found = found.with_score(2, "bad again")
    assert len(found.said) == SAID_KEPT


def test_items_of_the_lowest_average_are_found() -> None:
    """All of them, and none that nobody answered (SUR-006)."""
    found = lowest([tally("a", 2, 4), tally("b", 3), tally("c", 5), Tally("d")])
    assert [one.item for one in found] == ["a", "b"]
    assert lowest([Tally("d")]) == ()


def test_who_recommends_is_weighed_against_who_does_not() -> None:
    """9 and 10 promote, 6 and less detract; without any answer nothing is said."""
    assert promoter_score([tally("a", 10, 9, 8, 7, 6, 0)]) == Decimal("0.00")
    assert promoter_score([tally("a", 10, 9, 8), tally("b", 3)]) == Decimal("25.00")
    assert promoter_score([tally("a", 0, 1)]) == Decimal("-100.00")
    assert promoter_score([Tally("a")]) is None
    assert mean([Tally("a")]) is None
