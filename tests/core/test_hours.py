from __future__ import annotations

import pytest
from hypothesis import given

from crmflow.core.hours import ALL_DAY, CLOSED, Hours, clock, clock_text
from crmflow.core.reading import FieldError
from crmflow.testing.strategies.calendars import HOURS


@pytest.mark.parametrize(
    ("text", "intervals"),
    [
        ("09:00-12:00 13:00-18:00", ((540, 720), (780, 1080))),
        ("13:00-18:00 09:00-12:00", ((540, 720), (780, 1080))),
        ("00:00-24:00", ((0, 1440),)),
        ("22:00-24:00  00:00-06:30", ((0, 390), (1320, 1440))),
        ("09:00-12:00 12:00-13:00", ((540, 720), (720, 780))),
        (" closed ", ()),
    ],
)
def test_hours_are_read_in_any_order(text: str, intervals: tuple[tuple[int, int], ...]) -> None:
    """Intervals come out in order, whatever the order they were written in."""
    assert Hours.parse(text).intervals == intervals


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [
        ("", "type", "09:00-12:00 13:00-18:00"),
        ("nine to five", "type", "or 'closed'"),
        ("09:00", "type", "09:00-12:00"),
        ("9:00-12:00", "type", "from '00:00' to '24:00'"),
        ("09:00-24:01", "type", "from '00:00' to '24:00'"),
        ("09:60-12:00", "type", "from '00:00' to '24:00'"),
        ("٠٩:٠٠-12:00", "type", "from '00:00' to '24:00'"),
        ("22:00-06:00", "order", "'22:00-24:00' and '00:00-06:00' of the next day"),
        ("09:00-09:00", "order", "an end after 09:00"),
        ("09:00-12:00 11:30-13:00", "overlap", "one ends at 12:00, the next begins at 11:30"),
        ("09:00-18:00 10:00-11:00", "overlap", "one ends at 18:00, the next begins at 10:00"),
    ],
)
def test_what_is_wrong_with_hours_is_said(text: str, code: str, expected: str) -> None:
    """A fault says which interval, and what would be right."""
    with pytest.raises(FieldError) as caught:
        Hours.parse(text)
    assert caught.value.code == code
    assert expected in caught.value.expected


@given(HOURS)
def test_hours_survive_their_text(some: Hours) -> None:
    """Text of hours reads back as the same hours."""
    assert Hours.parse(str(some)) == some


def test_only_a_day_with_intervals_is_open() -> None:
    """A closed day is false, one that never closes true."""
    assert not CLOSED
    assert ALL_DAY


def test_a_clock_shows_minutes_since_midnight() -> None:
    """The end of the day is a time of its own."""
    assert [clock(text) for text in ("00:00", "09:05", "24:00")] == [0, 545, 1440]
    assert clock_text(1440) == "24:00"
    with pytest.raises(FieldError, match=r"^type: expected a time of day from '00:00' to '24:00'$"):
        clock("9:00")
