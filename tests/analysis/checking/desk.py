"""Subjects of checks, made of rows alone: the machine is the one of the planted faults."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import attrs

from crmflow.analysis.checking import Check, Subject
from crmflow.analysis.fault import Fault as Found
from crmflow.calendars import CALENDARS, calendars_of
from crmflow.core.form import Fault
from crmflow.core.machine import Machine
from crmflow.core.people import Person
from crmflow.core.tables import MachineRow, Table, Tables
from crmflow.directory import Directory, ListedDirectory
from crmflow.plugins.bringing import plugin_machines, plugin_tables
from crmflow.plugins.loading import Plugins, load_plugins
from crmflow.profiles.files import layer_of
from crmflow.profiles.loading import Loaded, Scope, load
from crmflow.states import SHIPPED

AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
CLAIMS = Path(__file__).parents[3] / "examples" / "broken" / "claims.py"


@attrs.frozen
class Note(MachineRow):
    """A row of a plugin's table, whose condition is about names of its own."""

    when: str | None = None


def _noted(
    rows: Sequence[Note], _tables: Tables, _machines: Mapping[str, Machine]
) -> Iterator[Fault]:
    """Yield a fault of the table, and one of each note that says so."""
    for number, row in enumerate(rows):
        if row.when == "wrong":
            yield Fault(f"$.notes[{number}].when", "wrong", "another")
            yield Fault("$", "wrong", "another table")


NOTES = Table("notes", Note, _noted)

Rows = Mapping[str, Sequence[Mapping[str, object]]]


@functools.cache
def plugins() -> Plugins:
    """Return crmflow's own plugins and the machine of claims."""
    return load_plugins([CLAIMS], installed=False)


@functools.cache
def claim() -> Machine:
    """Return the machine of claims."""
    return plugin_machines(plugins())["claim"]


def read(rows: Rows, *machines: Machine) -> Loaded:
    """Return a company's rows for the machines that are on, no shipped row beside them."""
    kinds = (CALENDARS, NOTES, *plugin_tables(plugins()).values())
    scope = Scope({one.name: one for one in machines}, known=SHIPPED)
    return load(layer_of({"own.toml": rows}), kinds, scope, calendars_of)


def subject(
    rows: Rows,
    *machines: Machine,
    people: Sequence[Person] | Directory | None = None,
    at: datetime = AT,
    handlers: frozenset[str] = frozenset(),
) -> Subject:
    """Return what is checked; rows that are wrong by themselves fail the test."""
    on = machines or (claim(),)
    found = read(rows, *on)
    assert found.wrong == (), found.wrong
    directory = ListedDirectory(tuple(people)) if isinstance(people, Sequence) else people
    return Subject(found, {one.name: one for one in on}, directory, at, handlers)


def faults(check: Check, given: Subject) -> list[Found]:
    """Return what one check finds."""
    return list(check(given))


def kinds(found: Sequence[Found]) -> list[str]:
    """Return the kinds of faults, in their order."""
    return [str(one.kind) for one in found]


def chain(name: str, when: str | None = None, **columns: object) -> dict[str, object]:
    """Return a row of a chain for approving claims; by a role of its own name."""
    row: dict[str, object] = {"name": name, "machine": "claim", "event": "approve"}
    row |= {} if when is None else {"when": when}
    return row | ({} if "steps" in columns else {"roles": name}) | columns


def person(id: str, *roles: str, **more: object) -> Person:  # noqa: A002 - the field's word
    """Return a person."""
    return Person(id, roles, **more)  # type: ignore[arg-type]
