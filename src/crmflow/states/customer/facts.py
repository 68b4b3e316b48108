"""States and facts of a customer record."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import attrs

from crmflow.core.customer_file import CustomerFile
from crmflow.core.dealing import Source


class CustomerState(StrEnum):
    """Where a customer record is."""

    COLLECTED = "collected"
    CONFIRMED = "confirmed"
    ENTERED = "entered"
    ACTIVE = "active"
    DORMANT = "dormant"
    ARCHIVED = "archived"
    TERMINATED = "terminated"
    PURGED = "purged"
    DISCARDED = "discarded"


class Discard(StrEnum):
    """Why a record is discarded."""

    DUPLICATE = "duplicate"
    UNCONFIRMED = "unconfirmed"


@attrs.frozen(kw_only=True)
class CustomerFacts(CustomerFile):
    """
    What is known of a customer: the file, and what the record itself learns.

    Attributes:
        source: Where the data came from (REC-014, REC-015).
        collected_by: Who collected it; nobody where it was imported (REC-053).
        collected_at: Aware UTC instant of the collection.
        owner: Who looks after the customer (DEV-017).
        mobile, email: Of the first contact person; what the customer is searched by.
        confirmed_with: Who confirmed the key data (REC-019).
        confirmed_at: Aware UTC instant then.
        checked_by: Who checked the logic (REC-025).
        number: Unique customer number, never reused (REG-002).
        class_measures: What the company does for customers of the file's class (REC-047).
        tier: Tier of the care scheme; not the type, the stage or the class (AMB-11).
        service_channel: Service channel of the tier (TIE-012).
        priority: Place of the tier's needs in queues, 1 being the first (TIE-037).
        lifecycle_stage: Stage of the relation.
        is_key_account: Whether it is on the key-account list.
        key_account_grade: Grade as a key account (AMB-38).
        key_account_manager: Who serves it as one.
        purchases: How many were told.
        last_purchase_at, last_contact_at, last_dealing_at: Aware UTC instants.
        last_contact, last_dealing: What they were.
        satisfaction: Points from 0 to 100, as last told.
        services: How often personal service was given (KAM-045).
        advisory_shop: Shop whose customers it stands for in the advisory group (REC-040).
        changes: How many changes were entered (REC-030).
        changed_at: Aware UTC instant of the last one.
        reviewed_at: Aware UTC instant of the last review (REC-035).
        review: What it found.
        no_potential_need: Whether a person confirmed that there is no need (LIF-005).
        dormant_at, archived_at, reactivated_at: Aware UTC instants.
        discarded: Why the record was discarded.
        duplicate_of: The record it doubled.
        reason: Why it was last rejected, discarded, handed over, reactivated, terminated
            or purged.
    """

    source: Source
    collected_at: datetime
    collected_by: str | None = None
    owner: str | None = None
    mobile: str | None = None
    email: str | None = None
    confirmed_with: str | None = None
    confirmed_at: datetime | None = None
    checked_by: str | None = None
    number: str | None = None
    class_measures: str | None = None
    tier: str | None = None
    service_channel: str | None = None
    priority: int | None = None
    lifecycle_stage: str | None = None
    is_key_account: bool = False
    key_account_grade: str | None = None
    key_account_manager: str | None = None
    purchases: int = 0
    last_purchase_at: datetime | None = None
    last_contact_at: datetime | None = None
    last_dealing_at: datetime | None = None
    last_contact: str | None = None
    last_dealing: str | None = None
    satisfaction: Decimal | None = None
    services: int = 0
    advisory_shop: str | None = None
    changes: int = 0
    changed_at: datetime | None = None
    reviewed_at: datetime | None = None
    review: str | None = None
    no_potential_need: bool = False
    dormant_at: datetime | None = None
    archived_at: datetime | None = None
    reactivated_at: datetime | None = None
    discarded: Discard | None = None
    duplicate_of: str | None = None
    reason: str | None = None
