"""The lists and parts that an improvement cycle's forms are made of."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum

import attrs

from crmflow.core.form import Names, Some, Text


class Origin(StrEnum):
    """Where the need comes from."""

    CUSTOMER = "customer"
    EMPLOYEE = "employee"
    COMPLAINT = "complaint"
    SURVEY = "survey"
    REVIEW = "review"


class Voice(StrEnum):
    """Who hands in an opinion (QMC-018)."""

    EMPLOYEE = "employee"
    CUSTOMER = "customer"


class Way(StrEnum):
    """How needs are collected (QMC-002)."""

    PHONE = "phone"
    EMAIL = "email"
    INTERVIEW = "interview"
    MARKET_RESEARCH = "market_research"
    COMPETITOR_ANALYSIS = "competitor_analysis"


class Tool(StrEnum):
    """What needs are analysed with (QMC-005)."""

    SWOT = "swot"
    FIVE_FORCES = "five_forces"
    OTHER = "other"


class Measured(StrEnum):
    """Where an indicator comes from (QMC-027)."""

    IN_PROCESS = "in_process"
    CUSTOMER_SURVEY = "customer_survey"


class Finding(StrEnum):
    """What is wrong with a process (QMC-021)."""

    BOTTLENECK = "bottleneck"
    REDUNDANT_STEP = "redundant_step"


class Tuned(StrEnum):
    """What is kept up to date (QMC-024)."""

    PROCESS = "process"
    STANDARD = "standard"
    APPRAISAL = "appraisal"


class Dropped(StrEnum):
    """Why a cycle ends early."""

    NO_NEED_CAN_BE_MET = "no_need_can_be_met"
    NOT_FEASIBLE = "not_feasible"


@attrs.frozen
class KeyNeed:
    """A key need, its priority from 1, and whether own resources can meet it (QMC-007)."""

    need: Text
    priority: Some
    can_be_met: bool


@attrs.frozen
class Alternative:
    """A solution with what speaks for and against it (QMC-009)."""

    name: Text
    pros: Names
    cons: Names


@attrs.frozen
class Milestone:
    """A point on the way, and its day."""

    name: Text
    due_on: date


@attrs.frozen
class Indicator:
    """A measured value, and where it comes from (QMC-027)."""

    name: Text
    value: Decimal
    measured: Measured


@attrs.frozen
class Measure:
    """A measure, who carries it out and until which day; its effect is tracked (QMC-026)."""

    measure: Text
    owner: Text
    due_on: date
