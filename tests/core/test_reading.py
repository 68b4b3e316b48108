"""Reading plain values: lengths of time, instants, decimals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import attrs
import pytest

from crmflow.core.form import Fault, structure
from crmflow.core.reading import FieldError, instant, span


@attrs.frozen
class Priced:
    """A form with a decimal."""

    price: Decimal


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


@pytest.mark.parametrize(
    "value",
    ["2026-03-01T09:00:00+08:00", datetime(2026, 3, 1, 9, tzinfo=ZoneInfo("Asia/Shanghai"))],
)
def test_an_instant_is_in_utc(value: object) -> None:
    """Whatever offset it came with."""
    found = instant(value)
    assert found == datetime(2026, 3, 1, 1, tzinfo=UTC)
    assert found.tzinfo is UTC


def test_decimals_have_a_thousand_digits_at_most() -> None:
    """Before the point and behind it; one more is too many."""

    def read(text: str) -> tuple[object, tuple[Fault, ...]]:
        return structure(Priced, {"price": text})

    for text in ("1e1000", "1e-1000"):
        assert read(text) == (Priced(Decimal(text)), ())
    for text in ("1e1001", "1e-1001"):
        fault = Fault("$.price", "size", "a decimal of at most 1000 digits")
        assert read(text) == (None, (fault,))


@pytest.mark.parametrize(
    ("code", "told"),
    [("unknown", "unknown. Did you mean 'x'?"), ("type", "type, expected Did you mean 'x'?")],
)
def test_a_hint_is_a_sentence(code: str, told: str) -> None:
    """What is expected is a part of one."""
    assert Fault("$.a", code, "Did you mean 'x'?").told == told
