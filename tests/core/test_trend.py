"""The straight line through values, and how it is carried on."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from crmflow.core.trend import trend


@given(start=st.fractions(), slope=st.fractions(), count=st.integers(1, 12))
def test_a_trend_goes_through_a_line(start: Fraction, slope: Fraction, count: int) -> None:
    """Law: what lies on a line is carried on along it, exactly (ANA-011)."""
    line = trend([start + slope * place for place in range(count)])
    assert line(0) == start
    assert line(count) == (start + slope * count if count > 1 else start)


@given(values=st.lists(st.fractions(), min_size=1, max_size=12))
def test_a_trend_leaves_as_much_above_as_below(values: list[Fraction]) -> None:
    """Law: what the values differ from the line by adds up to nothing."""
    line = trend(values)
    assert sum(value - line(place) for place, value in enumerate(values)) == 0
