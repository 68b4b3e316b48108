"""What became of mutants, and what a sample of them says of all."""

from __future__ import annotations

import pytest

from scripts.mutants.score import Score, Whole, enough, scored, whole, wilson


def _score(name: str, there: int, killed: int, survived: int, answered: int = 0) -> Score:
    return Score(
        name,
        there,
        killed=killed,
        survived=tuple(f"s{number}" for number in range(survived)),
        answered=tuple(f"a{number}" for number in range(answered)),
    )


@pytest.mark.parametrize(
    ("code", "fate"),
    [
        (1, "killed"), (3, "killed"), (-11, "killed"), (37, "killed"),
        (36, "endless"), (24, "endless"), (-24, "endless"), (152, "endless"), (255, "endless"),
        (-9, "endless"),
        (0, "survived"), (33, "unreached"), (5, "unreached"),
        (None, "untried"), (2, "untried"), (34, "untried"),
    ],
)  # fmt: skip
def test_what_mutmut_notes_is_one_fate(code: int | None, fate: str) -> None:
    """An end by time is a kill that is counted apart; what was stopped by hand is untried."""
    found = scored("core/", 10, {"m": code}, ())
    assert found.killed == (fate in {"killed", "endless"})
    assert found.endless == (fate == "endless")
    assert found.survived == (("m",) if fate == "survived" else ())
    assert found.unreached == (("m",) if fate == "unreached" else ())
    assert found.untried == (fate == "untried")


def test_answered_survivors_are_left_out() -> None:
    """Nobody can tell them: they count neither way. What no test reaches cannot be answered."""
    found = scored("core/", 10, {"a": 1, "b": 0, "c": 0, "d": 33}, {"b", "d"})
    assert found.answered == ("b",)
    assert (found.survived, found.unreached) == (("c",), ("d",))
    assert (found.tried, found.open, found.rate) == (3, 2, 1 / 3)


def test_what_was_not_tried_has_no_score() -> None:
    """Neither nothing nor all is killed of it."""
    found = scored("core/", 10, {"a": None}, ())
    assert found.rate is None
    assert whole([found]) == Whole(None, 0.0, ("core/",))
    assert not enough([found], 0.0)


def test_what_no_test_reaches_survives() -> None:
    """A family without tests has no mutant killed."""
    found = scored("core/", 2, {"a": 33, "b": 33}, ())
    assert found.rate == 0.0
    assert whole([found]).rate == 0.0


def test_a_family_counts_by_its_size() -> None:
    """Ten tried of a thousand speak for a thousand."""
    found = whole([_score("large", 900, 9, 1), _score("small", 100, 5, 5), _score("none", 0, 0, 0)])
    assert found.rate == pytest.approx(0.9 * 0.9 + 0.1 * 0.5)
    assert found.worth == pytest.approx(1 / (0.9**2 / 10 + 0.1**2 / 10))
    assert found.missing == ()


def test_where_all_are_tried_each_counts_once() -> None:
    """Without a sample the score is the killed by the tried, of all families together."""
    found = whole([_score("one", 12, 9, 1, 2), _score("two", 90, 60, 30)])
    assert found.rate == pytest.approx(69 / 100)
    assert found.worth == pytest.approx(100)


def test_a_family_of_answered_ones_counts_for_nothing() -> None:
    """There is nothing in it that tests could tell, and it is not missing."""
    found = whole([_score("told", 2, 0, 0, 2), _score("two", 10, 8, 2)])
    assert (found.rate, found.missing) == (0.8, ())


@pytest.mark.parametrize(
    ("rate", "count", "low", "high"),
    [
        (0.9, 100, 0.8256, 0.9448),
        (0.5, 10, 0.2366, 0.7634),
        (1.0, 20, 0.8389, 1.0),
        (0.0, 20, 0.0, 0.1611),
    ],
)
def test_wilson_intervals_are_those_of_the_books(
    rate: float, count: int, low: float, high: float
) -> None:
    """And never outside of what a share can be."""
    assert wilson(rate, count) == pytest.approx((low, high), abs=1e-4)


def test_enough_is_all_tried_and_the_share_killed() -> None:
    """Below the share, with some untried or with a family missing it is not enough."""
    good = _score("one", 10, 9, 1)
    assert enough([good], 90.0)
    assert not enough([good], 90.1)
    assert not enough([good, Score("two", 5, killed=4, untried=1)], 50.0)
    assert not enough([good, Score("two", 5)], 50.0)
