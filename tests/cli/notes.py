"""A plugin with a table of its own, and rows for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from crmflow.core.form import Text
from crmflow.core.tables import MachineRow, Table
from crmflow.hookspecs import hookimpl


@attrs.frozen
class Note(MachineRow):
    """A note about the entities of a machine."""

    text: Text
    role: Text | None = None


@hookimpl
def tables() -> Sequence[Table]:
    """Bring the table `notes`."""
    return (Table("notes", Note),)


@hookimpl
def table_rows() -> Mapping[str, Sequence[Mapping[str, object]]]:
    """Bring a note for leads, and for complaints and deals those that leave blanks."""
    owner = {"blank": "complaint.major.owner"}
    scope = {"blank": "kpi.complaint_scope"}
    return {
        "notes": [
            {"name": "first", "machine": "lead", "text": "one", "rules": ["DEV-001"]},
            {"name": "second", "machine": "complaint", "text": "two", "role": owner},
            {"name": "scope", "machine": "deal", "text": scope},
        ]
    }
