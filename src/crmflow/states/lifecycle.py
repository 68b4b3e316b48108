"""
Lifecycle (客户生命周期): the stage of the relation with a customer (catalogue 3.10).

Its id is the customer's. What is bought and how churn cases end is told to it; the scheme
`lifecycle_staging` then raises the event that leads to the stage the customer belongs in,
and brings that stage's strategy and service plan with it. People may change a stage too,
with a reason. Stages are open-ended: a plugin adds states and rows, a company their criteria.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

import attrs

from crmflow.core.dealing import tell_customer
from crmflow.core.form import Text
from crmflow.core.machine import (
    ANY,
    KEEP,
    Asked,
    Changes,
    Guard,
    Kind,
    Machine,
    Open,
    Row,
    Send,
    State,
)
from crmflow.core.ref import UNBORN
from crmflow.core.updates import both, copied

__all__ = ["LIFECYCLE", "Churn", "ChurnNote", "Enter", "LifecycleFacts", "Stage", "StageMove"]

SALES = "salesperson"


class Stage(StrEnum):
    """Where the relation with a customer is (LIF-001)."""

    POTENTIAL = "potential"
    FIRST_PURCHASE = "first_purchase"
    LOYAL = "loyal"
    LOST = "lost"


S = Stage


class Churn(StrEnum):
    """How the last churn case ended, as far as nothing was bought since."""

    NONE = "none"
    RETAINED = "retained"
    LOST = "lost"


@attrs.frozen
class LifecycleFacts:
    """
    What is known of the relation with a customer.

    Attributes:
        customer: Id of the customer record.
        lead: Id of the lead it began with.
        purchases: How many were told.
        last_purchase_at: Aware UTC instant of the last one.
        active_at: Aware UTC instant of the last purchase or winning back: from there
            inactivity counts.
        churn: How the last churn case ended.
        lost_at: Aware UTC instant at which the customer was last counted as lost.
        strategy: Strategy of the stage (LIF-002).
        service_plan: Service plan of the stage (LIF-002).
        reason: Why the stage was last changed.
    """

    customer: str | None = None
    lead: str | None = None
    purchases: int = 0
    last_purchase_at: datetime | None = None
    active_at: datetime | None = None
    churn: Churn = Churn.NONE
    lost_at: datetime | None = None
    strategy: str | None = None
    service_plan: str | None = None
    reason: str | None = None


@attrs.frozen
class Enter:
    """The customer, or the lead as long as there is no customer record."""

    customer: Text | None = None
    lead: Text | None = None


@attrs.frozen
class StageMove:
    """
    A change of stage: a scheme fills it in, a person gives the reason.

    Attributes:
        reason: Why.
        strategy: Strategy of the new stage; left out, nothing is known of one.
        service_plan: Service plan of the new stage, likewise.
    """

    reason: Text | None = None
    strategy: Text | None = None
    service_plan: Text | None = None


@attrs.frozen
class PurchaseNote:
    """A purchase, and the entity that tells of it."""

    origin: Text


@attrs.frozen
class ChurnNote:
    """How a churn case ended."""

    result: Churn
    origin: Text


def _bought_since(attempt: Asked) -> bool:
    facts = attempt.facts
    return facts.lost_at is None or (facts.last_purchase_at or facts.lost_at) > facts.lost_at


SOMEBODY = Guard(
    lambda attempt: (attempt.form.customer or attempt.form.lead) is not None,
    "nobody_named", needs="form",
)  # fmt: skip
HAS_BOUGHT = Guard(lambda attempt: attempt.facts.purchases > 0, "no_purchase")
BOUGHT_SINCE = Guard(_bought_since, "no_purchase_since")
NO_CASE_WON = Guard(lambda attempt: attempt.facts.churn is not Churn.RETAINED, "was_won_back")
CASE_WON = Guard(lambda attempt: attempt.facts.churn is Churn.RETAINED, "not_won_back")
CRITERIA = Guard(
    lambda attempt: attempt.form.reason is not None, "no_criterion", needs="form", rules="LIF-017"
)
"""The scheme tells which criterion was met; a person says why without one."""


def moved(attempt: Asked) -> Changes:
    """Return strategy and service plan of the new stage, and why it is there."""
    form = attempt.form
    return {
        "strategy": form.strategy,
        "service_plan": form.service_plan,
        "reason": form.reason,
    }


def lost(attempt: Asked) -> Changes:
    """Return since when the customer is lost."""
    return {"lost_at": attempt.at}


def won_back(attempt: Asked) -> Changes:
    """Return the facts of a customer who is won back: the case is dealt with."""
    return {"churn": Churn.NONE, "active_at": attempt.at}


def bought(attempt: Asked) -> Changes:
    """Return the facts after a purchase; how a churn case ended no longer matters."""
    return {
        "purchases": attempt.facts.purchases + 1,
        "last_purchase_at": attempt.at,
        "active_at": attempt.at,
        "churn": Churn.NONE,
    }


def churn_noted(attempt: Asked) -> Changes:
    """Return how a churn case ended; who was retained is active again."""
    result = attempt.form.result
    kept = {"active_at": attempt.at} if result is Churn.RETAINED else {}
    return {"churn": result, **kept}


def _told(stage: Stage) -> Send:
    return tell_customer("set_stage", lambda _attempt: {"stage": stage})


def _move(
    source: Stage | tuple[Stage, ...],
    event: str,
    to: Stage,
    guard: Guard | tuple[Guard, ...],
    rules: str,
    *,
    sets: Callable[[Asked], Changes] = moved,
    tasks: tuple[Open, ...] = (Open("apply_strategy", SALES),),
) -> Row:
    """Return a row that changes the stage: the customer record is told, somebody acts on it."""
    guards = guard if isinstance(guard, tuple) else (guard,)
    return Row(
        source, event, to, form=StageMove, who=SALES, guards=guards, sets=sets,
        tasks=tasks, send=(_told(to),), rules=rules,
    )  # fmt: skip


LIFECYCLE = Machine(
    "lifecycle",
    LifecycleFacts,
    zh="客户生命周期",
    en="lifecycle",
    shares="customer strategy service_plan",
    states=(
        State(S.POTENTIAL, "潜在客户", "potential", Kind.INITIAL),
        State(S.FIRST_PURCHASE, "初次购买客户", "first purchase", requires=("purchases",)),
        State(S.LOYAL, "忠诚客户", "loyal"),
        State(S.LOST, "流失客户", "lost", requires=("lost_at",)),
    ),
    rows=(
        Row(
            UNBORN, "enter", S.POTENTIAL, form=Enter, guards=(SOMEBODY,),
            sets=copied("customer", "lead"), send=(_told(S.POTENTIAL),),
            rules="LIF-001",
        ),
        _move(S.POTENTIAL, "buy", S.FIRST_PURCHASE, HAS_BOUGHT, "LIF-001 LIF-002 LIF-003"),
        _move(S.FIRST_PURCHASE, "become_loyal", S.LOYAL, CRITERIA, "LIF-002 LIF-003"),
        _move(
            (S.FIRST_PURCHASE, S.LOYAL), "lose", S.LOST, CRITERIA, "LIF-001 LIF-017",
            sets=both(moved, lost), tasks=(),
        ),
        _move(S.LOST, "win_back", S.LOYAL, CASE_WON, "LIF-016", sets=both(moved, won_back)),
        _move(
            S.LOST, "buy_again", S.FIRST_PURCHASE, (NO_CASE_WON, BOUGHT_SINCE),
            "LIF-001 LIF-003",
        ),
        Row(
            ANY, "note_purchase", KEEP, form=PurchaseNote, who="system", sets=bought,
            rules="LIF-001 LIF-003",
        ),
        Row(
            ANY, "note_churn", KEEP, form=ChurnNote, who="system", sets=churn_noted,
            rules="LIF-001 LIF-016",
        ),
    ),
)  # fmt: skip
"""The machine `lifecycle`."""
