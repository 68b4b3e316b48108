"""
The directory port: people, their roles, departments and superiors, by date.

An application's own staff list stands behind it; `toml_directory` reads one
from a file:

    [[person]]
    id = "service-1"
    roles = ["customer_service"]
    departments = ["service"]
    superior = "service-head"
    starts_on = 2026-01-01   # optional; this entry counts from that day (UTC)
    ends_on = 2026-12-31     # optional; up to and including that day
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Protocol

import attrs

from crmflow.core.actor import Actor
from crmflow.core.errors import ConfigurationError
from crmflow.core.form import Text, structure
from crmflow.core.reading import instant


def _ordered(person: Person, _field: object, ends_on: date | None) -> None:
    if ends_on is not None and person.starts_on is not None and ends_on < person.starts_on:
        message = f"a last day that is not before the first, {person.starts_on}"
        raise ValueError(message)


@attrs.frozen
class Person:
    """
    What the directory says of somebody between two days, both included.

    Attributes:
        id: Name as the host knows it.
        roles: Role names of the catalogue's part 7.
        departments: Departments.
        superior: Id of the superior, or None.
        starts_on: First day (UTC) it holds, or None for always.
        ends_on: Last day (UTC) it holds, or None for ever.

    Raises:
        ValueError: *ends_on* is before *starts_on*.
    """

    id: Text
    roles: tuple[Text, ...] = ()
    departments: tuple[Text, ...] = ()
    superior: Text | None = None
    starts_on: date | None = None
    ends_on: date | None = attrs.field(default=None, validator=_ordered)

    def holds(self, at: datetime) -> bool:
        """Say whether the entry counts at an aware instant; ValueError where it is naive."""
        day = instant(at).date()
        started = self.starts_on is None or self.starts_on <= day
        return started and (self.ends_on is None or day <= self.ends_on)

    def actor(self) -> Actor:
        """Return the person as an actor."""
        return Actor(self.id, self.roles, departments=self.departments)


class Directory(Protocol):
    """Where an engine looks people up."""

    def person(self, id: str, at: datetime) -> Person | None:  # noqa: A002 - the field's word
        """Return who this is at that instant, or None."""
        ...

    def holders(self, role: str, at: datetime) -> Sequence[str]:
        """Return the ids of all who have the role at that instant, sorted."""
        ...


@attrs.frozen
class ListedDirectory:
    """A directory of given people; of the entries with one id the first that counts wins."""

    people: tuple[Person, ...] = ()
    _entries: dict[str, list[Person]] = attrs.field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        for person in self.people:
            self._entries.setdefault(person.id, []).append(person)

    @_entries.default
    def _none_yet(self) -> dict[str, list[Person]]:
        return {}

    def person(self, id: str, at: datetime) -> Person | None:  # noqa: A002 - the field's word
        """Return who this is at that instant, or None."""
        return next((entry for entry in self._entries.get(id, ()) if entry.holds(at)), None)

    def holders(self, role: str, at: datetime) -> Sequence[str]:
        """Return the ids of all who have the role at that instant, sorted."""
        found = (self.person(id_, at) for id_ in sorted(self._entries))
        return [person.id for person in found if person is not None and role in person.roles]


@attrs.frozen
class _File:
    person: tuple[Person, ...] = ()


def toml_directory(path: str | Path) -> ListedDirectory:
    """
    Return the directory of a TOML file.

    Raises:
        ConfigurationError: Names every fault with its path in the file.
    """
    try:
        with Path(path).open("rb") as file:
            found = tomllib.load(file)
    except (OSError, ValueError) as error:  # no file, no UTF-8, no TOML
        raise ConfigurationError(str(path), (str(error),)) from error
    listed, faults = structure(_File, found)
    if not isinstance(listed, _File):
        raise ConfigurationError(str(path), tuple(map(str, faults)))
    return ListedDirectory(listed.person)
