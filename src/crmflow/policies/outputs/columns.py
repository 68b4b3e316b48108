"""Columns of lists: a fact, the id, the state, or what an expression gives."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs

from crmflow.core.entity import Snapshot
from crmflow.core.kinds import kinds_of
from crmflow.core.machine import Machine
from crmflow.core.reading import FieldError
from crmflow.expressions import Expression, Scope
from crmflow.expressions.kinds import Base

ID = "id"
"""In place of a fact: the entity's id."""

STATE = "state"


Read = Callable[[Snapshot[Any], datetime], object]
"""(entity, aware UTC instant of the list) -> value."""


@attrs.frozen
class Cell:
    """
    What a column reads.

    Attributes:
        read: Gives the value of an entity.
        facts: Facts it is made of.
        single: Whether it is one fact as it is.
    """

    read: Read = attrs.field(eq=False, repr=False)
    facts: frozenset[str] = frozenset()
    single: bool = False


def cell_of(source: str, scope: Scope, machine: Machine) -> Cell:
    """
    Return what a column reads.

    Args:
        source: A fact, `id`, `state`, or an expression.
        scope: Names of the machine's expressions.
        machine: The machine.

    Raises:
        FieldError: It is none of them.
    """
    if source == ID:
        return Cell(lambda snapshot, _: snapshot.ref.id)
    if source == STATE:
        return Cell(lambda snapshot, _: snapshot.state)
    kinds = kinds_of(machine.facts)
    if source in kinds:
        read: Read = lambda snapshot, _: getattr(snapshot.facts, source)  # noqa: E731 - one line
        return Cell(read, frozenset({source}), single=True)
    found = _compiled(source, scope)
    return Cell(_expression(found), frozenset(_facts(found.names, kinds)))


def _expression(found: Expression[Any]) -> Read:
    def read(snapshot: Snapshot[Any], at: datetime) -> object:
        return found(snapshot.facts, state=snapshot.state, at=at, links=snapshot.links)

    return read


_RESULTS: tuple[type, ...] = (str, Decimal, bool, datetime, date, timedelta)


def _compiled(source: str, scope: Scope) -> Expression[Any]:
    """Return the expression, whatever it gives."""
    last: FieldError | None = None
    for result in _RESULTS:
        try:
            return scope.compile(source, result)
        except FieldError as error:
            last = error
            if error.code != "type":
                raise
    raise FieldError("type", f"an expression that gives a value, not {Base.LIST}") from last


def _facts(names: Iterable[str], kinds: Container[str]) -> Iterator[str]:
    """Yield the facts that names lead to; those of a link are as open as the fact of its name."""
    for name in names:
        root = name.partition(".")[0]
        yield root if root in kinds else root.removesuffix("_currency")
