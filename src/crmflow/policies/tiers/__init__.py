"""
Tiers: schemes of classes as rows, what places an entity in one, and what each is entitled to.

Schemes live side by side, each with its own tiers (AMB-11, AMB-38, AMB-40); one is the care
scheme. A scheme places by thresholds on metrics, by points with weights, by expressions, by
shares of the population, or takes the tier that a fact states. The policy keeps each
entity's tier with its reasons, margins, grace period, overrides and history.
"""

from __future__ import annotations

from collections.abc import Sequence

from crmflow.core.judging import Judge
from crmflow.core.machine import Machine
from crmflow.core.policy import Policy
from crmflow.core.tables import Table, Tables
from crmflow.hookspecs import hookimpl
from crmflow.policies.tiers.bands import Band
from crmflow.policies.tiers.binding import bind
from crmflow.policies.tiers.checking import check_mappings, check_schemes, scheme_faults
from crmflow.policies.tiers.file import read_schemes
from crmflow.policies.tiers.giving import judge_of
from crmflow.policies.tiers.mapping import entitled, mapped
from crmflow.policies.tiers.metrics import Measuring, Series, Span, Tally, Window
from crmflow.policies.tiers.placing import Criteria, Placement, Reason, criteria_of, place
from crmflow.policies.tiers.policy import TierPolicy
from crmflow.policies.tiers.population import (
    Dated,
    DoubledError,
    Member,
    Placed,
    measure_population,
    tier_population,
)
from crmflow.policies.tiers.scheme import (
    Better,
    Hysteresis,
    Kind,
    Metric,
    Points,
    Scheme,
    SchemeMapping,
    Tier,
    Value,
)
from crmflow.policies.tiers.standing import Cause, Move, Override, Pending, Standing, TierState

__all__ = [
    "Band",
    "Better",
    "Cause",
    "Criteria",
    "Dated",
    "DoubledError",
    "Hysteresis",
    "Kind",
    "Measuring",
    "Member",
    "Metric",
    "Move",
    "Override",
    "Pending",
    "Placed",
    "Placement",
    "Points",
    "Reason",
    "Scheme",
    "SchemeMapping",
    "Series",
    "Span",
    "Standing",
    "Tally",
    "Tier",
    "TierPolicy",
    "TierState",
    "Value",
    "Window",
    "criteria_of",
    "entitled",
    "judge_for",
    "mapped",
    "measure_population",
    "place",
    "policies_for",
    "read_schemes",
    "scheme_faults",
    "tables",
    "tier_population",
]


@hookimpl
def tables() -> Sequence[Table]:
    """Bring the tables of schemes and of mappings between them."""
    return (
        Table("schemes", Scheme, check_schemes),
        Table("scheme_mappings", SchemeMapping, check_mappings),
    )


@hookimpl
def policies_for(machine: Machine, tables: Tables) -> Sequence[Policy]:
    """Keep the tiers of a machine's entities, where a scheme is about it."""
    binding = bind(machine, tables)
    return () if binding is None else (TierPolicy(binding),)


@hookimpl
def judge_for(machine: Machine, event: str, tables: Tables) -> Judge | None:
    """Hold an event against what a tier is entitled to, where a scheme says so."""
    return judge_of(machine, event, tables)
