"""
What an engine's entities are found by, and whether the store has them so indexed.

That the terms of a machine are whole is noted in the store, under the words they were made
by. Where a machine is searched by other facts than before, or a store is older than its
terms, nothing is found until it is indexed again: an answer that leaves some out would pass
for whole (REC-049).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs

from crmflow.core.errors import IndexOutOfDateError, NotSearchableError
from crmflow.core.searching import NOTE, Searching
from crmflow.flow.commits import found_by, snapshot_of
from crmflow.flow.registry import Registry
from crmflow.storage.port import PAGE, Find, Store, every
from crmflow.storage.rows import EntityRow


def tend(registry: Registry, store: Store) -> None:
    """Note which terms are whole from the first entity on, and which are no longer."""
    noted = [
        (machine, note)
        for machine, note in store.enrolled(registry.tenant)
        if note.startswith(NOTE) and machine in registry.machines
    ]
    for machine, note in noted:
        searching = registry.searching.get(machine)
        if searching is None or note != searching.note:
            store.dismiss(registry.tenant, machine, note)
    for machine, searching in registry.searching.items():
        note = searching.note
        if (machine, note) not in noted and not store.find(Find(registry.tenant, machine, limit=1)):
            store.enroll(registry.tenant, machine, note)


def searching_in(registry: Registry, store: Store, machine: str, field: str) -> Searching:
    """
    Return by what a machine's entities are searched, all of them.

    Raises:
        UnknownMachineError: It is not switched on.
        NotSearchableError: Its entities are searched by nothing.
        IndexOutOfDateError: Not all of them are indexed so.
    """
    registry.machine(machine)
    searching = registry.searching.get(machine)
    if searching is None:
        raise NotSearchableError(machine, field, ())
    if (machine, searching.note) not in store.enrolled(registry.tenant):
        raise IndexOutOfDateError(machine)
    return searching


def reindex(registry: Registry, store: Store) -> Iterator[tuple[str, int]]:
    """Index the entities of every machine that is searched; yield it and how many there are."""
    for machine, searching in registry.searching.items():
        store.unindex(registry.tenant, machine)
        count, page = 0, list[EntityRow]()
        for row in every(store, Find(registry.tenant, machine, limit=PAGE)):
            page.append(row)
            if len(page) == PAGE:
                count += _index(registry, store, searching, page)
                page = []
        count += _index(registry, store, searching, page)
        store.enroll(registry.tenant, machine, searching.note)
        yield machine, count


def _index(registry: Registry, store: Store, searching: Searching, page: list[EntityRow]) -> int:
    codec = registry.codec
    known = ((row, found_by(codec, searching, snapshot_of(codec, row))) for row in page)
    store.index([(row, sorted(searching.terms(facts))) for row, facts in known])
    return len(page)


def found(
    registry: Registry,
    store: Store,
    machine: str | None,
    state: str | None,
    where: Mapping[str, object] | None,
) -> Iterator[EntityRow]:
    """
    Return the rows of entities; see `Engine.find`.

    Raises:
        NotSearchableError: Entities are not searched by a field, or no machine is named.
        IndexOutOfDateError: Not all entities are indexed so.
    """
    query = Find(registry.tenant, machine, state, limit=PAGE)
    if where:
        if machine is None:
            raise NotSearchableError(None, next(iter(where)), ())
        searching = searching_in(registry, store, machine, next(iter(where)))
        terms = searching.wanted(where)
        if not terms:
            return iter(())
        query = attrs.evolve(query, terms=terms)
    return every(store, query)
