"""A customer record on a desk: what its events bring, and ways to each of its states."""

from __future__ import annotations

from datetime import timedelta

from tests.states.case import Case, Payload

BUYER = {"name": "buyer", "position": "head of purchasing", "mobile": "13800138000",
         "email": "buyer@example.com"}  # fmt: skip
COLLECT: Payload = {
    "name": "Harbour Mill", "source": "exhibition", "business_type": "industry",
    "industry": "milling", "size": "200 people", "contacts": [BUYER],
    "tax_id": "91350100M000100Y43", "address": "1 Quay Road", "needs": "pumps",
}  # fmt: skip
PAYLOADS = {
    "collect": COLLECT,
    "collect:bare": {"name": "Bell", "source": "internet", "business_type": "retail"},
    "confirm": {"confirmed_with": "buyer", "contact_details": True, "needs": True},
    "enter": {"customer_type": "potential"},
    "check_logic": {"region": "east", "file_class": "B"},
    "reject_logic": {"reason": "the industry does not match the need"},
    "discard": {"discarded": "unconfirmed", "reason": "nobody answers"},
    "discard:double": {"discarded": "duplicate", "duplicate_of": "C-7", "reason": "known"},
    "report_change": {"kind": "contact", "change": "the buyer left", "reported_by": "customer"},
    "call_for_review": {},
    "review": {"review": "all in order"},
    "mark_dormant": {"no_potential_need": True, "reason": "moved to steam"},
    "archive": {},
    "reactivate": {"reason": "wants pumps again"},
    "terminate": {"reason": "closed down"},
    "purge": {"reason": "kept long enough"},
    "hand_over": {"owner": "sales-2", "reason": "sales-1 left"},
    "choose_representative": {"advisory_shop": "shop-3"},
    "record_service": {"service": "pumps checked on site", "occasion": "first season"},
    "apply_update": {
        "update": "U-1", "operator": "clerk-1", "content": "new address",
        "values": {"address": "2 Quay Road"},
    },
    "note_contact": {"origin": "lead L-1", "channel": "phone", "result": "wants prices"},
    "note_purchase": {"origin": "order O-1", "amount": "12000 CNY", "in_store": True},
    "note_dealing": {"origin": "complaint P-1", "kind": "complaint", "detail": "leak"},
    "note_satisfaction": {"origin": "survey S-1", "score": "92.5"},
    "set_tier": {"tier": "core", "scheme": "care"},
    "set_stage": {"stage": "first_purchase", "origin": "lifecycle X-1"},
    "set_key_account": {"origin": "key_account K-1", "is_key_account": True, "grade": "A",
                        "manager": "kam-1"},
}  # fmt: skip
WAY = ("collect", "confirm", "enter", "check_logic")
LONG = "~400"
"""Lets 400 days pass."""


def customer(*steps: str) -> Case:
    """Return a customer record that has taken these steps; `~400` lets 400 days pass."""
    return on(Case("customer", PAYLOADS), *steps)


def active(*steps: str) -> Case:
    """Return an active customer record that has taken these steps since."""
    return customer(*WAY, *steps)


def on(case: Case, *steps: str) -> Case:
    """Take steps that must succeed."""
    for step in steps:
        if step.startswith("~"):
            case.wait(timedelta(days=int(step[1:])))
        else:
            case.go(step)
    return case
