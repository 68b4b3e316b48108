"""
Deadlines: what is promised until when, paused, met, missed, escalated and extended.

The mechanism behind the table `[[deadlines]]`. A definition says what starts, pauses,
resumes, stops, cancels and resets a deadline, how long it is and by which calendar it is
counted; everything else is counting, and the same for all.
"""

from __future__ import annotations

from collections.abc import Sequence

from crmflow.core.machine import Machine
from crmflow.core.policy import Policy
from crmflow.core.tables import Table, Tables
from crmflow.hookspecs import hookimpl
from crmflow.policies.sla.binding import bind
from crmflow.policies.sla.check import check
from crmflow.policies.sla.definition import Definition
from crmflow.policies.sla.evolving import SlaPolicy

__all__ = ["DEADLINES", "Definition", "policies_for", "tables", "waits"]

DEADLINES = Table("deadlines", Definition, check)
"""The table of deadlines."""


def waits(tables: Tables) -> frozenset[str]:
    """Return the names of the deadlines that promise nothing and are only waited for."""
    rows = tables.of(DEADLINES.name, Definition)
    return frozenset(row.name for row in rows if not row.promises)


@hookimpl
def tables() -> Sequence[Table]:
    """Bring the table of deadlines."""
    return (DEADLINES,)


@hookimpl
def policies_for(machine: Machine, tables: Tables) -> Sequence[Policy]:
    """Bind the deadlines of a machine."""
    rows = [row for row in tables.of(DEADLINES.name, Definition) if row.machine == machine.name]
    return (SlaPolicy(bind(rows, machine, tables)),) if rows else ()
