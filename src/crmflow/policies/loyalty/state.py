"""What the policy remembers of an entity, and what people bring to its reserved events."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs

from crmflow.core.form import Text
from crmflow.policies.loyalty.accounts import Account

NAME = "loyalty"
TIMER, REDEEM, JOIN, LEAVE = "$loyalty", "$redeem_points", "$join_club", "$leave_club"


@attrs.frozen
class RedeemPoints:
    """The programme, and the reward its points are spent for."""

    programme: Text
    reward: Text


@attrs.frozen
class JoinClub:
    """The club or community somebody joins."""

    club: Text


@attrs.frozen
class LeaveClub:
    """The club or community somebody leaves, and why."""

    club: Text
    reason: Text


@attrs.frozen
class Membership:
    """Since when an entity belongs to a club or community, and who took it in."""

    club: Text
    since_at: datetime
    by: Text


@attrs.frozen
class LoyaltyState:
    """
    What the policy remembers of an entity.

    Attributes:
        accounts: Points by programme.
        memberships: Clubs and communities it belongs to.
    """

    accounts: tuple[Account, ...] = ()
    memberships: tuple[Membership, ...] = ()

    def account(self, programme: str) -> Account:
        """Return the points in a programme, none where there never were any."""
        found = (one for one in self.accounts if one.programme == programme)
        return next(found, Account(programme))

    def member_of(self, club: str) -> bool:
        """Say whether the entity belongs to a club."""
        return any(one.club == club for one in self.memberships)


RESERVED: Mapping[str, type | None] = {
    TIMER: None,
    REDEEM: RedeemPoints,
    JOIN: JoinClub,
    LEAVE: LeaveClub,
}
