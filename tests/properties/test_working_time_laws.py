"""Laws of working time and of measures, for drawn calendars around changes of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import attrs
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from crmflow.core.hours import DAY
from crmflow.core.local_time import instant_of, local_of
from crmflow.core.measure import Measure
from crmflow.core.working_time import WorkingCalendar
from crmflow.testing.strategies.calendars import CHANGES, MINUTE, DrawnCalendar, calendars
from tests.properties.working_weeks import (
    hours_on,
    lengths,
    minutes,
    open_minutes,
    shown_minutes,
)

NOTHING = timedelta()
WINDOW = 8 * DAY

amounts = st.integers(1, 9)
clocks = st.integers(0, DAY // 15).map(lambda quarter: f"{quarter // 4:02}:{quarter % 4 * 15:02}")


def _measure(kind: str, amount: int, clock: str) -> Measure:
    return Measure.parse(kind.format(amount=amount, clock=clock))


kinds = st.sampled_from([
    "{amount}s", "{amount}min", "{amount}h", "{amount}wmin", "{amount}wh", "{amount}wd",
    "{amount}d", "{amount}mo", "through {amount}d", "by {clock} in {amount}wd",
])  # fmt: skip


@given(calendars(), minutes, lengths)
def test_what_is_added_has_passed(drawn: DrawnCalendar, minute: int, working: timedelta) -> None:
    """Between a start and what is due lies the working time that was added."""
    start = drawn.instant(minute)
    due = drawn.calendar.add(start, working)
    assert due >= start
    assert due.tzinfo is UTC
    assert drawn.calendar.elapsed(start, due) == working


@given(calendars(), minutes, st.integers(0, 3 * DAY))
@settings(max_examples=40)
def test_elapsed_is_what_walking_counts(drawn: DrawnCalendar, minute: int, span: int) -> None:
    """Minutes of working time are those that a walk through all minutes finds open."""
    start = drawn.instant(minute)
    counted = sum(open_minutes(drawn.calendar, start, span))
    assert drawn.calendar.elapsed(start, start + span * MINUTE) == counted * MINUTE


@given(calendars(), minutes, st.integers(0, 12 * 60))
@settings(max_examples=30)
def test_adding_is_what_walking_finds(drawn: DrawnCalendar, minute: int, working: int) -> None:
    """What is due is where a walk has passed so many open minutes, or meets the first one."""
    start = drawn.instant(minute)
    opened = [n for n, one in enumerate(open_minutes(drawn.calendar, start, WINDOW)) if one]
    assume(len(opened) > working)
    walked = opened[working - 1] + 1 if working else opened[0]
    assert drawn.calendar.add(start, working * MINUTE) == start + walked * MINUTE


@given(calendars(), minutes, minutes, lengths, lengths)
def test_adding_is_monotone(
    drawn: DrawnCalendar, one: int, other: int, some: timedelta, more: timedelta
) -> None:
    """A later start is not due earlier, nor is more working time."""
    early, late = (drawn.instant(minute) for minute in sorted((one, other)))
    less, more = sorted((some, more))
    assert drawn.calendar.add(early, less) <= drawn.calendar.add(late, less)
    assert drawn.calendar.add(early, less) <= drawn.calendar.add(early, more)


@given(calendars(), minutes, lengths, lengths)
def test_adding_twice_is_adding_once(
    drawn: DrawnCalendar, minute: int, some: timedelta, more: timedelta
) -> None:
    """Working time may be added in parts."""
    assume(more)
    start, add = drawn.instant(minute), drawn.calendar.add
    assert add(add(start, some), more) == add(start, some + more)


@given(calendars(), minutes, minutes, minutes)
def test_elapsed_adds_up(drawn: DrawnCalendar, one: int, two: int, three: int) -> None:
    """What has passed until somewhere and from there on is what has passed in all."""
    first, second, third = (drawn.instant(minute) for minute in sorted((one, two, three)))
    elapsed = drawn.calendar.elapsed
    assert elapsed(first, second) + elapsed(second, third) == elapsed(first, third)


@given(calendars(), minutes, lengths, st.integers(0, 2 * DAY), st.integers(0, 60))
def test_a_pause_off_hours_changes_nothing(
    drawn: DrawnCalendar, minute: int, working: timedelta, later: int, part: int
) -> None:
    """Pausing and resuming while closed leaves what is due where it was."""
    start = drawn.instant(minute)
    paused = start + later * MINUTE
    closed = drawn.calendar.next_opening(paused) - paused
    resumed = paused + closed * part / 60
    consumed = drawn.calendar.elapsed(start, paused)
    assume(consumed < working)
    due = drawn.calendar.add(start, working)
    assert drawn.calendar.add(resumed, working - consumed) == due


@given(st.sampled_from(sorted(CHANGES)), minutes, lengths, st.integers(0, 10**6))
def test_a_change_of_the_clock_loses_and_gains_nothing(
    zone: str, minute: int, working: timedelta, more: int
) -> None:
    """Where it never closes, working time is time."""
    always = WorkingCalendar.always(ZoneInfo(zone))
    start = datetime(*CHANGES[zone], tzinfo=UTC) + minute * MINUTE + timedelta(microseconds=more)
    assert always.add(start, working) == start + working
    assert always.elapsed(start, start + working) == working


@given(calendars(), st.lists(st.integers(-900, 900), min_size=1, max_size=3), lengths)
@settings(max_examples=25)
def test_what_was_asked_before_does_not_matter(
    drawn: DrawnCalendar, asked: list[int], working: timedelta
) -> None:
    """An index that grew to either side says what a new one says."""
    for days in asked:
        start = drawn.instant(days * DAY)
        fresh = attrs.evolve(drawn.calendar)
        assert drawn.calendar.add(start, working) == fresh.add(start, working)
        span = start, start + timedelta(days=abs(days))
        assert drawn.calendar.elapsed(*span) == fresh.elapsed(*span)
        assert drawn.calendar.add_days(start, 3) == fresh.add_days(start, 3)


@given(calendars(), kinds, minutes, minutes, amounts, amounts, clocks)
@settings(max_examples=150)
def test_every_measure_is_monotone(
    drawn: DrawnCalendar, kind: str, one: int, other: int, some: int, more: int, clock: str
) -> None:
    """Later starts and greater amounts are not due earlier; nothing is due before it starts."""
    early, late = (drawn.instant(minute) for minute in sorted((one, other)))
    less, greater = (_measure(kind, amount, clock) for amount in sorted((some, more)))
    due = less.due_at(early, drawn.calendar)
    assert early <= due
    assert due <= less.due_at(late, drawn.calendar)
    assert due <= greater.due_at(early, drawn.calendar)


@given(
    calendars(),
    st.sampled_from(["{amount}wd", "by {clock} in {amount}wd"]),
    minutes,
    amounts,
    clocks,
)
def test_a_working_measure_is_due_in_working_time_or_on_its_edge(
    drawn: DrawnCalendar, kind: str, minute: int, amount: int, clock: str
) -> None:
    """Something due is open, or has just been."""
    due = _measure(kind, amount, clock).due_at(drawn.instant(minute), drawn.calendar)
    around = due - MINUTE, due
    assert any(open_minutes(drawn.calendar, at, 1)[0] for at in around)


@given(calendars(), minutes, st.integers(0, 3))
@settings(max_examples=15)
def test_working_days_are_counted_as_a_walk_counts_them(
    drawn: DrawnCalendar, minute: int, days: int
) -> None:
    """The day reached is so many days with working time later than the day it starts to count."""
    calendar = drawn.calendar
    start = calendar.next_opening(drawn.instant(minute))
    shown = shown_minutes(calendar, start, WINDOW)
    opened = open_minutes(calendar, start, WINDOW)
    dates = list(dict.fromkeys(at.date() for at, one in zip(shown, opened, strict=True) if one))
    assume(len(dates) > days)
    due = calendar.add_days(start, days)
    assert dates[days] in {at.astimezone(calendar.zone).date() for at in (due, due - MINUTE)}
    assert calendar.is_working_day(dates[days])


@given(calendars(), st.integers(-2, 12))
def test_a_working_day_has_working_time(drawn: DrawnCalendar, days: int) -> None:
    """A day is a working day if some of its hours are shown by the clock."""
    calendar, day = drawn.calendar, drawn.first + timedelta(days=days)
    start = instant_of(calendar.zone, day, NOTHING)
    end = instant_of(calendar.zone, day, timedelta(days=1))
    assert calendar.is_working_day(day) == (calendar.elapsed(start, end) > NOTHING)
    assert hours_on(calendar, day) or not calendar.is_working_day(day)


@given(st.sampled_from(sorted(CHANGES)), minutes, minutes)
def test_the_clock_and_time_keep_their_order(zone: str, one: int, other: int) -> None:
    """Reading a clock is monotone, and so is finding when it shows a time."""
    begin = datetime(*CHANGES[zone], tzinfo=UTC)
    early, late = (begin + minute * MINUTE for minute in sorted((one, other)))
    first, second = (local_of(ZoneInfo(zone), at) for at in (early, late))
    assert first <= second
    assert instant_of(ZoneInfo(zone), *first) <= instant_of(ZoneInfo(zone), *second)
    assert instant_of(ZoneInfo(zone), *first) >= early
