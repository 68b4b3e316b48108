"""What an answer means, and how long its receiver asks to wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crmflow.core.errors import DeliveryError, DeliveryRejectedError
from crmflow.delivery.answers import LONGEST_WAIT, heed, waiting
from tests.delivery.receivers import AT, row

NUMBERS = st.integers(-(10**30), 10**30).map(str)
NEARLY_DATES = st.builds(
    "{}, {} {} {} {}:{}:{} {}".format,
    st.sampled_from(("Mon", "Moon", "")),
    st.just("01") | NUMBERS,
    st.sampled_from(("Jan", "Dec", "Jam")),
    st.sampled_from(("2026", "0001", "9999")) | NUMBERS,
    *(st.just("00") | NUMBERS for _ in range(3)),
    st.sampled_from(("GMT", "-0000", "-2359", "+2359")) | NUMBERS,
)
"""What looks like a date, and may be none."""
HOOK = row("https://erp.example.com", attempts=7)


@given(st.integers(100, 999))
def test_each_status_means_one_of_three_things(status: int) -> None:
    """Taken, tried again, or refused for good."""
    if 200 <= status < 300:
        heed(HOOK, status, {}, AT)
        return
    again = status in {408, 425, 429} or status >= 500
    with pytest.raises(DeliveryError if again else DeliveryRejectedError) as told:
        heed(HOOK, status, {}, AT)
    assert str(status) in str(told.value)
    assert "redirects are not followed" in str(told.value) or not 300 <= status < 400


def test_who_asks_to_wait_is_heeded() -> None:
    """With how often it may be tried at all."""
    with pytest.raises(DeliveryError) as told:
        heed(HOOK, 429, {"Retry-After": "120"}, AT)
    expected = DeliveryError("hook", "answered 429", timedelta(minutes=2), 7)
    assert attrs.astuple(told.value) == attrs.astuple(expected)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("٣", None),
        (" 30 ", timedelta(seconds=30)),
        ("9" * 5000, LONGEST_WAIT),
        ("Mon, 02 Mar 2026 09:01:00 GMT", timedelta(minutes=1)),
        ("Mon, 02 Mar 2026 09:01:00 -0000", timedelta(minutes=1)),
        ("Mon, 02 Mar 2026 08:00:00 GMT", timedelta()),
        ("Mon, 02 Mar 2099 08:00:00 GMT", LONGEST_WAIT),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
    ],
)
def test_how_long(told: str | None, expected: timedelta | None) -> None:
    """In seconds or until an instant; never longer than a day, never back in time."""
    assert waiting(told, AT) == expected


@given(st.text() | st.datetimes(timezones=st.just(UTC)).map(format_datetime) | NEARLY_DATES)
@example("Mon, 01 Jan 99999999999999999999 00:00:00 GMT")
def test_whatever_is_said_is_a_wait_of_a_day_at_most_or_none(told: str) -> None:
    """A receiver cannot make a delivery fail in another way."""
    found = waiting(told, datetime(2026, 3, 2, tzinfo=UTC))
    assert found is None or timedelta() <= found <= LONGEST_WAIT
