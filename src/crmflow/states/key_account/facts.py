"""What is known of a key account."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import attrs

from crmflow.states.key_account.figures import Figures
from crmflow.states.key_account.forms import (
    Evaluation,
    Execution,
    MarketReport,
    Member,
    NeedsReport,
    ServicePlan,
)
from crmflow.states.key_account.kinds import Cause, Grade, Identified, Removal


@attrs.frozen
class ServiceTime:
    """A time limit of the service standard, such as `2h` for `response`."""

    name: str
    limit: str


@attrs.frozen
class KeyAccountFacts(Figures):
    """
    What is known of a key account.

    Attributes:
        customer, methods: The nomination.
        grade: Its grade on the list.
        manager, team, department, platform, stationed_at, equipment, contacts: Who looks
            after it.
        needs_report: The needs analysis.
        plan: The service plan.
        service_times: Time limits of the service standard (KAM-022).
        execution: How the strategy is carried out.
        market: What was last seen of market and competition.
        last_change: What last changed in the needs.
        needs_updated_at: Aware UTC instant of that.
        problem: A problem in the service that is not corrected yet.
        correction: How the last one was corrected.
        review_due_at: Aware UTC instant at which the period of the strategy was over.
        evaluation: The last evaluation.
        sales_growth: In percent, with two decimals.
        evaluations: Number of evaluations.
        adjusted_for: Why the strategy was last adjusted.
        removed_because: Why it is off the list.
        reason: Why it was put on the list, declined, carried on or removed.
    """

    customer: str = attrs.field(kw_only=True)
    methods: tuple[Identified, ...] = attrs.field(kw_only=True)
    grade: Grade | None = None
    manager: str | None = None
    team: tuple[Member, ...] = ()
    department: str | None = None
    platform: str | None = None
    stationed_at: str | None = None
    equipment: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    needs_report: NeedsReport | None = None
    plan: ServicePlan | None = None
    service_times: tuple[ServiceTime, ...] = ()
    execution: Execution | None = None
    market: MarketReport | None = None
    last_change: str | None = None
    needs_updated_at: datetime | None = None
    problem: str | None = None
    correction: str | None = None
    review_due_at: datetime | None = None
    evaluation: Evaluation | None = None
    sales_growth: Decimal | None = None
    evaluations: int = 0
    adjusted_for: Cause | None = None
    removed_because: Removal | None = None
    reason: str | None = None
