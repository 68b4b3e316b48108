"""
Rewards: what a suggestion earns, by grade, by outcome and for having made several.

Rows of one table; the reward is a pure function of the row, the suggestion and its
customer's history (SUG-025 to SUG-033, AMB-06, AMB-07).
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
from crmflow.core.verdict import Verdict
from crmflow.hookspecs import hookimpl
from crmflow.policies.rewards.checks import check
from crmflow.policies.rewards.recording import BoundScheme, Recording, bind, in_force, settling
from crmflow.policies.rewards.rewarding import Past, Reward, reward
from crmflow.policies.rewards.scheme import Grade, Outcome, Prize, PrizeKind, Scheme, Year

__all__ = [
    "Grade",
    "Outcome",
    "Past",
    "Prize",
    "PrizeKind",
    "Reward",
    "Scheme",
    "Year",
    "judge_for",
    "policies_for",
    "reward",
    "tables",
]


@hookimpl
def tables() -> Sequence[Table]:
    """Return the table."""
    return (Table("rewards", Scheme, check),)


def _bound(machine: Machine, tables: Tables) -> tuple[BoundScheme, ...]:
    rows = tables.about(machine, "rewards", Scheme)
    return tuple(bind(row, machine, tables) for row in rows)


@hookimpl
def policies_for(machine: Machine, tables: Tables) -> Sequence[Policy]:
    """Return what records rewards, none where no row is about the machine."""
    schemes = _bound(machine, tables)
    return (Recording(schemes),) if schemes else ()


@hookimpl
def judge_for(machine: Machine, event: str, tables: Tables) -> Judge | None:
    """Return what refuses a reward that cannot be told, or what comes before it; else None."""
    schemes = _bound(machine, tables)
    given = settling(schemes, event)
    waiting = tuple(one for one in schemes if event in one.row.needed_by)
    if not (given or waiting):
        return None

    def judge(before: Snapshot[Any], proposal: Proposal) -> Verdict | None:
        scheme = in_force(given, proposal)
        if scheme is not None:
            return scheme.judge(before, proposal)
        scheme = in_force(waiting, proposal)
        return None if scheme is None else scheme.await_reward(before)

    return judge
