"""States, facts and forms of a training event."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import attrs

from crmflow.core.form import Check, Names, Some, Text


class TrainingState(StrEnum):
    """Where a training is."""

    PLANNED = "planned"
    SCHEDULED = "scheduled"
    HELD = "held"
    ASSESSED = "assessed"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class TrainingKind(StrEnum):
    """For whom a training is."""

    NEWCOMER = "newcomer"
    WHOLE_TEAM = "whole_team"
    POST = "post"
    KEY_ACCOUNT = "key_account"
    ONLINE = "online"


class Topic(StrEnum):
    """What a lesson is about (TRN-003, TRN-006, TRN-009 to TRN-012)."""

    PHONE_MANNERS = "phone_manners"
    DRESS = "dress"
    PROBLEM_SOLVING = "problem_solving"
    TEN_POINTS = "ten_points"
    CUSTOMER_SATISFACTION = "customer_satisfaction"
    SERVICE_STANDARDS = "service_standards"
    GENERAL_MANAGERS_TALK = "general_managers_talk"
    UNDERSTANDING_NEEDS = "understanding_needs"
    COMMUNICATION = "communication"
    PROFESSIONALISM = "professionalism"
    SALES = "sales"
    SERVICE = "service"
    OTHER_TOPIC = "other_topic"


class LessonForm(StrEnum):
    """How a lesson is held (TRN-007)."""

    COURSE = "course"
    LECTURE = "lecture"
    ONLINE = "online"


class IncentiveKind(StrEnum):
    """What a good result brings (TRN-014)."""

    AWARD = "award"
    COMMENDATION = "commendation"
    PROMOTION = "promotion"


@attrs.frozen
class Lesson:
    """
    One lesson.

    Attributes:
        topic: What it is about.
        lecturer: Id or name of who gives it.
        form: How it is held.
        lecturer_role: Role of a lecturer of the house.
        external: Whether the lecturer comes from outside (TRN-005).
    """

    topic: Topic
    lecturer: Text
    form: LessonForm
    lecturer_role: Text | None = None
    external: bool = False


Lessons = Annotated[tuple[Lesson, ...], Check("empty", bool, "at least one lesson")]
"""Lessons, one at least."""


@attrs.frozen
class Assessment:
    """
    What was found of one person.

    Attributes:
        person: Id of the person.
        passed: Whether they are able to do it now.
        score: Points of the test.
        exams: Examinations passed outside, by name (PWR-010).
        knowledge: What they were found to know (PWR-009).
        education: Their degree (PWR-008).
        experience_years: Years of experience in the field (PWR-008).
    """

    person: Text
    passed: bool
    score: Decimal | None = None
    exams: tuple[Text, ...] = ()
    knowledge: tuple[Text, ...] = ()
    education: Text | None = None
    experience_years: Decimal | None = None


@attrs.frozen
class Incentive:
    """What a person gets for a good result (TRN-014)."""

    person: Text
    incentive: IncentiveKind


@attrs.frozen
class TrainingFacts:
    """
    What is known of a training.

    Attributes:
        kind: For whom it is.
        company: Id of the company whose cadence planned it.
        cadence: Name of the row that planned it; None where a person did.
        days: How many days it lasts (TRN-004).
        due_on: Day it is planned for.
        until_at: Aware UTC instant by which it is to be held.
        post: Role it is for (TRN-009).
        plan: What that post's plan asks for (TRN-009 to TRN-011).
        qualification: What those who pass are qualified for (TRN-013).
        starts_on: First day.
        lessons: The lessons, in order.
        invited: Ids of those invited.
        attended: Ids of those who came.
        assessments: What was found of each (TRN-012).
        effect: Effect of the training as a whole (TRN-008).
        incentives: What good results bring (TRN-014).
        qualified: Ids of those who are qualified now (TRN-013).
        reason: Why it was cancelled.
    """

    kind: TrainingKind
    company: str | None = None
    cadence: str | None = None
    days: int | None = None
    due_on: date | None = None
    until_at: datetime | None = None
    post: str | None = None
    plan: tuple[Topic, ...] = ()
    qualification: str | None = None
    starts_on: date | None = None
    lessons: tuple[Lesson, ...] = ()
    invited: tuple[str, ...] = ()
    attended: tuple[str, ...] = ()
    assessments: tuple[Assessment, ...] = ()
    effect: str | None = None
    incentives: tuple[Incentive, ...] = ()
    qualified: tuple[str, ...] = ()
    reason: str | None = None


@attrs.frozen
class TrainingPlan:
    """
    A training as a row of cadences or a person plans it.

    Attributes:
        kind: For whom it is.
        company: Id of the company.
        cadence: Name of the row.
        role: Role the row names, if any.
        days: How many days it lasts; needed for the whole team (TRN-004).
        due_on: Day it is planned for.
        until_at: Aware instant by which it is to be held.
        post: Role it is for; needed for a post (TRN-009).
        plan: What that post's plan asks for; needed for a post.
        qualification: What those who pass are qualified for.
    """

    kind: TrainingKind
    company: Text | None = None
    cadence: Text | None = None
    role: Text | None = None
    days: Some | None = None
    due_on: date | None = None
    until_at: datetime | None = None
    post: Text | None = None
    plan: tuple[Topic, ...] = ()
    qualification: Text | None = None


@attrs.frozen
class Timetable:
    """When it is held, who gives which lesson, and who is invited (TRN-005 to TRN-007)."""

    starts_on: date
    lessons: Lessons
    invited: Names


@attrs.frozen
class Attended:
    """Ids of those who came."""

    attended: Names


@attrs.frozen
class Assessing:
    """
    What the training came to (TRN-008, TRN-012).

    Attributes:
        assessments: What was found of each person.
        effect: Effect of the training as a whole.
        incentives: What good results bring (TRN-014).
    """

    assessments: tuple[Assessment, ...] = ()
    effect: Text | None = None
    incentives: tuple[Incentive, ...] = ()
