"""Reading plain values: lengths of time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crmflow.core.reading import FieldError, span


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("1s", timedelta(seconds=1)),
        ("90min", timedelta(minutes=90)),
        ("48h", timedelta(hours=48)),
        ("10d", timedelta(days=10)),
        ("999999d", timedelta(days=999_999)),
    ],
)
def test_a_span_is_a_number_and_a_unit(text: str, length: timedelta) -> None:
    """Seconds, minutes, hours and days; a length is one already."""
    assert span(text) == span(length) == length


@pytest.mark.parametrize(
    "value", ["", "h", "1", "1H", "1w", "-1h", "1.5h", "١h", "0s", "1000000d", 3600, None]
)
def test_anything_else_is_no_span(value: object) -> None:
    """Neither shorter than a second nor longer than any calendar."""
    with pytest.raises(FieldError) as caught:
        span(value)
    assert caught.value.code == "type"
    assert caught.value.expected == "a duration such as '30min', '48h' or '10d'"
