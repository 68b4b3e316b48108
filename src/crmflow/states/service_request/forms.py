"""What is known of a request, and what its events must bring."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import attrs

from crmflow.core.cases import Unresolved, Withdrawal
from crmflow.core.dealing import Reply
from crmflow.core.form import Names, Text


class RequestState(StrEnum):
    """Where a request is."""

    RAISED = "raised"
    RESPONDED = "responded"
    TEAM_FORMED = "team_formed"
    IN_PROGRESS = "in_progress"
    SOLVED = "solved"
    REVISIT_DUE = "revisit_due"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Support(StrEnum):
    """How requests come in: as customers are contacted, and around the clock (INT-004)."""

    PHONE = "phone"
    EMAIL = "email"
    SMS = "sms"
    WECHAT = "wechat"
    FACE_TO_FACE = "face_to_face"
    SOCIAL_MEDIA = "social_media"
    NEWSLETTER = "newsletter"
    ONLINE_PLATFORM = "online_platform"
    WEBSITE = "website"
    SELF_SERVICE = "self_service"
    COMMUNITY = "community"
    OTHER = "other"


@attrs.frozen
class RequestFacts:
    """
    What is known of a request.

    Attributes:
        customer: Id of the customer record.
        kind: Question, after-sales, advice, or another kind of the company's list.
        channel: How it came in (DEV-015, INT-004).
        request: What the customer asks.
        raised_at: Aware UTC instant all its limits count from.
        is_complex: Whether a person flagged it as complex (CMP-032).
        response: Solution, or way of handling, stated in the first response (CMP-031).
        responded_at, promised_at: Aware UTC instants of the response, and what it promised.
        owner: Who works on it.
        team: The special team of a complex question 专项小组 (CMP-032).
        team_formed_at: Aware UTC instant it was formed.
        progress, progress_at: What the customer was last told, and when (CMP-033).
        solution, solved_at: What was carried out, and when.
        reply, result: How the customer was told, and what (CMP-025).
        limit_missed_at: Aware UTC instant of the last missed deadline.
        breaches: Number of missed deadlines.
        call_backs: Number of revisits opened (CMP-034).
        reopened: Number of reopenings (CMP-035).
        unresolved: Why it was closed unresolved; counted apart.
        withdrawal, duplicate_of: Why it was withdrawn, and the request it doubles.
        reason: Why it was last reopened, closed unresolved or withdrawn.
    """

    customer: str
    kind: str
    channel: Support
    request: str
    raised_at: datetime
    is_complex: bool = False
    response: str | None = None
    responded_at: datetime | None = None
    promised_at: datetime | None = None
    owner: str | None = None
    team: tuple[str, ...] = ()
    team_formed_at: datetime | None = None
    progress: str | None = None
    progress_at: datetime | None = None
    solution: str | None = None
    solved_at: datetime | None = None
    reply: Reply | None = None
    result: str | None = None
    limit_missed_at: datetime | None = None
    breaches: int = 0
    call_backs: int = 0
    reopened: int = 0
    unresolved: Unresolved | None = None
    withdrawal: Withdrawal | None = None
    duplicate_of: str | None = None
    reason: str | None = None


@attrs.frozen
class Request:
    """Who asks what, how it came in, and whether it is complex as far as that is known."""

    kind: Text
    channel: Support
    customer: Text
    request: Text
    is_complex: bool = False
    owner: Text | None = None


@attrs.frozen
class Team:
    """The special team; `is_complex` flags the request where nobody has (CMP-032)."""

    team: Names
    is_complex: bool | None = None


@attrs.frozen
class Progress:
    """What the customer is told (CMP-033, CMP-036)."""

    progress: Text


@attrs.frozen
class Work:
    """Who works on it; left out where that is known."""

    owner: Text | None = None


@attrs.frozen
class Solution:
    """What was carried out, and how the customer was told (CMP-025, CMP-036)."""

    solution: Text
    reply: Reply
    result: Text


@attrs.frozen
class Closing:
    """Whether the customer is satisfied; what the call-back told comes first."""

    satisfied: bool | None = None


@attrs.frozen
class UnresolvedClosing:
    """Why it stays unresolved, and how the customer was told (AMB-42)."""

    unresolved: Unresolved
    reply: Reply
    result: Text
    reason: Text


@attrs.frozen
class Retreat:
    """Why it is no longer pursued; for a duplicate the request it doubles."""

    withdrawal: Withdrawal
    reason: Text
    duplicate_of: Text | None = None
