"""What statements are made of, and how they become a dialect's own SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Executable,
    FromClause,
    Select,
    Table,
    Update,
    bindparam,
    literal_column,
    select,
)
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.engine.interfaces import Dialect

from crmflow.storage.sql_beyond import Beyond

DIALECTS: Mapping[str, Callable[[], Dialect]] = {
    "sqlite": lambda: sqlite.dialect(paramstyle="qmark"),
    "postgresql": lambda: postgresql.dialect(paramstyle="format"),  # type: ignore[no-untyped-call]
    # By name, because what a page starts behind is named twice there: see `sql_beyond`.
    "mysql": lambda: mysql.dialect(paramstyle="pyformat"),
}
"""How the dialect of each driver is made."""


def compiled(dialect: str, statement: Executable) -> str:
    """Return one statement in a dialect's own SQL; those of `statements` are compiled already."""
    target = DIALECTS[dialect]()
    return str(target.statement_compiler(target, statement))  # type: ignore[arg-type]


def columns(table: Table, *names: str) -> Select[Any]:
    """Return some columns of a table."""
    return select(*(table.c[name] for name in names))


def rest(table: Table, *, skip: int = 1) -> Select[Any]:
    """Return all but the first columns of a table."""
    return select(*list(table.c)[skip:])


def page(table: Table, *order: str) -> Select[Any]:
    """Return all but the tenant, of one tenant, in order."""
    rows = rest(table).where(*matching(table, "tenant"))
    return limited(rows, *(table.c[name] for name in order))


def limited(rows: Select[Any], *order: ColumnElement[Any]) -> Select[Any]:
    """Return rows in an order, at most so many."""
    # A literal offset, because SQLite's dialect would bind a parameter of its own.
    return rows.order_by(*order).limit(bindparam("limit")).offset(literal_column("0"))


def matching(table: Table, *names: str) -> list[ColumnElement[bool]]:
    """Return that columns have the values given."""
    # A parameter may not be called like a column that the statement sets.
    return [table.c[name] == bindparam(f"its_{name}") for name in names]


def own(table: Table, *names: str) -> list[ColumnElement[bool]]:
    """Return that rows are those of an entity, and columns have the values given."""
    return matching(table, "tenant", "machine", "id", *names)


def beyond(table: Table, *names: str) -> ColumnElement[bool]:
    """Return that rows come behind the last one seen, in the order of some columns."""
    order = [table.c[name] for name in names]
    last = [bindparam(f"after_{one.name}", type_=one.type) for one in order]
    return order[0] > last[0] if len(order) == 1 else Beyond(order, last)


def led(rows: Select[Any], index: str, by: FromClause) -> Select[Any]:
    """Let MySQL read a table by one index, where left to itself it would take another."""
    return rows.with_hint(by, f"FORCE INDEX ({index})", "mysql")


def setting(statement: Update, *names: str) -> Update:
    """Let an update set columns to the values given."""
    return statement.values({name: bindparam(name) for name in names})
