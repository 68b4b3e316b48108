from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from crmflow.analysis.cells import Value, instants, parser_of, type_names
from crmflow.core.money import Money


def parsed(type_name: str, text: str, *formats: str) -> Value:
    """Parse one text."""
    return parser_of(type_name, formats=formats, zone=ZoneInfo("UTC"), currency="EUR")(text)


@pytest.mark.parametrize(
    ("type_name", "text", "value"),
    [
        ("text", " a ", " a "),
        ("texts", " a;b ", ("a;b",)),
        ("integer", " -42 ", -42),
        ("decimal", " 1.50", Decimal("1.50")),
        ("decimal", "1e3", Decimal(1000)),
        ("boolean", "True", True),
        ("boolean", "0", False),
        ("money", "12.5", Money("12.5", "EUR")),
        ("date", "2026-03-05", date(2026, 3, 5)),
        ("instant", "2026-03-05T12:00:00+01:00", datetime(2026, 3, 5, 11, tzinfo=UTC)),
        ("instant", "2026-03-05", datetime(2026, 3, 5, tzinfo=UTC)),
    ],
)
def test_texts_become_values(type_name: str, text: str, value: Value) -> None:
    """Each type reads its usual notation."""
    assert parsed(type_name, text) == value


def test_a_cell_may_hold_several_texts() -> None:
    """A separator parts them; empty ones are none."""
    parse = parser_of("texts", formats=(), zone=None, currency="", separator=";")
    assert parse("a; b ;;") == ("a", "b")


def test_formats_are_tried_in_turn() -> None:
    """The first format that matches counts."""
    assert parsed("date", "5/3/2016", "%d.%m.%Y", "%d/%m/%Y") == date(2016, 3, 5)
    assert parsed("instant", "5/3/2016 12:00", "%d/%m/%Y %H:%M") == datetime(
        2016, 3, 5, 12, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("type_name", "text", "reason"),
    [
        ("integer", "1_000", "expected digits such as 42"),
        ("integer", "٣", "is no integer"),
        ("decimal", "1,054.00", "no thousands marks"),
        ("decimal", "NaN", "is no decimal"),
        ("money", "$5", "is no decimal"),
        ("boolean", "maybe", "expected one of true, yes, 1, false, no, 0"),
        ("date", "5/3/2016", "is no ISO 8601 date such as 2026-03-05"),
        ("instant", "noon", "is no ISO 8601 time"),
        ("instant", "0001-01-01T00:00:00+01:00", "outside the years"),
    ],
)
def test_other_texts_say_what_is_right(type_name: str, text: str, reason: str) -> None:
    """A text of another kind is refused with an example."""
    with pytest.raises(ValueError, match=reason):
        parsed(type_name, text)


def test_a_format_that_does_not_match_is_named() -> None:
    """The formats that were tried stand in the reason."""
    with pytest.raises(ValueError, match=r"does not match '%H' or '%M'"):
        parsed("instant", "x", "%H", "%M")


def test_naive_times_need_a_zone() -> None:
    """Without offset and zone nobody knows the instant."""
    with pytest.raises(ValueError, match="set `zone` in the mapping"):
        instants((), None)("2026-03-05T12:00")


@pytest.mark.parametrize(
    ("local", "utc"),
    [("2026-03-29T02:30", (2026, 3, 29, 1, 30)), ("2026-10-25T02:30", (2026, 10, 25, 0, 30))],
)
def test_gaps_shift_forward_and_doubled_times_are_the_first(
    local: str, utc: tuple[int, int, int, int, int]
) -> None:
    """The two odd hours of a year are read as everywhere else."""
    assert instants((), ZoneInfo("Europe/Berlin"))(local) == datetime(*utc, tzinfo=UTC)


@given(st.sampled_from(type_names), st.text(max_size=20))
def test_any_text_is_a_value_or_a_reason(type_name: str, text: str) -> None:
    """No text whatever brings another exception than a ValueError."""
    try:
        value = parsed(type_name, text)
    except ValueError:
        return
    assert value is not None


@given(
    st.permutations("YmdHMS"),
    st.integers(1, 6),
    st.sampled_from("-/.: T"),
    st.lists(st.integers(0, 62) | st.integers(2000, 2030), min_size=6, max_size=6),
)
def test_formats_of_numbers_mean_what_strptime_says(
    letters: list[str], count: int, mark: str, numbers: list[int]
) -> None:
    """The quick way through plain numbers takes and refuses the same texts."""
    # Days without a year are no instants, and Python begins to warn of them.
    assume("Y" in letters[:count])
    form = mark.join(f"%{letter}" for letter in letters[:count])
    text = mark.join(map(str, numbers[:count]))
    try:
        expected = datetime.strptime(text, form).replace(tzinfo=UTC)
    except ValueError:
        with pytest.raises(ValueError, match="does not match"):
            parsed("instant", text, form)
    else:
        assert parsed("instant", text, form) == expected


@given(
    st.datetimes().filter(lambda instant: instant.year >= 1000),
    st.sampled_from(["%d/%m/%Y %H:%M:%S", "%Y-%m-%dT%H:%M", "%m.%d.%Y"]),
)
def test_usual_formats_are_read_back(instant: datetime, form: str) -> None:
    """What a format writes is read as `strptime` reads it."""
    text = f"{instant:{form}}"
    assert parsed("instant", text, form) == datetime.strptime(text, form).replace(tzinfo=UTC)


@given(st.datetimes(timezones=st.timezones()))
def test_instants_are_kept(instant: datetime) -> None:
    """What ISO 8601 writes with an offset is read as the same instant in UTC."""
    try:
        expected = instant.astimezone(UTC)
    except OverflowError:
        return
    read = instants((), None)(instant.isoformat())
    assert (read.tzinfo, read) == (UTC, expected)
