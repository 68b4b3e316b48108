"""What is stated of the shipped machines: properties that must hold, and payloads they need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from crmflow.analysis.exploring.explorer import Samples
from crmflow.analysis.exploring.property import Property, in_state, leads_to, precedes
from crmflow.core.entity import Snapshot
from crmflow.core.tables import Tables

__all__ = ["SAMPLES", "properties_of"]

_BUYER = {"name": "buyer", "mobile": "13800138000", "email": "buyer@example.com"}
_TWO = [{"name": name, "pros": ["cheap"], "cons": ["slow"]} for name in ("one", "two")]

SAMPLES: Mapping[str, Samples] = {
    "customer": {
        "collect": [{"business_type": "industry", "contacts": [_BUYER], "leaders": []}],
        "check_logic": [{"file_class": "B"}],
        "enter": [{"values": {}}],
    },
    "improvement_cycle": {"implement": [{"alternatives": _TWO, "chosen": "one"}]},
    "outage_plan": {"draft": [{"reliability": "100", "voltage": "100"}]},
    "proposal": {"record": [{"kind": "sales_channel"}]},
    "reception": {"prepare": [{"catering": ["refreshments", "meal"]}]},
    "return": {"request": [{"special": {"text": "as agreed", "until_on": "2030-01-01"}}, {}]},
    "service_request": {"raise": [{"kind": "question"}, {"kind": "after_sales"}]},
}
"""Values that must be of a list which a table fixes, by machine and event."""


def _is_approved(contract: Snapshot[Any]) -> bool:
    return contract.facts.approved_at is not None


def _has_contract(deal: Snapshot[Any]) -> bool:
    signed = {"signed", "executing", "settling", "completed"}
    return any(link.name == "contract" and link.state in signed for link in deal.links)


def _is_answered_or_late(complaint: Snapshot[Any]) -> bool:
    """Say whether the customer has an answer, or somebody is told that none came in time."""
    deadlines = complaint.policy("sla")
    late = deadlines is not None and any(run.breached_at for run in deadlines.runs)
    return late or _IS_OVER(complaint)


_IS_OVER = in_state("answered", "solved", "revisit_due", "closed", "withdrawn")
_IN_WORK = in_state("graded", "gm_review", "investigating")


def _is_owed(complaint: Snapshot[Any]) -> bool:
    """Say whether a limit runs by the rules: until the first response, and from the grading on."""
    unheard = complaint.state == "received" and complaint.facts.responded_at is None
    return unheard or _IN_WORK(complaint)


def _contract(tables: Tables) -> list[Property]:
    if tables.settings.get("contract.approval_chain") == "none":
        return []  # it is stated that nobody approves
    signed = in_state("signed")
    return [precedes("approved_before_signed", _is_approved, signed, rules="CON-011")]


def _complaint(_tables: Tables) -> list[Property]:
    name, rules = "answered_or_escalated", "CMP-007 CMP-010 CMP-013 CMP-030"
    return [leads_to(name, _is_owed, _is_answered_or_late, rules=rules)]


def _deal(_tables: Tables) -> list[Property]:
    won = in_state("won")
    return [precedes("contract_before_won", _has_contract, won, rules="DEA-010")]


def _proposal(_tables: Tables) -> list[Property]:
    asked, used = in_state("awaiting_dispatch"), in_state("processing")
    accepted, done = in_state("accepted"), in_state("implementing")
    return [
        precedes("asked_before_processed", asked, used, rules="SUG-010"),
        precedes("accepted_before_used", accepted, done, rules="SUG-018"),
    ]


_STATED: Mapping[str, Callable[[Tables], list[Property]]] = {
    "contract": _contract,
    "complaint": _complaint,
    "deal": _deal,
    "proposal": _proposal,
}


def properties_of(machine: str, tables: Tables) -> list[Property]:
    """
    Return what must hold of a shipped machine; nothing where nothing is stated.

    Args:
        machine: Its name.
        tables: The rows and settings in use.
    """
    stated = _STATED.get(machine)
    return [] if stated is None else stated(tables)
