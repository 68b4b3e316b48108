"""What is known of a satisfaction survey, and what its events must bring."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import attrs

from crmflow.core.form import Check, Names, Text
from crmflow.core.satisfaction import Scale, Tally


class SurveyState(StrEnum):
    """Where a survey is."""

    PLANNED = "planned"
    ISSUED = "issued"
    COLLECTED = "collected"
    ANALYSED = "analysed"
    REPORTED = "reported"
    SORTED = "sorted"
    CHECKED = "checked"
    FILED = "filed"
    CANCELLED = "cancelled"


class Reach(StrEnum):
    """Whom a survey asks."""

    ALL = "all"
    TIER = "tier"
    CUSTOMER = "customer"


class Area(StrEnum):
    """What indicators are about (SUR-002)."""

    PRODUCT = "product"
    SERVICE = "service"
    ENVIRONMENT = "environment"


class Method(StrEnum):
    """How people are asked (SUR-015)."""

    QUESTIONNAIRE = "questionnaire"
    PHONE_SURVEY = "phone_survey"
    EMAIL_REPLY = "email_reply"
    ONLINE_SURVEY = "online_survey"
    INTERVIEW = "interview"
    QUALITY_AUDIT = "quality_audit"


@attrs.frozen
class Item:
    """An indicator and its area."""

    name: Text
    area: Area


@attrs.frozen
class Score:
    """
    One answer.

    Attributes:
        item: Name of the indicator.
        score: On the survey's scale; left blank, it does not count.
        text: What was said.
    """

    item: Text
    score: int | None = None
    text: Text | None = None


def _has_score(value: object) -> bool:
    return isinstance(value, Sequence) and any(one.score is not None for one in value)


Scores = Annotated[tuple[Score, ...], Check("empty", _has_score, "at least one score")]


@attrs.frozen
class Average:
    """
    What came of one indicator (SUR-005).

    Attributes:
        item, area: The indicator.
        average: Of the scores, with two decimals.
        answers: How many gave one.
    """

    item: str
    area: Area
    average: Decimal
    answers: int


@attrs.frozen
class Finding:
    """An indicator of the lowest average, and what was said with its lowest score (SUR-006)."""

    item: str
    average: Decimal
    said: tuple[str, ...] = ()


@attrs.frozen
class SurveyPlan:
    """
    What is to be surveyed.

    Attributes:
        purpose: What for, such as `satisfaction`, or `service` where customer service itself
            is evaluated (SUR-014).
        scope: Whom it asks.
        customer: Id of the customer record, for one customer (SUR-017).
        tier: Tier that is asked (TIE-017).
        is_regular: Whether the next round is planned when this one ends (SUR-001).
        after_at: Aware UTC instant at which the round before ended: the interval counts from it.
        origin: What asks for it.
    """

    purpose: Text
    scope: Reach
    customer: Text | None = None
    tier: Text | None = None
    is_regular: bool = False
    after_at: datetime | None = None
    origin: Text | None = None


@attrs.frozen
class Questionnaire:
    """
    The survey form 顾客满意度调查表.

    Attributes:
        method: How people are asked.
        scale: From which score to which.
        items: Indicators beside those the company has configured.
        low_score: Score at or below which an answer of a customer opens a complaint; left
            out, none does.
    """

    method: Method
    scale: Scale
    items: tuple[Item, ...] = ()
    low_score: int | None = None


@attrs.frozen
class Answer:
    """
    The answers of one respondent.

    Attributes:
        respondent: Who answered; each answers once.
        scores: By indicator.
        customer: Id of the customer record, where the respondent is a customer's.
    """

    respondent: Text
    scores: Scores
    customer: Text | None = None


@attrs.frozen
class Analysis:
    """What was found beside the figures, which are computed (SUR-006)."""

    findings: Text | None = None


@attrs.frozen
class SurveyReport:
    """
    The report 客户满意度调查报告 in its three parts (SUR-008).

    Attributes:
        present_level: Analysis of the present level.
        priorities: Coming priorities of products and services.
        improvement_plan: How to improve.
        comparison: Comparison with the previous year.
        previous: Overall average of the previous year, where there was a survey.
    """

    present_level: Text
    priorities: Text
    improvement_plan: Text
    comparison: Text
    previous: Decimal | None = None


@attrs.frozen
class Sorting:
    """The summary of all data, and the classes they were put in (SUR-009)."""

    summary: Text
    classes: Names


@attrs.frozen
class Filing:
    """Where in the archive room the original data lie (SUR-012)."""

    archived_as: Text


@attrs.frozen
class SurveyFacts:
    """
    What is known of a survey.

    Attributes:
        purpose, scope, customer, tier, is_regular, after_at, origin: The plan.
        due_at: Aware UTC instant at which the interval since the round before was over.
        method, scale, items, low_score: The questionnaire.
        issued_at: Aware UTC instant.
        respondents: Who answered.
        tallies: The answers, counted by indicator.
        overall: Average of all scores (SUR-004).
        points, most_points: What all scores are above the lowest, and what they could be: the
            satisfaction in percent, before it is rounded (ANA-003).
        averages: By indicator (SUR-005).
        lowest: What was found lowest (SUR-006).
        promoter_score: Of a scale from 0 to 10: promoters less detractors in percent.
        findings: What was found besides.
        report: The report.
        change: Overall average less that of the previous year.
        summary, classes: The sorted data.
        archived_as: Where the original data lie.
        filed_at: Aware UTC instant.
        reason: Why the sorting was returned, or the survey cancelled.
    """

    purpose: str
    scope: Reach
    customer: str | None = None
    tier: str | None = None
    is_regular: bool = False
    after_at: datetime | None = None
    origin: str | None = None
    due_at: datetime | None = None
    method: Method | None = None
    scale: Scale | None = None
    items: tuple[Item, ...] = ()
    low_score: int | None = None
    issued_at: datetime | None = None
    respondents: tuple[str, ...] = ()
    tallies: tuple[Tally, ...] = ()
    overall: Decimal | None = None
    points: int = 0
    most_points: int = 0
    averages: tuple[Average, ...] = ()
    lowest: tuple[Finding, ...] = ()
    promoter_score: Decimal | None = None
    findings: str | None = None
    report: SurveyReport | None = None
    change: Decimal | None = None
    summary: str | None = None
    classes: tuple[str, ...] = ()
    archived_as: str | None = None
    filed_at: datetime | None = None
    reason: str | None = None
