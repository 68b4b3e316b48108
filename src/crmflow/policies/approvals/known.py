"""What the names in a row of `chains` may be: those of its machine, its event and its tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs

from crmflow.core.errors import did_you_mean
from crmflow.core.form import Fault
from crmflow.core.machine import Machine
from crmflow.core.reading import FieldError
from crmflow.core.ref import UNBORN
from crmflow.core.tables import Tables
from crmflow.expressions import Scope


@attrs.frozen
class Known:
    """
    What the names in one row are held against.

    Attributes:
        machine: The row's machine.
        event: The event it holds, or None.
        tables: Calendars and zone.
    """

    machine: Machine
    event: str | None
    tables: Tables

    @property
    def facts(self) -> tuple[str, ...]:
        """Names of the machine's facts."""
        return tuple(field.name for field in attrs.fields(self.machine.facts))

    @property
    def form(self) -> type | None:
        """The form of the held event, where it has one."""
        known = self.event in self.machine.events
        return self.machine.form(self.event or "") if known else None

    @property
    def creates(self) -> bool:
        """Whether the event only creates entities: then there are no facts yet."""
        rows = [row for row in self.machine.rows if row.event == self.event]
        return bool(rows) and all(row.source == (UNBORN,) for row in rows)

    def named(self, path: str, name: str | None, known: Iterable[str]) -> Iterator[Fault]:
        """Yield a fault where a name that is given is none of those known."""
        names = tuple(known)
        if name is not None and name not in names:
            yield Fault(path, "unknown", did_you_mean(name, names))

    def fact(self, path: str, name: str | None) -> Iterator[Fault]:
        """Yield a fault where there is no such fact."""
        yield from self.named(path, name, self.facts)

    def field(self, path: str, name: str | None) -> Iterator[Fault]:
        """Yield a fault where the event's form has no such field."""
        fields = () if self.form is None else attrs.fields(self.form)
        yield from self.named(path, name, (field.name for field in fields))

    def condition(self, path: str, text: str | None) -> Iterator[Fault]:
        """Yield what is wrong with an expression."""
        if text is None:
            return
        try:
            found = Scope.of(self.machine.facts, self.form, zone=self.tables.zone).compile(text)
        except FieldError as error:
            yield Fault(path, error.code, error.expected)
            return
        if self.creates and not found.names.isdisjoint(self.facts):
            yield Fault(path, "unborn", "`form.` names: before creation there are no facts")
