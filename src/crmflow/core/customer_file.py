"""
The customer file (客户档案): what is collected of a customer, and what a change of it brings.

It is the body of the collection form 客户信息采集表, of the form sent to the customer
客户信息表, of the customer card 客户信息卡 and of the key-account file 大客户档案, so that all
of them say the same (REC-016, REC-018, REC-037, REC-011).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import attrs

from crmflow.core.form import Text
from crmflow.core.machine import Asked, Guard
from crmflow.core.money import Money
from crmflow.core.searching import normalised


class CustomerType(StrEnum):
    """Stage of business at collection (REC-021, AMB-11)."""

    POTENTIAL = "potential"
    TRANSACTING = "transacting"
    STRATEGIC = "strategic"


class UpdateKind(StrEnum):
    """What a change of a customer record is about (REC-027 to REC-029, REC-034)."""

    CONTACT = "contact"
    NEED = "need"
    COOPERATION_STATUS = "cooperation_status"
    CATEGORY = "category"
    OTHER = "other"


class ReportedBy(StrEnum):
    """Who reports a change: customers are expected to report theirs (REC-036)."""

    CUSTOMER = "customer"
    STAFF = "staff"
    SYSTEM = "system"


@attrs.frozen
class ContactPerson:
    """A person of the customer: name, position, contact details (REC-006, REC-009)."""

    name: Text
    position: Text | None = None
    mobile: Text | None = None
    email: Text | None = None
    phone: Text | None = None


@attrs.frozen(kw_only=True)
class CustomerFile:
    """
    What is known of a customer, as far as people say it; nothing of it is needed here.

    Attributes:
        name: The customer.
        customer_type: Stage of business.
        business_type: Kind of business, by which required fields are fixed (REC-004).
        industry, size: Basics (REC-005).
        region: By which customers are classified (REG-004).
        address, fax, website, mailbox, tax_id: How it is reached and known (REC-009).
        contacts: Contact persons, the first one being the one who is called (REC-006).
        leaders: Key leaders (REC-009).
        needs: What it needs of our products and services (REG-004, REC-013).
        purchase_intention, product_preference, budget_range: Its needs (REC-007).
        projects, transactions, feedback: Cooperation so far (REC-008); of a person
            purchases are transactions too (REC-010).
        return_experience: What came back, and why (REC-010).
        culture, development_policy, business_scope, industry_state, main_products,
            development_trend: The company (REC-009).
        birthday: Of a person, or the day a company was founded.
        occupation: Of a person; customers are analysed by it (ANA-001).
        hobbies: Hobbies and preferences of a person (REC-010).
        traits: Characteristics, as a reception card tells them (RCP-025).
        communications, needs_analysis, consumption_habits: Of a key account (REC-011).
        background, decision_process: Background, and how the customer decides (REC-012).
        service_status: Service the customer has now (REC-013).
        service_given: Personal service given, and why it was (KAM-045).
        cooperation_status: How the cooperation stands (REC-029).
        cooperation_since: Day of the first business.
        annual_turnover: Turnover of a year.
        profit_margin: Percent.
        potential, importance: Points that people give, from 0 to 10 (TIE-002).
        file_class: Class of the file: A, B or C (TIE-003, AMB-38).
        remarks: Anything else (REC-023).
        further: What the company's own schema adds, by field (REC-046, REC-048).

    Rules: REC-003 REC-005 REC-006 REC-007 REC-008 REC-009 REC-010 REC-011 REC-012 REC-013
    """

    name: Text | None = None
    customer_type: CustomerType | None = None
    business_type: Text | None = None
    industry: Text | None = None
    size: Text | None = None
    region: Text | None = None
    address: Text | None = None
    fax: Text | None = None
    website: Text | None = None
    mailbox: Text | None = None
    tax_id: Text | None = None
    contacts: tuple[ContactPerson, ...] = ()
    leaders: tuple[ContactPerson, ...] = ()
    needs: Text | None = None
    purchase_intention: Text | None = None
    product_preference: Text | None = None
    budget_range: Text | None = None
    projects: tuple[Text, ...] = ()
    transactions: Text | None = None
    feedback: Text | None = None
    return_experience: Text | None = None
    culture: Text | None = None
    development_policy: Text | None = None
    business_scope: Text | None = None
    industry_state: Text | None = None
    main_products: Text | None = None
    development_trend: Text | None = None
    birthday: date | None = None
    occupation: Text | None = None
    hobbies: Text | None = None
    traits: Text | None = None
    communications: Text | None = None
    needs_analysis: Text | None = None
    consumption_habits: Text | None = None
    background: Text | None = None
    decision_process: Text | None = None
    service_status: Text | None = None
    service_given: Text | None = None
    cooperation_status: Text | None = None
    cooperation_since: date | None = None
    annual_turnover: Money | None = None
    profit_margin: Decimal | None = None
    potential: Decimal | None = None
    importance: Decimal | None = None
    file_class: Text | None = None
    remarks: Text | None = None
    further: Mapping[str, Text] | None = None


FIELDS = tuple(field.name for field in attrs.fields(CustomerFile))
"""Names of what a customer file says."""

EMPTY = CustomerFile()
"""A file that says nothing."""

URGENT = frozenset(
    {
        *("contacts", "needs", "purchase_intention", "product_preference", "budget_range"),
        *("cooperation_status", "customer_type"),
    }
)
"""What is entered within 24 hours: contact, need, cooperation status (REC-026 to REC-029)."""


def said(values: CustomerFile | None) -> dict[str, Any]:
    """Return what a file says, by field; nothing of what it leaves out."""
    filled = {name: getattr(values or EMPTY, name) for name in FIELDS}
    return {name: value for name, value in filled.items() if value not in (None, ())}


def merged(before: CustomerFile | None, new: CustomerFile | None) -> CustomerFile:
    """Return what two files say together, the new one winning."""
    return attrs.evolve(before or EMPTY, **said(new))


def cleared(names: Iterable[str]) -> dict[str, object]:
    """Return fields as they are where nothing is known any more."""
    return {name: getattr(EMPTY, name) for name in names}


def identity(tax_id: str | None, name: str | None, mobile: str | None) -> dict[str, str]:
    """
    Return by what a customer is told from others, without regard to width, case and spaces.

    Args:
        tax_id: Its tax id.
        name: Its name.
        mobile: Mobile number of its first contact; a name alone is no identity.

    Rule: REC-002
    """
    found = {}
    if tax_id:
        found["customer_tax_id"] = normalised(tax_id)
    if name and mobile:
        found["customer_contact"] = f"{normalised(name)}/{normalised(mobile)}"
    return found


def _was_known(attempt: Asked) -> bool:
    at: datetime | None = attempt.form.known_at
    return at is None or at <= attempt.at


WAS_KNOWN = Guard(_was_known, "in_future", needs="form", rules="REC-036")
"""A reported change is known already; for forms with a field `known_at`."""
