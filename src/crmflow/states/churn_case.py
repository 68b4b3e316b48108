"""
Churn case (流失预警): the risk that a customer leaves, and what is done about it (catalogue 3.23).

Rows of dormancy open one when a threshold is passed; people may, when they learn of a
development at the customer. How it ends is told to the customer's lifecycle.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import attrs

from crmflow.core.dealing import KNOW_CUSTOMER, Reason
from crmflow.core.form import Names, Text
from crmflow.core.machine import Asked, Changes, Guard, Kind, Machine, Open, Row, Send, State
from crmflow.core.ref import UNBORN
from crmflow.core.updates import copied

__all__ = ["CHURN_CASE", "ChurnFacts", "ChurnState", "Measures", "Signal", "Warn"]

OWNER = "salesperson"


class ChurnState(StrEnum):
    """Where a churn case is."""

    WARNED = "warned"
    ANALYSED = "analysed"
    WINNING_BACK = "winning_back"
    RETAINED = "retained"
    LOST = "lost"
    DISMISSED = "dismissed"


S = ChurnState


class Signal(StrEnum):
    """What a warning comes from (LIF-014)."""

    BEHAVIOUR = "behaviour"
    SATISFACTION = "satisfaction"
    ACCOUNT_DEVELOPMENT = "account_development"
    LOST_ALREADY = "lost_already"


@attrs.frozen
class ChurnFacts:
    """
    What is known of a churn case.

    Attributes:
        customer: Id of the customer record.
        signal: What the warning comes from (LIF-014).
        cadence: Name of the row that warned; None where a person did.
        since: Day since which nothing was heard of the customer.
        detail: What was noticed.
        strategy: Strategy to win the customer back that the warning suggests (LIF-015).
        cause: Why the customer may leave.
        measures: What is done to keep the customer.
        owner: Who sees to it.
        marketing_plan: How the marketing plan is adjusted to changed needs (LIF-018).
        result: What came of it.
        reason: Why there was no risk after all.
    """

    customer: str
    signal: Signal
    cadence: str | None = None
    since: date | None = None
    detail: str | None = None
    strategy: str | None = None
    cause: str | None = None
    measures: tuple[str, ...] = ()
    owner: str | None = None
    marketing_plan: str | None = None
    result: str | None = None
    reason: str | None = None


@attrs.frozen
class Warn:
    """
    A warning, as a row of dormancy or a person gives it.

    Attributes:
        customer: Id of the customer record.
        signal: What it comes from.
        cadence: Name of the row; a person says in `detail` what was noticed.
        kind: Kind of care the row names, if any.
        role: Role the row names, if any.
        since: Day since which nothing was heard.
        until_at: Aware instant the row names, if any; a case has no limit of its own.
        detail: What was noticed.
        strategy: Strategy to win the customer back.
    """

    customer: Text
    signal: Signal = Signal.BEHAVIOUR
    cadence: Text | None = None
    kind: Text | None = None
    role: Text | None = None
    since: date | None = None
    until_at: datetime | None = None
    detail: Text | None = None
    strategy: Text | None = None


@attrs.frozen
class Analysis:
    """Why the customer may leave (LIF-012)."""

    cause: Text


@attrs.frozen
class Measures:
    """
    What is done to keep the customer, and by whom (LIF-016).

    Attributes:
        measures: The measures.
        owner: Id of who sees to them.
        marketing_plan: How the marketing plan is adjusted to changed needs (LIF-018).
    """

    measures: Names
    owner: Text
    marketing_plan: Text | None = None


@attrs.frozen
class Outcome:
    """What came of it."""

    result: Text


NOTICED = Guard(
    lambda attempt: (attempt.form.cadence or attempt.form.detail) is not None,
    "no_signal", needs="form", rules="LIF-014",
)  # fmt: skip


def _ended(result: str) -> Send:
    """Return what the customer's lifecycle is told of the end."""

    def note(attempt: Asked) -> Changes:
        return {"result": result, "origin": str(attempt.snapshot.ref)}

    return Send(
        "lifecycle", "note_churn", note, lambda attempt: attempt.facts.customer, courtesy=True
    )


WHO = "salesperson customer_service marketing_department"

CHURN_CASE = Machine(
    "churn_case",
    ChurnFacts,
    zh="流失预警",
    en="churn case",
    shares="customer signal owner result",
    states=(
        State(S.WARNED, "已预警", "warned", Kind.INITIAL, requires=("customer", "signal")),
        State(S.ANALYSED, "已分析", "analysed", requires=("customer", "cause")),
        State(
            S.WINNING_BACK, "挽回中", "winning back",
            requires=("customer", "cause", "measures", "owner"),
        ),
        State(S.RETAINED, "已挽回", "retained", Kind.FINAL, requires=("customer", "result")),
        State(S.LOST, "已流失", "lost", Kind.FINAL, requires=("customer", "result")),
        State(S.DISMISSED, "已排除", "dismissed", Kind.FINAL, requires=("customer", "reason")),
    ),
    rows=(
        Row(
            UNBORN, "warn", S.WARNED, form=Warn, guards=(NOTICED,),
            sets=copied("customer", "signal", "cadence", "since", "detail", "strategy"),
            tasks=(Open("analyse_churn", OWNER),), send=(KNOW_CUSTOMER,),
            rules="LIF-013 LIF-014 LIF-015 LIF-017",
        ),
        Row(
            S.WARNED, "analyse", S.ANALYSED, form=Analysis, who=WHO, sets=copied("cause"),
            tasks=(Open("act_on_churn", OWNER),), done="analyse_churn",
            rules="LIF-012",
        ),
        Row(
            (S.WARNED, S.ANALYSED), "dismiss", S.DISMISSED, form=Reason, who=WHO,
            sets=copied("reason"), done="analyse_churn act_on_churn",
            rules="LIF-012",
        ),
        Row(
            S.ANALYSED, "act", S.WINNING_BACK, form=Measures, who=WHO,
            sets=copied("measures", "owner", "marketing_plan"),
            tasks=(Open("win_back", OWNER),), done="act_on_churn",
            rules="LIF-016 LIF-018",
        ),
        Row(
            S.WINNING_BACK, "retain", S.RETAINED, form=Outcome, who=WHO, sets=copied("result"),
            done="win_back", send=(_ended("retained"),),
            rules="LIF-016",
        ),
        Row(
            S.WINNING_BACK, "give_up", S.LOST, form=Outcome, who=WHO, sets=copied("result"),
            done="win_back", send=(_ended("lost"),),
            rules="LIF-001",
        ),
    ),
)  # fmt: skip
"""The machine `churn_case`."""
