"""Names of what an entity is linked to: the state and the shared facts, as last heard of."""

from __future__ import annotations

import functools
import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from crmflow.core.form import read_value
from crmflow.core.kinds import hints_of
from crmflow.core.link import Link
from crmflow.core.machine import Machine
from crmflow.expressions.kinds import Base, Env, Kind, Named, field_names


@attrs.frozen
class LinkedTo:
    """
    What an entity is linked to under one name.

    Attributes:
        name: Name of the link.
        facts: Facts class of the other machine.
        shares: Facts that it shares.
        states: Names of its states.
    """

    name: str
    facts: type
    shares: tuple[str, ...]
    states: frozenset[str]


def links_of(machine: Machine, machines: Mapping[str, Machine]) -> tuple[LinkedTo, ...]:
    """
    Return the links of a machine.

    Args:
        machine: The machine whose rows open or ask others under the name of a link.
        machines: Every machine by name, on or off: what the others share.
    """
    named = {send.link: send.machine for row in machine.rows for send in row.send if send.link}
    return tuple(
        _linked(link, machines[other]) for link, other in named.items() if other in machines
    )


def _linked(name: str, other: Machine) -> LinkedTo:
    states = frozenset(state.name for state in other.states)
    return LinkedTo(name, other.facts, other.shares, states)


@functools.cache
def names_of(link: LinkedTo) -> Mapping[str, Named]:
    """Return the names that a link gives, made once in a process: many rows read the same."""
    return dict(_named(link.name, link.facts, link.shares, link.states))


def _named(
    link: str, facts: type, shares: tuple[str, ...], states: frozenset[str]
) -> Iterator[tuple[str, Named]]:
    yield f"{link}.state", Named(Kind(Base.TEXT, choices=states), lambda env: _state(env, link))
    hints = hints_of(facts)
    for fact in shares:
        annotation = hints.get(fact, object)
        for name, found in field_names(annotation, 0, f"{link}.{fact}", (fact,)):
            yield name, _told(link, fact, annotation, found)


def _last(links: Sequence[Link], name: str) -> Link | None:
    return next((link for link in reversed(links) if link.name == name), None)


def _state(env: Env, name: str) -> str | None:
    link = _last(env[6], name)
    return None if link is None else link.state


def _told(name: str, fact: str, annotation: object, named: Named) -> Named:
    """Return a name whose value is read out of a link: there it is plain, as a message told it."""

    def read(env: Env) -> Any:  # noqa: ANN401 - a value of the name's kind
        link = _last(env[6], name)
        value = None if link is None else read_value(annotation, link.facts.get(fact))
        return named.read((types.SimpleNamespace(**{fact: value}), None, "", "", None, None, ()))

    return Named(named.kind, read)
