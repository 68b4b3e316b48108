"""
Care task (关怀任务): one due action of a care cadence (catalogue 3.22).

The rows of cadences and dormancy say when one is scheduled and until when it is to be done;
whoever looks after the customer may schedule one too, with the reason. What was done is a
revisit or a survey where it is of that kind. The next one is planned by the cadence as soon
as this one is there, whatever becomes of it.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import attrs

from crmflow.core.actor import SYSTEM
from crmflow.core.dealing import (
    KNOW_CUSTOMER,
    CareKind,
    Channel,
    Reason,
    customer_is,
    tell_customer,
)
from crmflow.core.form import Text
from crmflow.core.machine import Asked, Changes, Guard, Kind, Machine, Open, Row, Send, Start, State
from crmflow.core.ref import UNBORN
from crmflow.core.timer import Until
from crmflow.core.updates import copied

__all__ = ["CARE_TASK", "CareResult", "CareState", "CareTaskFacts", "Schedule"]

OWNER = "salesperson"
CALLS = frozenset({CareKind.CALL, CareKind.CHECK_CALL})
IN_TOUCH = CALLS | {CareKind.VISIT, CareKind.MEETING, CareKind.SURVEY, CareKind.REVIEW}
"""Kinds in which the customer is talked to; what is only sent is no contact (LIF-004)."""


class CareState(StrEnum):
    """Where a care task is."""

    SCHEDULED = "scheduled"
    DUE = "due"
    MISSED = "missed"
    DONE = "done"
    CANCELLED = "cancelled"


S = CareState


@attrs.frozen
class CareTaskFacts:
    """
    What is known of a care task.

    Attributes:
        customer: Id of the customer record.
        kind: What it is.
        cadence: Name of the row that scheduled it; None where a person did.
        channels: Channels it may be done by; empty for any (TIE-022).
        role: Role that does it.
        due_on: Day of the occurrence: the birthday or festival itself.
        since: Day since which nothing was heard, for a check call (LIF-010).
        due_at: Aware UTC instant at which it becomes due.
        until_at: Aware UTC instant by which it is to be done: end of its window (AMB-20).
        channel: Channel it was done by.
        result: What came of it.
        gift: The custom gift or card that was given (TIE-015, TIE-023, TIE-033).
        needs: What the customer needs, as learnt (TIE-036).
        problem: What is to be solved for the customer (TIE-036).
        reason: Why a person scheduled it, or why it was cancelled.
    """

    customer: str
    kind: CareKind
    cadence: str | None = None
    channels: tuple[Channel, ...] = ()
    role: str | None = None
    due_on: date | None = None
    since: date | None = None
    due_at: datetime | None = None
    until_at: datetime | None = None
    channel: Channel | None = None
    result: str | None = None
    gift: str | None = None
    needs: str | None = None
    problem: str | None = None
    reason: str | None = None


@attrs.frozen
class Schedule:
    """
    A care task as a cadence, a row of dormancy or a person schedules it.

    Attributes:
        customer: Id of the customer record.
        kind: What it is.
        cadence: Name of the row; a person gives a reason instead.
        channels: Channels it may be done by.
        role: Role that does it; left out, the salesperson.
        due_on: Day of the occurrence.
        since: Day since which nothing was heard.
        due_at: Aware instant at which it becomes due; left out, at once.
        until_at: Aware instant by which it is to be done.
        reason: Why, where no row says so.
    """

    customer: Text
    kind: CareKind
    cadence: Text | None = None
    channels: tuple[Channel, ...] = ()
    role: Text | None = None
    due_on: date | None = None
    since: date | None = None
    due_at: datetime | None = None
    until_at: datetime | None = None
    reason: Text | None = None


@attrs.frozen
class CareResult:
    """
    What came of a care task.

    Attributes:
        result: What came of it.
        channel: Channel; needed where the task names its channels.
        gift: What was given; needed for a gift.
        needs: What the customer needs, as learnt: the record is brought up to date.
        problem: What is to be solved for the customer.
    """

    result: Text
    channel: Channel | None = None
    gift: Text | None = None
    needs: Text | None = None
    problem: Text | None = None


def _in_order(attempt: Asked) -> bool:
    # What a row has scheduled is taken however late its message comes: then it is missed.
    form, late = attempt.form, attempt.actor is SYSTEM
    return (
        late or form.until_at is None or max(form.due_at or attempt.at, attempt.at) < form.until_at
    )


HAS_CAUSE = Guard(
    lambda attempt: (attempt.form.cadence or attempt.form.reason) is not None,
    "no_care_cause", needs="form",
)  # fmt: skip
IN_ORDER = Guard(_in_order, "care_window", needs="form", rules="TIE-020")
BY_CHANNEL = Guard(
    lambda attempt: not attempt.facts.channels or attempt.form.channel in attempt.facts.channels,
    "channel_not_planned", needs="form", rules="TIE-022",
)  # fmt: skip
GIFT_NAMED = Guard(
    lambda attempt: attempt.facts.kind is not CareKind.GIFT or attempt.form.gift is not None,
    "no_gift_named", needs="form", rules="TIE-015 TIE-023 TIE-033",
)  # fmt: skip

HAS_WINDOW = Guard(lambda attempt: attempt.facts.until_at is not None, "no_care_window")


def scheduled(attempt: Asked) -> Changes:
    """Return the facts a care task begins with."""
    form = attempt.form
    given = {field.name: getattr(form, field.name) for field in attrs.fields(Schedule)}
    return {**given, "due_at": max(form.due_at or attempt.at, attempt.at)}


def revisit(attempt: Asked) -> Changes:
    """Return what a revisit is listed with: strategic customers are visited on site (REV-005)."""
    facts, ref = attempt.facts, attempt.snapshot.ref
    if facts.kind in CALLS:
        kind = "phone"
    else:
        kind = "on_site" if customer_is(attempt, "tier", "strategic") else "face_to_face"
    purpose = facts.reason or facts.cadence
    return {"kind": kind, "purpose": purpose, "customer": facts.customer, "origin": str(ref)}


def survey(attempt: Asked) -> Changes:
    """Return what a survey of the customer is planned with."""
    facts, ref = attempt.facts, attempt.snapshot.ref
    return {
        "purpose": facts.reason or facts.cadence,
        "scope": "customer",
        "customer": facts.customer,
        "origin": str(ref),
    }


def need_update(attempt: Asked) -> Changes:
    """Return the change of the customer's needs, as the care task learnt it."""
    facts, ref = attempt.facts, attempt.snapshot.ref
    return {
        "customer": facts.customer,
        "kind": "need",
        "change": facts.needs,
        "values": {"needs": facts.needs},
        "reported_by": "staff",
        "origin": str(ref),
    }


def question(attempt: Asked) -> Changes:
    """Return what a service request is raised with, for a problem that care has brought up."""
    facts = attempt.facts
    return {
        "kind": "question",
        "channel": facts.channel or Channel.PHONE,
        "customer": facts.customer,
        "request": facts.problem,
    }


def contact(attempt: Asked) -> Changes:
    """Return what the customer record is told of a contact."""
    facts = attempt.facts
    return {"channel": facts.channel, "result": facts.result}


OPENED = (
    Send(
        "revisit", "list", revisit, link="revisit", courtesy=True,
        when=lambda attempt: attempt.facts.kind in {*CALLS, CareKind.VISIT},
    ),
    Send(
        "survey", "plan", survey, link="survey", courtesy=True,
        when=lambda attempt: attempt.facts.kind is CareKind.SURVEY,
    ),
    Send(
        "record_update", "raise", need_update, courtesy=True,
        when=lambda attempt: attempt.facts.needs is not None,
    ),
    Send(
        "service_request", "raise", question, courtesy=True,
        when=lambda attempt: attempt.facts.problem is not None,
    ),
    attrs.evolve(
        tell_customer("note_contact", contact),
        when=lambda attempt: attempt.facts.kind in IN_TOUCH,
    ),
)  # fmt: skip

CARE_TASK = Machine(
    "care_task",
    CareTaskFacts,
    zh="关怀任务",
    en="care task",
    shares="customer kind cadence result",
    states=(
        State(S.SCHEDULED, "已安排", "scheduled", Kind.INITIAL, requires=("customer", "kind")),
        State(S.DUE, "已到期", "due", requires=("customer", "kind")),
        State(S.MISSED, "已错过", "missed", requires=("customer", "kind", "until_at")),
        State(S.DONE, "已完成", "done", Kind.FINAL, requires=("customer", "kind", "result")),
        State(S.CANCELLED, "已取消", "cancelled", Kind.FINAL, requires=("customer", "reason")),
    ),
    rows=(
        Row(
            UNBORN, "schedule", S.SCHEDULED, form=Schedule, guards=(HAS_CAUSE, IN_ORDER),
            sets=scheduled, send=(KNOW_CUSTOMER,),
            start=(Start("due", "become_due", lambda attempt: Until(attempt.facts.due_at)),),
            rules="TIE-010 TIE-011 TIE-012 TIE-013 TIE-014 TIE-015 TIE-016 TIE-017 TIE-018"
            " TIE-019 TIE-020 TIE-021 TIE-022 TIE-023 TIE-024 TIE-033 TIE-036 LIF-010 LIF-011"
            " PWR-035 PWR-036",
        ),
        Row(
            S.SCHEDULED, "become_due", S.DUE, who="system", stop="due",
            tasks=(Open("do_care", lambda attempt: attempt.facts.role or OWNER),),
            rules="TIE-020 REV-029",
        ),
        Row(
            (S.DUE, S.MISSED), "do", S.DONE, form=CareResult, guards=(BY_CHANNEL, GIFT_NAMED),
            sets=copied("result", "channel", "gift", "needs", "problem"),
            done="do_care", send=OPENED,
            rules="TIE-011 TIE-013 TIE-017",
        ),
        Row(S.DUE, "miss", S.MISSED, who="system", guards=(HAS_WINDOW,), rules="TIE-037"),
        Row(
            (S.SCHEDULED, S.DUE, S.MISSED), "cancel", S.CANCELLED, form=Reason,
            sets=copied("reason"), stop="due", done="do_care",
            rules="LIF-010 TIE-036",
        ),
    ),
)  # fmt: skip
"""The machine `care_task`."""
