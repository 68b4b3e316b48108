"""
Lead (线索/潜在客户): a possible customer until a deal is opened (catalogue 3.1).

The journal is the log of contacts, so it passes to a new owner whole. The sources give
no deadline; when an untouched lead goes back to the pool stands in the table of pools.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import attrs

from crmflow.core.dealing import (
    HAPPENED,
    KNOW_CUSTOMER,
    FollowUp,
    HandOver,
    Reason,
    Source,
    first_owner,
    followed_up,
    tell_customer,
)
from crmflow.core.form import Text
from crmflow.core.machine import (
    ANY,
    KEEP,
    Asked,
    Changes,
    Guard,
    Kind,
    Machine,
    Open,
    Row,
    Send,
    State,
)
from crmflow.core.money import Money
from crmflow.core.ref import UNBORN
from crmflow.core.updates import copied

__all__ = ["LEAD", "Find", "LeadFacts", "LeadState", "NeedsAnalysis", "Qualification"]

SALES_OR_SERVICE = "salesperson customer_service"


class LeadState(StrEnum):
    """Where a lead is."""

    IDENTIFIED = "identified"
    CONTACTED = "contacted"
    NEEDS_ANALYSED = "needs_analysed"
    CONVERTED = "converted"
    DROPPED = "dropped"


S = LeadState


@attrs.frozen
class LeadFacts:
    """
    What is known of a lead.

    Attributes:
        name: The possible customer.
        source: Where it was found (REC-014, REC-015).
        group: Potential-customer group it was sorted into (DEV-013).
        industry: Its industry.
        need: What it may need, as far as known when it was found.
        buying_behaviour: How it buys (DEV-014).
        potential_value: What it may be worth.
        owner: Who looks after it (DEV-017).
        customer: Id of its customer record, once there is one.
        contacts: Number of follow-up records.
        last_contact_at: Aware UTC instant of the last contact.
        last_result: What came of it.
        needs: What the customer needs (DEV-007).
        expectations: What it expects.
        goals: What it wants to reach.
        solution_basis: What a personal solution can build on (DEV-008).
        reason: Why it was dropped or last handed over.
    """

    name: str
    source: Source
    group: str | None = None
    industry: str | None = None
    need: str | None = None
    buying_behaviour: str | None = None
    potential_value: Money | None = None
    owner: str | None = None
    customer: str | None = None
    contacts: int = 0
    last_contact_at: datetime | None = None
    last_result: str | None = None
    needs: str | None = None
    expectations: str | None = None
    goals: str | None = None
    solution_basis: str | None = None
    reason: str | None = None


@attrs.frozen
class Find:
    """
    A possible customer and where it was found.

    Attributes:
        name: The possible customer.
        source: Where it was found; the list is REC-014 and REC-015.
        group: Potential-customer group.
        industry: Its industry.
        is_competitor: Whether it competes with the company: then it is no lead (DEV-013).
        is_key: Whether it may become a key customer: then more than a name is known (DEV-014).
        need: What it may need.
        buying_behaviour: How it buys.
        potential_value: What it may be worth.
        owner: Who looks after it; left out, who finds it.
        customer: Id of its customer record, for a new need of an existing customer (DEV-018).
    """

    name: Text
    source: Source
    group: Text | None = None
    industry: Text | None = None
    is_competitor: bool = False
    is_key: bool = False
    need: Text | None = None
    buying_behaviour: Text | None = None
    potential_value: Money | None = None
    owner: Text | None = None
    customer: Text | None = None


@attrs.frozen
class NeedsAnalysis:
    """Needs, expectations and goals, and what a solution can build on (DEV-007, DEV-008)."""

    needs: Text
    expectations: Text
    goals: Text
    solution_basis: Text | None = None


@attrs.frozen
class Qualification:
    """The customer record; left out where the lead has one already."""

    customer: Text | None = None


def _is_customer(attempt: Asked) -> bool:
    return (attempt.form.customer or attempt.facts.customer) is not None


def _more_than_a_name(attempt: Asked) -> bool:
    form = attempt.form
    return not form.is_key or None not in (form.need, form.buying_behaviour, form.potential_value)


NO_COMPETITOR = Guard(
    lambda attempt: not attempt.form.is_competitor, "is_competitor", needs="form", rules="DEV-013"
)
MORE_THAN_A_NAME = Guard(_more_than_a_name, "only_a_name", needs="form", rules="DEV-014")
IS_CUSTOMER = Guard(_is_customer, "no_customer_record", needs="form")


def found(attempt: Asked) -> Changes:
    """Return the facts a lead begins with."""
    given = copied(
        "name", "source", "group", "industry", "need", "buying_behaviour", "potential_value",
        "customer",
    )  # fmt: skip
    return {**given(attempt), "owner": first_owner(attempt)}


def deal_request(attempt: Asked) -> Changes:
    """Return what a deal is opened with."""
    facts = attempt.facts
    return {
        "customer": facts.customer,
        "lead": attempt.snapshot.ref.id,
        "owner": facts.owner,
        "needs": facts.needs,
        "expectations": facts.expectations,
        "goals": facts.goals,
    }


NOTE_CONTACT = tell_customer(
    "note_contact",
    lambda attempt: {"channel": attempt.form.method, "result": attempt.form.result},
)

LEAD = Machine(
    "lead",
    LeadFacts,
    zh="线索",
    en="lead",
    shares="customer owner",
    searchable="name:text customer owner",
    states=(
        State(S.IDENTIFIED, "已识别", "identified", Kind.INITIAL, requires=("name", "source")),
        State(S.CONTACTED, "已接触", "contacted", requires=("name", "source", "last_contact_at")),
        State(
            S.NEEDS_ANALYSED, "已分析需求", "needs analysed",
            requires=("name", "source", "needs", "expectations", "goals"),
        ),
        State(
            S.CONVERTED, "已转商机", "converted", Kind.FINAL,
            requires=("name", "customer", "needs", "expectations", "goals"),
        ),
        State(S.DROPPED, "已放弃", "dropped", Kind.FINAL, requires=("name", "reason")),
    ),
    rows=(
        Row(
            UNBORN, "find", S.IDENTIFIED, form=Find, guards=(NO_COMPETITOR, MORE_THAN_A_NAME),
            sets=found,
            tasks=(Open("contact", "salesperson"),), send=(KNOW_CUSTOMER,),
            rules="DEV-001 DEV-002 DEV-003 DEV-004 DEV-013 DEV-014 REC-014 REC-015",
        ),
        Row(
            S.IDENTIFIED, "contact", S.CONTACTED, form=FollowUp, who=SALES_OR_SERVICE,
            guards=(HAPPENED,), sets=followed_up,
            tasks=(Open("analyse_needs", "salesperson"),), done="contact", send=(NOTE_CONTACT,),
            rules="DEV-005 DEV-006 DEV-009 DEV-010 DEV-012 DEV-015 DEV-016",
        ),
        Row(
            (S.CONTACTED, S.NEEDS_ANALYSED), "follow_up", KEEP, form=FollowUp,
            guards=(HAPPENED,), sets=followed_up, send=(NOTE_CONTACT,),
            rules="DEV-009 DEV-010 DEV-012",
        ),
        Row(
            S.CONTACTED, "analyse_needs", S.NEEDS_ANALYSED, form=NeedsAnalysis,
            sets=copied("needs", "expectations", "goals", "solution_basis"),
            tasks=(Open("convert", "salesperson"),), done="analyse_needs",
            rules="DEV-007 DEV-008",
        ),
        Row(
            S.NEEDS_ANALYSED, "convert", S.CONVERTED, form=Qualification,
            guards=(IS_CUSTOMER,), sets=copied("customer"),
            send=(Send("deal", "open", deal_request),),
            rules="DEV-003 DEA-007",
        ),
        Row(
            ANY, "hand_over", KEEP, form=HandOver, sets=copied("owner", "reason"),
            rules="DEV-011 DEV-017",
        ),
        Row(ANY, "drop", S.DROPPED, form=Reason, sets=copied("reason")),
    ),
)  # fmt: skip
"""The machine `lead`."""
