"""People: who has a role, who stands above whom, who is away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Protocol

import attrs

from crmflow.core.actor import Actor
from crmflow.core.form import Text
from crmflow.core.reading import instant


def _days_ordered(person: Person, _field: object, ends_on: date | None) -> None:
    if ends_on is not None and person.starts_on is not None and ends_on < person.starts_on:
        message = f"a last day that is not before the first, {person.starts_on}"
        raise ValueError(message)


def _instants_ordered(absence: Absence, _field: object, ends_at: datetime) -> None:
    if ends_at <= absence.starts_at:
        message = f"an end after the start, {absence.starts_at.isoformat()}"
        raise ValueError(message)


@attrs.frozen
class Absence:
    """
    A time in which somebody is away.

    Attributes:
        starts_at: Aware UTC instant, included.
        ends_at: Aware UTC instant, not included.
        stand_in: Id of who acts for them meanwhile, or None.

    Raises:
        ValueError: *ends_at* is not after *starts_at*.
    """

    starts_at: datetime
    ends_at: datetime = attrs.field(validator=_instants_ordered)
    stand_in: Text | None = None

    def holds(self, at: datetime) -> bool:
        """Say whether an aware instant lies in it."""
        return self.starts_at <= at < self.ends_at


@attrs.frozen
class Person:
    """
    What the directory says of somebody between two days, both included.

    Attributes:
        id: Name as the host knows it.
        roles: Role names of the catalogue's part 7.
        departments: Departments.
        superior: Id of the superior, or None.
        qualifications: What the person was trained and examined for (TRN-013).
        starts_on: First day (UTC) it holds, or None for always.
        ends_on: Last day (UTC) it holds, or None for ever.
        absences: Times in which the person is away.

    Raises:
        ValueError: *ends_on* is before *starts_on*.
    """

    id: Text
    roles: tuple[Text, ...] = ()
    departments: tuple[Text, ...] = ()
    superior: Text | None = None
    qualifications: tuple[Text, ...] = ()
    starts_on: date | None = None
    ends_on: date | None = attrs.field(default=None, validator=_days_ordered)
    absences: tuple[Absence, ...] = ()

    def holds(self, at: datetime) -> bool:
        """Say whether the entry counts at an aware instant; ValueError where it is naive."""
        day = instant(at).date()
        started = self.starts_on is None or self.starts_on <= day
        return started and (self.ends_on is None or day <= self.ends_on)

    def absence(self, at: datetime) -> Absence | None:
        """Return the absence that holds at an aware instant, or None."""
        return next((one for one in self.absences if one.holds(at)), None)

    def actor(self) -> Actor:
        """Return the person as an actor."""
        return Actor(self.id, self.roles, departments=self.departments)


class People(Protocol):
    """The directory at the instant of one event; what is asked of it is journaled."""

    def person(self, id: str) -> Person | None:  # noqa: A002 - the field's word
        """Return who this is, or None."""
        ...

    def holders(self, role: str) -> Sequence[str]:
        """Return the ids of all who have the role, sorted."""
        ...

    def members(self, department: str) -> Sequence[str]:
        """Return the ids of all who belong to the department, sorted."""
        ...

    def looked_up(self, name: str) -> object:
        """Return the answer of a lookup, a plain value; None where nothing was looked up."""
        ...


class _Nobody:
    """A directory that knows nobody."""

    def person(self, id: str) -> Person | None:  # noqa: A002 - the field's word
        return None

    def holders(self, role: str) -> Sequence[str]:
        return ()

    def members(self, department: str) -> Sequence[str]:
        return ()

    def looked_up(self, name: str) -> object:
        return None


NOBODY: People = _Nobody()
"""What stands for the people where there is no directory."""


def superiors(people: People, person: str) -> Iterator[str]:
    """Yield who stands above a person, nearest first; a circle ends where it closes."""
    seen = {person}
    found = people.person(person)
    while found is not None and found.superior is not None and found.superior not in seen:
        seen.add(found.superior)
        yield found.superior
        found = people.person(found.superior)
