"""
Steps of a migration that may be run again.

A database whose changes of tables are no part of a transaction (MySQL) keeps what a broken
migration did so far; there, what is done already is passed over. Others roll back whole.
"""

from __future__ import annotations

from typing import Any

from alembic import op
from sqlalchemy import Column, PrimaryKeyConstraint, inspect


def create_table(name: str, *parts: Column[Any] | PrimaryKeyConstraint, **options: bool) -> None:
    """
    Create a table.

    Args:
        name: Its name.
        parts: Columns and key.
        options: What one dialect has besides, as SQLAlchemy names it.
    """
    if not (_keeps_halves() and inspect(op.get_bind()).has_table(name)):
        op.create_table(name, *parts, **options)


def create_index(name: str, table: str, columns: list[str]) -> None:
    """Create an index."""
    if not (_keeps_halves() and _has(inspect(op.get_bind()).get_indexes(table), name)):
        op.create_index(name, table, columns)


def add_column(table: str, column: Column[Any]) -> None:
    """Add a column, which is empty or has a default."""
    if not (_keeps_halves() and _has(inspect(op.get_bind()).get_columns(table), column.name)):
        op.add_column(table, column)


def _keeps_halves() -> bool:
    return op.get_bind().dialect.name in {"mysql", "mariadb"}


def _has(found: Any, name: str) -> bool:  # noqa: ANN401 - the inspector's dictionaries
    return name in {one["name"] for one in found}
