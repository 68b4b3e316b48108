"""Figures that a company's definition of a key account may measure."""

from __future__ import annotations

from decimal import Decimal

import attrs

from crmflow.core.form import Count, Text
from crmflow.core.money import Money


@attrs.frozen
class Figures:
    """
    What a company's criteria may measure an account by; each is given where it is known.

    Attributes:
        annual_sales: What the customer buys in a year (KAM-004).
        profit_contribution: Yuan a year (KAM-004, TIE-026).
        market_influence: Points (KAM-004).
        registered_capital, customer_sales, employees: Size (KAM-005).
        industry_rank, market_share: Position; the share in percent (KAM-006).
        demand_volume, growth_rate: Potential; the rate in percent (KAM-007).
        credit_rating, ability_to_pay: Credit; the ability in points (KAM-008).
        purchases: Orders a year (KAM-003, KAM-009).
        share_of_sales: Percent of all sales (KAM-009).
        potential_value, strategic_fit: Points (KAM-003, KAM-009).
        need_kind, industry: Kind of need, industry (TIE-031).
        capacity_kva, annual_kwh, dual_supply: Of a power company's customer.
    """

    annual_sales: Money | None = None
    profit_contribution: Decimal | None = None
    market_influence: Decimal | None = None
    registered_capital: Money | None = None
    customer_sales: Money | None = None
    employees: Count | None = None
    industry_rank: Count | None = None
    market_share: Decimal | None = None
    demand_volume: Decimal | None = None
    growth_rate: Decimal | None = None
    credit_rating: Text | None = None
    ability_to_pay: Decimal | None = None
    purchases: Count | None = None
    share_of_sales: Decimal | None = None
    potential_value: Decimal | None = None
    strategic_fit: Decimal | None = None
    need_kind: Text | None = None
    industry: Text | None = None
    capacity_kva: Decimal | None = None
    annual_kwh: Decimal | None = None
    dual_supply: bool | None = None
