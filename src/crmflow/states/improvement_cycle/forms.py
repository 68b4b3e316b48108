"""What is known of an improvement cycle, and what its events must bring."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

import attrs

from crmflow.core.dealing import Reply
from crmflow.core.form import Check, Names, Text
from crmflow.states.improvement_cycle.parts import (
    Alternative,
    Dropped,
    Finding,
    Indicator,
    KeyNeed,
    Measure,
    Milestone,
    Origin,
    Tool,
    Tuned,
    Voice,
    Way,
)


class CycleState(StrEnum):
    """Where a cycle is: the seven stages of QMC and its ends."""

    COLLECTING = "collecting"
    ANALYSING = "analysing"
    DESIGNING = "designing"
    IMPLEMENTING = "implementing"
    EVALUATING = "evaluating"
    IMPROVING = "improving"
    TRAINING = "training"
    CLOSED = "closed"
    DROPPED = "dropped"


SOME = Check("empty", bool, "at least one entry")


@attrs.frozen
class Opinion:
    """An opinion that was handed in, by whom and from what."""

    by: Voice
    opinion: Text
    origin: Text | None = None


@attrs.frozen
class Change:
    """A change of how the company works, in its new version (QMC-021, QMC-024)."""

    what: Tuned
    name: Text
    finding: Finding
    detail: Text
    version: Text


@attrs.frozen
class CycleFacts:
    """
    What is known of an improvement cycle.

    Attributes:
        source: Where the need comes from.
        need: The need as it was told.
        customer: Id of the customer record, where one gave it.
        origin: What opened it.
        way: How the need was collected.
        opened_at: Aware UTC instant of the opening.
        thanked_at: Aware UTC instant the customer who gave the need was thanked (AMB-56).
        opinions: What was handed in on the way (QMC-018).
        understood, confirmed_by: The need as understood, and who confirmed it (QMC-003).
        tools: What it is analysed with.
        needs: Key needs with priority, each marked (QMC-006, QMC-007).
        alternatives, chosen: The solutions assessed, and the one taken (QMC-009).
        people, milestones, plan, resources: The implementation (QMC-012).
        implemented_at: Aware UTC instant it began to run; from here evaluation waits.
        evaluable: Whether it has run as long as the company asks (QMC-014).
        progress, progress_at: What the customer was last told, and when (QMC-013).
        satisfaction, complaints, quality_system, indicators: Inputs of the evaluation (QMC-015).
        meeting_on, problems, directions, measures: The improvement plan (QMC-017).
        changes: Changed processes, standards and appraisals.
        trained, notice: Whom it concerns, and the notice of change (QMC-019, QMC-022).
        round_due: Whether the company's period for another look has passed (QMC-023).
        rounds: How often it was gone through again.
        effect: What the measures came to.
        told_at, told_by: When and how those who gave the need were told.
        dropped: Why it ended early.
        reason: Why it was repeated or dropped.
    """

    source: Origin
    need: str
    opened_at: datetime
    customer: str | None = None
    origin: str | None = None
    way: Way | None = None
    thanked_at: datetime | None = None
    opinions: tuple[Opinion, ...] = ()
    understood: str | None = None
    confirmed_by: str | None = None
    tools: tuple[Tool, ...] = ()
    needs: tuple[KeyNeed, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    chosen: str | None = None
    people: tuple[str, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    plan: str | None = None
    resources: tuple[str, ...] = ()
    implemented_at: datetime | None = None
    evaluable: bool = False
    progress: str | None = None
    progress_at: datetime | None = None
    satisfaction: str | None = None
    complaints: str | None = None
    quality_system: str | None = None
    indicators: tuple[Indicator, ...] = ()
    meeting_on: date | None = None
    problems: tuple[str, ...] = ()
    directions: tuple[str, ...] = ()
    measures: tuple[Measure, ...] = ()
    changes: tuple[Change, ...] = ()
    trained: tuple[str, ...] = ()
    notice: str | None = None
    round_due: bool = False
    rounds: int = 0
    effect: str | None = None
    told_at: datetime | None = None
    told_by: Reply | None = None
    dropped: Dropped | None = None
    reason: str | None = None


@attrs.frozen
class Opening:
    """The need, where it comes from, and how it was collected (QMC-001, QMC-002)."""

    source: Origin
    need: Text
    customer: Text | None = None
    origin: Text | None = None
    way: Way | None = None


@attrs.frozen
class Understanding:
    """The need as understood, who confirmed that, and the tools of analysis (QMC-003)."""

    understood: Text
    confirmed_by: Text
    tools: Annotated[tuple[Tool, ...], SOME]


@attrs.frozen
class NeedsReport:
    """The needs report 需求分析报告: key needs with priority, each marked (QMC-006)."""

    needs: Annotated[tuple[KeyNeed, ...], SOME]


@attrs.frozen
class ActionPlan:
    """The chosen solution among several, checked, and how it is carried out (QMC-009, QMC-012)."""

    alternatives: Annotated[tuple[Alternative, ...], SOME]
    chosen: Text
    feasible: bool
    sustainable: bool
    people: Names
    milestones: Annotated[tuple[Milestone, ...], SOME]
    plan: Text
    resources: Names


@attrs.frozen
class Progress:
    """What the customer is told (QMC-013)."""

    progress: Text


@attrs.frozen
class Evaluation:
    """The inputs of the evaluation (QMC-015)."""

    satisfaction: Text
    complaints: Text
    quality_system: Text
    indicators: Annotated[tuple[Indicator, ...], SOME]


@attrs.frozen
class ImprovementPlan:
    """The plan 改进计划 of the improvement meeting (QMC-017)."""

    meeting_on: date
    problems: Names
    directions: Names
    measures: Annotated[tuple[Measure, ...], SOME]


@attrs.frozen
class Training:
    """People concerned, and what they are told of the change (QMC-019, QMC-022, AMB-41)."""

    trained: Names
    notice: Text


@attrs.frozen
class Closing:
    """What came of the measures, and how a customer who gave the need was told."""

    effect: Text
    told_by: Reply | None = None


@attrs.frozen
class Repetition:
    """That the problem remains, and why; left out where the period has passed (QMC-023)."""

    remains: bool = False
    reason: Text | None = None


@attrs.frozen
class Dropping:
    """Why it ends early, and how those who gave the need were told (QMC-007, QMC-010)."""

    dropped: Dropped
    reason: Text
    told_by: Reply | None = None
