"""Care beside contact limits and calendars: what can never come when it should."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from fractions import Fraction
from functools import partial

from crmflow.analysis.checking.subject import Placed, Subject
from crmflow.analysis.fault import Fault, FaultKind
from crmflow.core.machine import Machine
from crmflow.core.tables import TableRow
from crmflow.core.working_time import WorkingCalendar
from crmflow.policies.cadences.anniversary import anniversary
from crmflow.policies.cadences.recurrence import Period, recurrence
from crmflow.policies.cadences.rows import Cadence, ContactLimit

__all__ = ["crowded", "idle", "unneeded"]

_MONTH = 30
_TIMES = 4
"""So many of the next days of a cadence are looked at."""


def crowded(subject: Subject) -> Iterator[Fault]:
    """Yield contact limits that the cadences of one tier exceed for ever."""
    for limit, machine in subject.about("contact_limits", ContactLimit):
        for rows in _together(subject, machine):
            often = [one.row for one in rows if _period(one.row)]
            count = sum((Fraction(limit.row.days, _period(row)) for row in often), Fraction())
            if count > limit.row.contacts:
                yield limit.fault(
                    FaultKind.CROWDED_CADENCE,
                    ".contacts",
                    cadences=", ".join(row.name for row in often),
                    count=f"{float(count):g}",
                    days=limit.row.days,
                    limit=limit.row.name,
                    most=limit.row.contacts,
                )
                break


def unneeded(subject: Subject) -> Iterator[Fault]:
    """Yield contact limits that another one keeps anyway: fewer contacts in as many days."""
    rows = list(subject.about("contact_limits", ContactLimit))
    for (one, _), (other, _) in itertools.permutations(rows, 2):
        alike = one.row.machine == other.row.machine and _as_long(other.row, one.row)
        counted = set(one.row.counts) <= set(other.row.counts)
        most, days = other.row.contacts <= one.row.contacts, other.row.days >= one.row.days
        if alike and counted and most and days:
            yield one.fault(FaultKind.SHADOWED, name=one.row.name, earlier=repr(other.row.name))


def _as_long(one: TableRow, other: TableRow) -> bool:
    """Say whether the one is in force whenever the other is."""
    begins = (one.from_on or date.min) <= (other.from_on or date.min)
    return begins and (one.until_on or date.max) >= (other.until_on or date.max)


def _together(subject: Subject, machine: Machine) -> Iterator[Sequence[Placed[Cadence]]]:
    """Yield the contacts that one entity may get on one day, for each tier and state."""
    rows = [one for one, of in subject.about("cadences", Cadence) if of is machine]
    rows = [one for one in rows if one.row.contact and one.row.when is None]
    for day in subject.days(one.row for one in rows):
        for tier in dict.fromkeys(one.row.tier for one in rows):
            for state in machine.states:
                yield [
                    one
                    for one in rows
                    if one.row.in_force(day)
                    and one.row.tier in (None, tier)
                    and (not one.row.states or state.name in one.row.states)
                ]


def _period(row: Cadence) -> int:
    """Return how many days lie between two times; 0 where no fixed number does."""
    found = None if row.every is None else recurrence(row.every)
    return found.days or _MONTH * found.months if isinstance(found, Period) else 0


def idle(subject: Subject) -> Iterator[Fault]:
    """Yield cadences whose next days, as far as they are known, are all closed."""
    today = subject.tables.day(subject.at)
    for one, _ in subject.about("cadences", Cadence):
        calendar = subject.tables.calendar(one.row.calendar).planning()
        for path, known in _days(one.row, today):
            days = _until_worked(itertools.islice(known, _TIMES), one.row, calendar)
            if days and not _worked(one.row, calendar, days[-1]):
                shown = ", ".join(map(str, days))
                values = {"count": len(days), "days": shown, "calendar": one.row.calendar}
                yield one.fault(FaultKind.IDLE_CADENCE, path, **values)


def _until_worked(known: Iterable[date], row: Cadence, calendar: WorkingCalendar) -> Sequence[date]:
    """Return days up to the first that is worked: days by the moon are dear to compute."""
    days: list[date] = []
    for day in known:
        days.append(day)
        if _worked(row, calendar, day):
            break
    return days


def _days(row: Cadence, today: date) -> Iterator[tuple[str, Iterator[date]]]:
    """Yield the coming days of each rule of a cadence that can be known beforehand."""
    if row.every is not None and not isinstance(rule := recurrence(row.every), Period):
        yield ".every", _following(lambda day: rule.after(today, day), today)
    for number, text in enumerate(row.on):
        of_year = anniversary(text)
        if not of_year.fact:
            yield f".on[{number}]", _following(partial(of_year.after, None), today)


def _following(after: Callable[[date], date | None], day: date) -> Iterator[date]:
    """Yield the days that follow; the last one again where none comes after it."""
    steps = itertools.accumulate(
        itertools.repeat(None), lambda here, _: after(here) or here, initial=day
    )
    return itertools.islice(steps, 1, None)


def _worked(row: Cadence, calendar: WorkingCalendar, day: date) -> bool:
    """Say whether a day of its window is a working day."""
    window = range(row.latest, row.earliest + 1)
    return any(calendar.is_working_day(day - timedelta(days=before)) for before in window)
