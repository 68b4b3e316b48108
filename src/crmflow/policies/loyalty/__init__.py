"""
Loyalty: points that customers earn and spend, and the clubs and communities they belong to.

Rows of two tables; without rows nobody earns anything, for no source says how many points,
which discounts or which rewards (LOY-009). Rules: LOY-001 LOY-002 LOY-003 LOY-008 LOY-009
REC-039 TIE-032.
"""

from __future__ import annotations

from collections.abc import Sequence

from crmflow.core.machine import Machine
from crmflow.core.policy import Policy
from crmflow.core.tables import Table, Tables
from crmflow.expressions import Scope
from crmflow.hookspecs import hookimpl
from crmflow.policies.loyalty.accounts import Account, Given, Lot, worth
from crmflow.policies.loyalty.checking import check_clubs, check_programmes
from crmflow.policies.loyalty.policy import BoundClub, BoundProgramme, Loyalty
from crmflow.policies.loyalty.rows import Club, ClubKind, Earning, Programme, Reward, RewardKind
from crmflow.policies.loyalty.state import (
    JoinClub,
    LeaveClub,
    LoyaltyState,
    Membership,
    RedeemPoints,
)

__all__ = [
    "Account",
    "Club",
    "ClubKind",
    "Earning",
    "Given",
    "JoinClub",
    "LeaveClub",
    "Lot",
    "Loyalty",
    "LoyaltyState",
    "Membership",
    "Programme",
    "RedeemPoints",
    "Reward",
    "RewardKind",
    "policies_for",
    "tables",
    "worth",
]


@hookimpl
def tables() -> Sequence[Table]:
    """Bring the tables of programmes and clubs."""
    return (
        Table("loyalty", Programme, check_programmes),
        Table("clubs", Club, check_clubs),
    )


@hookimpl
def policies_for(machine: Machine, tables: Tables) -> Sequence[Policy]:
    """Return the loyalty of a machine's entities; nothing where no row is about them."""
    scope = Scope.of(machine.facts, zone=tables.zone)
    programmes = tuple(
        BoundProgramme(
            row, scope.maybe(row.when), tuple(scope.maybe(one.when) for one in row.earns)
        )
        for row in tables.about(machine, "loyalty", Programme)
    )
    clubs = tuple(
        BoundClub(row, scope.maybe(row.when)) for row in tables.about(machine, "clubs", Club)
    )
    if not programmes and not clubs:
        return ()
    return (Loyalty(programmes, clubs, tables, machine.final),)
