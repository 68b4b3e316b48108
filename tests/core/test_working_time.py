from __future__ import annotations

import pickle
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import attrs
import pytest

from crmflow.core.errors import ConfigurationError
from crmflow.core.hours import ALL_DAY, CLOSED, Hours
from crmflow.core.working_index import SpecialDays
from crmflow.core.working_time import WorkingCalendar
from tests.core.calendars import BERLIN, OFFICE_WEEK, SHANGHAI, at, office

HOUR = timedelta(hours=1)
NOTHING = timedelta()

HALF_DAY = Hours.parse("09:00-12:00")


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-03-02 09:00", 0, "2026-03-02 09:00"),
        ("2026-03-02 10:30", 1, "2026-03-02 11:30"),
        ("2026-03-02 11:30", 1, "2026-03-02 13:30"),  # lunch
        ("2026-03-02 09:00", 3, "2026-03-02 12:00"),  # a closing edge
        ("2026-03-02 12:00", 0, "2026-03-02 13:00"),  # which is closed already
        ("2026-03-02 17:00", 2, "2026-03-03 10:00"),
        ("2026-03-06 18:00", 0, "2026-03-09 09:00"),  # a weekend
        ("2026-03-07 23:00", 8, "2026-03-09 18:00"),
        ("2026-03-06 17:30", 0.5, "2026-03-06 18:00"),
        ("2026-03-06 17:30", 8.5, "2026-03-09 18:00"),
    ],
)
def test_working_time_is_added(start: str, hours: float, due: str) -> None:
    """Lunch, nights and weekends do not count; what is due may equal a closing edge."""
    assert office().add(at(start), hours * HOUR) == at(due)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-03-02 09:00", "2026-03-02 18:00", 8),
        ("2026-03-02 11:00", "2026-03-02 14:00", 2),
        ("2026-03-06 17:00", "2026-03-09 10:00", 2),
        ("2026-03-07 10:00", "2026-03-08 23:00", 0),
        ("2026-01-01 00:00", "2027-01-01 00:00", 261 * 8),
    ],
)
def test_working_time_elapses(start: str, end: str, hours: int) -> None:
    """Only open hours between two instants count."""
    assert office().elapsed(at(start), at(end)) == hours * HOUR


def test_special_days_win_over_their_weekday() -> None:
    """A holiday closes, a half day ends early, a make-up Saturday is worked."""
    calendar = office(
        {
            date(2026, 3, 5): CLOSED,
            date(2026, 3, 6): HALF_DAY,
            date(2026, 3, 7): Hours.parse("09:00-12:00 13:00-18:00"),
        }
    )
    assert calendar.add(at("2026-03-04 17:00"), 2 * HOUR) == at("2026-03-06 10:00")
    assert calendar.add(at("2026-03-06 11:00"), 2 * HOUR) == at("2026-03-07 10:00")
    days = [date(2026, 3, day) for day in range(4, 9)]
    assert [calendar.is_working_day(day) for day in days] == [True, False, True, True, False]


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2026-03-02 10:30", 0, "2026-03-02 10:30"),
        ("2026-03-02 10:30", 2, "2026-03-04 10:30"),
        ("2026-03-05 17:59", 2, "2026-03-09 17:59"),
        # Off-hours counts as the next opening.
        ("2026-03-06 18:00", 1, "2026-03-10 09:00"),
        ("2026-03-07 11:00", 0, "2026-03-09 09:00"),
        ("2026-03-07 11:00", 1, "2026-03-10 09:00"),
        ("2026-03-02 12:30", 1, "2026-03-03 13:00"),
        # The 11th closes at noon, the 12th opens in the afternoon only.
        ("2026-03-10 16:00", 1, "2026-03-11 12:00"),
        ("2026-03-10 12:00", 1, "2026-03-11 12:00"),
        ("2026-03-10 10:00", 2, "2026-03-12 14:00"),
        ("2026-03-10 15:00", 2, "2026-03-12 15:00"),
    ],
)
def test_working_days_keep_the_time_of_day(start: str, days: int, due: str) -> None:
    """Where the day reached is closed at that time, it is the closing before or its opening."""
    calendar = office(
        {
            date(2026, 3, 11): HALF_DAY,
            date(2026, 3, 12): Hours.parse("14:00-18:00"),
        }
    )
    assert calendar.add_days(at(start), days) == at(due)


@pytest.mark.parametrize(
    ("start", "clock", "days", "due"),
    [
        ("2026-03-02 10:00", 18, 0, "2026-03-02 18:00"),
        ("2026-03-02 18:00", 18, 0, "2026-03-03 18:00"),  # no longer ahead
        ("2026-03-02 20:00", 18, 0, "2026-03-03 18:00"),
        ("2026-03-07 10:00", 18, 0, "2026-03-09 18:00"),  # a Saturday
        ("2026-03-02 07:00", 18, 1, "2026-03-03 18:00"),
        ("2026-03-02 20:00", 18, 1, "2026-03-03 18:00"),
        ("2026-03-06 10:00", 18, 1, "2026-03-09 18:00"),
        ("2026-03-07 10:00", 18, 1, "2026-03-09 18:00"),
        ("2026-03-07 10:00", 10, 3, "2026-03-11 10:00"),
        # Closed at that time: the closing before it, or the opening.
        ("2026-03-02 10:00", 20, 1, "2026-03-03 18:00"),
        ("2026-03-02 10:00", 24, 1, "2026-03-03 18:00"),
        ("2026-03-02 10:00", 12.5, 1, "2026-03-03 12:00"),
        ("2026-03-02 10:00", 7, 1, "2026-03-03 09:00"),
        ("2026-03-02 08:30", 7, 0, "2026-03-02 09:00"),
        ("2026-12-31 19:00", 18, 0, "2027-01-01 18:00"),
    ],
)
def test_a_time_on_a_working_day(start: str, clock: float, days: int, due: str) -> None:
    """The days are counted from the local day of the start, open or not."""
    assert office().by(at(start), clock * HOUR, days) == at(due)


def test_openings_are_found() -> None:
    """An instant in hours is its own opening, one off-hours waits for the next."""
    calendar = office()
    assert calendar.next_opening(at("2026-03-02 10:00")) == at("2026-03-02 10:00")
    assert calendar.next_opening(at("2026-03-07 10:00")) == at("2026-03-09 09:00")
    assert calendar.is_open(at("2026-03-02 09:00"))
    assert not calendar.is_open(at("2026-03-02 12:00"))


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-03-28 22:00", 4, "2026-03-29 03:00"),  # 23 hours
        ("2026-10-24 22:00", 6, "2026-10-25 03:00"),  # 25 hours
    ],
)
def test_a_change_of_the_clock_is_worked_through(start: str, hours: int, due: str) -> None:
    """A night shift loses or gains an hour by the clock, not in time."""
    week = (ALL_DAY,) * 7
    calendar = WorkingCalendar("plant", version="1", zone=BERLIN, week=week)
    assert calendar.add(at(start, BERLIN), hours * HOUR) == at(due, BERLIN)


def test_a_day_the_clock_skips_is_no_working_day() -> None:
    """Samoa had no 30th of December 2011, a Friday."""
    apia = ZoneInfo("Pacific/Apia")
    calendar = office(zone=apia)
    days = [date(2011, 12, day) for day in (29, 30, 31)]
    assert [calendar.is_working_day(day) for day in days] == [True, False, False]
    assert calendar.add(at("2011-12-29 17:00", apia), 2 * HOUR) == at("2012-01-02 10:00", apia)


def test_results_are_aware_utc() -> None:
    """Whatever the zone of the start, what is due is told in UTC."""
    start = datetime(2026, 3, 2, 10, tzinfo=SHANGHAI)
    calendar = office()
    for due in (
        calendar.add(start, HOUR),
        calendar.add_days(start, 1),
        calendar.by(start, HOUR, 1),
    ):
        assert due.tzinfo is UTC


def test_a_calendar_that_is_never_open_is_refused() -> None:
    """A week has seven days, and one of them is open."""
    for week in ((CLOSED,) * 7, (ALL_DAY,) * 6):
        with pytest.raises(ValueError, match="a week has seven days"):
            WorkingCalendar("none", version="1", zone=UTC, week=week)


def test_a_calendar_that_does_not_open_any_more_says_so() -> None:
    """Where every day to come is closed, waiting has an end."""
    closed = {
        date(year, 1, 1) + timedelta(days=n): CLOSED
        for year in range(2026, 2200)
        for n in range(366)
    }
    with pytest.raises(ValueError, match="'office' does not open after"):
        office(closed).next_opening(at("2026-03-02 10:00"))


@pytest.mark.parametrize("year", [1, 9999])
def test_years_at_the_end_of_time_are_refused(year: int) -> None:
    """Not every instant of the first and last year is one in every zone."""
    with pytest.raises(ValueError, match="the years 2 to 9998 only"):
        office(zone=ZoneInfo("UTC")).next_opening(datetime(year, 6, 1, tzinfo=UTC))


def test_what_is_due_beyond_the_last_year_is_refused() -> None:
    """Adding ends where years end."""
    start = datetime(9998, 1, 1, tzinfo=UTC)
    assert office().add(start, 1000 * HOUR).year == 9998
    with pytest.raises(ValueError, match="the years 2 to 9998 only"):
        office().add(start, 3000 * HOUR)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda calendar, naive, _at: calendar.add(naive, HOUR),
        lambda calendar, naive, _at: calendar.add_days(naive, 1),
        lambda calendar, naive, _at: calendar.by(naive, HOUR, 1),
        lambda calendar, naive, at: calendar.elapsed(naive, at),
        lambda calendar, naive, at: calendar.elapsed(at, naive),
        lambda calendar, naive, _at: calendar.is_estimate(naive),
        lambda calendar, _naive, at: calendar.add(at, -HOUR),
        lambda calendar, _naive, at: calendar.add_days(at, -1),
        lambda calendar, _naive, at: calendar.by(at, HOUR, -1),
        lambda calendar, _naive, at: calendar.elapsed(at, at - HOUR),
    ],
)
def test_naive_instants_and_negative_time_are_refused(wrong: object) -> None:
    """What has no meaning raises, and moves nothing."""
    assert callable(wrong)
    with pytest.raises(ValueError, match=r"names its offset|zero or more|is before"):
        wrong(office(), datetime(2026, 3, 2), at("2026-03-02 10:00"))  # noqa: DTZ001


def guessing(estimates: bool) -> WorkingCalendar:
    """Return an office that knows 2026 but for its last days, nothing of 2027, and all of 2028."""
    unknown = {2026: date(2026, 12, 25), 2027: date(2027, 1, 1)}
    return WorkingCalendar(
        "office",
        version="1",
        zone=SHANGHAI,
        week=OFFICE_WEEK,
        special=lambda year: SpecialDays(unknown_from=unknown.get(year)),
        estimates=estimates,
    )


@pytest.mark.parametrize(
    ("start", "end", "year"),
    [
        ("2026-03-02 10:00", "2026-12-24 18:00", None),
        ("2026-03-02 10:00", "2026-12-25 00:00", None),
        ("2026-03-02 10:00", "2026-12-25 00:01", 2026),
        ("2026-12-28 10:00", "2027-03-02 10:00", 2026),
        ("2027-03-02 10:00", "2027-03-02 10:00", 2027),
        ("2028-01-01 00:00", "2028-03-02 10:00", None),
        ("2026-03-02 10:00", "2028-03-02 10:00", 2026),
    ],
)
def test_what_rests_on_an_estimate_is_known(start: str, end: str, year: int | None) -> None:
    """A span that crosses days not known yet says which year lacks them."""
    calendar = guessing(estimates=True)
    assert calendar.elapsed(at("2026-01-01 00:00"), at("2028-06-01 00:00"))  # all is indexed
    assert calendar.unknown_year(at(start), at(end)) == year
    assert calendar.elapsed(at(start), at(end)) == office().elapsed(at(start), at(end))


def test_an_instant_in_days_not_known_is_an_estimate() -> None:
    """A forecast can be told from a date that is certain."""
    calendar = guessing(estimates=True)
    days = ("2026-12-24 10:00", "2026-12-28 10:00", "2027-06-01 10:00", "2028-01-03 10:00")
    assert [calendar.is_estimate(at(day)) for day in days] == [False, True, True, False]


@pytest.mark.parametrize(
    "asked",
    [
        lambda calendar, start: calendar.add(start, 16 * HOUR),
        lambda calendar, start: calendar.elapsed(start, start + timedelta(days=5)),
        lambda calendar, start: calendar.add_days(start, 3),
        lambda calendar, start: calendar.by(start, HOUR, 3),
        lambda calendar, start: calendar.is_working_day(start.date() + timedelta(days=3)),
    ],
)
def test_days_not_known_raise_where_estimates_are_not_allowed(asked: object) -> None:
    """Never silently a plain weekend: what would be right is said, and known days still work."""
    assert callable(asked)
    strict = guessing(estimates=False)
    with pytest.raises(ConfigurationError, match=r"days of 2026 are not all known yet"):
        asked(strict, at("2026-12-23 10:00"))
    assert asked(strict.planning(), at("2026-12-23 10:00")) == asked(
        office(), at("2026-12-23 10:00")
    )
    assert asked(strict, at("2026-12-14 10:00")) == asked(office(), at("2026-12-14 10:00"))
    assert asked(strict, at("2028-12-18 10:00")) == asked(office(), at("2028-12-18 10:00"))


def test_what_can_be_done_about_days_not_known_is_said() -> None:
    """Three ways, in one sentence."""
    with pytest.raises(ConfigurationError) as caught:
        guessing(estimates=False).add(at("2026-12-23 10:00"), 16 * HOUR)
    assert caught.value.source == "calendar 'office'"
    (fault,) = caught.value.faults
    assert fault == (
        "the working days of 2026 are not all known yet: update the package that knows the "
        "holidays, complete the year by hand, or allow estimates"
    )


def test_the_last_hour_of_a_day_is_not_the_first_of_the_next() -> None:
    """At 24:00 a day that closed before has been closed, whatever opens then."""
    days = {date(2026, 3, 3): ALL_DAY}
    assert office(days).by(at("2026-03-01 12:00"), 24 * HOUR, 1) == at("2026-03-02 18:00")


def test_an_hour_skipped_at_the_start_of_a_year_is_no_working_time() -> None:
    """In Bissau 1975 began at one o'clock, and its zone is that of UTC since."""
    always = WorkingCalendar.always(ZoneInfo("Africa/Bissau"))
    start = datetime(1975, 1, 1, tzinfo=UTC)
    assert always.elapsed(start, start + timedelta(days=3)) == timedelta(days=3)


def test_a_calendar_is_a_value() -> None:
    """Calendars are equal by name, version, zone and week, and what they indexed does not show."""
    week = (ALL_DAY,) * 7
    one = WorkingCalendar("plant", version="1", zone=BERLIN, week=week)
    used = attrs.evolve(one)
    used.add(at("2026-03-02 10:00"), HOUR)
    assert used == one
    assert hash(used) == hash(one)
    assert attrs.evolve(one, version="2") != one
    assert pickle.loads(pickle.dumps(used)) == one  # noqa: S301 - our own bytes
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        used.name = "other"  # type: ignore[misc]


def test_always_is_open() -> None:
    """The calendar for measures that need a zone only never closes."""
    always = WorkingCalendar.always(BERLIN)
    start = at("2026-03-28 23:30", BERLIN)
    assert always.add(start, 48 * HOUR) == start + 48 * HOUR
    assert always.zone is BERLIN


def test_the_day_of_an_instant_is_the_calendars_own() -> None:
    """In its zone, whether it is one of work or not."""
    assert office().day(at("2026-03-01 00:30")) == date(2026, 3, 1)
    assert office(zone=BERLIN).day(at("2026-03-01 00:30")) == date(2026, 2, 28)
