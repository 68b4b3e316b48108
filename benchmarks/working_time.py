"""
What adding working time costs, by how far it reaches.

Three ways to the same day: a calendar's index, a walk from day to day over the same hours,
and the counting of days that `holidays` brings along. All know the same closed days, and
have looked them up before the clock starts.
"""

import functools
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import attrs
import holidays

from benchmarks.harness import Contender, Plan, measure
from benchmarks.report import Bar, Section
from crmflow.calendars import CalendarRow, UnknownYears, calendar_of
from crmflow.core.local_time import instant_of
from crmflow.core.working_index import SpecialDays
from crmflow.core.working_time import WorkingCalendar

START = datetime(2024, 1, 10, 2, 30, tzinfo=UTC)
"""A Wednesday, half past ten in Shanghai."""

HOURS = "09:00-12:00 13:00-18:00"
DAILY = timedelta(hours=8)
SPANS = {"10 days": 7, "10 months": 205, "10 years": 2_490}
"""Working days in about so much time."""

FIRST = "first question of a calendar"
HOURS_BY_INDEX, HOURS_BY_WALK = "hours by index", "hours by walk"
DAYS_BY_INDEX, DAYS_BY_HOLIDAYS = "days by index", "days by holidays"
GROWTH = 3
"""Ten years are 365 times ten days; a logarithm lets them cost a little more."""


def office() -> WorkingCalendar:
    """Return an office in China with an index of its own."""
    return calendar_of(
        CalendarRow(
            name="office",
            zone="Asia/Shanghai",
            monday=HOURS,
            tuesday=HOURS,
            wednesday=HOURS,
            thursday=HOURS,
            friday=HOURS,
            holidays="CN",
            unknown_years=UnknownYears.ESTIMATE,
        )
    )


def walk(
    calendar: WorkingCalendar, special: Callable[[int], SpecialDays], working: timedelta
) -> datetime:
    """Return what `WorkingCalendar.add` finds from the start, walking from day to day."""
    day: date = START.astimezone(calendar.zone).date()
    while True:
        hours = special(day.year).hours.get(day, calendar.week[day.weekday()])
        for begins, ends in hours.intervals:
            opens = instant_of(calendar.zone, day, timedelta(minutes=begins))
            closes = instant_of(calendar.zone, day, timedelta(minutes=ends))
            spent = max(closes - max(opens, START), timedelta())
            if spent >= working:
                return closes - (spent - working)
            working -= spent
        day += timedelta(days=1)


def contenders() -> list[Contender]:
    """Return the index, the walk and `holidays` for every span, and the index when new."""
    calendar = office()
    special = functools.cache(calendar.special)
    counted = holidays.country_holidays("CN", years=range(2023, 2040))
    begins = START.astimezone(calendar.zone).date()
    found = [Contender(FIRST, lambda: attrs.evolve(calendar).add(START, DAILY))]
    for span, days in SPANS.items():
        working = days * DAILY
        assert walk(calendar, special, working) == calendar.add(START, working)
        nth = counted.get_nth_working_day(begins, days)
        assert nth == calendar.add_days(START, days).astimezone(calendar.zone).date()
        ways: dict[str, Callable[[], object]] = {
            HOURS_BY_INDEX: functools.partial(calendar.add, START, working),
            HOURS_BY_WALK: functools.partial(walk, calendar, special, working),
            DAYS_BY_INDEX: functools.partial(calendar.add_days, START, days),
            DAYS_BY_HOLIDAYS: functools.partial(counted.get_nth_working_day, begins, days),
        }
        found += (Contender(f"{way}, {span}", run) for way, run in ways.items())
    return found


def section(plan: Plan) -> Section:
    """Return what adding costs and the bars it answers."""
    shortest, *_, longest = SPANS
    baseline = {f"{HOURS_BY_INDEX}, {span}": f"{HOURS_BY_INDEX}, {shortest}" for span in SPANS}
    for span in SPANS:
        baseline[f"{HOURS_BY_WALK}, {span}"] = f"{HOURS_BY_INDEX}, {span}"
        baseline[f"{DAYS_BY_HOLIDAYS}, {span}"] = f"{DAYS_BY_INDEX}, {span}"
        baseline[f"{DAYS_BY_INDEX}, {span}"] = f"{DAYS_BY_INDEX}, {shortest}"
    rows = {row.name: row for row in measure(contenders(), plan, baseline)}
    grown = {way: rows[f"{way}, {longest}"].ratio or 0 for way in (HOURS_BY_INDEX, DAYS_BY_INDEX)}
    slower = {
        way: rows[f"{way}, {longest}"].ratio or 0 for way in (HOURS_BY_WALK, DAYS_BY_HOLIDAYS)
    }
    return Section(
        name="working_time",
        title="Adding working time (an index over its shortest span, others over the index)",
        rows=tuple(rows.values()),
        bars=(
            *(
                Bar(name=f"{way}: {longest}, of {shortest}", value=ratio, limit=GROWTH)
                for way, ratio in grown.items()
            ),
            *(
                Bar(name=f"{way}: {longest}, of the index", value=ratio, limit=100, at_most=False)
                for way, ratio in slower.items()
            ),
        ),
    )
