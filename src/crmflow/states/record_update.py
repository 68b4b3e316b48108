"""
Record update (信息变更): one pending change of a customer record (catalogue 3.8).

The time limit counts from when the change became known to the company. One that touches
contacts, needs or the cooperation is entered within 24 hours even where it was reported as
something else: of two limits the earlier one holds (AMB-09).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import attrs

from crmflow.core.actor import SYSTEM
from crmflow.core.customer_file import (
    FIELDS,
    URGENT,
    WAS_KNOWN,
    CustomerFile,
    ReportedBy,
    UpdateKind,
    merged,
    said,
)
from crmflow.core.dealing import KNOW_CUSTOMER, HandOver, Reason
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
from crmflow.core.ref import UNBORN
from crmflow.core.updates import copied

__all__ = ["RECORD_UPDATE", "CustomerCard", "Raise", "UpdateFacts", "UpdateState"]

KEEPER, SYSTEM_ROLE = "file_keeper", "system"
LISTED = frozenset({UpdateKind.CONTACT, UpdateKind.NEED, UpdateKind.COOPERATION_STATUS})


class UpdateState(StrEnum):
    """Where an update is."""

    RAISED = "raised"
    OVERDUE = "overdue"
    APPLIED = "applied"
    LOGGED = "logged"
    DISMISSED = "dismissed"


S = UpdateState


@attrs.frozen
class UpdateFacts:
    """
    What is known of an update; applied, it is the entry of the change log 变更记录.

    Attributes:
        customer: Id of the customer record.
        kind: What the change is about.
        change: What has changed, in words: the content of the entry (REC-030).
        reported_by: Who reported it.
        known_at: Aware UTC instant it became known to the company.
        is_listed: Whether it touches contacts, needs or the cooperation (REC-026).
        values: The new values, as far as they are known.
        clears: Fields of which nothing is known any more (REC-037).
        owner: The named person who keeps records (REC-033).
        operator: Who entered it (REC-030).
        applied_at: Aware UTC instant it was entered: the time of the entry.
        origin: The entity it comes from.
        reason: Why it was dismissed or last handed over.
    """

    customer: str
    kind: UpdateKind
    change: str
    reported_by: ReportedBy
    known_at: datetime
    is_listed: bool
    values: CustomerFile | None = None
    clears: tuple[str, ...] = ()
    owner: str | None = None
    operator: str | None = None
    applied_at: datetime | None = None
    origin: str | None = None
    reason: str | None = None


@attrs.frozen
class Raise:
    """
    A change that became known (REC-027 to REC-029, REC-034, REC-036).

    Attributes:
        customer: Id of the customer record.
        kind: What it is about.
        change: What has changed, in words.
        reported_by: Who reports it.
        values: The new values, as far as they are known.
        known_at: Aware UTC instant it became known; left out, now.
        origin: The entity it comes from.
    """

    customer: Text
    kind: UpdateKind
    change: Text
    reported_by: ReportedBy = ReportedBy.STAFF
    values: CustomerFile | None = None
    known_at: datetime | None = None
    origin: Text | None = None


@attrs.frozen
class CustomerCard:
    """
    The customer information card 客户信息卡 (REC-037).

    Attributes:
        values: New values, beside or in place of those that were reported.
        clears: Fields whose value is outdated with nothing new to enter.
        content: What has changed; left out, as it was reported.
        operator: Who entered it; left out, who asks. An import names itself (REC-052).
    """

    values: CustomerFile | None = None
    clears: tuple[Text, ...] = ()
    content: Text | None = None
    operator: Text | None = None


def _is_filled(attempt: Asked) -> bool:
    form = attempt.form
    return bool(form.clears or said(form.values) or said(attempt.facts.values))


def _names_operator(attempt: Asked) -> bool:
    return attempt.form.operator is not None or attempt.actor is not SYSTEM


def _is_clear(attempt: Asked) -> bool:
    form = attempt.form
    gone = {*form.clears}
    new = {*said(form.values), *said(attempt.facts.values)}
    return gone.issubset({*FIELDS} - {"name"}) and gone.isdisjoint(new)


CARD_FILLED = Guard(_is_filled, "card_empty", needs="form", rules="REC-037")
OPERATOR_NAMED = Guard(_names_operator, "no_operator", needs="form", rules="REC-030")
CLEARS_OTHERS = Guard(_is_clear, "clears_what_is_new", needs="form", rules="REC-037")


def raised(attempt: Asked) -> Changes:
    """Return the facts an update begins with."""
    form = attempt.form
    touched = said(form.values)
    return {
        **copied("customer", "kind", "change", "reported_by", "values", "origin")(attempt),
        "known_at": form.known_at or attempt.at,
        "is_listed": form.kind in LISTED or not URGENT.isdisjoint(touched),
    }


def applied(attempt: Asked) -> Changes:
    """Return the entry: time, content, operator, and all new values (REC-030)."""
    form = attempt.form
    return {
        "values": merged(attempt.facts.values, form.values),
        "clears": form.clears,
        "change": form.content or attempt.facts.change,
        "operator": form.operator or attempt.actor.id,
        "applied_at": attempt.at,
    }


def application(attempt: Asked) -> Changes:
    """Return what the customer record is to change."""
    facts = attempt.facts
    return {
        "update": attempt.snapshot.ref.id,
        "operator": facts.operator,
        "content": facts.change,
        "values": said(facts.values),
        "clears": facts.clears,
    }


KNOWN = ("customer", "kind", "change", "known_at")
ENTRY = (*KNOWN, "operator", "applied_at")

RECORD_UPDATE = Machine(
    "record_update",
    UpdateFacts,
    zh="信息变更",
    en="record update",
    searchable="customer",
    shares="customer kind change operator",
    states=(
        State(S.RAISED, "已提出", "raised", Kind.INITIAL, requires=KNOWN),
        State(S.OVERDUE, "已逾期", "overdue", requires=KNOWN),
        State(S.APPLIED, "已更新", "applied", requires=ENTRY),
        State(S.LOGGED, "已入变更记录", "logged", Kind.FINAL, requires=ENTRY),
        State(S.DISMISSED, "不予更新", "dismissed", Kind.FINAL, requires=(*KNOWN, "reason")),
    ),
    rows=(
        Row(
            UNBORN, "raise", S.RAISED, form=Raise, guards=(WAS_KNOWN,), sets=raised,
            tasks=(Open("apply", KEEPER),), send=(KNOW_CUSTOMER,),
            rules="REC-026 REC-027 REC-028 REC-029 REC-031 REC-032 REC-034 REC-036",
        ),
        Row(
            S.RAISED, "expire", S.OVERDUE, who=SYSTEM_ROLE,
            tasks=(Open("overdue_update", KEEPER),),
            rules="REC-033",
        ),
        Row(
            (S.RAISED, S.OVERDUE), "apply", S.APPLIED, form=CustomerCard,
            guards=(CARD_FILLED, OPERATOR_NAMED, CLEARS_OTHERS), sets=applied,
            done="apply overdue_update",
            send=(Send("customer", "apply_update", application, lambda one: one.facts.customer),),
            rules="REC-030 REC-037",
        ),
        Row(
            S.APPLIED, "log", S.LOGGED, who=SYSTEM_ROLE,
            rules="REC-030 STO-006",
        ),
        Row(
            (S.RAISED, S.OVERDUE), "dismiss", S.DISMISSED, form=Reason, sets=copied("reason"),
            rules="REC-036",
        ),
        Row(
            ANY, "hand_over", KEEP, form=HandOver, sets=copied("owner", "reason"),
            rules="REC-033",
        ),
    ),
)  # fmt: skip
"""The machine `record_update`."""
