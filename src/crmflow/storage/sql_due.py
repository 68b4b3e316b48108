"""
Entities by what is due of them, read from two indexes: that of timers and that of tasks.

The first page of each, merged, begins the whole order; of an entity with both only the first one
counts. Statements are compiled once per dialect and shape of query.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import attrs
from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Table,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
)

from crmflow.core.ref import EntityRef
from crmflow.storage import sql_rows as rows
from crmflow.storage.database import Transaction
from crmflow.storage.query import Find
from crmflow.storage.rows import DuePlace, DueRow, EntityRow
from crmflow.storage.sql_beyond import Beyond
from crmflow.storage.sql_parts import compiled, led, limited
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


def found_due(
    work: Transaction, dialect: str, query: Find, until: int, after: DuePlace | None
) -> list[DueRow]:
    """
    Return a page of entities of which something is due, those due first in front.

    Args:
        work: A transaction, so that both indexes are read as of one instant.
        dialect: A name of `DIALECTS`.
        query: Which entities.
        until: Due by this instant.
        after: Place of the last one seen.
    """
    shape = Shape(query.machine is not None, query.state is not None, len(query.terms))
    found: list[DueRow] = []
    while len(found) < query.limit:
        values = rows.by_due(query, until, after)
        both = sorted(
            (tuple(row[:3]), kind, row)
            for kind, statement in enumerate(first_due(dialect, shape))
            for row in work.execute(statement, values)
        )[: query.limit]
        found += [_row(query, row) for _, kind, row in both if _is_first(row, kind)]
        if len(both) < query.limit:
            break
        after = both[-1][0]
    return found[: query.limit]


def _is_first(row: tuple[Any, ...], kind: int) -> bool:
    """Say whether nothing of the other kind is due before; at the same instant a task is."""
    due_at, _, _, other_at, *_ = row
    return other_at is None or due_at + kind <= other_at


def _row(query: Find, row: tuple[Any, ...]) -> DueRow:
    due_at, machine, id_, _, *rest = row
    return DueRow(due_at, EntityRow(EntityRef(query.tenant, machine, id_), *rest))


@cache
def first_due(dialect: str, shape: Shape) -> tuple[str, str]:
    """
    Return the statements that read a page of tasks, and of timers, with their entities.

    Of each entity they read the first one, and when the first of the other kind is due, if any.
    Each takes what `sql_rows.by_due` gives.

    Args:
        dialect: A name of `DIALECTS`.
        shape: What is asked for.
    """
    by_task, by_timer = (
        compiled(dialect, _page(one, other.alias("other"), shape))
        for one, other in ((TASK, TIMER), (TIMER, TASK))
    )
    return by_task, by_timer


def _page(table: Table, other: FromClause, shape: Shape) -> Select[Any]:
    due, before, index = table.alias("due"), table.alias("before"), f"{table.name}_due"
    place = [due.c[name] for name in _PLACE]
    last = [bindparam(f"after_{one.name}", type_=one.type) for one in place]
    other_at = select(func.min(other.c.due_at)).where(*_own(other, due)).scalar_subquery()
    wanted = [due.c.tenant == bindparam("its_tenant"), due.c.due_at <= bindparam("until")]
    wanted.append(Beyond(place, last))
    if shape.machine:
        # Of an equation SQLite would conclude that the index is in no order it knows.
        wanted += [
            due.c.machine >= bindparam("its_machine"),
            due.c.machine <= bindparam("same_machine"),
        ]
    if shape.state:
        wanted.append(ENTITY.c.state == bindparam("its_state"))
    wanted += [_has(due, number) for number in range(shape.terms)]
    found = (
        select(*place, other_at, *list(ENTITY.c)[len(_OWN) :])
        .prefix_with("STRAIGHT_JOIN", dialect="mysql")
        .select_from(due.join(ENTITY, and_(*_own(ENTITY, due))))
        .where(*wanted, ~_has_before(due, before))
    )
    # It would sort all there is to find the first ones.
    return limited(led(found, index, due), *place)


def _has(due: FromClause, number: int) -> ColumnElement[bool]:
    """Return whether the entity has a term."""
    term = TERM.alias(f"term_{number}")
    asked = [term.c[name] == bindparam(f"{name}_{number}") for name in ("field", "term")]
    # Counted, because MariaDB would make a table of all terms to look whether one exists.
    counted = select(func.count()).where(*asked, *_own(term, due)).scalar_subquery()
    return counted == literal_column("1")


def _has_before(due: FromClause, before: FromClause) -> ColumnElement[bool]:
    """Return whether another timer, or task, of the entity comes before."""
    tied = and_(before.c.due_at == due.c.due_at, before.c.name < due.c.name)
    return exists().where(*_own(before, due), or_(before.c.due_at < due.c.due_at, tied))


def _own(one: FromClause, other: FromClause) -> list[ColumnElement[bool]]:
    return [one.c[name] == other.c[name] for name in _OWN]
