"""Which entities a caller asks for, as queries to the store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypedDict

import attrs

from crmflow.core.errors import NotSearchableError, RequestError, did_you_mean
from crmflow.core.searching import OWNER, TIER, Term, linked_to
from crmflow.engine.searching import searching_in
from crmflow.engine.values import Entity
from crmflow.flow.registry import Registry
from crmflow.storage.port import PAGE, Store, every
from crmflow.storage.query import Find
from crmflow.storage.rows import DueRow, EntityRow


class Wanted(TypedDict, total=False):
    """
    What entities must be, to be found; left out or None, they may be anything.

    Attributes:
        state: In this state.
        owner: Looked after by this person: by the fact `owner` or `manager`.
        tier: Of this tier: by the fact `tier`, or what a linked entity tells of its own.
        link: Linked to this entity, whatever the link is called.
        where: With these values of facts that the machine is searched by, whatever their
            width, case and spaces.
    """

    state: str | None
    owner: str | None
    tier: str | None
    link: Entity | None
    where: Mapping[str, object] | None


@attrs.define
class UnknownStateError(RequestError):
    """No machine that is asked about has a state of this name."""

    machine: str | None
    state: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        whose = "no machine that is on" if self.machine is None else f"machine {self.machine!r}"
        has = "has a" if self.machine is None else "has no"
        return f"{whose} {has} state {self.state!r}. {did_you_mean(self.state, self.known)}"


@attrs.frozen
class Asked:
    """
    What is asked, checked.

    Attributes:
        registry: What the engine runs.
        store: Where entities are.
        machine: Of one machine only, or of all.
        wanted: What they must be.
    """

    registry: Registry
    store: Store
    machine: str | None
    wanted: Wanted

    def queries(self, limit: int = PAGE) -> list[Find]:
        """
        Return the queries that find them, one after the other in order; none where none can be.

        Raises:
            UnknownMachineError: The machine is not switched on.
            UnknownStateError: There is no such state.
            NotSearchableError: The machine is not searched by a fact, or none is named.
            IndexOutOfDateError: Not all entities are indexed so.
        """
        state = self.wanted.get("state")
        self._check(state)
        query = Find(self.registry.tenant, self.machine, state, limit=limit)
        values = self._values()
        if not values and self.wanted.get("link") is None:
            return [query]
        return [
            attrs.evolve(query, machine=machine, terms=terms)
            for machine in self._machines(values)
            if (terms := self._terms(machine, values))
        ]

    def _values(self) -> dict[str, object]:
        """Return the values that are asked for, by field."""
        where = self.wanted.get("where") or {}
        if where and self.machine is None:
            raise NotSearchableError(None, next(iter(where)), ())
        own = {name: self.wanted.get(name) for name in (OWNER, TIER)}
        return dict(where) | {name: value for name, value in own.items() if value is not None}

    def _machines(self, values: Mapping[str, object]) -> Sequence[str]:
        if self.machine is not None:
            return (self.machine,)
        # Those without an owner have nobody's.
        searching = self.registry.searching
        return sorted(name for name in searching if values.keys() <= set(searching[name].fields))

    def _terms(self, machine: str, values: Mapping[str, object]) -> tuple[Term, ...]:
        """Return the terms that entities of a machine have; none where a value is empty."""
        searching = searching_in(self.registry, self.store, machine)
        terms = searching.wanted(values)
        link = self.wanted.get("link")
        if link is None or (values and not terms):
            return terms
        ref = self.registry.ref(*link) if isinstance(link, tuple) else link
        self.registry.machine(ref.machine)
        return (*terms, linked_to(ref))

    def _check(self, state: str | None) -> None:
        machines = self.registry.machines
        if self.machine is not None:
            machines = {self.machine: self.registry.machine(self.machine)}
        if state is None:
            return
        known = {one.name for found in machines.values() for one in found.machine.states}
        if state in known:
            return
        # What a newer definition no longer has, entities of an older one may still be in.
        stored = {of for name, of in self.store.counts(self.registry.tenant) if name in machines}
        if state not in stored:
            raise UnknownStateError(self.machine, state, tuple(sorted(known | stored)))


def found(asked: Asked) -> Iterator[EntityRow]:
    """Return the rows of entities in order of (machine, id); what is wrong is told at once."""
    queries = asked.queries()
    return (row for query in queries for row in every(asked.store, query))


def found_page(asked: Asked, limit: int, after: tuple[str, str] | None) -> list[EntityRow]:
    """Return a page of rows in order of (machine, id)."""
    rows: list[EntityRow] = []
    for query in asked.queries(limit):
        if len(rows) == limit:
            break
        left = attrs.evolve(query, after=after, limit=limit - len(rows))
        rows += asked.store.find(left)
    return rows


def found_due(
    asked: Asked, until: int, limit: int, after: tuple[int, str, str] | None
) -> list[DueRow]:
    """Return a page of rows of which something is due by an instant, those due first in front."""
    pages = (asked.store.find_due(one, until, after=after) for one in asked.queries(limit))
    return sorted((row for page in pages for row in page), key=lambda row: row.place)[:limit]
