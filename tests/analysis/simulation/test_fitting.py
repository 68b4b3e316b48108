import random

import pytest

from crmflow.analysis.simulation import between
from crmflow.analysis.simulation.distances import kolmogorov_smirnov, wasserstein
from crmflow.analysis.simulation.fitting import Family, fit
from crmflow.analysis.simulation.laws import (
    Constant,
    Empirical,
    Exponential,
    Gamma,
    Law,
    Lognormal,
    Weibull,
)


def seen(law: Law, count: int = 800) -> list[float]:
    """Return what would be seen of a law."""
    chance = random.Random(7)
    return [law.draw(chance.random() or 0.5) for _ in range(count)]


@pytest.mark.parametrize(
    ("law", "family"),
    [
        (Exponential(40.0), Family.EXPONENTIAL),
        (Lognormal(20.0, 1.1), Family.LOGNORMAL),
        (Gamma(60.0, 2.5), Family.GAMMA),
        (Weibull(30.0, 1.8), Family.WEIBULL),
    ],
)
def test_what_a_law_gives_is_fitted_by_it(law: Law, family: Family) -> None:
    """Each column of the law comes back, and the law is near what was seen."""
    found = fit(seen(law), family)
    assert (found.family, found.count) == (family, 800)
    assert found.law.mean == pytest.approx(law.mean, rel=0.1)
    assert found.law.draw(0.9) == pytest.approx(law.draw(0.9), rel=0.15)
    assert found.distance < 0.05
    assert found.apart < 0.1 * law.mean


def test_the_best_is_the_nearest() -> None:
    """Of all laws with a formula."""
    numbers = seen(Gamma(60.0, 6.0))
    best = fit(numbers)
    others = [fit(numbers, one) for one in (Family.EXPONENTIAL, Family.LOGNORMAL, Family.WEIBULL)]
    assert best.distance <= min(one.distance for one in others)
    assert best.family is not Family.EXPONENTIAL


def test_an_empirical_law_is_what_was_seen() -> None:
    """Also where there is more than is kept of it."""
    numbers = seen(Lognormal(20.0, 1.1), 1500)
    found = fit(numbers, Family.EMPIRICAL)
    assert isinstance(found.law, Empirical)
    assert found.law.draw(2.0**-54) == pytest.approx(min(numbers))
    assert found.distance < 0.01


def test_what_is_always_the_same_is_no_matter_of_chance() -> None:
    """Also what takes no time at all, which stands for half a minute."""
    assert fit([5.0, 5.0]).law == Constant(5.0)
    assert fit([0.0]).law == Constant(0.5)


def test_nothing_cannot_be_fitted() -> None:
    """Who asks is told."""
    with pytest.raises(ValueError, match="nothing was seen"):
        fit([])


def test_distances_are_those_computed_by_hand() -> None:
    """Of two values beside a law that jumps at one of them."""
    assert kolmogorov_smirnov([1.0, 3.0], Constant(1.0)) == 0.5
    assert wasserstein([1.0, 3.0], Constant(1.0)) == 1.0
    assert between([1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0])[0] == 0
    assert between([1.0, 2.0], [11.0, 12.0]) == (1.0, 10.0)
