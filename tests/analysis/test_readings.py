"""Readings: by what a company reads otherwise what the sources leave open."""

from __future__ import annotations

import re

import attrs
import pytest

from crmflow import hookspecs
from crmflow.analysis.rules.carriers import EXAMPLES
from crmflow.analysis.rules.catalogue import By, Reading, Switch, readings
from crmflow.core.tables import Table
from crmflow.plugins.bringing import plugin_tables
from crmflow.plugins.loading import load_plugins
from crmflow.profiles.files import BASE, profile_layer, profiles
from crmflow.states import MACHINES

ASKED = re.compile(r"(?i)\b(?:switch|configuration|configured|settings|plugins?)\b")
"""What a reading says where the catalogue leaves it to the company."""

OF_READINGS = [(one.id, switch) for one in readings().values() for switch in one.switch]
TABLES: dict[str, Table] = dict(plugin_tables(load_plugins()))


def shipped(table: str) -> set[str]:
    """Return the names of a table's rows in the shipped profiles, but for examples."""
    layers = [profile_layer(name) for name in profiles() if name not in EXAMPLES]
    return {row.name for layer in layers for row in layer.tables.get(table, {}).values()}


@pytest.mark.parametrize(("id_", "switch"), OF_READINGS, ids=str)
def test_a_switch_is_really_there(id_: str, switch: Switch) -> None:
    """A setting that is described, a column of a row that is shipped, a profile, a machine."""
    assert id_ in readings()
    match switch.by:
        case By.BLANK:
            assert switch.of in {row.name for row in profile_layer(BASE).tables["blanks"].values()}
        case By.ROW:
            table, name = switch.of.split()
            assert name in shipped(table)
            assert switch.column in {one.name for one in attrs.fields(TABLES[table].row)}
        case By.PROFILE:
            assert switch.of in profiles()
        case By.MACHINE:
            assert switch.of in MACHINES
            assert callable(hookspecs.rows_for)
    assert switch.reads or switch.by is By.BLANK
    assert bool(switch.column) is (switch.by is By.ROW)


@pytest.mark.parametrize("reading", readings().values(), ids=lambda one: str(one.id))
def test_what_is_left_to_the_company_has_a_switch(reading: Reading) -> None:
    """Where a reading speaks of a switch, of configuration or of a plugin, there is one."""
    if ASKED.search(reading.reading):
        assert reading.switch
