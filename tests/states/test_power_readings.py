"""Readings: what curves come to, and what is wrong in them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.states.power.readings import (
    Agreed,
    Energy,
    Finding,
    Load,
    Reading,
    accuracy,
    cut,
    findings,
    load_of,
)

AT = datetime(2026, 3, 1, tzinfo=UTC)
AGREED = Agreed(Decimal(200), Decimal(240), Decimal(900))
numbers = st.integers(0, 10**13).map(lambda units: Decimal(units).scaleb(-4))
signed = st.integers(-(10**10), 10**10).map(lambda units: Decimal(units).scaleb(-4))
volts = st.integers(0, 3000).map(lambda tenths: Decimal(tenths).scaleb(-1))
energies = st.builds(Energy, numbers, numbers, numbers)
readings = st.builds(
    Reading,
    st.integers(0, 95).map(lambda place: AT + timedelta(minutes=15 * place)),
    st.lists(volts, min_size=1, max_size=3).map(tuple),
    st.just((Decimal(1),)),
    numbers,
    signed,
)
curves = st.lists(readings, min_size=1, max_size=6)


def load(curve: list[Reading], energy: Energy = Energy(*[Decimal(0)] * 3)) -> Load:  # noqa: B008 - frozen
    """Return what a curve comes to, all of it due and verified."""
    return load_of(date(2026, 3, 1), curve, energy, AGREED, (len(curve), len(curve)))


@given(curves, curves, energies, energies)
def test_days_add_up(one: list[Reading], other: list[Reading], a: Energy, b: Energy) -> None:
    """Law: two days are what all their readings are, but for the number of days (PWR-020)."""
    both = load(one, a).plus(load(other, b))
    assert attrs.evolve(both, days=1) == load([*one, *other], a.plus(b))
    assert both.lowest_kw <= both.highest_kw
    assert both.highest_kw == max(reading.kw for reading in (*one, *other))
    assert 0 <= both.conforming <= both.received == len(one) + len(other)


@given(curves, curves, curves)
def test_the_grouping_of_days_does_not_matter(
    one: list[Reading], two: list[Reading], three: list[Reading]
) -> None:
    """Law: adding is associative, and no digits are lost whatever the host's precision is."""
    a, b, c = load(one), load(two), load(three)
    with localcontext(prec=2):
        added = a.plus(b).plus(c)
    assert added == a.plus(b.plus(c))
    assert Fraction(added.kw) == sum(Fraction(one.kw) for one in (a, b, c))


@given(curves)
def test_a_power_factor_is_a_share_never_rounded_up(curve: list[Reading]) -> None:
    """Law: between 0 and 100; its square is at most the exact one (PWR-050)."""
    found = load(curve)
    factor, active, reactive = found.power_factor, Fraction(found.kw), Fraction(found.kvar)
    if not active and not reactive:
        assert factor is None
        return
    assert factor is not None
    exact = active**2 / (active**2 + reactive**2)
    assert (
        (Fraction(factor) / 100) ** 2 <= exact < ((Fraction(factor) + Fraction(1, 100)) / 100) ** 2
    )


@given(curves)
def test_each_finding_is_told_once(curve: list[Reading]) -> None:
    """Law: and only good readings have none (PWR-021)."""
    found = findings(curve, AGREED)
    assert len(set(found)) == len(found)
    good = all(all(200 <= volt <= 240 for volt in one.voltages) and one.kw <= 900 for one in curve)
    assert (not found) == good


@pytest.mark.parametrize(
    ("volts", "kw", "found"),
    [
        ((200, 240, 220), 900, ()),
        ((0, 0, 0), 0, (Finding.NO_VOLTAGE,)),
        ((220, 0, 220), 5, (Finding.PHASE_MISSING,)),
        ((220, 240.1, 220), 901, (Finding.VOLTAGE_OUT_OF_BOUNDS, Finding.LOAD_OVER_LIMIT)),
    ],
)
def test_what_is_wrong_with_a_reading(
    volts: tuple[float, ...], kw: int, found: tuple[Finding, ...]
) -> None:
    """The bounds are within; a missing phase is the meter's fault (PWR-026, PWR-030)."""
    voltages = tuple(Decimal(str(one)) for one in volts)
    assert findings([Reading(AT, voltages, (), Decimal(kw))], AGREED) == found


@pytest.mark.parametrize(
    ("forecast", "actual", "wanted"),
    [
        ("982", "1000", "98.20"),
        ("981.9999", "1000", "98.19"),
        ("1018", "1000", "98.20"),
        ("2500", "1000", "0.00"),
        ("0", "0", "100"),
        ("1", "0", "0"),
    ],
)
def test_how_near_a_forecast_came(forecast: str, actual: str, wanted: str) -> None:
    """In percent, cut off, so that 98.2 is reached by no rounding (PWR-053)."""
    assert accuracy(Decimal(forecast), Decimal(actual)) == Decimal(wanted)


@given(st.fractions(0, 10**6))
def test_a_number_is_cut_not_rounded(value: Fraction) -> None:
    """Law: never more than it is, and by less than a hundredth less."""
    assert 0 <= value - Fraction(cut(value)) < Fraction(1, 100)
