"""Outputs and lists of an engine's entities on demand: what would be told, and who may see it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

import attrs

from crmflow.core.entity import Snapshot
from crmflow.core.errors import RequestError, did_you_mean
from crmflow.core.journal import Entry, JournalRecord
from crmflow.core.tables import MachineRow
from crmflow.engine.attaching import snapshots
from crmflow.flow.registry import Registry
from crmflow.flow.steps import formed
from crmflow.policies.access import Reading
from crmflow.policies.outputs import BoundList, BoundOutput, Copy, Listing, Output, Told
from crmflow.policies.outputs.lists import Row, Seen
from crmflow.storage.port import PAGE, Store

R = TypeVar("R", bound=MachineRow)


@attrs.define
class UnknownRowError(RequestError):
    """No row of this name is in force in a table, for the machines that are switched on."""

    table: str
    name: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        return f"no row {self.name!r} of {self.table!r} is in force. " + did_you_mean(
            self.name, self.known
        )


@attrs.frozen
class Listed:
    """
    A list as one reader sees it.

    Attributes:
        of: The list, with the headings of its columns.
        rows: Plain values by column; None where a value is missing or not shown.
        hidden: Entities that are in the list and that the reader may not see.
    """

    of: BoundList
    rows: tuple[Row, ...]
    hidden: int = 0


def output_of(registry: Registry, name: str, event: str | None, at: datetime) -> BoundOutput:
    """
    Return an output, bound for an event.

    Args:
        registry: What the engine runs.
        name: Name of the row.
        event: One of its events, or None for the first it has.
        at: Aware UTC instant at which it is in force.

    Raises:
        UnknownRowError: There is none of that name, or the event is not one of its machine.
    """
    row = _row(registry, "outputs", Output, name, at)
    machine = registry.machine(row.machine).machine
    if event is not None and event not in machine.events:
        raise UnknownRowError("events", event, machine.events)
    chosen = event or next(iter(row.events), None)
    return BoundOutput.of(row, machine, chosen, registry.tables)


@attrs.define
class WrongFormError(RequestError):
    """What an event would bring does not fit its form."""

    event: str
    faults: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.event!r} cannot bring this: {'; '.join(self.faults)}"


def as_recorded(told: Told, event: str, journal: Iterable[JournalRecord]) -> Told:
    """
    Return what an event told when it happened last; what is told now where it never did.

    Args:
        told: The entity as it is.
        event: Name of the event.
        journal: The entity's records, in order.
    """
    for record in journal:
        if record.entry is Entry.DECISION and record.event.name == event:
            was = record.event
            told = attrs.evolve(told, at=was.at, actor=was.actor, form=was.form)
    return told


def preview_of(
    registry: Registry,
    found: BoundOutput,
    told: Told,
    payload: Mapping[str, object] | None,
    lang: str | None,
) -> tuple[Copy, ...]:
    """
    Return what an output would be.

    Args:
        registry: What the engine runs.
        found: The output.
        told: The entity, and who asks.
        payload: What the event would bring, or None.
        lang: Language, or None for that of each recipient.

    Raises:
        WrongFormError: The payload does not fit the event's form.
    """
    if payload is not None and found.event is not None:
        form, faults = formed(registry, found.machine.name, found.event, payload)
        if faults:
            raise WrongFormError(found.event, tuple(map(str, faults)))
        told = attrs.evolve(told, form=form)
    return tuple(found.shown(attrs.evolve(told, event=found.event or ""), lang))


def list_of(registry: Registry, name: str, at: datetime) -> BoundList:
    """
    Return a list.

    Raises:
        UnknownRowError: There is none of that name.
    """
    row = _row(registry, "lists", Listing, name, at)
    return BoundList.of(row, registry.machine(row.machine).machine, registry.tables)


def in_list(
    found: BoundList, registry: Registry, store: Store, at: datetime
) -> Iterator[tuple[Snapshot[Any], ...]]:
    """
    Yield the entities that are in a list, a page at a time.

    Args:
        found: The list.
        registry: What the engine runs.
        store: Read once.
        at: Aware UTC instant of the list.
    """
    every = (one for one in snapshots(registry, store, found.machine.name) if found.has(one, at))
    while page := tuple(islice(every, PAGE)):
        yield page


def seen_by(reading: Reading | None) -> Seen:
    """Return what a reading lets a list show; all of it where access control is off."""
    if reading is None:
        return Seen()
    masked = {name: reading.facts[name] for name in reading.masked}
    return Seen(frozenset(reading.withheld), masked)


def _row(registry: Registry, table: str, kind: type[R], name: str, at: datetime) -> R:
    on = registry.tables.day(at)
    rows = {
        row.name: row
        for row in registry.tables.of(table, kind)
        if row.machine in registry.machines and row.enabled and row.in_force(on)
    }
    if name not in rows:
        raise UnknownRowError(table, name, tuple(rows))
    return rows[name]
