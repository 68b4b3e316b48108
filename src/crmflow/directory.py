"""
The directory port: people, their roles, departments and superiors, by date.

An application's own staff list stands behind it; `TomlDirectory` reads one
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
    """

    id: Text
    roles: tuple[Text, ...] = ()
    departments: tuple[Text, ...] = ()
    superior: Text | None = None
    starts_on: date | None = None
    ends_on: date | None = None

    def holds(self, at: datetime) -> bool:
        """Say whether the entry counts at an aware UTC instant."""
        day = at.date()
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
    """A directory of given people; the first entry that counts wins."""

    people: tuple[Person, ...] = ()

    def person(self, id: str, at: datetime) -> Person | None:  # noqa: A002 - the field's word
        """Return who this is at that instant, or None."""
        found = (person for person in self.people if person.id == id and person.holds(at))
        return next(found, None)

    def holders(self, role: str, at: datetime) -> Sequence[str]:
        """Return the ids of all who have the role at that instant, sorted."""
        ids = {person.id for person in self.people if role in person.roles and person.holds(at)}
        return sorted(ids)


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
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(str(path), (str(error),)) from error
    listed, faults = structure(_File, found)
    if not isinstance(listed, _File):
        raise ConfigurationError(str(path), tuple(map(str, faults)))
    return ListedDirectory(listed.person)
