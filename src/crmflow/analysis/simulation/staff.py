"""The staff: people, the hours of their shifts, and the directory that knows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta

import attrs

from crmflow.analysis.simulation.rows import Away, ScenarioRows, Staff
from crmflow.core.hours import CLOSED
from crmflow.core.local_time import instant_of
from crmflow.core.money import Money
from crmflow.core.people import Absence, Person
from crmflow.core.tables import Tables
from crmflow.core.working_index import SpecialDays
from crmflow.core.working_time import WorkingCalendar
from crmflow.directory import ListedDirectory

DAY = timedelta(days=1)


@attrs.frozen
class Member:
    """
    One of the staff.

    Attributes:
        person: Who it is, as the directory has it.
        calendar: The hours of their shifts, days of absence left out.
        per_hour: What an hour of them costs, or None.
    """

    person: Person
    calendar: WorkingCalendar = attrs.field(eq=False)
    per_hour: Money | None = None

    @property
    def id(self) -> str:
        """Their id."""
        return self.person.id

    def has(self, role: str | None, skill: str | None) -> bool:
        """Say whether they have a role and a skill, where one is asked for."""
        person = self.person
        return role in {None, *person.roles} and skill in {None, *person.qualifications}


def members_of(rows: ScenarioRows, tables: Tables) -> tuple[Member, ...]:
    """
    Return everybody.

    Args:
        rows: The scenario; the calendars its staff names are there.
        tables: Calendars, and the company's zone.
    """
    seen = [attrs.evolve(row, away=tuple(_seen(row.away, rows))) for row in rows.staff]
    return tuple(
        Member(_person(id_, row, tables), _shifts(row, tables), row.per_hour)
        for row in seen
        for id_ in ids_of(row)
    )


def _seen(away: Iterable[Away], rows: ScenarioRows) -> Iterator[Away]:
    """Yield absences as far as a run sees of them: years of leave may end with the calendar."""
    first, last = rows.starts_on, rows.starts_on + rows.days * DAY
    for one in away:
        if one.from_on <= last and one.until_on >= first:
            from_on, until_on = max(one.from_on, first), min(one.until_on, last)
            yield attrs.evolve(one, from_on=from_on, until_on=until_on)


def ids_of(row: Staff) -> Sequence[str]:
    """Return the ids of a row's people."""
    return [row.name] if row.count == 1 else [f"{row.name}-{n}" for n in range(1, row.count + 1)]


def directory_of(members: Iterable[Member]) -> ListedDirectory:
    """Return the directory that knows them."""
    return ListedDirectory(tuple(one.person for one in members))


def _person(id_: str, row: Staff, tables: Tables) -> Person:
    return Person(
        id_,
        row.roles,
        row.departments,
        row.superior,
        row.skills,
        absences=tuple(_absence(away, tables) for away in row.away),
    )


def _absence(away: Away, tables: Tables) -> Absence:
    return Absence(_midnight(away.from_on, tables), _midnight(away.until_on + DAY, tables),
                   away.stand_in)  # fmt: skip


def _midnight(day: date, tables: Tables) -> datetime:
    return instant_of(tables.zone, day, timedelta())


def _shifts(row: Staff, tables: Tables) -> WorkingCalendar:
    # What is simulated may lie in years whose holidays are not known yet.
    calendar = tables.calendar(row.calendar).planning()
    gone = {
        away.from_on + n * DAY
        for away in row.away
        for n in range((away.until_on - away.from_on).days + 1)
    }
    if not gone:
        return calendar

    def special(year: int) -> SpecialDays:
        ordinary = calendar.special(year)
        closed = {day: CLOSED for day in gone if day.year == year}
        return attrs.evolve(ordinary, hours={**ordinary.hours, **closed})

    return attrs.evolve(calendar, version=f"{calendar.version}/{row.name}", special=special)
