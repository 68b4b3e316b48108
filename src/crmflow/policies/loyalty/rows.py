"""The tables `loyalty` and `clubs`: how points are earned and what they buy; who belongs where."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import attrs

from crmflow.core.dealing import Channel
from crmflow.core.form import Check, Names, Some, Text
from crmflow.core.measure import Measure
from crmflow.core.tables import MachineRow


def _is_positive(value: object) -> bool:
    return isinstance(value, Decimal) and value.is_finite() and value > 0


Rate = Annotated[Decimal, Check("number", _is_positive, "a decimal above 0, such as '1' or '0.5'")]
"""How much of something, more than nothing."""


class RewardKind(StrEnum):
    """What points buy (LOY-002, TIE-032, REC-039)."""

    GIFT = "gift"
    DISCOUNT = "discount"
    VOUCHER = "voucher"
    EVENT = "event"


@attrs.frozen(kw_only=True)
class Earning:
    """
    What earns points.

    Attributes:
        events: Events of the machine.
        amount: Field of their form with the sum of money that counts; left out, each event
            counts as one.
        points: Points for one unit of that sum, or for one event; what is left of a whole
            point is lost.
        once: Whether it earns once in the life of an entity.
        when: Expression about the entity that must hold after the event.
    """

    events: Names
    amount: Text | None = None
    points: Rate
    once: bool = False
    when: Text | None = None


@attrs.frozen(kw_only=True)
class Reward:
    """
    Something points buy.

    Attributes:
        kind: What it is.
        points: What it costs.
        percent: Of a discount: how much it takes off.
    """

    kind: RewardKind
    points: Some
    percent: Rate | None = None


@attrs.frozen(kw_only=True)
class Programme(MachineRow):
    """
    A programme of points (`[[loyalty]]`).

    Attributes:
        when: Expression about who takes part; left out, everybody.
        earns: What earns points.
        currency: Currency of the sums that count; another one earns nothing.
        valid: How long points last; left out, for ever.
        rewards: What they buy, by name.
        roles: Roles that may redeem them.
        handler: Delivery handler that is told of each reward to give, or None.
    """

    when: Text | None = None
    earns: tuple[Earning, ...]
    currency: Text = "CNY"
    valid: Measure | None = None
    rewards: Mapping[str, Reward]
    roles: Names = ("salesperson", "customer_service")
    handler: Text | None = None


class ClubKind(StrEnum):
    """What people belong to."""

    CLUB = "club"
    COMMUNITY = "community"


@attrs.frozen(kw_only=True)
class Club(MachineRow):
    """
    A customer club or an online community (`[[clubs]]`; LOY-003, LOY-008).

    Attributes:
        kind: What it is.
        channel: Where a community meets, such as `wechat` or `social_media`.
        when: Expression about who may join; left out, everybody.
        roles: Roles that take somebody in, and let them go.
    """

    kind: ClubKind = ClubKind.CLUB
    channel: Channel | None = None
    when: Text | None = None
    roles: Names = ("salesperson", "customer_service", "marketing_department")
