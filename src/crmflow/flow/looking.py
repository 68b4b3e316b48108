"""Looking up, before an event is decided, what its judges have to know of other entities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from crmflow.core.entity import Snapshot
from crmflow.core.errors import IndexOutOfDateError
from crmflow.core.event import Event
from crmflow.core.lookup import Lookup
from crmflow.core.proposal import Proposal, propose
from crmflow.core.ref import EntityRef
from crmflow.core.refusal import Refusal
from crmflow.directory import lookup_question
from crmflow.flow.migrating import today
from crmflow.flow.registry import Registry
from crmflow.flow.request import Request
from crmflow.flow.running import Run
from crmflow.flow.steps import formed
from crmflow.storage.port import Store

Looked = dict[str, object]
"""Answers by question, as a record keeps them."""


class Known(Protocol):
    """An entity as it is stored."""

    @property
    def snapshot(self) -> Snapshot[Any]:
        """The last decided snapshot."""
        ...


class Reads(Protocol):
    """What reads the store; a flow is one."""

    @property
    def registry(self) -> Registry:
        """Machines, lookups and what entities are searched by."""
        ...

    @property
    def store(self) -> Store:
        """The store."""
        ...

    @property
    def run(self) -> Run:
        """Performs a call to the store."""
        ...

    async def known(self, refs: Iterable[EntityRef]) -> Mapping[EntityRef, Known]:
        """Return those of the entities that are in the store."""
        ...


async def looked_up(reads: Reads, request: Request, before: Snapshot[Any]) -> Looked | None:
    """
    Return what the lookups of a request's event find; None where it has none.

    A request that is refused by its form or its guards looks up nothing.

    Raises:
        IndexOutOfDateError: Not all entities are indexed by what is searched.
    """
    lookups = reads.registry.lookups.get((request.ref.machine, request.event))
    if not lookups:
        return None
    proposal = _proposed(reads.registry, request, today(reads.registry, before))
    if proposal is None:
        return None
    return {lookup_question(one.name): await _answer(reads, one, proposal) for one in lookups}


def _proposed(registry: Registry, request: Request, before: Snapshot[Any]) -> Proposal | None:
    machine = request.ref.machine
    form, faults = formed(registry, machine, request.event, request.payload)
    if faults:
        return None
    at = max(request.at, before.at)
    event: Event[Any] = Event(request.event, request.actor, at, form, None, request.cause)
    found = propose(registry.machine(machine), before, event)
    return None if isinstance(found, Refusal) else found


async def _answer(reads: Reads, lookup: Lookup, proposal: Proposal) -> object:
    wanted = lookup.wanted(proposal)
    own = proposal.before.ref
    if wanted is None:
        return None
    return lookup.answer(proposal, await alike(reads, own.machine, wanted, lookup.most, own.id))


async def alike(
    reads: Reads, machine: str, wanted: Mapping[str, object], most: int, own: str | None = None
) -> Sequence[Snapshot[Any]]:
    """
    Return the entities that share most of what is wanted.

    Args:
        reads: Reads the store.
        machine: Name of the machine.
        wanted: Values by searchable fact.
        most: How many at most.
        own: Id of an entity that is left out.

    Raises:
        NotSearchableError: Entities are not searched by a fact.
        IndexOutOfDateError: Not all of them are indexed.
    """
    registry, store, run = reads.registry, reads.store, reads.run
    searching = registry.searching[machine]
    if (machine, searching.note) not in await run(store.enrolled, registry.tenant):
        raise IndexOutOfDateError(machine)
    terms = searching.like(wanted)
    if not terms:
        return ()
    found = await run(store.alike, registry.tenant, machine, terms, limit=most + 1)
    refs = [one.ref for one in found if one.ref.id != own][:most]
    known = await reads.known(refs)
    return tuple(today(registry, known[ref].snapshot) for ref in refs if ref in known)
