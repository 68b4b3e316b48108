"""Medians and the like, against a count by hand."""

from fractions import Fraction

from hypothesis import example, given
from hypothesis import strategies as st

from crmflow.analysis.simulation.outcome import nth
from crmflow.analysis.simulation.tables import spread

PARTS = st.fractions(0, 1, max_denominator=40).filter(bool)


@given(numbers=st.lists(st.integers(0, 50), min_size=1, max_size=60), part=PARTS)
@example(numbers=list(range(1, 11)), part=Fraction(1, 2))
@example(numbers=list(range(1, 11)), part=Fraction(9, 10))
@example(numbers=[7], part=Fraction(1))
def test_it_is_the_least_that_such_a_part_does_not_exceed(
    numbers: list[int], part: Fraction
) -> None:
    """Counted one by one, whatever comes twice."""
    enough = [
        one
        for one in numbers
        if sum(other <= one for other in numbers) * part.denominator
        >= part.numerator * len(numbers)
    ]
    assert nth(sorted(numbers), part) == min(enough)


def test_of_ten_the_fifth_is_the_median_and_the_ninth_the_p90() -> None:
    """Whole parts count to themselves, and not to the next."""
    assert spread([10, 9, 8, 7, 6, 5, 4, 3, 2, 1]) == {
        "mean": "5.50", "median": "5.00", "p90": "9.00", "p95": "10.00", "longest": "10.00",
    }  # fmt: skip
    twenty = spread([float(one) for one in range(1, 21)])
    assert (twenty["p90"], twenty["p95"]) == ("18.00", "19.00")
