from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import tomllib
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

import attrs
import pytest

from crmflow.calendars import CALENDARS, CalendarRow, UnknownYears, calendar_of, calendars_of
from crmflow.core.errors import ConfigurationError
from crmflow.core.form import structure
from crmflow.core.measure import Measure
from crmflow.core.tables import Tables
from tests.core.calendars import BERLIN, at

HOUR = timedelta(hours=1)
HOURS = "09:00-12:00 13:00-18:00"

OFFICE = CalendarRow(
    name="office",
    zone="Asia/Shanghai",
    monday=HOURS,
    tuesday=HOURS,
    wednesday=HOURS,
    thursday=HOURS,
    friday=HOURS,
    holidays="CN",
)
PLAIN = attrs.evolve(OFFICE, holidays=None)


def days(*spans: str) -> list[date]:
    """Return the days of spans such as '2026-02-15..2026-02-23', or of single days."""
    found = []
    for span in spans:
        first, _, last = span.partition("..")
        day = date.fromisoformat(first)
        while day <= date.fromisoformat(last or first):
            found.append(day)
            day += timedelta(days=1)
    return found


@pytest.mark.parametrize(
    ("off", "worked"),
    [
        # As the State Council's notices say.
        (("2024-02-10..2024-02-17",), ("2024-02-04", "2024-02-18")),
        (("2024-10-01..2024-10-07",), ("2024-09-29", "2024-10-12")),
        (("2025-01-28..2025-02-04",), ("2025-01-26", "2025-02-08")),
        (("2025-10-01..2025-10-08",), ("2025-09-28", "2025-10-11")),
        (("2026-02-15..2026-02-23",), ("2026-02-14", "2026-02-28")),
        (("2026-10-01..2026-10-07",), ("2026-09-20", "2026-10-10")),
        (("2026-01-01..2026-01-03",), ("2026-01-04",)),
        # A notice may move days of the year before it.
        (("2012-01-01..2012-01-03",), ("2011-12-31",)),
    ],
)
def test_chinas_festivals_and_make_up_days(off: tuple[str, ...], worked: tuple[str, ...]) -> None:
    """Days off in lieu are closed, the weekend days given for them are worked."""
    calendar = calendar_of(OFFICE)
    assert not any(map(calendar.is_working_day, days(*off)))
    assert all(map(calendar.is_working_day, days(*worked)))


def test_two_working_days_over_national_day() -> None:
    """A serious complaint on the last day before the holiday waits until after it (CMP-010)."""
    calendar = calendar_of(OFFICE)
    two = Measure.parse("2wd")
    assert two.due_at(at("2026-09-30 10:00"), calendar) == at("2026-10-09 10:00")
    assert two.due_at(at("2026-10-08 10:00"), calendar) == at("2026-10-10 10:00")  # a Saturday
    assert calendar.add(at("2026-10-09 17:00"), 2 * HOUR) == at("2026-10-10 10:00")


@pytest.mark.parametrize(
    ("make_up", "closes"),
    [(None, "18:00"), ("friday", "16:00"), ("10:00-15:00", "15:00")],
)
def test_make_up_days_have_hours_of_their_own(make_up: str | None, closes: str) -> None:
    """They are worked as a weekday that is named, as told, or as the first open weekday."""
    row = attrs.evolve(OFFICE, friday="09:00-16:00", make_up=make_up)
    evening = at("2026-02-13 20:00")
    assert calendar_of(row).by(evening, 24 * HOUR, 1) == at(f"2026-02-14 {closes}")


def test_days_of_ones_own_win() -> None:
    """Single days, those of each year and stretches close, shorten or open what they name."""
    calendar = calendar_of(
        attrs.evolve(
            OFFICE,
            days={
                "2026-08-05": "monday",
                "2026-08-03..2026-08-07": "closed",
                "12-24": "09:00-12:00",
                "02-29": "closed",
                "2026-10-01": "10:00-11:00",
                "2026-12-31..2027-01-05": "closed",
            },
            unknown_years=UnknownYears.ESTIMATE,
        )
    )
    worked = [day for day in days("2026-08-03..2026-08-07") if calendar.is_working_day(day)]
    assert worked == days("2026-08-05")
    for year in (2025, 2026):
        eve = at(f"{year}-12-24 00:00")
        assert calendar.elapsed(eve, eve + 24 * HOUR) == 3 * HOUR
    assert not calendar.is_working_day(date(2024, 2, 29))
    assert calendar.is_working_day(date(2023, 3, 1))
    assert calendar.elapsed(at("2026-10-01 00:00"), at("2026-10-02 00:00")) == HOUR
    assert calendar.next_opening(at("2026-12-30 18:00")) == at("2027-01-06 09:00")


def test_a_year_without_a_notice_is_an_error() -> None:
    """Nobody silently gets a plain weekend; the fault says what to do."""
    calendar = calendar_of(OFFICE)
    far = at("2040-06-04 10:00")
    with pytest.raises(ConfigurationError, match="working days of 2040 are not all known yet"):
        calendar.add(far, HOUR)


def test_a_year_without_a_notice_may_be_an_estimate() -> None:
    """Then what rests on it is told apart."""
    calendar = calendar_of(attrs.evolve(OFFICE, unknown_years=UnknownYears.ESTIMATE))
    assert calendar.is_estimate(calendar.add(at("2040-06-04 10:00"), HOUR))
    assert not calendar.is_working_day(date(2040, 10, 1))
    assert not calendar.is_estimate(calendar.add(at("2026-06-04 10:00"), HOUR))
    assert calendar.unknown_year(at("2025-06-04 10:00"), at("2025-12-31 10:00")) is None


def test_the_last_days_of_a_year_wait_for_the_next_notice() -> None:
    """It may still make the weekend before New Year one of work, as that for 2012 did."""
    last = max(_told_years())
    calendar = calendar_of(attrs.evolve(OFFICE, unknown_years=UnknownYears.ESTIMATE))
    assert not calendar.is_estimate(at(f"{last}-12-24 10:00"))
    assert calendar.is_estimate(at(f"{last}-12-25 10:00"))
    assert calendar.unknown_year(at(f"{last}-12-25 10:00"), at(f"{last + 1}-03-01 10:00")) == last


def _told_years() -> set[int]:
    import holidays

    return set(holidays.country_holidays("CN").special_public_holidays)


def test_a_company_may_complete_a_year_itself() -> None:
    """With the notice at hand it need not wait for the library."""
    last = max(_told_years())
    calendar = calendar_of(
        attrs.evolve(
            OFFICE,
            days={f"{last + 1}-01-03": "monday", f"{last + 1}-02-05": "closed"},
            known_years=(last + 1,),
        )
    )
    assert calendar.is_working_day(date(last + 1, 1, 3))
    assert not calendar.is_estimate(at(f"{last}-12-31 10:00"))
    assert calendar.is_estimate(at(f"{last + 2}-01-04 10:00"))


@pytest.mark.parametrize(
    ("place", "year", "known"),
    [
        ("CN", 2000, False),  # before the first notice
        ("CN", 2001, True),
        ("DE-BY", 2060, True),  # the law alone says it
        ("DE-BY", 2100, True),  # and no notice can move its last week
        ("DE-BY", 2300, False),  # beyond what the library computes
        ("AE", 2024, True),
        ("AE", 2060, False),  # depends on the moon being seen
    ],
)
def test_what_is_known_of_a_year(place: str, year: int, known: bool) -> None:
    """Where no notice is needed a year is known as far as the library goes and is sure."""
    calendar = calendar_of(
        attrs.evolve(OFFICE, holidays=place, unknown_years=UnknownYears.ESTIMATE)
    )
    days = ("06-04", "12-23") if place == "CN" else ("06-04", "12-28")
    told = [calendar.is_estimate(at(f"{year}-{day} 10:00")) for day in days]
    assert told == [not known, not known]


def test_a_part_of_a_country_has_holidays_of_its_own() -> None:
    """Bavaria rests on Corpus Christi, Berlin works."""
    places = ("DE-BY", "DE-BE")
    rows = [attrs.evolve(OFFICE, zone="Europe/Berlin", holidays=place) for place in places]
    assert [calendar_of(row).is_working_day(date(2026, 6, 4)) for row in rows] == [False, True]


def test_hours_may_change_on_a_day() -> None:
    """Rows of one name follow each other; a span over the change counts both."""
    calendar = calendar_of(
        attrs.evolve(OFFICE, until_on=date(2026, 6, 30)),
        None,
        attrs.evolve(OFFICE, monday="09:00-10:00", from_on=date(2026, 7, 1)),
    )
    assert calendar.elapsed(at("2026-06-29 00:00"), at("2026-06-30 00:00")) == 8 * HOUR
    assert calendar.elapsed(at("2026-07-06 00:00"), at("2026-07-07 00:00")) == HOUR
    assert not calendar.is_working_day(date(2026, 10, 1))


def test_a_calendar_is_closed_where_no_row_is_in_force() -> None:
    """And what is not in force is not asked whether it is known."""
    calendar = calendar_of(
        attrs.evolve(OFFICE, from_on=date(2026, 3, 3), until_on=date(2026, 6, 30)),
        None,
        attrs.evolve(PLAIN, from_on=date(2027, 1, 4)),
    )
    assert calendar.next_opening(at("2026-01-05 10:00")) == at("2026-03-03 09:00")
    assert calendar.next_opening(at("2026-06-30 18:00")) == at("2027-01-04 09:00")
    assert not calendar.is_estimate(at("2027-01-04 09:00"))


@pytest.mark.parametrize("first", [True, False])
def test_a_calendar_estimates_if_all_its_rows_do(first: bool) -> None:
    """One row that wants certainty is enough to raise."""
    ways = (UnknownYears.ESTIMATE, UnknownYears.ERROR)
    before, after = ways if first else reversed(ways)
    calendar = calendar_of(
        attrs.evolve(OFFICE, until_on=date(2026, 6, 30), unknown_years=before),
        None,
        attrs.evolve(OFFICE, from_on=date(2026, 7, 1), unknown_years=after),
    )
    with pytest.raises(ConfigurationError, match="working days of 2040"):
        calendar.next_opening(at("2040-06-04 10:00"))


def test_a_row_without_a_zone_has_the_companys() -> None:
    """Its own zone wins."""
    assert calendar_of(attrs.evolve(PLAIN, zone=None), "Europe/Berlin").zone is BERLIN
    assert str(calendar_of(PLAIN, "Europe/Berlin").zone) == "Asia/Shanghai"


def test_the_version_names_the_content() -> None:
    """It changes with what is worked, not with where a row was written."""
    version = calendar_of(PLAIN).version
    same = attrs.evolve(PLAIN, rules=("CMP-007",), origin="own.toml", version="own-1")
    assert calendar_of(same).version == version
    changes: tuple[dict[str, Any], ...] = (
        {"monday": "closed"},
        {"zone": "Europe/Berlin"},
        {"days": {"12-24": "closed"}},
        {"until_on": date(2030, 1, 1)},
    )
    versions = {calendar_of(attrs.evolve(PLAIN, **change)).version for change in changes}
    assert len(versions - {version}) == len(changes)
    assert calendar_of(attrs.evolve(PLAIN, zone=None), "Europe/Berlin").version != version
    library = importlib.metadata.version("holidays")
    assert calendar_of(OFFICE).version.endswith(f"+holidays-{library}")


FAULTY = CalendarRow(
    name="faulty",
    zone="Asia/Shangai",
    monday="09:00-12:00 11:00-13:00",
    tuesday="18:00-09:00",
    wednesday="nine to five",
    holidays="cn",
    make_up="sunday",
    days={
        "2026-13-01": "closed",
        "2026-08-09..2026-08-01": "closed",
        "12-24": "nine",
        "": "monday",
    },
)


def test_every_fault_of_a_row_is_told_at_once() -> None:
    """Each with its path, and what would be right."""
    faults = {fault.path: fault for fault in CALENDARS.check([PLAIN, FAULTY], Tables(), {})}
    expected = {
        "zone": ("zone", "Did you mean 'Asia/Shanghai'?"),
        "monday": ("overlap", "one ends at 12:00, the next begins at 11:00"),
        "tuesday": ("order", "'18:00-24:00' and '00:00-09:00' of the next day"),
        "wednesday": ("type", "09:00-12:00 13:00-18:00"),
        "holidays": ("place", "Did you mean 'CN'?"),
        "make_up": ("never_open", "a weekday that is open"),
        "days.2026-13-01": ("type", "2026-12-31"),
        "days.2026-08-09..2026-08-01": ("order", "not before 2026-08-09"),
        "days.12-24": ("type", "or 'closed'"),
        "days.": ("type", "(each year)"),
    }
    assert {path.removeprefix("$.calendars[1].") for path in faults} == set(expected)
    for path, (code, hint) in expected.items():
        fault = faults[f"$.calendars[1].{path}"]
        assert fault.code == code
        assert hint in fault.expected


@pytest.mark.parametrize(
    ("change", "path", "code", "hint"),
    [
        ({"zone": None}, "zone", "missing", "company.zone"),
        ({"zone": "Nowhere"}, "zone", "zone", "a time zone"),
        ({"zone": "Europe"}, "zone", "zone", "a time zone"),
        ({"zone": "../etc/passwd"}, "zone", "zone", "a time zone"),
        (dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), "closed"),
         "monday", "never_open", "one weekday at least"),
        ({"holidays": "XX"}, "holidays", "place", "ISO 3166"),
        ({"holidays": "DE-BX"}, "holidays", "place", "'BY'"),
        ({"holidays": "CN-SH"}, "holidays", "place", "None is known"),
        ({"monday": "9-12", "make_up": "monday"}, "monday", "type", "'00:00' to '24:00'"),
        ({"make_up": "someday"}, "make_up", "type", "hours such as"),
        ({"days": {"2026-10-01..": "closed"}}, "days.2026-10-01..", "type", "2026-08-14"),
    ],
)  # fmt: skip
def test_a_fault_says_where_and_what(
    change: dict[str, Any], path: str, code: str, hint: str
) -> None:
    """A row with one fault has no other, and no calendar is made of it."""
    row = attrs.evolve(OFFICE, **change)
    (fault,) = CALENDARS.check([row], Tables(), {})
    assert (fault.path, fault.code) == (f"$.calendars[0].{path}", code)
    assert hint in fault.expected
    with pytest.raises(ConfigurationError, match="calendar 'office'"):
        calendar_of(row)


def test_rows_of_one_calendar_share_a_zone() -> None:
    """A calendar does not travel."""
    rows = [
        attrs.evolve(PLAIN, until_on=date(2026, 6, 30)),
        attrs.evolve(PLAIN, from_on=date(2026, 7, 1), zone="Europe/Berlin"),
        attrs.evolve(PLAIN, name="other", zone="Europe/Berlin"),
    ]
    (fault,) = CALENDARS.check(rows, Tables(), {})
    assert (fault.path, fault.expected) == (
        "$.calendars[1].zone",
        "Asia/Shanghai, as in the row before",
    )


def test_calendars_are_made_of_the_rows_in_use() -> None:
    """By name; rows with faults are left to the check."""
    rows = (
        attrs.evolve(PLAIN, zone=None, until_on=date(2026, 6, 30)),
        FAULTY,
        attrs.evolve(PLAIN, zone=None, monday="closed", from_on=date(2026, 7, 1)),
        attrs.evolve(PLAIN, name="plant", saturday="00:00-24:00"),
    )
    made = calendars_of(Tables({"calendars": rows}, settings={"company.zone": "Europe/Berlin"}))
    assert set(made) == {"office", "plant"}
    assert made["office"].zone is BERLIN
    mondays = (date(2026, 6, 29), date(2026, 7, 6))
    assert [made["office"].is_working_day(day) for day in mondays] == [True, False]
    assert made["plant"].is_working_day(date(2026, 7, 4))


def test_no_rows_no_calendars() -> None:
    """The catalogue's default: weekends and holidays must be supplied."""
    assert calendars_of(Tables()) == {}


def test_the_demo_has_an_office() -> None:
    """Its row is sound, and its calendar known for the years the notices are out."""
    text = (files("crmflow.profiles") / "demo" / "calendars.toml").read_text("utf-8")
    (given,) = tomllib.loads(text)["calendars"]
    row, faults = structure(CalendarRow, given)
    assert isinstance(row, CalendarRow)
    assert not faults
    assert not list(CALENDARS.check([row], Tables(), {}))
    assert calendar_of(row).add(at("2026-02-13 17:00"), 2 * HOUR) == at("2026-02-14 10:00")


def _run(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return done.stdout


def test_a_calendar_without_holidays_does_not_load_their_library() -> None:
    """Whoever has none need not install it, and does not wait for it."""
    program = (
        "import sys\n"
        "from crmflow.calendars import CalendarRow, calendar_of\n"
        f"calendar_of(CalendarRow(name='o', zone='UTC', monday={HOURS!r}))\n"
        "print('holidays' in sys.modules)\n"
    )
    assert _run(program) == "False\n"


def test_a_missing_library_is_told_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fault names what to install, at the column that needs it."""
    monkeypatch.setitem(sys.modules, "holidays", None)
    (fault,) = CALENDARS.check([OFFICE], Tables(), {})
    assert (fault.path, fault.code) == ("$.calendars[0].holidays", "package")
    assert "pip install 'crmflow[calendar]'" in fault.expected
