"""Inserts that find a row already there, as each dialect says it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import ColumnElement, Executable, Table, case, null
from sqlalchemy.dialects import mysql, postgresql, sqlite

from crmflow.storage.tables import CLAIM

_MYSQL = "mysql"
_INSERTS: dict[str, Callable[[Table], Any]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
    _MYSQL: mysql.insert,
}


def put(dialect: str, table: Table) -> Executable:
    """Insert a row, in place of what is there."""
    statement = _INSERTS[dialect](table)
    keys = table.primary_key.columns.keys()
    return _replacing(dialect, statement, [one.name for one in table.c if one.name not in keys])


def add(dialect: str, table: Table) -> Executable:
    """Insert a row, or leave the one that is there as it is."""
    statement = _INSERTS[dialect](table)
    if dialect == _MYSQL:
        # 'IGNORE' would hide every other fault too.
        return statement.on_duplicate_key_update(tenant=table.c.tenant)  # type: ignore[no-any-return]
    return statement.on_conflict_do_nothing()  # type: ignore[no-any-return]


def take_claim(dialect: str) -> Executable:
    """
    Insert a claim, or touch its row where it is the own one.

    Where it is another's, no row is touched, or the statement fails.
    """
    statement = _INSERTS[dialect](CLAIM)
    own = [CLAIM.c[name] == _new(dialect, statement, name) for name in ("machine", "id")]
    if dialect == _MYSQL:
        # It counts no row that stays as it is, and has no condition: NULL makes it fail instead.
        machine = case((own[0] & own[1], CLAIM.c.machine), else_=null())
        return statement.on_duplicate_key_update(machine=machine)  # type: ignore[no-any-return]
    return _replacing(dialect, statement, ("machine", "id"), own[0] & own[1])


def _replacing(
    dialect: str,
    statement: Any,  # noqa: ANN401 - the dialects' inserts have no common type
    names: Iterable[str],
    where: ColumnElement[bool] | None = None,
) -> Executable:
    new = {name: _new(dialect, statement, name) for name in names}
    if dialect == _MYSQL:
        return statement.on_duplicate_key_update(**new)  # type: ignore[no-any-return]
    keys = statement.table.primary_key.columns.keys()
    return statement.on_conflict_do_update(index_elements=keys, set_=new, where=where)  # type: ignore[no-any-return]


def _new(dialect: str, statement: Any, name: str) -> ColumnElement[Any]:  # noqa: ANN401 - as above
    values = statement.inserted if dialect == _MYSQL else statement.excluded
    return values[name]  # type: ignore[no-any-return]
