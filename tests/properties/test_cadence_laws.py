"""Laws of cadences: counting, working days, the contact limit."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from dateutil.rrule import MONTHLY, rrule  # type: ignore[import-untyped]
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crmflow.core.actor import SYSTEM
from crmflow.core.journal import Put
from crmflow.core.ref import EntityRef
from crmflow.core.task import Task
from crmflow.core.working_time import WorkingCalendar
from crmflow.policies import cadences
from crmflow.policies.cadences import Cadence, CareState, ContactLimit, Run
from crmflow.policies.cadences.anniversary import Anniversary, lunar_day, solar_day
from crmflow.policies.cadences.contacts import Limits
from crmflow.policies.cadences.days import day_within, working_day
from crmflow.policies.cadences.recurrence import Period, recurrence
from tests.policies.clients import OFFICE, ZONE, Company, row, with_holidays

DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))
PERIODS = st.one_of(
    st.builds(Period, days=st.integers(1, 60)), st.builds(Period, months=st.integers(1, 24))
)
HOLIDAYS = st.sets(st.dates(date(2026, 3, 1), date(2026, 12, 31)), max_size=40)


@given(PERIODS, DAYS, st.integers(0, 500))
def test_the_next_occurrence_is_the_first_later_one(
    period: Period, origin: date, later: int
) -> None:
    """Between a day and the next occurrence there is none, and it is one of the n-th."""
    day = origin + timedelta(days=later)
    found = period.after(origin, day)
    n = next(n for n in range(1, 600) if period.nth(origin, n) >= found)
    assert period.nth(origin, n) == found > day
    assert n == 1 or period.nth(origin, n - 1) <= day


@given(PERIODS, DAYS, st.lists(st.integers(0, 200), max_size=12))
def test_counting_on_from_due_days_never_drifts(
    period: Period, origin: date, late: list[int]
) -> None:
    """However late tasks are done, the n-th is due at the n-th occurrence."""
    due_on = origin
    for n, _days_late in enumerate(late, 1):
        due_on = period.after(origin, due_on)
        assert due_on == period.nth(origin, n)


@given(st.integers(1, 12), st.dates(date(2000, 1, 1), date(2030, 12, 31)))
@example(1, date(2025, 12, 31))
def test_months_are_those_of_dateutil_without_its_gaps(months: int, origin: date) -> None:
    """A period of months is the rule that takes a short month's last day."""
    days = range(28, origin.day + 1) if origin.day > 28 else [origin.day]
    rule = rrule(
        MONTHLY,
        dtstart=datetime.combine(origin, time()),
        interval=months,
        bymonthday=list(days),
        bysetpos=-1,
        count=20,
    )
    assert [one.date() for one in rule] == [Period(months=months).nth(origin, n) for n in range(20)]


@settings(max_examples=30)
@given(st.integers(1, 12), st.integers(1, 30), st.dates(date(1995, 1, 1), date(2085, 1, 1)))
def test_every_year_has_its_anniversary(month: int, number: int, day: date) -> None:
    """By sun and moon alike the next one is later, and at most 13 months away."""
    for lunar in (False, True):
        found = Anniversary(lunar, "", month, number).after(None, day)
        assert found is not None
        assert timedelta() < found - day <= timedelta(days=385)
        place = lunar_day if lunar else solar_day
        assert found in {place(year, month, number) for year in range(day.year - 1, day.year + 2)}


@given(st.dates(date(2026, 3, 1), date(2026, 12, 1)), st.integers(0, 9), HOLIDAYS)
def test_a_window_gives_a_working_day_that_is_not_late(
    first: date, length: int, off: set[date]
) -> None:
    """The day is worked, not after the window, and in it wherever it has a working day."""
    hours = with_holidays(*off)
    last = first + timedelta(days=length)
    found = day_within(hours, first, last)
    assert hours.is_working_day(found)
    assert found <= last
    days = [first + timedelta(days=n) for n in range(length + 1)]
    worked = [day for day in days if hours.is_working_day(day)]
    assert (found == worked[0]) if worked else (found < first)


@given(st.sets(st.dates(date(2026, 3, 1), date(2026, 5, 1)), max_size=30), st.data())
def test_the_first_day_with_room_is_the_first(taken: set[date], data: st.DataObject) -> None:
    """A contact there breaks no span, and on every working day before it would."""
    limit = row(
        ContactLimit,
        contacts=data.draw(st.integers(1, 4)),
        days=data.draw(st.integers(1, 20)),
    )
    limits = Limits((limit,))
    day = data.draw(st.dates(date(2026, 3, 1), date(2026, 5, 1)))
    contacts = tuple(sorted(taken))
    found = limits.first(OFFICE, contacts, day)
    assert limits.fits(contacts, found)
    earlier = working_day(OFFICE, day)
    while earlier < found:
        assert not limits.fits(contacts, earlier)
        earlier = working_day(OFFICE, earlier + timedelta(days=1))


EVERY = st.sampled_from(["1w", "2w", "10d", "1mo", "quarterly", "FREQ=MONTHLY;BYDAY=1MO,3FR"])
ACTS = st.lists(
    st.tuples(st.integers(1, 25), st.sampled_from(["done", "call", "wait"])), max_size=8
)


@settings(max_examples=25)
@given(
    st.lists(EVERY, min_size=1, max_size=4), ACTS, HOLIDAYS, st.integers(1, 3), st.integers(1, 30)
)
def test_care_keeps_its_laws_whatever_people_do(
    every: list[str], acts: list[tuple[int, str]], off: set[date], contacts: int, days: int
) -> None:
    """
    Over months of late work, extra contacts and holidays the laws hold.

    No task opens on a day off or out of hours, none of a cadence while another is open,
    no span holds more contacts than the limit, and every occurrence is a task or counted.
    """
    rows = [
        row(Cadence, name=f"care{n}", every=text, task="call", role="salesperson")
        for n, text in enumerate(every)
    ]
    limit = row(ContactLimit, name="limit", contacts=contacts, days=days)
    hours = with_holidays(*off)
    at = Company(cadences, {"cadences": rows, "contact_limits": [limit]}, calendar=hours)
    client = at.client()
    for wait, act in acts:
        at.until(at.clock.now() + timedelta(days=wait))
        _take(at, client, act)
    _hold_laws(at, client, hours, limit)


def _take(at: Company, client: EntityRef, act: str) -> None:
    if act == "call":
        at.fire(client, "call").require()
    if act == "done":
        for task in at.get(client).tasks:
            care = task.name.partition(":")[2]
            at.fire(client, "$done_care", SYSTEM, care=care, result="done").require()


def _hold_laws(at: Company, client: EntityRef, hours: WorkingCalendar, limit: ContactLimit) -> None:
    opened: dict[str, list[date]] = {}
    for record in at.engine.journal(client):
        for effect in record.effects:
            if isinstance(effect, Put) and isinstance(effect.item, Task):
                assert hours.is_open(record.event.at)
                day = record.event.at.astimezone(ZONE).date()
                opened.setdefault(effect.item.name, []).append(day)
    names = [task.name for task in at.get(client).tasks]
    assert len(names) == len(set(names))
    every_day = sorted(day for days in opened.values() for day in days)
    pairs = zip(every_day, every_day[limit.contacts :], strict=False)
    assert all(last - first >= timedelta(days=limit.days) for first, last in pairs)
    state = at.get(client).policy("cadences")
    assert isinstance(state, CareState)
    for run in state.runs:
        cadence = next(one for one in at.rows["cadences"] if one.name == run.row)
        assert isinstance(cadence, Cadence)
        _account(run, cadence, opened.get(f"call:{run.row}", []))


def _account(run: Run, cadence: Cadence, opened: list[date]) -> None:
    """Assert that each occurrence so far was opened, merged into a later one, or is next."""
    assert cadence.every is not None
    rule, due = recurrence(cadence.every), []
    day: date | None = run.origin
    while day is not None and day < run.due_on:
        day = rule.after(run.origin, day)
        due.append(day)
    assert due[-1] == run.due_on
    assert run.opened == len(opened)
    # Each of the others was merged into a later one, or its task was left undone.
    merged = len(due) - 1 - run.opened
    assert 0 <= merged <= run.missed <= merged + max(run.opened - 1, 0)
