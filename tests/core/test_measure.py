from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.core.form import structure
from crmflow.core.hours import CLOSED
from crmflow.core.measure import Measure
from crmflow.core.plain import plain
from crmflow.core.reading import FieldError
from crmflow.core.timer import Duration
from crmflow.core.working_time import WorkingCalendar
from tests.core.calendars import BERLIN, SHANGHAI, at, office

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "due"),
    [
        # From Friday, the 27th of February 2026, at 16:30.
        ("90s", "2026-02-27 16:31:30"),
        ("30min", "2026-02-27 17:00"),
        ("48h", "2026-03-01 16:30"),
        ("90wmin", "2026-02-27 18:00"),
        ("91wmin", "2026-03-02 09:01"),
        ("4wh", "2026-03-02 11:30"),
        ("1wd", "2026-03-02 16:30"),
        ("2wd", "2026-03-03 16:30"),
        ("10d", "2026-03-09 16:30"),
        ("1mo", "2026-03-27 16:30"),
        ("12mo", "2027-02-27 16:30"),
        ("through 0d", "2026-02-28 00:00"),
        ("through 7d", "2026-03-07 00:00"),
        ("by 18:00 in 0wd", "2026-02-27 18:00"),
        ("by 16:30 in 0wd", "2026-03-02 16:30"),
        ("by 18:00 in 1wd", "2026-03-02 18:00"),
        ("by 24:00 in 2wd", "2026-03-03 18:00"),
    ],
)
def test_each_measure_counts_in_its_own_way(text: str, due: str) -> None:
    """What is due is as the text says; the text comes back as it was."""
    measure = Measure.parse(text)
    start = at("2026-02-27 16:30")
    assert measure.due_at(start, office()) == at(due)
    assert measure.due_at(start, office()).tzinfo is UTC
    assert str(measure) == text


@pytest.mark.parametrize(
    ("text", "working"),
    [("90s", False), ("30min", False), ("48h", False), ("10d", False), ("3mo", False),
     ("through 7d", False), ("90wmin", True), ("4wh", True), ("2wd", True),
     ("by 18:00 in 1wd", True)],
)  # fmt: skip
def test_working_measures_elapse_in_working_time(text: str, working: bool) -> None:
    """The others elapse as time does, and need no more than a zone."""
    measure = Measure.parse(text)
    span = at("2026-02-27 17:00"), at("2026-03-02 10:00")
    assert measure.working is working
    assert measure.elapsed(*span, office()) == (2 * HOUR if working else 65 * HOUR)
    if not working:
        always = WorkingCalendar.always(SHANGHAI)
        assert measure.due_at(span[0], always) == measure.due_at(span[0], office())


@pytest.mark.parametrize(
    "wrong",
    [
        "", "2", "wd", "2 wd", " 2wd", "2WD", "1.5h", "-2h", "02h", "2wks", "2y", "1e3s", "٣d",
        "0s", "0min", "0wh", "0wd", "0d", "0mo",
        "through 2wd", "through 3mo", "through 24h", "through7d", "by 18:00", "by 18:00 in 2d",
        "by 18:00 in 4wh", "by noon in 1wd", "by 9:00 in 1wd", "by 24:01 in 1wd",
        "through by 18:00 in 1wd", "1000000d", "24000000h", "999999999999s", "40000mo",
        "1000000wd", "1234567890123s",
        None, 2, True, 2.5, timedelta(hours=1), ["2wd"],
    ],
)  # fmt: skip
def test_what_is_no_measure_is_refused(wrong: object) -> None:
    """A text that says none gets told what would be right."""
    with pytest.raises(FieldError) as caught:
        Measure.parse(wrong)
    assert caught.value.code == "type"
    assert any(hint in caught.value.expected for hint in ("'2wd'", "from '00:00' to '24:00'"))


@given(
    st.sampled_from([
        "{}s", "{}min", "{}h", "{}d", "{}mo", "{}wmin", "{}wh", "{}wd", "through {}d",
        "by 00:00 in {}wd", "by 24:00 in {}wd",
    ]),
    st.integers(1, 30_000),
)  # fmt: skip
def test_a_measure_survives_its_text(form: str, amount: int) -> None:
    """Text of a measure reads back as the same measure."""
    text = form.format(amount)
    assert str(Measure.parse(text)) == text
    assert Measure.parse(str(Measure.parse(text))) == Measure.parse(text)


@pytest.mark.parametrize(
    ("start", "months", "due"),
    [
        ("2026-01-28 10:00", 1, "2026-02-28 10:00"),
        # No such day: the very end of the month, else the 31st at 09:00 were due first.
        ("2026-01-30 10:00", 1, "2026-03-01 00:00"),
        ("2026-01-31 09:00", 1, "2026-03-01 00:00"),
        ("2026-01-31 09:00", 2, "2026-03-31 09:00"),
        ("2028-01-30 10:00", 1, "2028-03-01 00:00"),
        ("2028-01-29 10:00", 1, "2028-02-29 10:00"),
        ("2028-02-29 10:00", 12, "2029-03-01 00:00"),
        ("2026-12-31 10:00", 2, "2027-03-01 00:00"),
        ("2026-12-15 10:00", 1, "2027-01-15 10:00"),
    ],
)
def test_months_end_with_the_month(start: str, months: int, due: str) -> None:
    """The day with the same number, or the end of a month that has none."""
    assert Measure.parse(f"{months}mo").due_at(at(start), office()) == at(due)


@pytest.mark.parametrize(
    ("start", "text", "due"),
    [
        # The night of the 29th of March has no 02:30, that of the 25th of October has two.
        ("2026-03-28 02:30", "1d", "2026-03-29T01:00+00:00"),
        ("2026-03-28 02:30", "24h", "2026-03-29T01:30+00:00"),
        ("2026-10-24 02:30", "1d", "2026-10-25T00:30+00:00"),
        ("2026-10-24 12:00", "1d", "2026-10-25T11:00+00:00"),
        ("2026-10-24 12:00", "through 1d", "2026-10-25T23:00+00:00"),
        ("2026-02-28 02:30", "1mo", "2026-03-28T01:30+00:00"),
    ],
)
def test_days_are_those_of_the_clock(start: str, text: str, due: str) -> None:
    """A calendar day keeps the local time over a change of the clock, hours do not."""
    always = WorkingCalendar.always(BERLIN)
    assert Measure.parse(text).due_at(at(start, BERLIN), always).isoformat("T", "minutes") == due


def test_a_return_on_the_seventh_day_is_still_valid() -> None:
    """The day of purchase is day 0; day 7 counts to its end (RET-001, AMB-22)."""
    bought = at("2026-03-01 15:00")
    due = Measure.parse("through 7d").due_at(bought, WorkingCalendar.always(SHANGHAI))
    assert at("2026-03-08 23:59:59.999999") < due
    assert due == at("2026-03-09 00:00")


@pytest.mark.parametrize(
    "text", ["30min", "4wh", "2wd", "10d", "1mo", "through 7d", "by 18:00 in 1wd"]
)
def test_naive_instants_are_refused(text: str) -> None:
    """Neither a start nor an end may leave its offset open; time does not run backwards."""
    measure, naive, start = Measure.parse(text), datetime(2026, 3, 2), at("2026-03-02 10:00")  # noqa: DTZ001
    with pytest.raises(ValueError, match="names its offset"):
        measure.due_at(naive, office())
    with pytest.raises(ValueError, match="names its offset"):
        measure.elapsed(start, naive, office())
    with pytest.raises(ValueError, match="is before"):
        measure.elapsed(start, start - HOUR, office())


@pytest.mark.parametrize("text", ["900000d", "30000mo", "20000000h"])
def test_what_is_due_beyond_the_end_of_time_is_refused(text: str) -> None:
    """No calendar goes on for ever."""
    always = WorkingCalendar.always(SHANGHAI)
    with pytest.raises(ValueError, match="is beyond any calendar"):
        Measure.parse(text).due_at(datetime(9000, 1, 31, 10, tzinfo=UTC), always)


def test_a_measure_on_a_calendar_is_a_duration() -> None:
    """What starts a timer takes it as it takes any duration."""
    after: Duration = Measure.parse("4wh").on(office({date(2026, 3, 2): CLOSED}))
    assert after.due_at(at("2026-02-27 16:30")) == at("2026-03-03 11:30")


@attrs.frozen
class Target:
    """A row with a measure."""

    limit: Measure
    warn: Measure | None = None


def test_a_field_of_a_form_may_be_a_measure() -> None:
    """It is read from its text, or taken as it is, and becomes its text again."""
    found, faults = structure(Target, {"limit": "2wd", "warn": Measure.parse("30min")})
    assert faults == ()
    assert found == Target(Measure.parse("2wd"), Measure.parse("30min"))
    assert plain(found) == {"limit": "2wd", "warn": "30min"}


def test_a_field_that_is_no_measure_is_a_fault() -> None:
    """The fault names the place and what would be right."""
    _, (fault, *others) = structure(Target, {"limit": "soon"})
    assert (fault.path, fault.code, others) == ("$.limit", "type", [])
    assert "'by 18:00 in 1wd'" in fault.expected
