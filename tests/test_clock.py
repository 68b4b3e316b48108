"""The clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.clock import Clock, ManualClock, SystemClock

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
SPANS = st.timedeltas(timedelta(0), timedelta(days=400))


def test_system_clock_tells_utc() -> None:
    """Now is an aware UTC instant between two readings of the machine's clock."""
    before = datetime.now(UTC)
    now = SystemClock().now()
    assert before <= now <= datetime.now(UTC)
    assert now.tzinfo is UTC


def test_drawn_ids_differ_and_sort_by_time() -> None:
    """Ids are 22 hexadecimal digits that begin with the millisecond."""
    ids = [SystemClock().new_id() for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert all(len(bytes.fromhex(one)) == 11 for one in ids)
    stamps = [one[:12] for one in ids]
    assert stamps == sorted(stamps)


@given(st.lists(SPANS, max_size=9))
def test_manual_clock_moves_as_told(spans: list[timedelta]) -> None:
    """Advancing adds up, and the clock stands still in between."""
    clock = ManualClock(AT)
    for span in spans:
        assert clock.advance(span) == clock.now()
    assert clock.now() == AT + sum(spans, timedelta(0))


def test_manual_clock_tells_utc() -> None:
    """An instant of any zone is told in UTC."""
    clock = ManualClock(AT.astimezone(timezone(timedelta(hours=8))))
    assert clock.now().tzinfo is UTC
    assert clock.set(AT) == AT


@pytest.mark.parametrize("move", [timedelta(microseconds=-1), timedelta(days=-1)])
def test_manual_clock_does_not_go_back(move: timedelta) -> None:
    """Going back is refused and leaves the clock where it is."""
    clock = ManualClock(AT)
    with pytest.raises(ValueError, match="does not go back"):
        clock.advance(move)
    assert clock.now() == AT


def test_naive_instants_are_refused() -> None:
    """An instant without its offset says no moment, at the start and later."""
    naive = AT.replace(tzinfo=None)
    with pytest.raises(ValueError, match="needs its offset"):
        ManualClock(naive)
    with pytest.raises(ValueError, match="needs its offset"):
        ManualClock(AT).set(naive)


def test_manual_ids_are_the_same_in_every_run() -> None:
    """Two clocks draw one sequence, as sorted."""
    first, second = ManualClock(AT), ManualClock(AT)
    drawn = [first.new_id() for _ in range(12)]
    assert drawn == [second.new_id() for _ in range(12)] == sorted(set(drawn))


def test_both_are_clocks() -> None:
    """Either can stand behind an engine."""
    clocks: list[Clock] = [SystemClock(), ManualClock(AT)]
    assert all(clock.now().tzinfo is UTC for clock in clocks)
