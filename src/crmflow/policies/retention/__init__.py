"""
Retention: how long what is known is kept, where, and what may be archived or purged.

One year from the last change or dealing is the floor; nothing is purged unless a row says
so, and nothing of it happens by itself: this tells, the store deletes (STO-003 to STO-006,
LIF-007, REV-023, SUR-012, AMB-13).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crmflow.core.entity import Snapshot
from crmflow.core.judging import Judge
from crmflow.core.machine import Machine
from crmflow.core.policy import Policy
from crmflow.core.proposal import Proposal
from crmflow.core.tables import Table, Tables
from crmflow.core.verdict import Answer, Verdict
from crmflow.hookspecs import hookimpl
from crmflow.policies.retention.checks import check
from crmflow.policies.retention.erasing import ASK_ERASURE, Keeping
from crmflow.policies.retention.keeping import (
    FLOOR,
    Fate,
    Finding,
    Kept,
    candidates,
    find,
    kept_until,
)
from crmflow.policies.retention.pruning import POLICY, PRUNE
from crmflow.policies.retention.row import Retention

__all__ = [
    "ASK_ERASURE",
    "FLOOR",
    "PRUNE",
    "Fate",
    "Finding",
    "Kept",
    "Retention",
    "candidates",
    "find",
    "judge_for",
    "kept_until",
    "policies_for",
    "tables",
]


@hookimpl
def tables() -> Sequence[Table]:
    """Return the table."""
    return (Table("retention", Retention, check),)


@hookimpl
def policies_for(machine: Machine, tables: Tables) -> Sequence[Policy]:
    """Return what keeps requests to erase, none where no row is about the machine."""
    rows = tables.about(machine, "retention", Retention)
    return (Keeping(rows, tables),) if rows else ()


@hookimpl
def judge_for(machine: Machine, event: str, tables: Tables) -> Judge | None:
    """Return what refuses to purge too early, None for events that purge nothing."""
    rows = tables.about(machine, "retention", Retention)
    if not any(row.event == event for row in rows):
        return None

    def judge(before: Snapshot[Any], proposal: Proposal) -> Verdict | None:
        found = find(rows, before, proposal.event.at, tables.zone)
        if found.fate is Fate.PURGE:
            return None
        named = [row for row in rows if row.purge and row.about(before.state)]
        reason = "must_be_kept" if named else "purging_not_configured"
        rules = tuple(dict.fromkeys(rule for line in found.why for rule in line.rules))
        told = {"until": found.until.isoformat()}
        row = ", ".join(one.name for one in rows if one.event == event)
        return Verdict(POLICY, Answer.REFUSE, reason, row, rows[0].version, rules, values=told)

    return judge
