"""What the names in a row of `chains` may be: those of its machine, its event and its tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs

from crmflow.core.checking import known
from crmflow.core.form import Fault
from crmflow.core.kinds import kinds_of
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
    def facts(self) -> Mapping[str, object]:
        """The machine's facts by name."""
        return kinds_of(self.machine.facts)

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

    def fact(self, path: str, name: str | None) -> Iterator[Fault]:
        """Yield a fault where there is no such fact."""
        yield from known(path, name, self.facts)

    def field(self, path: str, name: str | None) -> Iterator[Fault]:
        """Yield a fault where the event's form has no such field."""
        yield from known(path, name, kinds_of(self.form))

    def condition(self, path: str, text: str | None) -> Iterator[Fault]:
        """Yield what is wrong with an expression."""
        if text is None:
            return
        try:
            found = Scope.about(self.machine, self.form, self.tables).compile(text)
        except FieldError as error:
            yield Fault(path, error.code, error.expected)
            return
        if self.creates and not found.names.isdisjoint(self.facts):
            yield Fault(path, "unborn", "`form.` names: before creation there are no facts")
