"""
Conditions: guards as rows, each with the text that a refusal shows.

What a company decides for itself, such as what makes a complaint major, is a row here and
no function of a machine. All rows are asked at once; a soft one may be overridden with a
reason, which the journal tells.
"""

from __future__ import annotations

from collections.abc import Sequence

from crmflow.core.judging import Judge
from crmflow.core.machine import Machine
from crmflow.core.policy import Policy
from crmflow.core.tables import Table, Tables
from crmflow.hookspecs import hookimpl
from crmflow.policies.conditions.checking import check
from crmflow.policies.conditions.judging import judge_of
from crmflow.policies.conditions.noting import Noting
from crmflow.policies.conditions.rows import Condition, Soft

__all__ = ["Condition", "Soft", "judge_for", "policies_for", "tables"]


@hookimpl
def tables() -> Sequence[Table]:
    """Return the table."""
    return (Table("conditions", Condition, check),)


@hookimpl
def judge_for(machine: Machine, event: str, tables: Tables) -> Judge | None:
    """Return what judges an event, None where no row is about it."""
    return judge_of(machine, event, tables)


@hookimpl
def policies_for(machine: Machine, tables: Tables) -> Sequence[Policy]:
    """Return what notes overrides in the journal, none where no row can be overridden."""
    soft = any(row.soft for row in tables.about(machine, "conditions", Condition))
    return (Noting(machine, tables),) if soft else ()
