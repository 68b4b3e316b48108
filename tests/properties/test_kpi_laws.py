"""Laws of indicators: exact, the same however the samples are split and ordered."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction

from hypothesis import example, given
from hypothesis import strategies as st

from crmflow.policies.kpi import (
    Direction,
    Kpi,
    Period,
    Sample,
    Scope,
    Span,
    Statistic,
    figure,
    merged,
    outcomes,
    tallies,
    tally,
    target,
)
from crmflow.policies.kpi.tally import NOTHING

NUMBERS = st.decimals("-1000000", "1000000", places=6, allow_nan=False)
SAMPLES = st.lists(
    st.builds(
        Sample,
        on=st.dates(date(2024, 1, 1), date(2026, 12, 31)),
        value=NUMBERS,
        out_of=st.decimals("0", "1000", places=3),
        group=st.sampled_from(["", "A", "B", "C"]),
    ),
    max_size=25,
)
STATISTICS = st.sampled_from(list(Statistic))
KPIS = st.builds(
    Kpi,
    name=st.just("kpi"),
    statistic=STATISTICS,
    direction=st.sampled_from(list(Direction)),
    target=NUMBERS,
    period=st.sampled_from(list(Span)),
    scope=st.sampled_from(list(Scope)),
)
SUPPLY = Kpi(
    name="supply",
    statistic=Statistic.RATIO,
    target=Decimal("99.95"),
    direction=Direction.AT_LEAST,
)


@given(SAMPLES, SAMPLES, SAMPLES)
def test_tallies_are_sums(first: list[Sample], then: list[Sample], last: list[Sample]) -> None:
    """Parts add up to the whole in any grouping and order, and nothing adds nothing."""
    whole = tally([*first, *then, *last])
    assert tally(first) + (tally(then) + tally(last)) == whole
    assert (tally(last) + tally(first)) + tally(then) == whole
    assert whole + NOTHING == whole


@given(KPIS, SAMPLES, st.randoms(use_true_random=False), st.integers(0, 25))
def test_an_outcome_does_not_depend_on_how_it_was_counted(
    kpi: Kpi, given: list[Sample], random: object, cut: int
) -> None:
    """A report in two parts, in another order, is the same report."""
    shuffled = list(given)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    parts = merged(tallies(kpi, shuffled[:cut]), tallies(kpi, shuffled[cut:]))
    assert list(outcomes(kpi, parts)) == list(outcomes(kpi, tallies(kpi, given)))


@given(SAMPLES)
def test_a_host_that_computes_coarsely_changes_nothing(given: list[Sample]) -> None:
    """A decimal context of few digits does not round what is compared."""
    with localcontext() as context:
        context.prec = 1
        coarse = tally(given)
    assert coarse == tally(given)


@given(st.lists(NUMBERS, min_size=1, max_size=20))
def test_an_average_lies_between_its_extremes(values: list[Decimal]) -> None:
    """Average, lowest, highest, sum and count fit together."""
    found = tally(Sample(date(2026, 1, 1), value) for value in values)
    average, low, high, total, count = (
        figure(one, found)
        for one in (
            Statistic.AVERAGE, Statistic.LOWEST, Statistic.HIGHEST, Statistic.SUM, Statistic.COUNT,
        )
    )  # fmt: skip
    assert average is not None
    assert low is not None
    assert high is not None
    assert low <= average <= high
    assert total == average * len(values)
    assert count == len(values)


GROUPS = st.sets(st.sampled_from("ABCDEF"))


@given(GROUPS, GROUPS)
def test_kept_and_lost_make_all(then: set[str], now: set[str]) -> None:
    """Retention and churn of the same customers are a hundred percent together."""
    before, after = (
        tally(Sample(date(2026, 1, 1), Decimal(1), group=who) for who in sorted(groups))
        for groups in (then, now)
    )
    kept = figure(Statistic.RETENTION, after, before)
    lost = figure(Statistic.CHURN, after, before)
    if then:
        assert kept is not None
        assert lost is not None
        assert kept + lost == 100
        assert 0 <= kept <= 100
    else:
        assert kept is lost is None


@given(KPIS, SAMPLES)
@example(SUPPLY, [Sample(date(2026, 1, 1), Decimal("99.9499"), Decimal(100))])
def test_what_is_shown_is_on_the_side_of_what_is_judged(kpi: Kpi, given: list[Sample]) -> None:
    """The text shown meets the target only where the exact number does."""
    for outcome in outcomes(kpi, tallies(kpi, given)):
        if outcome.value is None or outcome.target is None:
            continue
        shown = Fraction(outcome.shown(8))
        upward = kpi.direction in {Direction.AT_LEAST, Direction.ABOVE}
        assert abs(shown - outcome.value) < Fraction(1, 10**8)
        if not outcome.met:
            assert shown <= outcome.target if upward else shown >= outcome.target


YEARS = st.integers(2000, 2100)


@given(YEARS, YEARS, st.decimals("0", "5", places=2), st.decimals("90", "100", places=2))
def test_a_target_rises_steadily_to_its_cap(
    year: int, base: int, step: Decimal, first: Decimal
) -> None:
    """It never falls, never passes its cap, and rises by one step a year until there."""
    kpi = Kpi(
        name="kpi", statistic=Statistic.RATIO, direction=Direction.AT_LEAST,
        target=first, step=step, base_year=base, cap=Decimal(100),
    )  # fmt: skip
    now, then = (target(kpi, Period(one, 1, Span.YEAR)) for one in (year, year + 1))
    assert now is not None
    assert then is not None
    assert Fraction(first) <= now <= then <= 100
    assert then - now in {0, Fraction(step), 100 - now}
