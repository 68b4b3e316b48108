"""Scores: what became of mutants, and what a sample of them says of all."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence

import attrs

SURVIVED, UNREACHED = 0, frozenset({5, 33})
"""What mutmut notes where no test failed, and where no test reaches a mutant."""

STOPPED = frozenset({None, 2, 34})
"""What it notes of a mutant that was not tried, or whose trial was stopped by hand."""

ENDLESS = frozenset({24, -24, 36, 152, 255, -9})
"""What it notes where a run did not end in time."""

SURE = 1.959964
"""How many standard deviations to either side hold 95 % of a normal distribution."""


@attrs.frozen
class Score:
    """
    What became of a family's mutants.

    Attributes:
        name: The family.
        there: How many mutants it has, tried or not.
        killed: How many of the chosen made a test fail, or its run endless.
        endless: How many of the killed did not end in time.
        answered: Names of survivors that are explained.
        survived: Names of survivors that are not.
        unreached: Names of those that no test reaches; they count as survivors.
        untried: How many of the chosen a stopped or failed run has not come to.
    """

    name: str
    there: int
    killed: int = 0
    endless: int = 0
    answered: tuple[str, ...] = ()
    survived: tuple[str, ...] = ()
    unreached: tuple[str, ...] = ()
    untried: int = 0

    @property
    def open(self) -> int:
        """How many live and are not explained."""
        return len(self.survived) + len(self.unreached)

    @property
    def tried(self) -> int:
        """How many were tried that could be told from the original."""
        return self.killed + self.open

    @property
    def rate(self) -> float | None:
        """Share of the killed, 0 to 1; answered ones are left out. None where none was tried."""
        return self.killed / self.tried if self.tried else None

    @property
    def stands_for(self) -> float:
        """How many mutants that could be told from the original the family has, as it seems."""
        tried = self.tried + len(self.answered)
        return self.there * self.tried / tried if tried else 0.0


@attrs.frozen
class Whole:
    """
    What scores of families say of all: each counts by how many mutants it stands for.

    Attributes:
        rate: Share of the killed, 0 to 1; None where none was tried.
        worth: How many mutants drawn from all at random would say it as surely.
        missing: Families that have mutants of which none was tried.
    """

    rate: float | None
    worth: float
    missing: tuple[str, ...]


def scored(name: str, there: int, codes: Mapping[str, int | None], equal: Collection[str]) -> Score:
    """Return the score of the chosen mutants' exit codes; *equal* names those answered."""
    living = [one for one, code in codes.items() if code == SURVIVED]
    stopped = [one for one, code in codes.items() if code in STOPPED]
    unreached = tuple(one for one, code in codes.items() if code in UNREACHED)
    return Score(
        name,
        there,
        killed=len(codes) - len(living) - len(stopped) - len(unreached),
        endless=sum(code in ENDLESS for code in codes.values()),
        answered=tuple(one for one in living if one in equal),
        survived=tuple(one for one in living if one not in equal),
        unreached=unreached,
        untried=len(stopped),
    )


def whole(scores: Iterable[Score]) -> Whole:
    """Return what scores of families say of all."""
    there = [one for one in scores if one.there]
    parts = [(one.stands_for, one.killed, one.tried) for one in there if one.tried]
    missing = tuple(one.name for one in there if not one.tried and not one.answered)
    if not parts:
        return Whole(None, 0.0, missing)
    size = sum(stands for stands, _, _ in parts)
    rate = sum(stands * killed / tried for stands, killed, tried in parts) / size
    return Whole(rate, size**2 / sum(stands**2 / tried for stands, _, tried in parts), missing)


def wilson(rate: float, count: float) -> tuple[float, float]:
    """Return between which shares the true one lies, by 95 %, where a sample has this one."""
    spread = SURE**2 / count
    middle = rate + spread / 2
    reach = SURE * math.sqrt((rate * (1 - rate) + spread / 4) / count)
    low, high = (middle - reach) / (1 + spread), (middle + reach) / (1 + spread)
    return max(low, 0.0), min(high, 1.0)


def enough(scores: Sequence[Score], least: float) -> bool:
    """Say whether all that was chosen was tried, and so many percent of it killed."""
    all_ = whole(scores)
    done = not all_.missing and not any(one.untried for one in scores)
    return done and all_.rate is not None and 100 * all_.rate >= least
