"""
Shapes: the names that templates and paths may use, and the plain values behind them.

A template is shown mappings, tuples and single values, never an object of ours. Each view
has every name of its shape, with None where nothing is known, so that a template whose
names were checked when it was loaded finds all of them.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

import attrs

from crmflow.core.entity import Snapshot
from crmflow.core.errors import did_you_mean
from crmflow.core.form import Fault, read_value
from crmflow.core.kinds import alternatives, hints_of
from crmflow.core.link import Link
from crmflow.core.machine import Machine
from crmflow.core.tables import Tables

MOST = 200
"""Items of a list that are told."""

_NESTING = 4
"""How deep values within values are looked into, as in expressions."""


@attrs.frozen
class Items:
    """The shape of a list: that of its items."""

    of: Shape


Shape = Mapping[str, Any] | Items | None
"""What may be asked of a value: names, items, or nothing but the value itself."""

FACTS, FORM, LINKS = "facts", "form", "links"
"""Names under which templates find what is known, what the event brings, what others told."""


def inner(shape: Shape) -> Mapping[str, Shape]:
    """Return the names a shape has; items and single values have none."""
    return shape if isinstance(shape, Mapping) else {}


@functools.cache
def shape_of(cls: type | None, depth: int = 0) -> Mapping[str, Shape]:
    """Return the shape of a facts or form class; of None, which has no fields, an empty one."""
    if cls is None:
        return {}
    hints = hints_of(cls)
    fields = attrs.fields(cls)
    return {one.name: _shape(hints.get(one.name, object), depth) for one in fields}


def _shape(annotation: object, depth: int) -> Shape:
    found = alternatives(annotation)
    if len(found) != 1:
        return None
    kind = found[0]
    if get_origin(kind) in {tuple, list}:
        return Items(_shape(get_args(kind)[0], depth))
    is_own = isinstance(kind, type) and attrs.has(kind) and kind.__module__ not in _SINGLE
    return shape_of(kind, depth + 1) if is_own and depth < _NESTING else None


_SINGLE = frozenset({"crmflow.core.money", "crmflow.core.measure"})
"""Modules of values that are told as one."""


def view(shape: Shape, value: object) -> object:
    """Return a value as its shape shows it, with every name in it."""
    if isinstance(shape, Items):
        items = value if isinstance(value, list | tuple) else ()
        return tuple(view(shape.of, one) for one in items[:MOST])
    if isinstance(shape, Mapping):
        return {name: view(one, getattr(value, name, None)) for name, one in shape.items()}
    return value


@attrs.frozen
class Linked:
    """
    What the entities of another machine tell those that are linked to them.

    Attributes:
        kinds: Annotation of each fact they share.
    """

    kinds: Mapping[str, object]

    @classmethod
    def of(cls, other: Machine) -> Linked:
        """Return what a machine's entities tell."""
        hints = hints_of(other.facts)
        return cls({name: hints.get(name, object) for name in other.shares})

    @functools.cached_property
    def shape(self) -> dict[str, Shape]:
        """Its names; `id` and `state` are the other entity's."""
        told = {name: _shape(kind, 0) for name, kind in self.kinds.items()}
        return {**told, "id": None, "state": None}

    def data(self, link: Link | None) -> dict[str, object]:
        """Return what was last heard of it; None for every name where nothing was."""
        heard = {} if link is None else link.facts
        told = {
            name: view(self.shape[name], read_value(kind, heard.get(name)))
            for name, kind in self.kinds.items()
        }
        known = None if link is None else link.ref.id
        return {**told, "id": known, "state": None if link is None else link.state}


@attrs.frozen
class Sight:
    """
    What may be told of an entity and of the event that happened to it.

    Attributes:
        facts: Shape of its facts.
        form: Shape of the event's form.
        links: What others tell, by the name of the link.
    """

    facts: Mapping[str, Shape]
    form: Mapping[str, Shape] = attrs.field(factory=dict)
    links: Mapping[str, Linked] = attrs.field(factory=dict)

    @classmethod
    def of(cls, machine: Machine, form: type | None, tables: Tables) -> Sight:
        """
        Return what may be told.

        Args:
            machine: The machine.
            form: Form class of the event, or None where none is at hand.
            tables: Tells what other machines share.
        """
        sends = [send for row in machine.rows for send in row.send if send.link is not None]
        links = {
            str(send.link): Linked.of(tables.machines[send.machine])
            for send in sends
            if send.machine in tables.machines
        }
        return cls(shape_of(machine.facts), shape_of(form), links)

    @functools.cached_property
    def shape(self) -> dict[str, Shape]:
        """The shape of all of it."""
        return {
            FACTS: self.facts,
            FORM: self.form,
            LINKS: {name: one.shape for name, one in self.links.items()},
            "entity": None,
            "state": None,
        }

    def data(self, snapshot: Snapshot[Any], form: object = None) -> dict[str, object]:
        """Return all of it, of one entity; the shape has every name of it."""
        last = {link.name: link for link in snapshot.links}
        return {
            FACTS: view(self.facts, snapshot.facts),
            FORM: view(self.form, form),
            LINKS: {name: one.data(last.get(name)) for name, one in self.links.items()},
            "entity": snapshot.ref.id,
            "state": snapshot.state,
        }

    def faults(self, place: str, path: str) -> Iterator[Fault]:
        """Yield what is wrong with a path."""
        if self.way(path) is None:
            known = (*self.facts, *(f"form.{name}" for name in self.form))
            told = (f"{link}.{name}" for link, one in self.links.items() for name in one.shape)
            yield Fault(place, "unknown", did_you_mean(path, (*known, *told)))

    def way(self, path: str) -> Way | None:
        """Return the names that lead to what a path means, None where it means nothing."""
        parts = path.split(".")
        ways = [(FACTS, *parts), (LINKS, *parts)]
        if parts[0] == FORM and parts[1:]:
            ways = [(FORM, *parts[1:])]
        if path in _ABOUT:
            ways = [(_ABOUT[path],)]
        return next((way for way in ways if self._leads(way)), None)

    def _leads(self, way: Way) -> bool:
        shape: Shape = self.shape
        for name in way:
            if not isinstance(shape, Mapping) or name not in shape:
                return False
            shape = shape[name]
        return not (way[0] == LINKS and len(way) < _NAMED)


Way = tuple[str, ...]
"""Names that lead to a value in what `Sight.data` gives."""

_NAMED = 3
"""What is told of a link has a name of its own."""

_ABOUT = {"self": "entity", "state": "state"}
"""Paths that lead to no fact: the entity's own id, and its state."""


def read(data: Mapping[str, object], way: Way) -> object:
    """Return what names lead to; they were found in the shape of the data."""
    found: Any = data
    for name in way:
        found = found[name]
    return found
