"""
Approvals: events that wait for a chain of approvers, and states that are left by votes.

The table `[[chains]]` says whose approval is needed; see `docs/policies/approvals.md`.
"""

from __future__ import annotations

from collections.abc import Sequence

from crmflow.core.judging import Judge
from crmflow.core.machine import Machine
from crmflow.core.policy import Policy
from crmflow.core.tables import Table, Tables
from crmflow.hookspecs import hookimpl
from crmflow.policies.approvals.binding import bind
from crmflow.policies.approvals.checking import check
from crmflow.policies.approvals.inbox import Waiting, is_approval, urgency, waiting
from crmflow.policies.approvals.judging import judge_of
from crmflow.policies.approvals.policy import ApprovalsPolicy
from crmflow.policies.approvals.reasons import NAME, Reason
from crmflow.policies.approvals.request import Approvals
from crmflow.policies.approvals.rows import Approver, Chain, StepRow

__all__ = [
    "NAME",
    "Approvals",
    "Approver",
    "Chain",
    "Reason",
    "StepRow",
    "Waiting",
    "is_approval",
    "judge_for",
    "policies_for",
    "tables",
    "urgency",
    "waiting",
]


@hookimpl
def tables() -> Sequence[Table]:
    """Bring the table `chains`."""
    return (Table("chains", Chain, check),)


@hookimpl
def policies_for(machine: Machine, tables: Tables) -> Sequence[Policy]:
    """Bring the policy of a machine that has chains."""
    chains = bind(machine, tables)
    return () if chains is None else (ApprovalsPolicy(chains),)


@hookimpl
def judge_for(machine: Machine, event: str, tables: Tables) -> Judge | None:
    """Hold events that need approval; count rows that are votes."""
    chains = bind(machine, tables)
    return None if chains is None else judge_of(chains, event)
