"""
Satisfaction: scores on a scale, their averages, and what people said with the lowest ones.

Scores are counted in whole numbers and rounded once, so that no order of answers matters.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import floor

import attrs

SAID_KEPT = 20
"""Remarks that a tally keeps with its lowest score: the journal has every one."""


class Scale(StrEnum):
    """From which score to which people answer, the last one being best."""

    FIVE = "one_to_five"
    TEN = "zero_to_ten"

    @property
    def ends(self) -> tuple[int, int]:
        """The lowest and the highest score."""
        return (1, 5) if self is Scale.FIVE else (0, 10)

    def holds(self, score: int) -> bool:
        """Say whether a score is on the scale."""
        low, high = self.ends
        return low <= score <= high

    def percent(self, average: Fraction | int) -> Decimal:
        """Return a score or an average as a number from 0 (all lowest) to 100 (all highest)."""
        low, high = self.ends
        return rounded(Fraction(average - low) / (high - low) * 100)


@attrs.frozen
class Tally:
    """
    The answers to one item, counted.

    Attributes:
        item: What was asked about.
        count: How many gave a score; blanks do not count.
        total: Sum of the scores.
        lowest: The lowest score, or None.
        said: What was said with the lowest score, the first of it.
        promoters: How many gave one of the two highest scores of a scale from 0 to 10.
        detractors: How many gave 6 or less there.
    """

    item: str
    count: int = 0
    total: int = 0
    lowest: int | None = None
    said: tuple[str, ...] = ()
    promoters: int = 0
    detractors: int = 0

    def with_score(self, score: int, text: str | None = None) -> Tally:
        """Return the tally with one more score, and what was said with it."""
        said = self.said if self.lowest is None or score >= self.lowest else ()
        lowest = score if self.lowest is None else min(score, self.lowest)
        if text is not None and score == lowest and len(said) < SAID_KEPT:
            said = (*said, text)
        return attrs.evolve(
            self,
            count=self.count + 1,
            total=self.total + score,
            lowest=lowest,
            said=said,
            promoters=self.promoters + (score >= 9),  # noqa: PLR2004 - as the measure is defined
            detractors=self.detractors + (score <= 6),  # noqa: PLR2004 - the same
        )


def rounded(value: Fraction) -> Decimal:
    """Return a number with two decimals, half up."""
    return Decimal(floor(value * 100 + Fraction(1, 2))).scaleb(-2)


def mean(tallies: Iterable[Tally]) -> Fraction | None:
    """
    Return the average of all scores; None where there is none.

    Args:
        tallies: Of one item, or of all: then every score counts alike.

    Rules: SUR-004 SUR-005
    """
    counted = tuple(tallies)
    count = sum(one.count for one in counted)
    return Fraction(sum(one.total for one in counted), count) if count else None


def lowest(tallies: Iterable[Tally]) -> tuple[Tally, ...]:
    """
    Return the items of the lowest average, with what was said of them.

    Rule: SUR-006
    """
    means = [(found, one) for one in tallies if (found := mean([one])) is not None]
    least = min((found for found, _ in means), default=None)
    return tuple(one for found, one in means if found == least)


def promoter_score(tallies: Iterable[Tally]) -> Decimal | None:
    """Return the share of promoters less that of detractors, from -100 to 100; None without any."""
    counted = tuple(tallies)
    count = sum(one.count for one in counted)
    surplus = sum(one.promoters - one.detractors for one in counted)
    return rounded(Fraction(surplus * 100, count)) if count else None
