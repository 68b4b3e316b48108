"""What is known of a request, and what its events must bring."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import attrs

from crmflow.core.cases import CaseFacts, Unresolved, Withdrawal
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


@attrs.frozen(kw_only=True)
class RequestFacts(CaseFacts):
    """
    What is known of a request.

    Attributes:
        kind: Question, after-sales, advice, or another kind of the company's list.
        channel: How it came in (DEV-015, INT-004).
        request: What the customer asks.
        raised_at: Aware UTC instant all its limits count from.
        team: The special team of a complex question 专项小组 (CMP-032).
        team_formed_at: Aware UTC instant it was formed.
        progress, progress_at: What the customer was last told, and when (CMP-033).
    """

    kind: str
    channel: Support
    request: str
    raised_at: datetime
    team: tuple[str, ...] = ()
    team_formed_at: datetime | None = None
    progress: str | None = None
    progress_at: datetime | None = None


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
