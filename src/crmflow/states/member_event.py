"""
Member event (会员活动): an event for members of a customer club (catalogue 3.26).

Rows of cadences plan one every quarter or half-year, on holidays and on the anniversary of
a shop; so do people. What the members need is learnt there too, and told to their records.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import attrs

from crmflow.core.dealing import Reason
from crmflow.core.form import Names, Text
from crmflow.core.machine import Asked, Changes, Guard, Kind, Machine, Open, Row, Send, State
from crmflow.core.ref import UNBORN
from crmflow.core.updates import copied

__all__ = ["MEMBER_EVENT", "EventPlan", "EventState", "Invitation", "MemberEventFacts", "Occasion"]

WHO = "marketing_department"


class EventState(StrEnum):
    """Where a member event is."""

    PLANNED = "planned"
    INVITED = "invited"
    HELD = "held"
    RECORDED = "recorded"
    CANCELLED = "cancelled"


S = EventState


class Occasion(StrEnum):
    """What a member event is held for (LOY-004, LOY-005)."""

    INTERVAL = "interval"
    HOLIDAY = "holiday"
    ANNIVERSARY = "anniversary"


@attrs.frozen
class MemberEventFacts:
    """
    What is known of a member event.

    Attributes:
        occasion: What it is held for.
        shop: Id of the shop or company that holds it.
        cadence: Name of the row that planned it; None where a person did.
        due_on: Day of the occasion.
        until_at: Aware UTC instant by which it is to be held.
        activity: What is offered: a show, a draw and the like.
        club: The customer club whose members are invited (LOY-003).
        members: Ids of the customers invited.
        attended: Ids of those who came.
        needs: What was learnt of their needs (LOY-006).
        reason: Why it was cancelled.
    """

    occasion: Occasion
    shop: str | None = None
    cadence: str | None = None
    due_on: date | None = None
    until_at: datetime | None = None
    activity: str | None = None
    club: str | None = None
    members: tuple[str, ...] = ()
    attended: tuple[str, ...] = ()
    needs: str | None = None
    reason: str | None = None


@attrs.frozen
class EventPlan:
    """
    A member event as a row of cadences or a person plans it.

    Attributes:
        occasion: What it is held for.
        shop: Id of the shop or company.
        cadence: Name of the row.
        kind: Kind of care the row names, if any.
        role: Role the row names, if any.
        due_on: Day of the occasion; a person who plans a holiday's or an anniversary's
            event names it.
        until_at: Aware instant by which it is to be held.
        activity: What is offered.
    """

    occasion: Occasion
    shop: Text | None = None
    cadence: Text | None = None
    kind: Text | None = None
    role: Text | None = None
    due_on: date | None = None
    until_at: datetime | None = None
    activity: Text | None = None


@attrs.frozen
class Invitation:
    """The club, those of its members who are invited, and what is offered (LOY-003, LOY-004)."""

    club: Text
    members: Names
    activity: Text


@attrs.frozen
class Attendance:
    """Ids of the customers who came."""

    attended: Names


@attrs.frozen
class Learnt:
    """What was learnt of the members' needs (LOY-006)."""

    needs: Text


DAY_NAMED = Guard(
    lambda attempt: attempt.form.occasion is Occasion.INTERVAL or attempt.form.due_on is not None,
    "no_day_named", needs="form", rules="LOY-004",
)  # fmt: skip
WERE_INVITED = Guard(
    lambda attempt: set(attempt.form.attended) <= set(attempt.facts.members),
    "not_invited", needs="form",
)  # fmt: skip


def learnt(attempt: Asked) -> Changes:
    """Return what the customer records of those who came are told."""
    return {
        "kind": "member_event",
        "detail": attempt.facts.needs,
        "origin": str(attempt.snapshot.ref),
    }


MEMBER_EVENT = Machine(
    "member_event",
    MemberEventFacts,
    zh="会员活动",
    en="member event",
    shares="occasion club due_on",
    states=(
        State(S.PLANNED, "已策划", "planned", Kind.INITIAL, requires=("occasion",)),
        State(S.INVITED, "已邀请", "invited", requires=("occasion", "club", "members")),
        State(S.HELD, "已举办", "held", requires=("occasion", "club", "members", "attended")),
        State(
            S.RECORDED, "已记录", "recorded", Kind.FINAL,
            requires=("occasion", "club", "attended", "needs"),
        ),
        State(S.CANCELLED, "已取消", "cancelled", Kind.FINAL, requires=("occasion", "reason")),
    ),
    rows=(
        Row(
            UNBORN, "plan", S.PLANNED, form=EventPlan, who=WHO, guards=(DAY_NAMED,),
            sets=copied("occasion", "shop", "cadence", "due_on", "until_at", "activity"),
            tasks=(Open("invite_members", WHO),),
            rules="LOY-004 LOY-005",
        ),
        Row(
            S.PLANNED, "invite", S.INVITED, form=Invitation, who=WHO,
            sets=copied("club", "members", "activity"),
            tasks=(Open("hold_event", WHO),), done="invite_members",
            rules="LOY-003 LOY-004",
        ),
        Row(
            S.INVITED, "hold", S.HELD, form=Attendance, who=WHO, guards=(WERE_INVITED,),
            sets=copied("attended"),
            tasks=(Open("note_needs", WHO),), done="hold_event",
            rules="LOY-004",
        ),
        Row(
            S.HELD, "record", S.RECORDED, form=Learnt, who=WHO, sets=copied("needs"),
            done="note_needs",
            send=(
                Send(
                    "customer", "note_dealing", learnt,
                    lambda attempt: attempt.facts.attended, courtesy=True,
                ),
            ),
            rules="LOY-006",
        ),
        Row(
            (S.PLANNED, S.INVITED), "cancel", S.CANCELLED, form=Reason, who=WHO,
            sets=copied("reason"), done="invite_members hold_event",
        ),
    ),
)  # fmt: skip
"""The machine `member_event`."""
