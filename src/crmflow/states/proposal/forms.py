"""What is known of a suggestion, and what its events must bring."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import attrs

from crmflow.core.cases import Withdrawal
from crmflow.core.dealing import Intake, Reply
from crmflow.core.form import Text
from crmflow.core.money import Money


class ProposalState(StrEnum):
    """Where a suggestion is."""

    RECEIVED = "received"
    RECORDED = "recorded"
    ACKNOWLEDGED = "acknowledged"
    AWAITING_DISPATCH = "awaiting_dispatch"
    PROCESSING = "processing"
    MANAGER_REVIEW = "manager_review"
    DEPUTY_REVIEW = "deputy_review"
    DECIDED = "decided"
    ACCEPTED = "accepted"
    HELD = "held"
    REJECTED = "rejected"
    IMPLEMENTING = "implementing"
    IMPLEMENTED = "implemented"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Subject(StrEnum):
    """What a suggestion is about: products with the service around them, or anything else."""

    PRODUCT = "product"
    PRODUCT_SERVICE = "product_service"
    OTHER = "other"


class Result(StrEnum):
    """What becomes of a suggestion: 接受, 暂时保留, 拒绝 (SUG-023)."""

    ACCEPTED = "accepted"
    HELD = "held"
    REJECTED = "rejected"


@attrs.frozen
class ProposalFacts:
    """
    What is known of a suggestion of a customer; what sales proposes is a deal's (AMB-01).

    Attributes:
        customer: Id of the customer record.
        channel: How it came in (SUG-004).
        subject: What it is about (SUG-001).
        received_at, received_by: When, and who took it in.
        intake_owner: Whom marketing named to receive suggestions (SUG-003).
        kind: Its type; the six of SUG-002, and those a company adds.
        content, happened_at: The record form (SUG-006).
        recorded_at: Aware UTC instant the limit counts from, until the suggestion is resumed.
        is_grave: Whether it is grave: shown to the general manager, handled first (AMB-52).
        is_major, is_complex: What the longest limit asks for (SUG-016).
        is_urgent: Whether it goes ahead of others (CMP-015).
        gm_decision, forwarded_to: What the general manager decided, or to whom it went on.
        promised_at: Aware UTC instant by which about it will be dealt with (SUG-007).
        department: The main processing department 主处理部门 (SUG-007, SUG-021).
        terms_changed_at: Aware UTC instant the customer was told of other terms (SUG-008).
        sorted_at: Aware UTC instant it was sorted (SUG-009).
        extended_at, extended_long_at: Aware UTC instants of its extensions (SUG-014, SUG-015).
        limit_missed_at: Aware UTC instant of the last breach.
        breaches: Number of missed deadlines.
        chased: Number of times the business department chased it (CMP-020).
        result, reasons: The result form (SUG-017, SUG-023).
        value: What it is worth, by which rewards are graded (AMB-06).
        decided_at: Aware UTC instant the result was approved (SUG-020).
        reply: How the customer was answered.
        explanation, schedule: What was said beside the result (SUG-024).
        answered_at, thanked_at: Aware UTC instants of answer and letter of thanks (SUG-033).
        rewarded_at: Aware UTC instant the reward was settled.
        measures, standard: With `schedule` the plan of its use (SUG-035).
        progress: What was last told of its use (SUG-036).
        withdrawal, duplicate_of: Why it was withdrawn, and the suggestion it doubles.
        reason: Why it was last returned, extended, changed, dropped, resumed or withdrawn.
    """

    customer: str
    channel: Intake
    subject: Subject
    received_at: datetime
    received_by: str | None = None
    intake_owner: str | None = None
    kind: str | None = None
    content: str | None = None
    happened_at: datetime | None = None
    recorded_at: datetime | None = None
    is_grave: bool = False
    is_major: bool = False
    is_complex: bool = False
    is_urgent: bool = False
    gm_decision: str | None = None
    forwarded_to: str | None = None
    promised_at: datetime | None = None
    department: str | None = None
    terms_changed_at: datetime | None = None
    sorted_at: datetime | None = None
    extended_at: datetime | None = None
    extended_long_at: datetime | None = None
    limit_missed_at: datetime | None = None
    breaches: int = 0
    chased: int = 0
    result: Result | None = None
    reasons: str | None = None
    value: Money | None = None
    decided_at: datetime | None = None
    reply: Reply | None = None
    explanation: str | None = None
    schedule: str | None = None
    answered_at: datetime | None = None
    thanked_at: datetime | None = None
    rewarded_at: datetime | None = None
    measures: str | None = None
    standard: str | None = None
    progress: str | None = None
    withdrawal: Withdrawal | None = None
    duplicate_of: str | None = None
    reason: str | None = None


@attrs.frozen
class Intaking:
    """Who suggests something, how it came in and what about (SUG-001, SUG-004)."""

    customer: Text
    channel: Intake
    subject: Subject = Subject.PRODUCT
    content: Text | None = None


@attrs.frozen
class ProposalRecord:
    """
    The record form 客户提案记录表, which counts as feedback form too (SUG-006, CMP-005).

    Customer and channel are known since the receipt, the limit is that of its deadline.

    Attributes:
        kind: Its type (SUG-002).
        content: What is suggested.
        happened_at: Aware UTC instant of the suggestion; left out, the receipt.
        department: Department it concerns, where that is known already.
        is_grave, is_major, is_complex: What it counts as, where that is known already.
    """

    kind: Text
    content: Text
    happened_at: datetime | None = None
    department: Text | None = None
    is_grave: bool | None = None
    is_major: bool | None = None
    is_complex: bool | None = None


@attrs.frozen
class Gravity:
    """That it is grave; from the general manager what is decided, or to whom it goes on."""

    is_grave: bool | None = None
    gm_decision: Text | None = None
    forwarded_to: Text | None = None


@attrs.frozen
class Acknowledgement:
    """What the customer is told: approximate time and main department (SUG-007)."""

    promised_at: datetime
    department: Text


@attrs.frozen
class Terms:
    """Another time, another department, or that it counts for more; and why (SUG-008)."""

    reason: Text
    promised_at: datetime | None = None
    department: Text | None = None
    is_major: bool | None = None
    is_complex: bool | None = None


@attrs.frozen
class Sorting:
    """How it was sorted before it is passed on (SUG-009); left out, as it was recorded."""

    kind: Text | None = None
    department: Text | None = None
    is_major: bool | None = None
    is_complex: bool | None = None


@attrs.frozen
class Study:
    """The result form: result and reasons, and what the suggestion is worth (SUG-017)."""

    result: Result
    reasons: Text
    value: Money | None = None


@attrs.frozen
class Answer:
    """The one reply; without an explanation or advice it cannot be sent (SUG-024, AMB-08)."""

    reply: Reply
    explanation: Text
    schedule: Text | None = None


@attrs.frozen
class Earlier:
    """An earlier suggestion of the same customer; `repeated` where a repeat reward was paid."""

    at: datetime
    outcome: Result
    repeated: bool = False


@attrs.frozen
class Rewarding:
    """Earlier suggestions of the customer, and what this one is worth where that is new."""

    earlier: tuple[Earlier, ...] = ()
    value: Money | None = None


@attrs.frozen
class UsePlan:
    """The plan 提案实施计划: measures, standard, schedule (SUG-035)."""

    measures: Text
    standard: Text
    schedule: Text


@attrs.frozen
class UseReport:
    """What the customer is told of the use of the suggestion (SUG-036)."""

    progress: Text


@attrs.frozen
class Retreat:
    """Why it is no longer pursued, and whether the customer was thanked (SUG-033)."""

    withdrawal: Withdrawal
    reason: Text
    thanked: bool
    duplicate_of: Text | None = None
