"""
What an engine's entities are found by, and whether the store has them so indexed.

That the terms of a machine are whole is noted in the store, under the words they were made
by. Where a machine is searched by other facts than before, or a store is older than its
terms, nothing is found until it is indexed again: an answer that leaves some out would pass
for whole (REC-049).
"""

from __future__ import annotations

from collections.abc import Iterator

from crmflow.core.errors import IndexOutOfDateError
from crmflow.core.searching import NOTE, Searching
from crmflow.flow.commits import snapshot_of, terms_of
from crmflow.flow.registry import Registry
from crmflow.storage.port import PAGE, Store, every
from crmflow.storage.query import Find
from crmflow.storage.rows import EntityRow


def tend(registry: Registry, store: Store) -> None:
    """Note which terms are whole from the first entity on, and which are no longer."""
    noted = [
        (machine, note)
        for machine, note in store.enrolled(registry.tenant)
        if note.startswith(NOTE) and machine in registry.machines
    ]
    for machine, note in noted:
        if note != registry.searching[machine].note:
            store.dismiss(registry.tenant, machine, note)
    missing = {(name, one.note) for name, one in registry.searching.items()}.difference(noted)
    whole = [
        (machine, note)
        for machine, note in sorted(missing)
        if not store.find(Find(registry.tenant, machine, limit=1))
    ]
    if whole:
        store.enroll(registry.tenant, whole)


def searching_in(registry: Registry, store: Store, machine: str) -> Searching:
    """
    Return by what a machine's entities are searched, all of them.

    Raises:
        UnknownMachineError: It is not switched on.
        IndexOutOfDateError: Not all of them are indexed so.
    """
    registry.machine(machine)
    searching = registry.searching[machine]
    if (machine, searching.note) not in store.enrolled(registry.tenant):
        raise IndexOutOfDateError(machine)
    return searching


def reindex(registry: Registry, store: Store) -> Iterator[tuple[str, int]]:
    """Index the entities of every machine; yield it and how many there are."""
    for machine, searching in registry.searching.items():
        store.unindex(registry.tenant, machine)
        count, page = 0, list[EntityRow]()
        for row in every(store, Find(registry.tenant, machine, limit=PAGE)):
            page.append(row)
            if len(page) == PAGE:
                count += _index(registry, store, searching, page)
                page = []
        count += _index(registry, store, searching, page)
        store.enroll(registry.tenant, [(machine, searching.note)])
        yield machine, count


def _index(registry: Registry, store: Store, searching: Searching, page: list[EntityRow]) -> int:
    codec = registry.codec
    known = ((row, terms_of(codec, searching, snapshot_of(codec, row))) for row in page)
    store.index([(row, sorted(terms)) for row, terms in known])
    return len(page)
