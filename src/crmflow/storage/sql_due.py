"""The statements that find entities by what is due, compiled once per dialect and shape."""

from __future__ import annotations

from functools import cache
from typing import Any

import attrs
from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    bindparam,
    exists,
    literal_column,
    or_,
    select,
)

from crmflow.storage.sql import compiled
from crmflow.storage.sql_beyond import Beyond
from crmflow.storage.tables import ENTITY, TASK, TERM, TIMER

_OWN = ("tenant", "machine", "id")
_PLACE = ("due_at", "machine", "id")


@attrs.frozen
class Shape:
    """
    What a query asks for.

    Attributes:
        machine: Whether entities of one machine only.
        state: Whether entities in one state only.
        terms: How many terms they have.
    """

    machine: bool
    state: bool
    terms: int


@cache
def first_due(dialect: str, shape: Shape) -> tuple[str, str]:
    """
    Return the statements that find a page of entities by their timers, and by their tasks.

    An entity is found once, by the first of its timers and tasks. Each statement takes tenant,
    the instant by which it is due, (due instant, machine, id) of the last one seen, machine and
    state as far as asked for, field and term of each term, and the limit.

    Args:
        dialect: A name of `DIALECTS`.
        shape: What is asked for.
    """
    timer, task = TIMER.alias("due"), TASK.alias("due")
    other_task, other_timer = TASK.alias("other"), TIMER.alias("other")
    # A task that is due at the same instant comes first, so that one of the two is found.
    first_timer = ~_same(timer, other_task, other_task.c.due_at <= timer.c.due_at)
    first_task = ~_same(task, other_timer, other_timer.c.due_at < task.c.due_at)
    pages = (
        _page(timer, shape).where(first_timer, ~_before(timer, TIMER.alias("earlier"))),
        _page(task, shape).where(first_task, ~_before(task, TASK.alias("earlier"))),
    )
    by_timer, by_task = (compiled(dialect, page) for page in pages)
    return by_timer, by_task


def _page(due: FromClause, shape: Shape) -> Select[Any]:
    """Return the entities of timers or tasks that are due, those due first in front."""
    place = [due.c[name] for name in _PLACE]
    last = [bindparam(f"after_{one.name}", type_=one.type) for one in place]
    wanted = [due.c.tenant == bindparam("its_tenant"), due.c.due_at <= bindparam("until")]
    wanted.append(Beyond(place, last))
    if shape.machine:
        wanted.append(due.c.machine == bindparam("its_machine"))
    if shape.state:
        wanted.append(ENTITY.c.state == bindparam("its_state"))
    wanted += [_has(due, number) for number in range(shape.terms)]
    return (
        select(*place, *list(ENTITY.c)[len(_OWN) :])
        .select_from(due)
        .join(ENTITY, and_(*_own(ENTITY, due)))
        .where(*wanted)
        .order_by(*place)
        .limit(bindparam("limit"))
        .offset(literal_column("0"))
    )


def _has(due: FromClause, number: int) -> ColumnElement[bool]:
    """Return whether the entity has a term."""
    term = TERM.alias(f"term_{number}")
    asked = (term.c[name] == bindparam(f"{name}_{number}") for name in ("field", "term"))
    return exists().where(*asked, *_own(term, due))


def _before(due: FromClause, earlier: FromClause) -> ColumnElement[bool]:
    """Return whether another timer or task of the entity is due before."""
    tied = and_(earlier.c.due_at == due.c.due_at, earlier.c.name < due.c.name)
    return _same(due, earlier, or_(earlier.c.due_at < due.c.due_at, tied))


def _same(due: FromClause, other: FromClause, meeting: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return whether the entity has another timer or task that meets a condition."""
    return exists().where(*_own(other, due), meeting)


def _own(one: FromClause, other: FromClause) -> list[ColumnElement[bool]]:
    return [one.c[name] == other.c[name] for name in _OWN]
