"""Laws of retention: never before the floor, monotone, nothing purged that is not configured."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import attrs
from hypothesis import given
from hypothesis import strategies as st

from crmflow.core.measure import Measure, Unit
from crmflow.policies.retention import Fate, Retention, find, kept_until
from tests.policies.test_retention import Card, card

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2023, 1, 1, tzinfo=UTC)
instants = st.integers(0, 4 * 365 * 86_400).map(lambda s: START + timedelta(seconds=s))
measures = st.builds(Measure, st.integers(1, 40), st.sampled_from((Unit.DAYS, Unit.MONTHS)))
tables = st.lists(
    st.builds(
        Retention,
        name=st.just("row"),
        machine=st.just("card"),
        states=st.sampled_from(((), ("active",), ("archived",))),
        dealings=st.sampled_from(((), ("dealt_at",))),
        keep=st.none() | measures,
        days=st.none() | st.integers(1, 900),
        archive=st.booleans(),
        archive_after=st.none() | measures,
        purge=st.booleans(),
    ),
    max_size=4,
)
states = st.sampled_from(("active", "archived"))


@given(tables, states, instants, st.none() | instants, instants)
def test_nothing_is_purged_before_the_floor(
    rows: Sequence[Retention], state: str, at: datetime, dealt: datetime | None, now: datetime
) -> None:
    """One year from the last change or dealing, in any table and zone; 365 days at least."""
    snapshot = card(state, at, Card(dealt_at=dealt))
    found = find(rows, snapshot, now, ZONE)
    assert found.until - at >= timedelta(days=365)
    told = any("dealt_at" in row.dealings and row.about(state) for row in rows)
    if dealt is not None and told:
        assert found.until - dealt >= timedelta(days=365)
    if found.fate is Fate.PURGE:
        assert found.until <= now
        assert any(row.purge and row.about(state) for row in rows)


@given(tables, states, instants)
def test_without_a_row_that_purges_nothing_ever_is(
    rows: Sequence[Retention], state: str, at: datetime
) -> None:
    """Not in a thousand years."""
    keeping = [attrs.evolve(row, purge=False) for row in rows]
    now = at.replace(year=3000, day=1)
    assert find(keeping, card(state, at), now, ZONE).fate is not Fate.PURGE


@given(tables, states, instants, instants)
def test_a_later_change_is_never_kept_shorter(
    rows: Sequence[Retention], state: str, one: datetime, two: datetime
) -> None:
    """Monotone in the last change, and so in the last dealing."""
    early, late = sorted((one, two))
    until = [kept_until(rows, card(state, at), at.date(), ZONE).until for at in (early, late)]
    assert until[0] <= until[1]


@given(tables, tables, states, instants)
def test_more_rows_never_keep_shorter(
    rows: Sequence[Retention], more: Sequence[Retention], state: str, at: datetime
) -> None:
    """What one row keeps no other lets go."""
    few = kept_until(rows, card(state, at), at.date(), ZONE)
    many = kept_until([*rows, *more], card(state, at), at.date(), ZONE)
    assert few.until <= many.until
    assert few.since <= many.since


@given(tables, states, instants, instants, instants)
def test_what_may_be_purged_may_be_purged_later(
    rows: Sequence[Retention], state: str, at: datetime, one: datetime, two: datetime
) -> None:
    """Time that passes takes no permission back."""
    fates = [find(rows, card(state, at), now, ZONE).fate for now in sorted((one, two))]
    assert fates[0] is not Fate.PURGE or fates[1] is Fate.PURGE
