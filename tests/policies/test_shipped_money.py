"""The shipped rows of budgets, rewards and retention, on the shipped machines."""

from __future__ import annotations

from crmflow.config import Overlay
from crmflow.core.money import Money
from crmflow.engine.starting import examined
from crmflow.plugins.bringing import find_machines
from crmflow.plugins.loading import load_plugins
from crmflow.policies.budgets import Budget, Quota, Window
from crmflow.policies.budgets.rows import Late, Over
from crmflow.policies.retention import Retention
from crmflow.policies.rewards import Scheme
from crmflow.profiles.loading import Loaded

MACHINES = (
    "lead",
    "expense_claim_reception",
    "expense_claim_revisit",
    "proposal",
    "customer",
    "record_update",
    "revisit",
    "survey",
)


def shipped(profile: str | None, config: Overlay | None = None) -> Loaded:
    """Return the shipped rows as these machines use them."""
    mine = [f"crmflow.policies.{name}" for name in ("budgets", "retention", "rewards")]
    plugins = load_plugins(mine, installed=False, own=False)
    found = find_machines(MACHINES, plugins)
    return examined(plugins, found, profile, config)


def test_with_the_example_values_every_row_is_right() -> None:
    """The demo fills each blank; nothing is purged there either."""
    found = shipped("demo")
    assert found.faults == ()
    tables = found.tables
    budgets = {row.name: row for row in tables.of("budgets", Budget)}
    assert {name: row.over for name, row in budgets.items()} == {
        "reception_budget": Over.REFUSE,
        "reception_standard": Over.REFUSE,
        "reception_standard_reduced": Over.REFUSE,
        "revisit_limit": Over.BEAR,
        "revisit_limit_paid": Over.REFUSE,
    }
    assert budgets["reception_budget"].limit == Money(20000)
    assert budgets["reception_standard"].limits["important"] == Money(3000)
    (quota,) = tables.of("quotas", Quota)
    assert (quota.per, quota.hard) == (("actor.id", "month"), False)
    (window,) = tables.of("windows", Window)
    assert (str(window.within), window.late) == ("through 15d", Late.REASON)
    (scheme,) = tables.of("rewards", Scheme)
    assert [grade.name for grade in scheme.grades] == ["A", "B", "C"]
    assert not any(row.purge for row in tables.of("retention", Retention))


REWARDING = {"name": "suggestions", "enabled": True}


def test_no_blank_has_a_value_of_its_own() -> None:
    """Part 5: each that is needed is asked for by its name, all at once."""
    faults = shipped(None, Overlay({"company.zone": "UTC"}, {"rewards": [REWARDING]})).faults
    asked = sorted({fault.split(":")[0] for fault in faults})
    assert len([key for key in asked if key.startswith("proposal.reward.")]) == 12
    without = shipped(None, Overlay({"company.zone": "UTC"})).faults
    assert not any(fault.startswith("proposal.reward.") for fault in without)
    assert [key for key in asked if key.startswith("expense.")] == [
        "expense.budget.month",
        "expense.revisit_limit",
        "expense.standards",
    ]


PURGING = {"name": "customer_purge", "machine": "customer", "enabled": True}


def test_a_company_that_purges_says_how_long_it_keeps_things() -> None:
    """STO-003, AMB-13: switched on by its name, with days that are no blank any more."""
    found = shipped("demo", Overlay({"storage.retention_days": 730}, {"retention": [PURGING]}))
    assert found.faults == ()
    (purging,) = (row for row in found.tables.of("retention", Retention) if row.purge)
    assert (purging.days, purging.states) == (730, ("archived",))
    less = shipped("demo", Overlay({"storage.retention_days": 364}, {"retention": [PURGING]}))
    assert ["below_floor" in fault for fault in less.faults] == [True]
    unsaid = shipped(None, Overlay({"company.zone": "UTC"}, {"retention": [PURGING]}))
    assert any(fault.startswith("storage.retention_days: missing") for fault in unsaid.faults)
