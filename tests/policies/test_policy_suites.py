"""Every shipped mechanism keeps the laws of policies, as a plugin's author has them tested."""

from datetime import datetime
from typing import ClassVar

import attrs
import pytest

from crmflow.core.people import Person
from crmflow.testing import PolicySuite


@attrs.frozen
class Office:
    """A directory in which everybody is called after their role."""

    def person(self, id: str, at: datetime) -> Person | None:  # noqa: A002 - the port's word
        """Return somebody with that role."""
        return Person(
            id, (id.rpartition("-")[0],), ("sales",), None if id == "boss-1" else "boss-1"
        )

    def holders(self, role: str, at: datetime) -> list[str]:
        """Return the one who has it."""
        return [f"{role}-1"]

    def members(self, department: str, at: datetime) -> list[str]:
        """Return two people."""
        return ["salesperson-1", "salesperson-2"]


class TestConditions(PolicySuite):
    """Conditions, with a reason that lets one pass."""

    plugin = "conditions"
    machines = ("lead",)
    rows: ClassVar = {
        "conditions": [
            {
                "name": "known_well",
                "machine": "lead",
                "events": ["contact", "drop"],
                "requires": "actor.id == 'ann'",
                "text_en": "Only Ann does that.",
                "text_zh": "只有安可以。",
            }
        ]
    }


class TestApprovals(PolicySuite):
    """A chain of two steps, with a limit."""

    plugin = "approvals"
    machines = ("lead",)
    directory = Office()
    rows: ClassVar = {
        "chains": [
            {
                "name": "both",
                "machine": "lead",
                "event": "contact",
                "steps": [
                    {"name": "head", "approvers": [{"role": "boss"}], "limit": "4h"},
                    {"name": "all", "mode": "all", "approvers": [{"department": "sales"}]},
                ],
            }
        ]
    }


class TestDeadlines(PolicySuite):
    """A deadline with a warning and a ladder."""

    plugin = "sla"
    machines = ("lead",)
    rows: ClassVar = {
        "deadlines": [
            {
                "name": "answered",
                "machine": "lead",
                "kind": "time_in_state",
                "start": [{"states": ["identified"]}],
                "target": "8h",
                "warnings": ["50%"],
                "ladder": [
                    {"name": "late", "at": "100%", "action": "task", "role": "boss", "task": "call"}
                ],
            }
        ]
    }


class Shipped(PolicySuite):
    """A mechanism with the rows of the demo."""

    profile = "demo"
    directory = Office()
    stories = 2


@pytest.mark.slow
class TestAccess(Shipped):
    """Rights, limits, masks and requests of customers."""

    plugin = "access"
    machines = ("customer",)


@pytest.mark.slow
class TestAssignment(Shipped):
    """Owners and the public pool of leads."""

    plugin = "assignment"
    machines = ("lead",)


@pytest.mark.slow
class TestBackups(Shipped):
    """Backups, which judge nothing."""

    plugin = "backups"
    machines = ("lead",)


@pytest.mark.slow
class TestBudgets(Shipped):
    """Limits, ledgers, quotas and windows of claims of expenses."""

    plugin = "budgets"
    machines = ("expense_claim_revisit", "revisit")


@pytest.mark.slow
class TestCadences(Shipped):
    """Care of customers that comes again."""

    plugin = "cadences"
    machines = ("customer", "care_task")


@pytest.mark.slow
class TestCatalogue(Shipped):
    """Products that quotes name."""

    plugin = "catalogue"
    machines = ("quote",)


@pytest.mark.slow
class TestDataQuality(Shipped):
    """Required fields, formats, choices and duplicates of customers."""

    plugin = "data_quality"
    machines = ("customer",)


@pytest.mark.slow
class TestEncryption(Shipped):
    """Encryption, which judges nothing."""

    plugin = "encryption"
    machines = ("lead",)


@pytest.mark.slow
class TestKpi(Shipped):
    """Indicators, which judge nothing."""

    plugin = "kpi"
    machines = ("lead",)


@pytest.mark.slow
class TestLoyalty(Shipped):
    """Points of members."""

    plugin = "loyalty"
    machines = ("customer",)


@pytest.mark.slow
class TestOutputs(Shipped):
    """What is sent of complaints."""

    plugin = "outputs"
    machines = ("complaint",)
    settings: ClassVar = {"complaint.major.owner": "senior_management"}


@pytest.mark.slow
class TestRetention(Shipped):
    """How long customers are kept."""

    plugin = "retention"
    machines = ("customer",)


@pytest.mark.slow
class TestRewards(Shipped):
    """Rewards of suggestions."""

    plugin = "rewards"
    machines = ("proposal",)


@pytest.mark.slow
class TestRoles(Shipped):
    """Roles, which judge nothing."""

    plugin = "roles"
    machines = ("lead",)


@pytest.mark.slow
class TestTiers(Shipped):
    """Tiers of customers."""

    plugin = "tiers"
    machines = ("customer",)


@pytest.mark.slow
class TestComplaints(Shipped):
    """The deadlines of complaints."""

    plugin = "sla"
    machines = ("complaint",)
    settings: ClassVar = {"complaint.major.owner": "senior_management"}
