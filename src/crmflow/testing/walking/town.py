"""A directory for walks: everybody has the role they are named after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs

from crmflow.core.people import Person

TOP = "general_manager-1"
"""Who has no superior."""


@attrs.frozen
class Town:
    """Of each role there are two holders, such as `salesperson-1` and `salesperson-2`."""

    def person(self, id: str, at: datetime) -> Person | None:  # noqa: A002 - the field's word
        """Return somebody by id: who is named after no role has none."""
        role, _, number = id.rpartition("-")
        superior = None if id == TOP else TOP
        return Person(id, (role,) if number.isdigit() else (), (), superior)

    def holders(self, role: str, at: datetime) -> Sequence[str]:
        """Return the ids of both."""
        return [f"{role}-1", f"{role}-2"]

    def members(self, department: str, at: datetime) -> Sequence[str]:
        """Return the ids of both who belong to a department."""
        return self.holders(department, at)
