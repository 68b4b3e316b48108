"""Accounts of points: earned in lots, spent oldest first, expiring; pure and exact."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

import attrs

from crmflow.core.form import Text
from crmflow.core.money import Money
from crmflow.policies.loyalty.rows import Earning

HISTORY = 12
"""How many rewards the entity itself remembers; the journal has all."""


@attrs.frozen
class Lot:
    """
    Points earned at one time.

    Attributes:
        points: How many are left.
        earned_at: Aware UTC instant.
        until_at: Aware UTC instant at which they expire, or None.
    """

    points: int
    earned_at: datetime
    until_at: datetime | None = None


@attrs.frozen
class Given:
    """A reward that points were spent for: its name, what it cost, when and by whom."""

    reward: Text
    points: int
    at: datetime
    by: Text


@attrs.frozen
class Account:
    """
    The points of one entity in one programme.

    Attributes:
        programme: Name of the programme.
        lots: Points that are left, the oldest first.
        earned, spent, expired: Sums over its life.
        once: Events whose points are earned once and have been.
        given: The last rewards.
    """

    programme: Text
    lots: tuple[Lot, ...] = ()
    earned: int = 0
    spent: int = 0
    expired: int = 0
    once: tuple[Text, ...] = ()
    given: tuple[Given, ...] = ()

    @property
    def points(self) -> int:
        """How many points there are to spend."""
        return sum(lot.points for lot in self.lots)

    @property
    def expires_at(self) -> datetime | None:
        """When the next points expire, or None."""
        return min((lot.until_at for lot in self.lots if lot.until_at is not None), default=None)

    def with_points(self, points: int, at: datetime, until_at: datetime | None) -> Account:
        """Return the account with points more; none where there are none."""
        if points == 0:
            return self
        lots = (*self.lots, Lot(points, at, until_at))
        return attrs.evolve(self, lots=lots, earned=self.earned + points)

    def without_expired(self, at: datetime) -> Account:
        """Return the account without the points that have expired by an instant."""
        kept = tuple(lot for lot in self.lots if lot.until_at is None or lot.until_at > at)
        if len(kept) == len(self.lots):
            return self
        lost = self.points - sum(lot.points for lot in kept)
        return attrs.evolve(self, lots=kept, expired=self.expired + lost)

    def spending(self, given: Given) -> Account:
        """
        Return the account after a reward: what expires first goes first.

        Args:
            given: The reward; its points are there.
        """
        left, lots = given.points, list[Lot]()
        for lot in sorted(self.lots, key=_expiry):
            taken = min(left, lot.points)
            left -= taken
            if lot.points > taken:
                lots.append(attrs.evolve(lot, points=lot.points - taken))
        kept = sorted(lots, key=lambda lot: lot.earned_at)
        history = (*self.given, given)[-HISTORY:]
        return attrs.evolve(self, lots=tuple(kept), spent=self.spent + given.points, given=history)


def _expiry(lot: Lot) -> tuple[bool, datetime]:
    return lot.until_at is None, lot.until_at or lot.earned_at


def worth(earning: Earning, amount: object, currency: str) -> int:
    """
    Return the whole points an event earns.

    Args:
        earning: What earns.
        amount: The sum of money of the event; None where none was told.
        currency: Currency that counts.

    Rules: LOY-002, LOY-009
    """
    units = Fraction(1)
    if earning.amount is not None:
        if not isinstance(amount, Money) or amount.currency != currency or amount.amount <= 0:
            return 0
        units = Fraction(amount.amount)
    return int(units * Fraction(earning.points))
