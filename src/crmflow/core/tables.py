"""Tables: the rows of rule data that mechanisms are fed with, and what comes with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from typing import Any, TypeVar, cast

import attrs

from crmflow.core.form import Fault, Text
from crmflow.core.machine import Machine
from crmflow.core.verdict import Answer, Verdict
from crmflow.core.working_time import WorkingCalendar

R = TypeVar("R", bound="TableRow")
M = TypeVar("M", bound="MachineRow")


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

    def overlaps(self, other: TableRow) -> bool:
        """Say whether both are ever in force on one day."""
        begins, ends = self.from_on or date.min, self.until_on or date.max
        return begins <= (other.until_on or date.max) and (other.from_on or date.min) <= ends

    @property
    def edition(self) -> str:
        """Name and version: what an explanation says it comes from."""
        return edition(self.name, self.version)

    def verdict(
        self,
        policy: str,
        answer: Answer,
        reason: str,
        *,
        roles: Iterable[str] = (),
        people: tuple[str, ...] = (),
        values: Mapping[str, object] | None = None,
    ) -> Verdict:
        """
        Return what a policy says by this row: its name, version and rules are in it.

        Args:
            policy: Name of the policy.
            answer: Its answer.
            reason: Code of the reason.
            roles: Roles that could make it pass.
            people: Ids of those who could, where they are known.
            values: What fills the placeholders of the reason's text.
        """
        told = {} if values is None else values
        return Verdict(
            policy, answer, reason, self.name, self.version, self.rules, roles, people, told
        )


def edition(name: str, version: str) -> str:
    """Return name and version of a row that may be gone, as `TableRow.edition` has them."""
    return f"{name} {version}".rstrip()


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
        machines: Every machine there is by name, on or off, as it is without extensions; those
            that are off may be loaded when they are first looked up.
    """

    rows: Mapping[str, tuple[TableRow, ...]] = attrs.field(factory=dict)
    calendars: Mapping[str, Any] = attrs.field(factory=dict)
    settings: Mapping[str, object] = attrs.field(factory=dict)
    zone: tzinfo = UTC
    machines: Mapping[str, Machine] = attrs.field(factory=dict, eq=False, repr=False)

    def of(self, table: str, cls: type[R]) -> tuple[R, ...]:
        """Return the rows of a table in the order of their files."""
        return cast("tuple[R, ...]", self.rows.get(table, ()))

    def about(self, machine: Machine, table: str, cls: type[M]) -> tuple[M, ...]:
        """Return the rows about one machine that are not switched off, in their files' order."""
        rows = self.of(table, cls)
        return tuple(row for row in rows if row.machine == machine.name and row.enabled)

    def calendar(self, name: str | None) -> WorkingCalendar:
        """Return a calendar by name; where a row names none, the one that never closes."""
        if name is None:
            return WorkingCalendar.always(self.zone)
        found: WorkingCalendar = self.calendars[name]
        return found

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
        texts: (rows, language) -> labels that the rows bring, as a locale table.
    """

    name: str
    row: type[TableRow]
    check: Callable[[Sequence[Any], Tables, Mapping[str, Machine]], Iterable[Fault]] = attrs.field(
        default=lambda _rows, _tables, _machines: ()
    )
    texts: Callable[[Sequence[Any], str], Mapping[str, object]] = attrs.field(
        default=lambda _rows, _lang: {}
    )
