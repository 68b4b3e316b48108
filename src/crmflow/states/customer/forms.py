"""What the events of a customer record bring."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import attrs

from crmflow.core.customer_file import (
    CustomerFile,
    CustomerType,
    ReportedBy,
    UpdateKind,
)
from crmflow.core.dealing import Source
from crmflow.core.form import Check, Text
from crmflow.core.money import Money
from crmflow.states.customer.facts import Discard


@attrs.frozen(kw_only=True)
class Collection(CustomerFile):
    """
    The collection form 客户信息采集表, or what an import brings (REC-016, REC-052).

    Attributes:
        name: The customer.
        source: Where the data come from; the list is REC-014 and REC-015.
        business_type: One for which the company has fixed what must be collected (REC-004).
        owner: Who looks after the customer; left out, the salesperson who collects.
        advisory_shop: Shop for which it was chosen into the advisory group (REC-040).
    """

    name: Text
    source: Source
    business_type: Text
    owner: Text | None = None
    advisory_shop: Text | None = None


@attrs.frozen
class KeyData:
    """
    The key data as confirmed with the customer (REC-019).

    Attributes:
        confirmed_with: Who confirmed it.
        contact_details: Whether the contact details are right.
        needs: Whether the description of the need is right.
        values: What had to be put right.
    """

    confirmed_with: Text
    contact_details: bool
    needs: bool
    values: CustomerFile | None = None


@attrs.frozen
class EntryForm:
    """
    The record as it is entered, sorted by type and industry (REC-020, REG-006).

    Attributes:
        customer_type: Stage of business.
        industry: Industry, where the file does not say it.
        values: What had to be put right.
        not_duplicates: Ids of records that were looked at and are of others (REC-002).
    """

    customer_type: CustomerType
    industry: Text | None = None
    values: CustomerFile | None = None
    not_duplicates: tuple[Text, ...] = ()


@attrs.frozen
class LogicCheck:
    """
    The record as a person found it in order, and its classification (REC-025, REG-003).

    Attributes:
        region: Region, where the file does not say it.
        needs: Product need, where the file does not say it.
        file_class: Class of the file: A, B or C.
        number: Number the customer has already; left out, one is given.
        owner: Who looks after the customer; left out, who does so already.
        not_duplicates: Ids of records that were looked at and are of others (REC-002).
    """

    region: Text | None = None
    needs: Text | None = None
    file_class: Text | None = None
    number: Text | None = None
    owner: Text | None = None
    not_duplicates: tuple[Text, ...] = ()


@attrs.frozen
class Discarding:
    """Why the record is discarded; of a duplicate the record that stays."""

    discarded: Discard
    reason: Text
    duplicate_of: Text | None = None


@attrs.frozen
class ChangeReport:
    """
    A change as it is reported by the customer or by staff (REC-036).

    Attributes:
        kind: What it is about.
        change: What has changed, in words.
        reported_by: Who reports it.
        values: The new values, as far as they are known.
        known_at: Aware UTC instant it became known to the company; left out, now.
    """

    kind: UpdateKind
    change: Text
    reported_by: ReportedBy = ReportedBy.STAFF
    values: CustomerFile | None = None
    known_at: datetime | None = None


@attrs.frozen
class Review:
    """What a review of the record found (REC-035)."""

    review: Text


@attrs.frozen
class NoNeed:
    """A person's judgement that there is no potential need (LIF-005)."""

    no_potential_need: bool
    reason: Text


@attrs.frozen
class Representation:
    """The shop whose customers it stands for in the advisory group (REC-040)."""

    advisory_shop: Text


@attrs.frozen
class PersonalService:
    """Personal service given to a customer, and the occasion (KAM-045)."""

    service: Text
    occasion: Text | None = None


@attrs.frozen
class ContactTold:
    """A contact with the customer, as another entity tells it."""

    origin: Text
    channel: Text | None = None
    result: Text | None = None


@attrs.frozen
class PurchaseTold:
    """A purchase, and whether it was made in a shop (REC-038)."""

    origin: Text
    amount: Money | None = None
    in_store: bool = False


@attrs.frozen
class DealingTold:
    """A dealing other than a purchase or a contact: a complaint, return, visit, payment ..."""

    kind: Text
    origin: Text
    detail: Text | None = None


def _is_percentage(value: object) -> bool:
    return isinstance(value, Decimal) and Decimal(0) <= value <= Decimal(100)


Points = Annotated[Decimal, Check("number", _is_percentage, "a decimal from 0 to 100")]
"""Points from 0 to 100."""


@attrs.frozen
class SatisfactionTold:
    """How satisfied the customer is."""

    score: Points
    origin: Text


@attrs.frozen
class TierMoved:
    """
    The tier of the care scheme, why it moved, and what customers of it get.

    Attributes:
        tier: The tier.
        scheme: Name of the scheme.
        before: Tier before.
        reason: Why it moved.
        channel: Service channel of the tier: strategic customers have a dedicated one (TIE-012).
        priority: Place of the tier's needs in queues, 1 being the first (TIE-037).
    """

    tier: Text | None = None
    scheme: Text | None = None
    before: Text | None = None
    reason: Text | None = None
    channel: Text | None = None
    priority: int | None = None


@attrs.frozen
class StageTold:
    """The stage of the relation."""

    stage: Text
    origin: Text | None = None


@attrs.frozen
class KeyAccountTold:
    """Whether the customer is a key account, of which grade, and who serves it."""

    is_key_account: bool
    origin: Text
    grade: Text | None = None
    manager: Text | None = None


@attrs.frozen
class UpdateApplied:
    """
    What a finished update changes.

    Attributes:
        update: Id of the record update, which keeps the entry.
        operator: Who entered it.
        content: What has changed, in words.
        values: The new values.
        clears: Fields of which nothing is known any more (REC-037).
    """

    update: Text
    operator: Text
    content: Text
    values: CustomerFile | None = None
    clears: tuple[Text, ...] = ()
