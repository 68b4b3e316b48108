import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.analysis.simulation.laws import (
    Constant,
    Empirical,
    Exponential,
    Gamma,
    Law,
    Lognormal,
    Mixture,
    Weibull,
)

LAWS: tuple[Law, ...] = (
    Exponential(7.0),
    Lognormal(12.0, 0.8),
    Gamma(30.0, 0.4),
    Gamma(30.0, 6.0),
    Weibull(20.0, 0.7),
    Empirical((1.0, 2.0, 5.0, 40.0)),
)
EVERY = (*LAWS, Constant(9.0), Mixture([(2.0, Constant(3.0)), (1.0, Exponential(30.0))]))
UNIFORM = st.floats(2.0**-54, 1 - 2.0**-53)


@pytest.mark.parametrize("law", LAWS, ids=str)
@given(one=UNIFORM, other=UNIFORM)
def test_a_greater_number_is_a_longer_time(law: Law, one: float, other: float) -> None:
    """So a longer law lengthens each draw, whatever the numbers are."""
    low, high = sorted((one, other))
    assert 0 <= law.draw(low) <= law.draw(high)


@pytest.mark.parametrize("law", LAWS, ids=str)
@given(uniform=st.floats(1e-6, 1 - 1e-6))
def test_what_is_drawn_has_the_chance_that_the_law_says(law: Law, uniform: float) -> None:
    """`cdf` is the inverse of `draw`."""
    assert law.cdf(law.draw(uniform)) == pytest.approx(uniform, abs=1e-9)


@pytest.mark.parametrize("law", EVERY, ids=str)
def test_the_mean_is_that_of_what_is_drawn(law: Law) -> None:
    """Over many numbers at equal distances."""
    count = 1000
    drawn = [law.draw((n + 0.5) / count) for n in range(count)]
    assert math.fsum(drawn) / count == pytest.approx(law.mean, rel=0.05)


@pytest.mark.parametrize("law", EVERY, ids=str)
def test_no_time_is_negative(law: Law) -> None:
    """Nothing ends before it begins, nor anything after ever."""
    assert law.cdf(-1.0) == 0
    assert law.cdf(1e12) == pytest.approx(1)


def test_a_mixture_takes_each_part_as_often_as_its_weight() -> None:
    """Two of three are constant."""
    law = EVERY[-1]
    chance = random.Random(1)
    drawn = [law.draw(chance.random()) for _ in range(3000)]
    assert sum(one == 3.0 for one in drawn) / 3000 == pytest.approx(2 / 3, abs=0.03)
    assert law.cdf(3.0) == pytest.approx(2 / 3 + (1 - math.exp(-0.1)) / 3)


def test_zero_has_no_chance() -> None:
    """A lognormal time is longer than nothing."""
    assert Lognormal(1.0, 1.0).cdf(0.0) == 0
