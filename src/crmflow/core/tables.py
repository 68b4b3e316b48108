"""Tables: the rows of rule data that mechanisms are fed with, and what comes with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from typing import Any, TypeVar, cast

import attrs

from crmflow.core.form import Fault, Text
from crmflow.core.machine import Machine

R = TypeVar("R", bound="TableRow")


@attrs.frozen
class TableRow:
    """
    What every row of a table has; each mechanism adds its own columns by inheriting.

    Attributes:
        name: Unique in its table, but for rows whose effective dates do not meet.
        rules: Rule ids it carries.
        from_on: First day it is in force (company's zone), or None for always.
        until_on: Last day it is in force, or None for ever.
        enabled: A company's own file switches a shipped row off with False.
        version: Version of the profile it comes from; filled in by the loader.
        origin: File it comes from; filled in by the loader.
    """

    name: Text = attrs.field(kw_only=True)
    rules: tuple[Text, ...] = attrs.field(default=(), kw_only=True)
    from_on: date | None = attrs.field(default=None, kw_only=True)
    until_on: date | None = attrs.field(default=None, kw_only=True)
    enabled: bool = attrs.field(default=True, kw_only=True)
    version: str = attrs.field(default="", kw_only=True)
    origin: str = attrs.field(default="", kw_only=True)

    def in_force(self, on: date) -> bool:
        """Say whether the row counts on a day."""
        started = self.from_on is None or self.from_on <= on
        return started and (self.until_on is None or on <= self.until_on)


@attrs.frozen
class MachineRow(TableRow):
    """
    A row about entities of one machine; it is in use where that machine is switched on.

    Attributes:
        machine: Name of the machine.
    """

    machine: Text = attrs.field(kw_only=True)


@attrs.frozen
class Tables:
    """
    All rows in use, checked and ready.

    Attributes:
        rows: Rows by the name of their table.
        calendars: Working calendars by name.
        settings: Values of blanks by dotted key.
        zone: The company's zone, by which days are told.
    """

    rows: Mapping[str, tuple[TableRow, ...]] = attrs.field(factory=dict)
    calendars: Mapping[str, Any] = attrs.field(factory=dict)
    settings: Mapping[str, object] = attrs.field(factory=dict)
    zone: tzinfo = UTC

    def of(self, table: str, cls: type[R]) -> tuple[R, ...]:
        """Return the rows of a table in the order of their files."""
        return cast("tuple[R, ...]", self.rows.get(table, ()))

    def day(self, at: datetime) -> date:
        """Return the company's day of an aware instant."""
        return at.astimezone(self.zone).date()


@attrs.frozen
class Table:
    """
    A kind of table: what a mechanism declares, so that its rows are checked when loaded.

    Attributes:
        name: Its key in a profile (`[[deadlines]]`).
        row: Attrs class of its rows, a `TableRow`.
        check: (rows, tables, machines that are on) -> every fault; paths begin with the
            row's place, `$.deadlines[2].target`.
    """

    name: str
    row: type[TableRow]
    check: Callable[[Sequence[Any], Tables, Mapping[str, Machine]], Iterable[Fault]] = attrs.field(
        default=lambda _rows, _tables, _machines: ()
    )
