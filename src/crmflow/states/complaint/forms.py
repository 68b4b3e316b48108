"""What is known of a complaint, and what its events must bring."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import attrs

from crmflow.core.cases import CaseFacts, Unresolved, Withdrawal
from crmflow.core.dealing import Intake, Reply
from crmflow.core.form import Names, Text


class ComplaintState(StrEnum):
    """Where a complaint is."""

    RECEIVED = "received"
    RECORDED = "recorded"
    GRADED = "graded"
    GM_REVIEW = "gm_review"
    INVESTIGATING = "investigating"
    SOLUTION_READY = "solution_ready"
    CONFIRMED = "confirmed"
    SOLVED = "solved"
    ANSWERED = "answered"
    REVISIT_DUE = "revisit_due"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Grade(StrEnum):
    """How grave it is: 一般, 严重, 重大 (CMP-006, CMP-009, CMP-013; AMB-14)."""

    GENERAL = "general"
    SERIOUS = "serious"
    MAJOR = "major"


class Mood(StrEnum):
    """Emotional state of the customer 情绪状态 (CMP-003)."""

    CALM = "calm"
    WORRIED = "worried"
    DISSATISFIED = "dissatisfied"
    ANGRY = "angry"
    FURIOUS = "furious"


@attrs.frozen(kw_only=True)
class ComplaintFacts(CaseFacts):
    """
    What is known of a complaint; its owner is a role, by grade (CMP-008, CMP-011, CMP-013).

    Attributes:
        channel: How it came in.
        received_at: Aware UTC instant of receipt.
        is_claim: Whether compensation is claimed 索赔 (CMP-028).
        occurred_at, problem_type, demand, mood: The record (CMP-003).
        opinion: The customer's own words, as on the feedback form (CMP-005).
        limit_from: Aware UTC instant the grade's limit counts from: the recording,
            after a reopening the reopening.
        response_missed_at: Aware UTC instant at which the first response was missing.
        grade: How grave it is.
        is_urgent: Whether it goes ahead of other cases (CMP-015).
        steps, steps_done: The company's further steps of grade major, and those taken (CMP-013).
        gm_decision, forwarded_to: What the general manager decided, or to whom it went on.
        departments: Departments that investigate (CMP-021).
        attended_by: Business supervisor or delegate who attended the customer (CMP-019).
        delegate: Whom the supervisor sent.
        chased: Number of times the business department chased it (CMP-020).
        delay_informed_at: Aware UTC instant the customer was told of a delay (CMP-036).
        cause, corrective, preventive: With `solution` the handling form (CMP-024).
        escalated_at: Aware UTC instant it went to senior management (CMP-023).
        confirmed_by: Who confirmed the solution for the customer (CMP-012).
        answered_at: Aware UTC instant of the answer.
        call_back_missed_at: Aware UTC instant at which the call-back was missing.
        improvement: Improvement measures (CMP-026).
        reviewed_by: Who reviewed a claim by hand (CMP-028).
    """

    channel: Intake
    received_at: datetime
    is_claim: bool = False
    occurred_at: datetime | None = None
    problem_type: str | None = None
    demand: str | None = None
    mood: Mood | None = None
    opinion: str | None = None
    limit_from: datetime | None = None
    response_missed_at: datetime | None = None
    grade: Grade | None = None
    is_urgent: bool = False
    steps: tuple[str, ...] = ()
    steps_done: tuple[str, ...] = ()
    gm_decision: str | None = None
    forwarded_to: str | None = None
    departments: tuple[str, ...] = ()
    attended_by: str | None = None
    delegate: str | None = None
    chased: int = 0
    delay_informed_at: datetime | None = None
    cause: str | None = None
    corrective: str | None = None
    preventive: str | None = None
    escalated_at: datetime | None = None
    confirmed_by: str | None = None
    answered_at: datetime | None = None
    call_back_missed_at: datetime | None = None
    improvement: str | None = None
    reviewed_by: str | None = None


@attrs.frozen
class Receipt:
    """Who complains, and how it came in (CMP-002, CMP-038)."""

    customer: Text
    channel: Intake
    is_claim: bool = False
    is_complex: bool = False


@attrs.frozen
class WorkOrder:
    """
    The work order 客户投诉处理工单, which counts as feedback form too (CMP-003 to CMP-005).

    Attributes:
        problem_type: What it is about.
        demand: What the customer wants.
        mood: Emotional state.
        happened_at: Aware UTC instant of what is complained about; left out, the receipt.
        is_claim: Whether compensation is claimed, where this became known.
        opinion: The customer's own words.
    """

    problem_type: Text
    demand: Text
    mood: Mood
    opinion: Text | None = None
    happened_at: datetime | None = None
    is_claim: bool | None = None


@attrs.frozen
class Grading:
    """The grade a person gives, and why; graver than the criteria it needs a reason."""

    grade: Grade
    reason: Text | None = None


@attrs.frozen
class Regrading:
    """Another grade, and what changed."""

    grade: Grade
    reason: Text


@attrs.frozen
class StepTaken:
    """A further step of grade major that was taken."""

    step: Text


@attrs.frozen
class Direction:
    """What the general manager decides, or to whom it goes on; the departments concerned."""

    departments: Names
    gm_decision: Text | None = None
    forwarded_to: Text | None = None


@attrs.frozen
class Investigation:
    """The departments concerned (CMP-021)."""

    departments: Names


@attrs.frozen
class Attendance:
    """Whom the business supervisor sent; left out where in person (CMP-019)."""

    delegate: Text | None = None


@attrs.frozen
class Handling:
    """The handling form 客户投诉调查处理表; `escalate` where senior management must see it."""

    cause: Text
    corrective: Text
    preventive: Text
    solution: Text
    escalate: bool = False


@attrs.frozen
class Confirmation:
    """Who confirmed for the customer (CMP-012)."""

    confirmed_by: Text


@attrs.frozen
class Result:
    """What the customer is told, and how (CMP-016, CMP-018)."""

    reply: Reply
    result: Text


@attrs.frozen
class Closing:
    """What improves, whether the customer is satisfied, who reviewed a claim by hand."""

    improvement: Text
    satisfied: bool | None = None
    reviewed_by: Text | None = None


@attrs.frozen
class UnresolvedClosing:
    """Why it stays unresolved, how the customer was told, what improves (AMB-42)."""

    unresolved: Unresolved
    reply: Reply
    result: Text
    reason: Text
    improvement: Text
    reviewed_by: Text | None = None


@attrs.frozen
class Retreat:
    """Why it is no longer pursued; for a duplicate the case it doubles."""

    withdrawal: Withdrawal
    reason: Text
    duplicate_of: Text | None = None
    reviewed_by: Text | None = None
