"""What is checked together: the rows in use with their places, machines, and people by date."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Generic, TypeVar

import attrs

from crmflow.analysis.checking.present import Present
from crmflow.analysis.fault import Fault, FaultKind
from crmflow.core.machine import Machine
from crmflow.core.machine_pause import MACHINE_PAUSE
from crmflow.core.people import Person
from crmflow.core.tables import MachineRow, TableRow, Tables
from crmflow.directory import Directory, ListedDirectory
from crmflow.plugins.bringing import plugin_handlers, serving
from crmflow.plugins.loading import Plugins
from crmflow.profiles.entry import Entry, Use
from crmflow.profiles.loading import Loaded

__all__ = ["Placed", "Subject", "subject_of"]

R = TypeVar("R", bound=TableRow)
M = TypeVar("M", bound=MachineRow)


@attrs.frozen
class Placed(Generic[R]):
    """A row in use, and the entry that tells where it was written."""

    row: R
    entry: Entry

    @property
    def own(self) -> bool:
        """Whether a company or a plugin wrote some of it."""
        return any(source.giver != "profile" for source in self.entry.draft.sources)

    def at(self, path: str = "") -> str:
        """Return file, place and name; *path* leads on from the row, as `.steps[1].when`."""
        return self.entry.place(f"${path}")

    def fault(self, kind: FaultKind, path: str = "", **values: object) -> Fault:
        """Return a fault of the row, at a path in it."""
        machine = self.row.machine if isinstance(self.row, MachineRow) else ""
        return Fault(kind, self.at(path), machine=machine, values=values, rules=self.row.rules)


@attrs.frozen
class Subject:
    """
    What the checks look at.

    Attributes:
        loaded: All rows, in use or not, with their places.
        machines: Machines that are on, as plugins extend them.
        directory: People, or None where nobody is listed.
        at: Aware instant from which on things must be right; what is over is not looked at.
        handlers: Names that take messages in place of machines.
    """

    loaded: Loaded
    machines: Mapping[str, Machine]
    directory: Directory | None
    at: datetime
    handlers: frozenset[str] = frozenset()

    @property
    def tables(self) -> Tables:
        """The rows in use."""
        return self.loaded.tables

    def rows(self, table: str, kind: type[R]) -> Iterator[Placed[R]]:
        """Yield the rows in use of a table that are not over yet, in their order."""
        today = self.tables.day(self.at)
        for entry in self.loaded.entries:
            if entry.use is not Use.USED or entry.table.name != table:
                continue
            if isinstance(entry.row, kind) and (entry.row.until_on or today) >= today:
                yield Placed(entry.row, entry)

    def about(self, table: str, kind: type[M]) -> Iterator[tuple[Placed[M], Machine]]:
        """Yield the rows in use of a table about machines, each with its machine, which is on."""
        yield from ((one, self.machines[one.row.machine]) for one in self.rows(table, kind))

    def days(self, rows: Iterable[TableRow]) -> tuple[date, ...]:
        """Return today and each later day on which one of the rows begins or has ended."""
        today = self.tables.day(self.at)
        found = {today}
        for row in rows:
            found |= {row.from_on} if row.from_on else set()
            found |= {row.until_on + timedelta(days=1)} if row.until_on else set()
        return tuple(sorted(day for day in found if day >= today))

    @functools.cached_property
    def people(self) -> tuple[Present, ...]:
        """The directory now and on each later day on which an entry begins or has ended."""
        if self.directory is None:
            return ()
        found = {self.at.astimezone(UTC)}
        for person in self.listed:
            days = (person.starts_on, person.ends_on and person.ends_on + timedelta(days=1))
            found |= {datetime.combine(day, time(), UTC) for day in days if day}
        return tuple(Present(self.directory, at) for at in sorted(found) if at >= self.at)

    @property
    def listed(self) -> tuple[Person, ...]:
        """All entries of the directory; none of one that lists nobody."""
        return self.directory.people if isinstance(self.directory, ListedDirectory) else ()

    def names(self, people: Present) -> tuple[str, ...]:
        """Return the ids of all who are listed and there at that instant, sorted."""
        return tuple(sorted({person.id for person in self.listed if person.holds(people.at)}))


def subject_of(
    manager: Plugins,
    machines: Mapping[str, Machine],
    loaded: Loaded,
    directory: Directory | None,
    at: datetime,
) -> Subject:
    """
    Return what an engine of these parts would run, ready to be checked.

    Args:
        manager: The plugins.
        machines: The machines that are switched on.
        loaded: Their rows.
        directory: People, or None.
        at: Aware instant from which on things must be right.
    """
    tables = loaded.tables
    on = {MACHINE_PAUSE.name: MACHINE_PAUSE, **serving(manager, tables), **machines}
    # Handlers may ask for settings that nobody has filled in yet.
    handlers = () if loaded.missing else plugin_handlers(manager, tables)
    return Subject(loaded, on, directory, at, frozenset(handlers))
