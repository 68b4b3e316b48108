"""
The shipped mechanisms, one per file or folder, each fed by tables of the profiles.

Siblings do not know each other. Each is a plugin like any other.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["POLICIES"]

POLICIES: Mapping[str, str] = {
    "access": "crmflow.policies.access",
    "approvals": "crmflow.policies.approvals",
    "assignment": "crmflow.policies.assignment",
    "backups": "crmflow.policies.backups",
    "budgets": "crmflow.policies.budgets",
    "cadences": "crmflow.policies.cadences",
    "catalogue": "crmflow.policies.catalogue",
    "conditions": "crmflow.policies.conditions",
    "data_quality": "crmflow.policies.data_quality",
    "encryption": "crmflow.policies.encryption",
    "kpi": "crmflow.policies.kpi",
    "loyalty": "crmflow.policies.loyalty",
    "outputs": "crmflow.policies.outputs",
    "retention": "crmflow.policies.retention",
    "rewards": "crmflow.policies.rewards",
    "roles": "crmflow.policies.roles",
    "sla": "crmflow.policies.sla",
    "tiers": "crmflow.policies.tiers",
}
"""Name of each shipped mechanism -> its module."""
