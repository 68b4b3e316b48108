"""
Dealings with customers: channels, sources, records and hand-overs that several machines share.

Machines do not know each other, so what they have in common stands here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum

import attrs

from crmflow.core.actor import SYSTEM
from crmflow.core.form import Text
from crmflow.core.link import Link
from crmflow.core.machine import Asked, Changes, Guard, Send
from crmflow.core.reserved import ASK


class Channel(StrEnum):
    """How customers are contacted (DEV-015)."""

    PHONE = "phone"
    EMAIL = "email"
    SMS = "sms"
    WECHAT = "wechat"
    FACE_TO_FACE = "face_to_face"
    SOCIAL_MEDIA = "social_media"
    NEWSLETTER = "newsletter"


class Intake(StrEnum):
    """How opinions of customers come in (CMP-002, CMP-038, SUG-004)."""

    PHONE = "phone"
    MAIL = "mail"
    IN_PERSON = "in_person"
    SYSTEM = "system"
    SATISFACTION_SURVEY = "satisfaction_survey"
    ONLINE_REVIEW = "online_review"
    SOCIAL_MEDIA = "social_media"
    PHONE_SURVEY = "phone_survey"
    EMAIL_REPLY = "email_reply"
    ONLINE_SURVEY = "online_survey"
    OTHER = "other"


class Source(StrEnum):
    """Where data on a customer may come from (REC-014, REC-015)."""

    ADVERT = "advert"
    AUTHORITY = "authority"
    TRANSACTIONS = "transactions"
    SALES_VISIT = "sales_visit"
    MARKET_RESEARCH = "market_research"
    CUSTOMER_FORM = "customer_form"
    INTERNET = "internet"
    RESEARCH_AGENCY = "research_agency"
    EXHIBITION = "exhibition"
    COLD_VISIT = "cold_visit"
    REFERRAL = "referral"
    OTHER = "other"


class VisitorClass(StrEnum):
    """Who visits the company (RCP-002); what a visit of each asks for is told by class (AMB-26)."""

    AUTHORITY = "authority"
    KEY_ACCOUNT = "key_account"
    IMPORTANT = "important"
    GENERAL = "general"


class CareKind(StrEnum):
    """What a care task is (catalogue 3.22)."""

    VISIT = "visit"
    MEETING = "meeting"
    CALL = "call"
    SURVEY = "survey"
    EMAIL = "email"
    GIFT = "gift"
    GREETING = "greeting"
    BRIEFING = "briefing"
    PROMOTION = "promotion"
    INVITATION = "invitation"
    REVIEW = "review"
    CHECK_CALL = "check_call"


class Reply(StrEnum):
    """How a customer is told a result (CMP-016, CMP-018)."""

    LETTER = "letter"
    WRITING = "writing"
    PHONE = "phone"


@attrs.frozen
class Reason:
    """Why something is done."""

    reason: Text


@attrs.frozen
class HandOver:
    """The new owner, and why the work passes on (DEV-011)."""

    owner: Text
    reason: Text


@attrs.frozen
class FollowUp:
    """
    The follow-up record 客户跟进记录表 (DEV-009, DEV-012).

    Attributes:
        method: Channel of the contact.
        person: Who was followed up.
        result: What came of it.
        details: What was talked about.
        happened_at: Aware UTC instant of the contact; left out, the event's own.
    """

    method: Channel
    person: Text
    result: Text
    details: Text
    happened_at: datetime | None = None


def _happened(attempt: Asked) -> bool:
    at: datetime | None = attempt.form.happened_at
    return at is None or at <= attempt.at


HAPPENED = Guard(_happened, "in_future", needs="form")
"""What is recorded has happened already; for forms with a field `happened_at`."""


def followed_up(attempt: Asked) -> Changes:
    """Return the facts that change with a follow-up record; the journal keeps the record."""
    form = attempt.form
    return {
        "contacts": attempt.facts.contacts + 1,
        "last_contact_at": form.happened_at or attempt.at,
        "last_result": form.result,
    }


def approved_by(attempt: Asked) -> tuple[str, ...]:
    """Return the ids of those who approved an event that was held; nobody where none was asked."""
    cause = attempt.event.cause
    return () if cause is None else cause.approved_by


def first_owner(attempt: Asked) -> str | None:
    """Return the owner a form names, else who asks; nobody where that is no person."""
    form, actor = attempt.form, attempt.actor
    return form.owner or (None if actor is SYSTEM else actor.id)


def _customer(attempt: Asked) -> str | None:
    known: str | None = attempt.facts.customer
    return known or None


def tell_customer(event: str, payload: Callable[[Asked], Mapping[str, object]]) -> Send:
    """
    Return a message to the customer record, for machines whose fact `customer` is its id.

    It is sent where customer records are kept, and lost where there is none of that id. Sales,
    service and marketing thus work on one record, whose machine it is does not matter (INT-006).

    Args:
        event: `note_contact`, `note_purchase`, `note_dealing`, `note_satisfaction` or
            another event of the machine `customer`.
        payload: What its form needs, beside `origin`, which is the sender.
    """

    def told(attempt: Asked) -> Changes:
        return {**payload(attempt), "origin": str(attempt.snapshot.ref)}

    return Send("customer", event, told, _customer, courtesy=True)


def raise_update(
    kind: str,
    learnt: Callable[[Asked], Mapping[str, object]],
    when: Callable[[Asked], bool] = lambda _attempt: True,
) -> Send:
    """
    Return a message that a change of the customer record became known, by courtesy.

    Args:
        kind: What it is about: `contact`, `need`, `cooperation_status`, `category` or `other`.
        learnt: Gives `change`, the words, and `values`, the new values where they are known.
        when: Sent only where this holds, and a customer is known.

    Rules: REC-028 RCP-025
    """

    def raised(attempt: Asked) -> Changes:
        told = {"customer": _customer(attempt), "kind": kind, "reported_by": "staff"}
        return {**told, **learnt(attempt), "origin": str(attempt.snapshot.ref)}

    def known(attempt: Asked) -> bool:
        return _customer(attempt) is not None and when(attempt)

    return Send("record_update", "raise", raised, when=known, courtesy=True)


KNOW_CUSTOMER = Send("customer", ASK, lambda _attempt: {}, _customer, "customer", courtesy=True)
"""Asks the customer record once for tier, class and owner; the answer is the link `customer`."""


def customer_of(attempt: Asked) -> Link | None:
    """Return the customer record as last heard of, or None where it has not told."""
    links = attempt.linked("customer")
    return links[-1] if links else None


def customer_is(attempt: Asked, fact: str, *values: object) -> bool:
    """Say whether the customer record told a fact of one of these values."""
    link = customer_of(attempt)
    return link is not None and link.facts.get(fact) in values
