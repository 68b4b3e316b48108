"""
Roles: what they are called, what they do, and names of roles that nobody has.

Rows say it, a company adds its own. A name in a row or a machine that is nearly one of them
is a slip, and is told when the rows are loaded; any other name is a role of the company's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crmflow.core.tables import Table
from crmflow.hookspecs import hookimpl
from crmflow.policies.roles.checking import check
from crmflow.policies.roles.naming import named
from crmflow.policies.roles.row import Role

__all__ = ["Role", "named", "tables"]


@hookimpl
def tables() -> Sequence[Table]:
    """Return the table."""
    return (Table("roles", Role, check, labels),)


def labels(rows: Sequence[Role], lang: str) -> Mapping[str, object]:
    """Return what roles are called, as a locale table."""
    return {"roles": {row.name: row.zh if lang == "zh" else row.en for row in rows}}
