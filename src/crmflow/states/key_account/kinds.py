"""Kinds of things around a key account: its states, and what can be chosen."""

from __future__ import annotations

from enum import StrEnum


class KeyAccountState(StrEnum):
    """Where a key account is."""

    CANDIDATE = "candidate"
    PROPOSED = "proposed"
    APPROVED = "approved"
    ANALYSED = "analysed"
    STRATEGY_SET = "strategy_set"
    EXECUTING = "executing"
    EVALUATED = "evaluated"
    REMOVED = "removed"


class Identified(StrEnum):
    """How a key account is identified (KAM-010)."""

    DATA_ANALYSIS = "data_analysis"
    CUSTOMER_INTERVIEW = "customer_interview"
    MARKET_SURVEY = "market_survey"


class Analysed(StrEnum):
    """How needs are analysed (KAM-015)."""

    QUESTIONNAIRE = "questionnaire"
    INTERVIEW = "interview"
    OBSERVATION = "observation"
    DATA_ANALYSIS = "data_analysis"


class Grade(StrEnum):
    """Importance and value (TIE-030)."""

    A = "A"
    B = "B"
    C = "C"


class Duty(StrEnum):
    """What members of a service team do (KAM-035)."""

    REPRESENTATIVE = "representative"
    SUPERVISOR = "supervisor"
    SUPPORT = "support"


class WayIn(StrEnum):
    """Ways in which a key account comes in (KAM-039)."""

    ONE_WINDOW = "one_window"
    SELF_SERVICE = "self_service"
    ALL_CHANNELS = "all_channels"


class Cause(StrEnum):
    """Why a strategy is adjusted (KAM-020, KAM-028)."""

    NEEDS = "needs"
    FEEDBACK = "feedback"
    MARKET = "market"


class Removal(StrEnum):
    """Why an account is no key account any more."""

    CRITERIA_NOT_MET = "criteria_not_met"
    RELATION_ENDED = "relation_ended"
