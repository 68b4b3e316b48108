"""
Budgets, quotas and windows: what an event may cost, how often it may happen, and until when.

Rows of three tables; amounts that several entities share stand in ledgers, which are
entities themselves, so that concurrent claims never overspend (EXP-008 to EXP-010, EXP-014,
REV-027).
"""

from __future__ import annotations

from collections.abc import Sequence

from crmflow.core.judging import Judge
from crmflow.core.machine import Machine
from crmflow.core.policy import Policy
from crmflow.core.tables import Table, Tables
from crmflow.hookspecs import hookimpl
from crmflow.policies.budgets.answering import BUDGET, Answering
from crmflow.policies.budgets.checks import check_budgets, check_quotas, check_windows
from crmflow.policies.budgets.judging import judge_of
from crmflow.policies.budgets.ledger import LEDGER, LEDGER_NAME
from crmflow.policies.budgets.quotas import Quotas
from crmflow.policies.budgets.reserving import Reserving
from crmflow.policies.budgets.rows import Budget, Quota, Window
from crmflow.policies.budgets.suggesting import suggested_limit

__all__ = [
    "BUDGET",
    "LEDGER",
    "Budget",
    "Quota",
    "Window",
    "judge_for",
    "machines",
    "policies_for",
    "suggested_limit",
    "tables",
]


@hookimpl
def tables() -> Sequence[Table]:
    """Return the three tables."""
    return (
        Table("budgets", Budget, check_budgets),
        Table("quotas", Quota, check_quotas),
        Table("windows", Window, check_windows),
    )


@hookimpl
def machines() -> Sequence[Machine]:
    """Return the ledger."""
    return (LEDGER,)


@hookimpl
def policies_for(machine: Machine, tables: Tables) -> Sequence[Policy]:
    """Return the policies a machine needs: none where no row is about it."""
    found: list[Policy] = [Answering()] if machine.name == LEDGER_NAME else []
    budgets = tables.about(machine, "budgets", Budget)
    if budgets:
        found.append(Reserving(machine, budgets, tables))
    quotas = tables.about(machine, "quotas", Quota)
    if quotas:
        found.append(Quotas(machine, quotas, tables))
    return found


@hookimpl
def judge_for(machine: Machine, event: str, tables: Tables) -> Judge | None:
    """Return what judges an event, None where no row is about it."""
    return judge_of(machine, event, tables)
