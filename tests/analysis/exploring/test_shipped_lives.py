"""The shipped machines, each explored together with all policies of the profile `demo`."""

from __future__ import annotations

import functools

import pytest

from crmflow.analysis.exploring import Bounds, explore_machine
from crmflow.analysis.stated import SAMPLES, properties_of
from crmflow.engine.starting import registry_for
from crmflow.flow.registry import Registry
from crmflow.plugins.loading import load_plugins
from crmflow.states import EVERY, SETS

pytestmark = pytest.mark.slow

SITUATIONS = {"customer": 60}
"""How many are explored, by machine; the others have fewer events, and 250 take no longer."""

DEEP = {
    "customer": {"active", "dormant", "archived", "terminated", "purged"},
    "deal": {"evaluated"},
    "expense_claim_reception": {"settled", "reduced"},
    "proposal": {"rejected", "implementing", "implemented", "closed"},
}
"""States that may lie beyond the bounds, by machine."""

STATED = ("complaint", "contract", "deal", "proposal")


@functools.cache
def registry(*, power: bool = False) -> Registry:
    """Return what runs all shipped machines together, or those of the power company."""
    return registry_for(
        load_plugins(["crmflow.states.power"] if power else []),
        None,
        tenant="acme",
        profile=("demo", "power") if power else ("demo",),
        config={"complaint.major.owner": "senior_management"},
        interpreter="table",
    )


@pytest.mark.parametrize("machine", EVERY)
def test_nothing_is_wrong_with_a_shipped_machine(machine: str) -> None:
    """
    No dead end, no trap, no way round an approval, no property that is broken.

    All states are reached but the deepest, so that to find nothing wrong means something.
    """
    runs = registry(power=machine in SETS)
    explored = explore_machine(
        runs,
        machine,
        bounds=Bounds(situations=SITUATIONS.get(machine, 250)),
        properties=properties_of(machine, runs.tables),
        samples=SAMPLES.get(machine, {}),
    )
    assert [(str(one.kind), one.where, one.values) for one in explored.faults] == []
    states = {state.name for state in runs.machine(machine).machine.states}
    assert states - set(explored.states) <= DEEP.get(machine, set())


@pytest.mark.parametrize("machine", STATED)
def test_something_is_stated(machine: str) -> None:
    """Of the machines that matter most."""
    assert properties_of(machine, registry().tables)
    assert machine not in SETS
