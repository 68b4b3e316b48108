"""
The shipped machines, one per file, read like the tables of the catalogue's part 3.

Each is loaded when it is first asked for, so that a company pays only for what it uses.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping

from crmflow.core.errors import UnknownMachineError
from crmflow.core.machine import Machine

__all__ = ["EVERY", "MACHINES", "SETS", "SHIPPED", "load"]

MACHINES: Mapping[str, str] = {
    "lead": "crmflow.states.lead:LEAD",
    "deal": "crmflow.states.deal:DEAL",
    "contract": "crmflow.states.contract:CONTRACT",
    "complaint": "crmflow.states.complaint:COMPLAINT",
    "proposal": "crmflow.states.proposal:PROPOSAL",
    "revisit": "crmflow.states.revisit:REVISIT",
    "customer": "crmflow.states.customer:CUSTOMER",
    "record_update": "crmflow.states.record_update:RECORD_UPDATE",
    "file_document": "crmflow.states.file_document:FILE_DOCUMENT",
    "lifecycle": "crmflow.states.lifecycle:LIFECYCLE",
    "quote": "crmflow.states.quote:QUOTE",
    "order": "crmflow.states.order:ORDER",
    "payment": "crmflow.states.payment:PAYMENT",
    "return": "crmflow.states.returns:RETURN",
    "service_request": "crmflow.states.service_request:SERVICE_REQUEST",
    "reception": "crmflow.states.reception:RECEPTION",
    "expense_claim_reception": "crmflow.states.expense_claim_reception:EXPENSE_CLAIM_RECEPTION",
    "expense_claim_revisit": "crmflow.states.expense_claim_revisit:EXPENSE_CLAIM_REVISIT",
    "survey": "crmflow.states.survey:SURVEY",
    "improvement_cycle": "crmflow.states.improvement_cycle:IMPROVEMENT_CYCLE",
    "key_account": "crmflow.states.key_account:KEY_ACCOUNT",
    "care_task": "crmflow.states.care_task:CARE_TASK",
    "churn_case": "crmflow.states.churn_case:CHURN_CASE",
    "access_request": "crmflow.states.access_request:ACCESS_REQUEST",
    "training": "crmflow.states.training:TRAINING",
    "member_event": "crmflow.states.member_event:MEMBER_EVENT",
}
"""Name of each shipped machine and where it stands, as `module:ATTRIBUTE`."""

SETS: Mapping[str, str] = {
    "alert": "crmflow.states.power.alert:ALERT",
    "outage_plan": "crmflow.states.power.outage_plan:OUTAGE_PLAN",
    "load_order": "crmflow.states.power.load_order:LOAD_ORDER",
    "large_customer_record": "crmflow.states.power.large_customer:LARGE_CUSTOMER_RECORD",
}
"""Machines of sets that are off by default: the plugin of a set, a package here, brings them."""

EVERY: Mapping[str, str] = {**MACHINES, **SETS}
"""All machines there are, whether a company has them without asking or not."""


def load(name: str) -> Machine:
    """
    Return a shipped machine.

    Args:
        name: One of `EVERY`.

    Raises:
        UnknownMachineError: None has that name; the error names those there are.
    """
    if name not in EVERY:
        raise UnknownMachineError(name, tuple(EVERY))
    module, _, attribute = EVERY[name].partition(":")
    machine: Machine = getattr(importlib.import_module(module), attribute)
    return machine


class _Shipped(Mapping[str, Machine]):
    """The shipped machines by name, each loaded when it is first looked up."""

    def __getitem__(self, name: str) -> Machine:
        if name not in MACHINES:
            raise KeyError(name)
        return load(name)

    def __contains__(self, name: object) -> bool:
        return name in MACHINES

    def __iter__(self) -> Iterator[str]:
        return iter(MACHINES)

    def __len__(self) -> int:
        return len(MACHINES)


SHIPPED: Mapping[str, Machine] = _Shipped()
"""The shipped machines by name; looking one up loads it."""
