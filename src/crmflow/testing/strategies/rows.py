"""Rows of tables about one machine, such as a company's own file may have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import attrs
from hypothesis import strategies as st

from crmflow.calendars import CALENDARS
from crmflow.config import Config, Profiles
from crmflow.core.errors import did_you_mean
from crmflow.core.form import Fault, structure
from crmflow.core.machine import Machine
from crmflow.core.tables import Table, TableRow, Tables
from crmflow.engine.starting import tables_for
from crmflow.plugins.bringing import find_machines, plugin_tables
from crmflow.plugins.loading import load_plugins
from crmflow.testing.strategies.kinds import Kinds, Overrides
from crmflow.testing.strategies.mending import Faults, Mending
from crmflow.testing.strategies.paths import Payload
from crmflow.testing.strategies.pieces import Values
from crmflow.testing.strategies.vocabulary import Vocabulary

NAME = "drawn"
"""Name of a row that is drawn."""

_LEFT_OUT = ("rules", "from_on", "until_on", "enabled", "version", "origin")
"""Columns of every row that are not drawn: it is in force always, and cites nothing."""


@attrs.frozen
class Ground:
    """
    What rows about one machine are put on: where they are drawn and judged.

    Attributes:
        machine: The machine, with what plugins add to it.
        kinds: Every kind of table by name.
        tables: The rows in use where this machine alone is on.
    """

    machine: Machine
    kinds: Mapping[str, Table]
    tables: Tables

    @classmethod
    def of(
        cls, machine: str | Machine, plugins: Iterable[object], profile: Profiles, config: Config
    ) -> Ground:
        """
        Return the ground of a machine; see `Engine` for the arguments.

        Raises:
            DefinitionError: Plugin, profile or configuration is wrong.
            UnknownMachineError: No such machine.
        """
        manager = load_plugins(plugins)
        machines = find_machines([machine], manager)
        kinds = {one.name: one for one in (CALENDARS, *plugin_tables(manager).values())}
        (found,) = machines.values()
        return cls(found, kinds, tables_for(manager, machines, profile, config))

    def rows(self, table: str, overrides: Overrides) -> st.SearchStrategy[Payload]:
        """
        Return a strategy for rows that a table takes beside those in use, as plain values.

        Raises:
            ValueError: No such table; names those there are.
        """
        if table not in self.kinds:
            raise ValueError(f"unknown table {table!r}. {did_you_mean(table, self.kinds)}")
        kind, vocabulary = self.kinds[table], Vocabulary.of(self.machine, self.tables)
        own: dict[object, Values] = {(kind.row, column): st.nothing() for column in _LEFT_OUT}
        own |= {(kind.row, "name"): st.just(NAME), **overrides}
        kinds = Kinds(own, vocabulary.words, vocabulary.keys)
        return Mending(kinds, kind.row, self.faults(table)).rows()

    def faults(self, table: str) -> Faults:
        """Return what tells what is wrong with a row, paths beginning at the row."""
        kind = self.kinds[table]
        others = self.tables.rows.get(kind.name, ())
        machines = {self.machine.name: self.machine}
        here = f"$.{kind.name}[{len(others)}]"

        def faults(payload: Payload) -> Iterator[Fault]:
            row, found = structure(kind.row, payload)
            yield from found
            if isinstance(row, TableRow):
                rows = (*others, row)
                tables = attrs.evolve(self.tables, rows={**self.tables.rows, kind.name: rows})
                for fault in kind.check(rows, tables, machines):
                    # What is wrong with another row beside this one is this one's fault.
                    path = fault.path.removeprefix(here) if fault.path.startswith(here) else ""
                    yield attrs.evolve(fault, path=f"${path}")

        return faults
