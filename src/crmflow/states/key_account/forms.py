"""What the events of a key account must bring."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import attrs

from crmflow.core.form import Check, Names, Text
from crmflow.core.money import Money
from crmflow.states.key_account.figures import Figures
from crmflow.states.key_account.kinds import (
    Analysed,
    Cause,
    Duty,
    Grade,
    Identified,
    Removal,
    WayIn,
)


def _has_some(value: object) -> bool:
    return isinstance(value, tuple) and bool(value)


def _is_percent(value: object) -> bool:
    return isinstance(value, Decimal) and 0 <= value <= 100  # noqa: PLR2004 - percent


SOME = Check("empty", _has_some, "at least one entry")
Percent = Annotated[Decimal, Check("percent", _is_percent, "a number from 0 to 100")]


@attrs.frozen
class Nomination(Figures):
    """
    Who may become a key account.

    Attributes:
        customer: Id of the customer record (KAM-001).
        methods: How it was identified.
    """

    customer: Text = attrs.field(kw_only=True)
    methods: Annotated[tuple[Identified, ...], SOME] = attrs.field(kw_only=True)


@attrs.frozen
class Listing:
    """What the key-account department puts on the list: the grade, and why (KAM-012)."""

    grade: Grade
    reason: Text


@attrs.frozen
class Member:
    """
    A member of the team.

    Attributes:
        person: Who.
        duty: What they do (KAM-035).
        chosen_for: Their experience and skill (KAM-034).
    """

    person: Text
    duty: Duty
    chosen_for: Text


@attrs.frozen
class Assignment:
    """
    Who looks after a key account.

    Attributes:
        manager: Its key-account manager (KAM-033).
        team: The team, selected for experience and skill.
        department: The department that carries strategy and resources (KAM-030, KAM-032).
        platform: Where the team works together (KAM-034).
        stationed_at: Where a unit is stationed with the customer (KAM-041).
        equipment: What the unit has there.
        contacts: Levels that keep contact, such as top management (KAM-043).
    """

    manager: Text
    team: Annotated[tuple[Member, ...], SOME]
    department: Text
    platform: Text | None = None
    stationed_at: Text | None = None
    equipment: tuple[Text, ...] = ()
    contacts: tuple[Text, ...] = ()


@attrs.frozen
class NeedsReport:
    """
    The needs-analysis form 客户需求分析模板 and its report 需求分析报告 (KAM-014, KAM-016).

    Attributes:
        product_needs, service_needs, price_needs: What is needed.
        basics: The customer's basics.
        motives: Why it buys.
        habits: How it consumes.
        expectations, pain_points: What it expects, what troubles it.
        priorities: What matters most.
        report: The report.
        methods: How it was analysed (KAM-015).
    """

    product_needs: Text
    service_needs: Text
    price_needs: Text
    basics: Text
    motives: Text
    habits: Text
    expectations: Text
    pain_points: Text
    priorities: Text
    report: Text
    methods: Annotated[tuple[Analysed, ...], SOME]


@attrs.frozen
class ServicePlan:
    """
    The personal service plan 个性化服务方案 (KAM-018).

    Attributes:
        resources: The company's own resources it builds on (KAM-017).
        products: Mix or customisation.
        price_strategy: With what preference.
        delivery: How goods are delivered.
        after_sales: Service afterwards.
        dedicated_team: The team and its green channel (KAM-021).
        communication: Regular communication.
        hotline: The exclusive hotline (KAM-024).
        recommendations: Personal recommendations from purchases and preferences.
        standard_content, standard_process: The service standard (KAM-022); its time limits
            are the company's.
        ways_in: How the customer comes in.
        services: Steps of a service from one hand (KAM-042).
    """

    resources: Text
    products: Text
    price_strategy: Text
    delivery: Text
    after_sales: Text
    dedicated_team: Text
    communication: Text
    hotline: Text
    recommendations: Text
    standard_content: Text
    standard_process: Text
    ways_in: tuple[WayIn, ...] = ()
    services: tuple[Text, ...] = ()


@attrs.frozen
class Execution:
    """
    How the strategy is carried out (KAM-019).

    Attributes:
        goals: What is to be reached.
        content, process: What is done, and how.
        team: Who does it.
        departments: Departments that coordinate (KAM-036).
        growth_plan: The growth plan 客户成长计划 (KAM-025).
        meetings: Exchange meetings and forums (KAM-026).
        training: Training for the customer.
        sharing: Cases that are shared, receptions that are held (KAM-027).
        sales_goal: What the manager is to sell in the period (KAM-037).
        satisfaction_goal: How satisfied the customer is to be, from 0 to 100.
    """

    goals: Text
    content: Text
    process: Text
    team: Names
    departments: Names
    growth_plan: Text
    meetings: Text
    training: Text
    sharing: Text
    sales_goal: Money
    satisfaction_goal: Percent


@attrs.frozen
class MarketReport:
    """The market report 市场分析报告: competitors and trends (KAM-040, KAM-044)."""

    competitors: Text
    trends: Text


@attrs.frozen
class NeedsUpdate:
    """
    What changed (KAM-044).

    Attributes:
        change: What, in the customer's needs.
        market: What was seen of market and competition.
        service_given: Personal service that was given, for the customer's record (KAM-045).
    """

    change: Text
    market: MarketReport | None = None
    service_given: Text | None = None


@attrs.frozen
class Problem:
    """A problem in the service (KAM-023)."""

    problem: Text


@attrs.frozen
class Correction:
    """How a problem was corrected."""

    correction: Text


@attrs.frozen
class Evaluation:
    """
    The evaluation form 反馈与评估表, with the indicators (KAM-037, KAM-040, ANA-008).

    Attributes:
        satisfaction: How satisfied the customer is, from 0 to 100.
        feedback: What it says of the service.
        problems: What was not as it should be.
        sales: What was sold in the period.
        sales_before: What was sold in the period before.
        profit_contribution: Yuan a year, where it is known anew.
        reward: How manager and team are rewarded; needed where both goals are reached.
        improvement: What is to become better in the management of key accounts (KAM-029).
        reason: Why it is evaluated before the period is over.
    """

    satisfaction: Percent
    feedback: Text
    sales: Money
    problems: tuple[Text, ...] = ()
    sales_before: Money | None = None
    profit_contribution: Decimal | None = None
    reward: Text | None = None
    improvement: Text | None = None
    reason: Text | None = None


@attrs.frozen
class Adjustment:
    """Why the strategy is adjusted: what changed, and the plan that follows from it."""

    cause: Cause
    change: Text
    plan: ServicePlan | None = None


@attrs.frozen
class Removing:
    """Why an account is taken off the list."""

    because: Removal
    reason: Text
