"""Deadlines that are promised and not over, those due first in front: what was missed too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import NamedTuple

import attrs

from crmflow.core.ref import EntityRef
from crmflow.engine.searching import searching_in
from crmflow.flow.commits import snapshot_of
from crmflow.flow.registry import Registry
from crmflow.policies.sla.acting import NAME
from crmflow.policies.sla.finding import FIELD, before, named
from crmflow.storage.port import Store

LAST = ":"
"""Behind every term of a deadline: their first characters are digits."""


@attrs.frozen
class Deadline:
    """
    What is promised of an entity.

    Attributes:
        ref: The entity.
        state: The state it is in.
        definition: Name of the deadline.
        due_at: Aware UTC instant by which it is, or was, to be met.
        status: How it stands: running, breached, or paused once it was missed.
        holder: Who works on it, or empty.
        overdue: Whether it is missed.
    """

    ref: EntityRef
    state: str
    definition: str
    due_at: datetime
    status: str
    holder: str
    overdue: bool


class Promise(NamedTuple):
    """Where a deadline stands among all: its term, the id and the machine of its entity."""

    term: str
    id: str
    machine: str


def promised(
    registry: Registry,
    store: Store,
    machine: str | None,
    until: datetime | None,
    after: tuple[str, str] | None,
    limit: int,
) -> list[Promise]:
    """
    Return where deadlines stand, those due first in front.

    Args:
        registry: What the engine runs.
        store: Where the entities are.
        machine: Of one machine only, or of all.
        until: Due before this aware instant, or whenever.
        after: Term and id of the last one seen.
        limit: At most so many.

    Raises:
        UnknownMachineError: The machine is not switched on.
        IndexOutOfDateError: Not all entities are indexed.
    """
    if machine is not None:
        registry.machine(machine)
    end = LAST if until is None else before(until)
    pages = (
        _page(registry, store, name, end, after or ("", ""), limit)
        for name, policies in registry.policies.items()
        if machine in {None, name} and any(one.name == NAME for one in policies)
    )
    return list(islice(merge(*pages), limit))


def _page(
    registry: Registry, store: Store, machine: str, end: str, after: tuple[str, str], limit: int
) -> list[Promise]:
    searching_in(registry, store, machine)
    found = store.terms(registry.tenant, machine, FIELD, until=end, after=after, limit=limit)
    return [Promise(term, id_, machine) for term, id_ in found]


def deadlines(
    registry: Registry, store: Store, promises: Sequence[Promise], now: datetime
) -> Iterator[Deadline]:
    """Yield deadlines as they are now; what ended meanwhile, or with its policy, is left out."""
    rows = store.load([registry.ref(one.machine, one.id) for one in promises])
    found = [(one, row) for one, row in zip(promises, rows, strict=True) if row is not None]
    for one, row in found:
        due_at, name = named(one.term)
        state = snapshot_of(registry.codec, row).policy(NAME)
        run = None if state is None else state.run(name)
        if run is not None and run.open and run.due_at == due_at:
            yield Deadline(
                row.ref, row.state, name, due_at, run.status.value, run.holder, due_at < now
            )
