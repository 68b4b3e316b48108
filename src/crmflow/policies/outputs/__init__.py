"""
Outputs: notices, letters, forms, reports, reminders and data, as rows with templates.

An output is worded in the decision that causes it and committed with it: what was told to
whom is in the journal (CMP-016, CMP-018, SUG-033). Lists are derived from the entities on
demand (REC-050, REC-051). Data goes to named connectors, confidential data to the
company's own only (INT-001, INT-002, ACC-011).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crmflow.core.machine import Machine
from crmflow.core.message import Handler
from crmflow.core.policy import Policy
from crmflow.core.tables import Table, Tables
from crmflow.hookspecs import hookimpl
from crmflow.policies.outputs.binding import BoundOutput, Copy, Told
from crmflow.policies.outputs.checks import check, check_templates
from crmflow.policies.outputs.handing import admit, shipped_handlers
from crmflow.policies.outputs.list_checks import check_lists
from crmflow.policies.outputs.lists import BoundList
from crmflow.policies.outputs.notices import worded
from crmflow.policies.outputs.policy import OutputPolicy, OutputState, Sent
from crmflow.policies.outputs.rows import Column, Kind, Listing, Output, Template, Work

__all__ = [
    "BoundList",
    "BoundOutput",
    "Column",
    "Copy",
    "Kind",
    "Listing",
    "Output",
    "OutputState",
    "Sent",
    "Template",
    "Told",
    "Work",
    "admit",
    "worded",
]


@hookimpl
def tables() -> Sequence[Table]:
    """Return the tables of outputs, their words and lists."""
    return (
        Table("outputs", Output, check),
        Table("templates", Template, check_templates),
        Table("lists", Listing, check_lists),
    )


@hookimpl
def policies_for(machine: Machine, tables: Tables) -> Sequence[Policy]:
    """Return what sends outputs, none where no row is about the machine."""
    rows = tables.about(machine, "outputs", Output)
    acting = tuple(row for row in rows if row.acts)
    return (OutputPolicy(machine, acting, tables),) if acting else ()


@hookimpl
def handlers(tables: Tables) -> Mapping[str, Handler]:
    """Return the handlers that write messages into folders, where settings name one."""
    return shipped_handlers(tables)
