"""Lists: rows derived from entities on demand, each cell only where its reader may see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import attrs

from crmflow.core.entity import Snapshot
from crmflow.core.machine import Machine
from crmflow.core.money import Money
from crmflow.core.plain import plain
from crmflow.core.tables import Tables
from crmflow.expressions import Expression, Scope
from crmflow.policies.outputs.columns import Cell, cell_of
from crmflow.policies.outputs.rows import Column, Listing
from crmflow.texts import Texts

Row = Mapping[str, object]
"""A row of a list: plain value by the name of the column; None where it is not shown."""


@attrs.frozen
class Seen:
    """
    What a reader may see of an entity.

    Attributes:
        withheld: Facts that are not shown.
        masked: What is left of those that are masked, by name.
    """

    withheld: frozenset[str] = frozenset()
    masked: Mapping[str, object] = attrs.field(factory=dict)


@attrs.frozen
class BoundList:
    """
    A list ready for its machine.

    Attributes:
        row: The row.
        machine: Its machine.
        where: Which entities are in it, or None for all.
        cells: What its columns read.
    """

    row: Listing
    machine: Machine
    where: Expression[bool] | None
    cells: tuple[tuple[Column, Cell], ...]

    @classmethod
    def of(cls, row: Listing, machine: Machine, tables: Tables) -> BoundList:
        """Return a list for its machine; its check has found nothing."""
        scope = Scope.about(machine, None, tables)
        cells = tuple((one, cell_of(one.source, scope, machine)) for one in row.columns)
        return cls(row, machine, scope.maybe(row.where), cells)

    def has(self, snapshot: Snapshot[Any], at: datetime) -> bool:
        """Say whether an entity is in it: the system picks, whoever reads (AMB-54)."""
        states = self.row.states
        if snapshot.state not in states if states else snapshot.state in self.machine.final:
            return False
        return self.where is None or self.where(
            snapshot.facts, state=snapshot.state, at=at, links=snapshot.links
        )

    def row_of(self, snapshot: Snapshot[Any], seen: Seen, at: datetime) -> Row:
        """
        Return an entity's row.

        Args:
            snapshot: The entity.
            seen: What the reader may see of it.
            at: Aware UTC instant of the list.
        """
        return {column.name: _shown(cell, snapshot, seen, at) for column, cell in self.cells}

    def ordered(self, found: Iterable[Row]) -> list[Row]:
        """Return the rows of all entities in their order, as plain values."""
        rows = list(found)
        for name in reversed(self.row.order):
            column = name.removeprefix("-")
            rows = _sorted(rows, column, falls=column != name)
        return [{name: plain(value) for name, value in row.items()} for row in rows]

    def headings(self, texts: Texts) -> dict[str, str]:
        """Return the heading of each column in a language, in order."""
        return {
            one.name: one.heading(texts.lang) or texts.text("fields", one.name, self.machine.name)
            for one in self.row.columns
        }


def _shown(cell: Cell, snapshot: Snapshot[Any], seen: Seen, at: datetime) -> object:
    """Return a value as the reader may see it; what is made of hidden facts is hidden."""
    if cell.facts & seen.withheld:
        return None
    masked = [name for name in cell.facts if name in seen.masked]
    if masked:
        return seen.masked[masked[0]] if cell.single else None
    return cell.read(snapshot, at)


def _sorted(rows: Sequence[Row], column: str, *, falls: bool) -> list[Row]:
    """Return rows in the order of a column; those without a value come last."""
    known = [row for row in rows if row[column] is not None]
    ordered = sorted(known, key=lambda row: _rank(row[column]), reverse=falls)
    return [*ordered, *(row for row in rows if row[column] is None)]


def _rank(value: object) -> tuple[str, Decimal, str]:
    """Return what values of any kind are ordered by: numbers as such, else the text."""
    if isinstance(value, Money):
        return value.currency, value.amount, ""
    if isinstance(value, int | Decimal):
        return "", Decimal(value), ""
    return "", Decimal(), str(plain(value))
