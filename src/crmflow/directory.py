"""
The directory port: people, their roles, departments and superiors, by date.

An application's own staff list stands behind it; `toml_directory` reads one
from a file:

    [[person]]
    id = "service-1"
    roles = ["customer_service"]
    departments = ["service"]
    superior = "service-head"
    qualifications = ["load_management"]   # optional; what the person was trained for
    starts_on = 2026-01-01   # optional; this entry counts from that day (UTC)
    ends_on = 2026-12-31     # optional; up to and including that day

    [[person.absences]]      # optional
    starts_at = 2026-07-01T00:00:00+08:00
    ends_at = 2026-07-15T00:00:00+08:00
    stand_in = "service-2"   # optional
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol, cast

import attrs
from msgspec import Struct, field

from crmflow.core.document import read_toml
from crmflow.core.errors import ConfigurationError
from crmflow.core.form import structure
from crmflow.core.people import Person
from crmflow.core.plain import plain


class Directory(Protocol):
    """Where an engine looks people up."""

    def person(self, id: str, at: datetime) -> Person | None:  # noqa: A002 - the field's word
        """Return who this is at that instant, or None."""
        ...

    def holders(self, role: str, at: datetime) -> Sequence[str]:
        """Return the ids of all who have the role at that instant, sorted."""
        ...

    def members(self, department: str, at: datetime) -> Sequence[str]:
        """Return the ids of all who belong to the department at that instant, sorted."""
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
        return [person.id for person in self._all(at) if role in person.roles]

    def members(self, department: str, at: datetime) -> Sequence[str]:
        """Return the ids of all who belong to the department at that instant, sorted."""
        return [person.id for person in self._all(at) if department in person.departments]

    def _all(self, at: datetime) -> Iterator[Person]:
        found = (self.person(id_, at) for id_ in sorted(self._entries))
        return (person for person in found if person is not None)


def lookup_question(name: str) -> str:
    """Return the question under which the answer of a lookup is kept."""
    return f"lookup {name}"


class Consulted(Struct, frozen=True):
    """
    A directory at one instant, which keeps what it was asked and what it answered.

    A decision is a function of its inputs, and what the directory said is one of them:
    the journal keeps it, and a record is decided again from what it kept.

    Args:
        directory: Where people are looked up, or None.
        at: Aware UTC instant.
        answers: Answers of an earlier time and of lookups, by question; they come before the
            directory's.
    """

    directory: Directory | None
    at: datetime
    answers: dict[str, object] = field(default_factory=dict)

    def person(self, id: str) -> Person | None:  # noqa: A002 - the field's word
        """Return who this is, or None."""
        known = self._ask(f"person {id}", lambda found: plain(found.person(id, self.at)))
        person, _ = structure(Person, cast("Mapping[str, object]", known or {}))
        return cast("Person | None", person)

    def holders(self, role: str) -> tuple[str, ...]:
        """Return the ids of all who have the role, sorted."""
        known = self._ask(f"holders {role}", lambda found: list(found.holders(role, self.at)))
        return tuple(cast("list[str]", known or ()))

    def members(self, department: str) -> tuple[str, ...]:
        """Return the ids of all who belong to the department, sorted."""
        known = self._ask(
            f"members {department}", lambda found: list(found.members(department, self.at))
        )
        return tuple(cast("list[str]", known or ()))

    def looked_up(self, name: str) -> object:
        """Return the answer of a lookup, a plain value; None where nothing was looked up."""
        return self.answers.get(lookup_question(name))

    def _ask(self, question: str, ask: Callable[[Directory], object]) -> object:
        if question not in self.answers:
            self.answers[question] = None if self.directory is None else ask(self.directory)
        return self.answers[question]


@attrs.frozen
class _File:
    person: tuple[Person, ...] = ()


def toml_directory(path: str | Path) -> ListedDirectory:
    """
    Return the directory of a TOML file.

    Raises:
        ConfigurationError: Names every fault with its path in the file.
    """
    listed, faults = structure(_File, read_toml(path))
    if not isinstance(listed, _File):
        raise ConfigurationError(str(path), tuple(map(str, faults)))
    return ListedDirectory(listed.person)
