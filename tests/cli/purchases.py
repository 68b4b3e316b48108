"""A plugin for the command line's tests: purchases whose orders need approval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crmflow.core.machine import Machine
from crmflow.hookspecs import hookimpl
from tests.policies.approvals.desk import PURCHASE, step


@hookimpl
def machines() -> Sequence[Machine]:
    """Bring the machine."""
    return [PURCHASE]


@hookimpl
def table_rows() -> Mapping[str, Sequence[Mapping[str, object]]]:
    """Bring its chains."""
    both = step("both", "bob", "dan", mode="all", limit="2h")
    head = {"name": "head", "approvers": [{"role": "head"}]}
    orders = {"name": "orders", "machine": "purchase", "event": "order", "steps": [both]}
    drops = {"name": "drops", "machine": "purchase", "event": "drop", "steps": [head]}
    return {"chains": [orders, drops]}
