import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.analysis.simulation.special_functions import (
    digamma,
    lower_gamma,
    student_cdf,
    student_quantile,
    trigamma,
)


@pytest.mark.parametrize(
    ("degrees", "quantile"),
    [(1, 12.7062), (2, 4.3027), (3, 3.1824), (9, 2.2622), (10, 2.2281), (30, 2.0423)],
)
def test_quantiles_of_student_are_those_of_the_tables(degrees: int, quantile: float) -> None:
    """97.5 %, as printed everywhere."""
    assert student_quantile(0.975, degrees) == pytest.approx(quantile, abs=5e-5)
    assert student_cdf(-quantile, degrees) == pytest.approx(0.025, abs=1e-5)


@given(x=st.floats(0, 200))
def test_the_gamma_function_of_whole_shapes_is_a_sum_of_poisson(x: float) -> None:
    """P(3, x) is the chance of three events at least, where x are expected."""
    few = math.exp(-x) * (1 + x + x * x / 2)
    assert lower_gamma(3.0, x) == pytest.approx(1 - few, abs=1e-12)


@given(x=st.floats(0.1, 50))
def test_derivatives_of_the_gamma_function_step_as_they_must(x: float) -> None:
    """digamma(x + 1) = digamma(x) + 1/x, and likewise one derivative further."""
    assert digamma(x + 1) == pytest.approx(digamma(x) + 1 / x, abs=1e-9)
    assert trigamma(x + 1) == pytest.approx(trigamma(x) - 1 / x**2, abs=1e-9)


def test_derivatives_have_their_known_values_at_one() -> None:
    """Euler's constant, and pi squared by six."""
    assert digamma(1.0) == pytest.approx(-0.5772156649015329)
    assert trigamma(1.0) == pytest.approx(math.pi**2 / 6)
