"""Whatever rows a company writes, the checks come to an end and say what they found."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, settings

from crmflow.analysis.checking import check_together, subject_of
from crmflow.config import Overlay
from crmflow.core.machine import Machine
from crmflow.directory import ListedDirectory
from crmflow.engine.starting import examined
from crmflow.plugins.bringing import find_machines, plugin_tables
from crmflow.plugins.loading import load_plugins
from crmflow.testing import Strategies
from crmflow.texts import LANGUAGES, Texts
from tests.analysis.checking.desk import AT, person
from tests.faults.scale import scaled

DRAWN = Strategies()
SHIPPED = load_plugins((), installed=False)
TABLES = sorted({"calendars", *plugin_tables(SHIPPED)})
MACHINES = {
    "assignments": "lead",
    "duplicates": "customer",
    "pools": "lead",
    "retention": "customer",
}
"""Machines that a table can be about, where the deal is none."""

STAFF = ListedDirectory((person("ann", "salesperson"), person("ben", superior="ben")))


@functools.cache
def machines(name: str) -> Mapping[str, Machine]:
    """Return a machine by its name."""
    return find_machines([name], SHIPPED)


@pytest.mark.slow
@pytest.mark.parametrize("table", TABLES)
def test_checks_take_any_row_that_the_loader_takes(table: str) -> None:
    """Beside those of the profile, with a directory; every fault is told whole."""
    name = MACHINES.get(table, "deal")

    @settings(max_examples=scaled(2, 20), suppress_health_check=list(HealthCheck))
    @given(DRAWN.rows_for(table, name, profile="demo"))
    def law(row: Mapping[str, object]) -> None:
        found = examined(SHIPPED, machines(name), "demo", Overlay(tables={table: [row]}))
        for fault in check_together(subject_of(SHIPPED, machines(name), found, STAFF, AT)):
            assert fault.where
            for lang in LANGUAGES:
                assert "{" not in fault.told(Texts(lang)).replace(str(row.get("when")), "")

    law()
