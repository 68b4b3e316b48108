"""Checks: names that are nearly a role's."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence

from crmflow.core.errors import did_you_mean
from crmflow.core.form import Fault
from crmflow.core.machine import Machine
from crmflow.core.tables import Tables
from crmflow.policies.roles.naming import named
from crmflow.policies.roles.row import Role

NEARLY = 0.85
"""How alike a name is to a role's that is a slip of it; others are a company's own roles."""


def check(rows: Sequence[Role], tables: Tables, machines: Mapping[str, Machine]) -> Iterator[Fault]:
    """Yield every name in a row in use or a machine that is nearly a role's, and none."""
    known = {row.name for row in rows}
    slips: dict[str, bool] = {}
    for one in named(tables, machines):
        if one.role in known:
            continue
        if one.role not in slips:
            slips[one.role] = bool(difflib.get_close_matches(one.role, known, 1, NEARLY))
        if slips[one.role]:
            yield Fault(one.place, "unknown", did_you_mean(one.role, known))
