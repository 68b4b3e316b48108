"""Rows that are drawn for a machine are taken by the loader, as a company's own would be."""

import functools
from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, settings

from crmflow.config import Overlay
from crmflow.core.machine import Machine
from crmflow.core.plain import plain
from crmflow.engine.starting import examined
from crmflow.plugins.bringing import find_machines, plugin_tables
from crmflow.plugins.loading import load_plugins
from crmflow.testing import Strategies

DRAWN = Strategies()
MACHINES = {
    "assignments": "lead",
    "calendars": "deal",
    "duplicates": "customer",
    "pools": "lead",
    "retention": "customer",
}
"""Machines that a table can be about, where the deal is none."""

QUICK = ("access", "budgets", "cadences", "calendars", "chains", "conditions", "windows")
"""Tables whose rows have something of each: names, expressions, measures, records, choices."""

SHIPPED = load_plugins((), installed=False)
TABLES = sorted({"calendars", *plugin_tables(SHIPPED)})


@functools.cache
def machines(name: str) -> Mapping[str, Machine]:
    """Return a machine by its name."""
    return find_machines([name], SHIPPED)


def check(table: str, machine: str, examples: int) -> None:
    """Assert that the loader takes rows of a table, each by itself."""

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
    @given(DRAWN.rows_for(table, machine, profile="demo"))
    def law(row: Mapping[str, object]) -> None:
        own = Overlay(tables={table: [row]})
        found = examined(SHIPPED, machines(machine), "demo", own, thorough=False)
        assert found.faults == ()
        assert any(one.name == "drawn" for one in found.tables.rows[table])
        assert plain(row) == row

    law()


@pytest.mark.parametrize("table", QUICK)
def test_rows_are_taken(table: str) -> None:
    """A row of a table is taken beside those of the profile, without a fault."""
    check(table, MACHINES.get(table, "deal"), 2)


@pytest.mark.slow
@pytest.mark.parametrize("table", TABLES)
def test_many_rows_are_taken(table: str) -> None:
    """The same, of many rows."""
    check(table, MACHINES.get(table, "deal"), 5)


def test_a_table_must_be_known() -> None:
    """A table that nobody brings is refused by name."""
    with pytest.raises(ValueError, match=r"unknown table 'deadline'\. Did you mean 'deadlines'"):
        DRAWN.rows_for("deadline", "deal", profile="demo")
