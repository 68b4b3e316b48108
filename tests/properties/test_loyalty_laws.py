"""Laws of accounts of points: nothing is lost and nothing is made up (LOY-002, LOY-009)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from crmflow.core.money import Money
from crmflow.policies.loyalty import Account, Earning, Given, worth

AT = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["earn", "keep", "spend", "wait"]),
        st.integers(min_value=0, max_value=500),
    ),
    max_size=30,
)


def walked(steps: list[tuple[str, int]]) -> tuple[Account, datetime]:
    """Return an account after steps: points that last ten days or for ever, rewards, days."""
    account, at = Account("points"), AT
    for step, count in steps:
        if step == "wait":
            at += count % 20 * DAY
        elif step == "spend":
            account = account.without_expired(at)
            if 0 < count <= account.points:
                account = account.spending(Given("gift", count, at, "sales-1"))
        else:
            account = account.with_points(count, at, at + 10 * DAY if step == "earn" else None)
    return account.without_expired(at), at


@given(STEPS)
def test_what_is_earned_is_there_spent_or_expired(steps: list[tuple[str, int]]) -> None:
    """Every point is somewhere, and none twice."""
    account, at = walked(steps)
    assert account.earned == account.points + account.spent + account.expired
    assert all(lot.points > 0 for lot in account.lots)
    assert all(lot.until_at is None or lot.until_at > at for lot in account.lots)
    assert list(account.lots) == sorted(account.lots, key=lambda lot: lot.earned_at)
    assert len(account.given) <= 12


@given(STEPS, st.integers(min_value=1, max_value=500))
def test_what_expires_first_goes_first(steps: list[tuple[str, int]], count: int) -> None:
    """A reward never takes points that last longer while others expire sooner."""
    account, at = walked(steps)
    if count > account.points:
        return
    after = account.spending(Given("gift", count, at, "sales-1"))
    assert after.points == account.points - count
    ends = [lot.until_at or datetime.max.replace(tzinfo=UTC) for lot in after.lots]
    before = [lot.until_at or datetime.max.replace(tzinfo=UTC) for lot in account.lots]
    touched = [end for lot, end in zip(account.lots, before, strict=True) if lot not in after.lots]
    assert all(end <= left for end in touched for left in ends)


@given(
    st.decimals(min_value="0.01", max_value="1000000", places=2),
    st.decimals(min_value="0.01", max_value="1000000", places=2),
    st.decimals(min_value="0.001", max_value="10", places=3),
)
def test_more_never_earns_less(one: Decimal, other: Decimal, rate: Decimal) -> None:
    """And two purchases never earn more than one of their sum."""
    earning = Earning(events=("buy",), amount="amount", points=rate)
    first, second = (worth(earning, Money(amount), "CNY") for amount in (one, other))
    both = worth(earning, Money(one + other), "CNY")
    assert max(first, second) <= first + second <= both <= first + second + 1
