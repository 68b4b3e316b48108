"""Laws of rewards: every value has one grade, no history earns less, sums are exact."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.core.money import Money
from crmflow.core.tables import Tables
from crmflow.policies.rewards import Grade, Outcome, Past, Prize, Scheme, Year, reward
from crmflow.policies.rewards.checks import check
from tests.policies.ideas import IDEA

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
amounts = st.decimals("0", "1e9", places=2, allow_nan=False, allow_infinity=False).map(Money)
not_accepted = st.sampled_from((Outcome.HELD, Outcome.REJECTED))
pasts = st.builds(
    Past,
    st.integers(-800, 30).map(lambda days: AT + timedelta(days=days)),
    st.sampled_from(Outcome),
    st.sampled_from((False, False, True)),
)


@st.composite
def schemes(draw: st.DrawFn) -> Scheme:
    """Draw a scheme whose bands follow each other, from some value up."""
    edges = draw(st.lists(st.integers(0, 10**7), min_size=1, max_size=5, unique=True).map(sorted))
    limits = [Money(Decimal(edge).scaleb(-2)) for edge in edges]
    grades = tuple(
        Grade(name=f"G{n}", min=low, max=high)
        for n, (low, high) in enumerate(zip(limits, [*limits[1:], None], strict=True))
    )
    return Scheme(
        name="drawn",
        machine="idea",
        event="reward",
        value="value",
        outcome="result",
        grades=tuple(draw(st.permutations(grades))),
        prizes={grade.name: Prize(amount=draw(amounts)) for grade in grades},
        below=draw(amounts),
        not_accepted=draw(amounts),
        repeat_not_accepted=draw(amounts),
        repeat_held=draw(amounts),
        repeat_count=draw(st.integers(2, 4)),
        window=draw(st.sampled_from(Year)),
        stack=draw(st.booleans()),
    )


def faults(scheme: Scheme) -> list[str]:
    """Return the codes of what is wrong with a scheme."""
    return [fault.code for fault in check([scheme], Tables(), {"idea": IDEA})]


@given(schemes(), amounts)
def test_every_value_has_one_grade_or_lies_below_all(scheme: Scheme, value: Money) -> None:
    """Bands that the check lets pass are total and disjoint, in whatever order they stand."""
    assert faults(scheme) == []
    holding = [grade.name for grade in scheme.grades if grade.holds(value)]
    found = reward(scheme, value, Outcome.ACCEPTED, (), AT)
    assert holding == ([found.reward_grade] if found.reward_grade else [])
    below = min(grade.min for grade in scheme.grades)
    assert bool(found.reward_grade) == (below <= value)
    assert found.amount == (scheme.prizes[holding[0]].amount if holding else scheme.below)


@given(schemes(), st.data())
def test_a_band_that_is_moved_is_a_fault(scheme: Scheme, data: st.DataObject) -> None:
    """A gap or an overlap, be it of one cent."""
    number = data.draw(st.integers(0, len(scheme.grades) - 1))
    grade = scheme.grades[number]
    if grade.max is None:
        return
    by = data.draw(st.sampled_from((Money("0.01"), Money("-0.01"), Money(500))))
    moved = attrs.evolve(grade, max=grade.max + by)
    grades = (*scheme.grades[:number], moved, *scheme.grades[number + 1 :])
    assert set(faults(attrs.evolve(scheme, grades=grades))) & {"gap", "overlap", "order"}


@given(schemes(), not_accepted, st.lists(pasts, max_size=8))
def test_a_history_never_earns_less_and_sums_are_exact(
    scheme: Scheme, outcome: Outcome, history: Sequence[Past]
) -> None:
    """What several suggestions earn is never less than what one does."""
    alone, found = (reward(scheme, None, outcome, past, AT) for past in ((), history))
    assert alone.amount <= found.amount
    assert alone.single == found.single == scheme.not_accepted
    if found.repeat is None:
        assert found.amount == found.single
    elif scheme.stack:
        assert found.amount - found.repeat == found.single
    else:
        assert found.amount == max(found.single, found.repeat)


@given(schemes(), not_accepted, st.lists(pasts, max_size=6), st.randoms())
def test_the_order_of_a_history_does_not_show(
    scheme: Scheme, outcome: Outcome, history: list[Past], drawn: object
) -> None:
    """Nor does what is not of the year."""
    found = reward(scheme, None, outcome, history, AT)
    assert reward(scheme, None, outcome, history[::-1], AT) == found
    old = Past(AT - timedelta(days=800), Outcome.ACCEPTED, repeated=True)
    assert reward(scheme, None, outcome, [old, *history], AT) == found


@given(schemes(), not_accepted, st.lists(pasts, max_size=6))
def test_a_repeat_reward_is_paid_once_in_a_rolling_year(
    scheme: Scheme, outcome: Outcome, history: list[Past]
) -> None:
    """Having been paid a moment ago, it is not paid again."""
    paid = [*history, Past(AT, outcome, repeated=True)]
    assert reward(scheme, None, outcome, paid, AT).repeat is None


@given(schemes())
def test_a_value_that_is_none_is_told(scheme: Scheme) -> None:
    """Missing or negative: an error of the caller, which the policy never makes."""
    for value in (None, Money("-0.01")):
        with pytest.raises(ValueError, match="value"):
            reward(scheme, value, Outcome.ACCEPTED, (), AT)
