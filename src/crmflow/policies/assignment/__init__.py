"""
Assignment: who owns an entity, and the public pool 公海 of those nobody follows up.

Rows of the tables `assignments` and `pools` say who gets an entity without an owner, after
how long without a follow-up, an opportunity or a deal it goes to the pool, and who may
take it from there. Only the machine's own event changes the owner. Rules: DEV-011,
DEV-017, KAM-033, PWR-003.
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
from crmflow.policies.assignment.binding import Rows, bound, roles_of
from crmflow.policies.assignment.checking import check_assignments, check_pools
from crmflow.policies.assignment.forms import NAME, Assign, Lock, PickUp, PutBack, Unlock
from crmflow.policies.assignment.policy import Owning
from crmflow.policies.assignment.rows import OWNER, Assignment, Limit, Pool, Strategy
from crmflow.policies.assignment.slots import tries
from crmflow.policies.assignment.state import Ownership

__all__ = [
    "Assign",
    "Assignment",
    "Limit",
    "Lock",
    "Ownership",
    "Owning",
    "PickUp",
    "Pool",
    "PutBack",
    "Strategy",
    "Unlock",
    "judge_for",
    "policies_for",
    "tables",
    "tries",
]


@hookimpl
def tables() -> Sequence[Table]:
    """Return the kinds of tables it reads."""
    return (
        Table("assignments", Assignment, check_assignments),
        Table("pools", Pool, check_pools),
    )


@hookimpl
def policies_for(machine: Machine, tables: Tables) -> Sequence[Policy]:
    """Return the ownership of a machine's entities; nothing where no row is about them."""
    rows = bound(machine, tables)
    return (Owning(rows),) if rows.assignments or rows.pools else ()


@hookimpl
def judge_for(machine: Machine, event: str, tables: Tables) -> Judge | None:
    """Return what keeps people from taking entities out of the pool past its rules."""
    if not any(row.through == event for row in tables.about(machine, "pools", Pool)):
        return None
    rows = bound(machine, tables)
    return lambda before, proposal: _guarded(rows, before, proposal)


def _guarded(rows: Rows, before: Snapshot[Any], proposal: Proposal) -> Verdict | None:
    """Refuse to change the owner of what is in the pool but by picking up or assigning."""
    event = proposal.event
    pool = rows.pool(event.at)
    if pool is None or before.facts is None or getattr(before.facts, OWNER) != pool.row.keeper:
        return None
    roles = tuple(roles_of(rows, event.at))
    if event.raised_by == NAME or not event.actor.roles.isdisjoint(roles):
        return None
    return pool.row.verdict(NAME, Answer.REFUSE, "in_pool", roles=roles)
