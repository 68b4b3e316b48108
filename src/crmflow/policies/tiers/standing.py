"""Standing: what an entity's tier is, since when and why, and how it moves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import attrs

from crmflow.policies.tiers.metrics import Series
from crmflow.policies.tiers.placing import Criteria, Metrics, Placement


class Cause(StrEnum):
    """Why a tier changed."""

    PLACED = "placed"
    RAISED = "raised"
    LOWERED = "lowered"
    OVERRIDDEN = "overridden"
    OVERRIDE_ENDED = "override_ended"
    SCHEME_ENDED = "scheme_ended"


@attrs.frozen
class Move:
    """
    One change of tier.

    Attributes:
        at: Aware UTC instant.
        before: Tier before; None for unrated.
        tier: Tier afterwards; None for unrated.
        cause: Why.
        metrics: What was known then, as text.
    """

    at: datetime
    before: str | None
    tier: str | None
    cause: Cause
    metrics: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen
class Pending:
    """
    A worse tier that waits for its grace period.

    Attributes:
        tier: What the metrics say by now; None for unrated.
        since: Aware UTC instant at which they fell.
        until: Aware UTC instant at which it takes effect, if they stay low.
    """

    tier: str | None
    since: datetime
    until: datetime


@attrs.frozen
class Override:
    """
    A tier given by a person against the criteria.

    Attributes:
        tier: The tier.
        reason: Why.
        approver: Id of who gave it.
        since: Aware UTC instant.
        until: Aware UTC instant at which the criteria count again.
        asked_by: Id of who asked for it, or None.
    """

    tier: str
    reason: str
    approver: str
    since: datetime
    until: datetime
    asked_by: str | None = None


@attrs.frozen
class Standing:
    """
    Where an entity stands in one scheme.

    Attributes:
        scheme: Name of the scheme.
        tier: What criteria, margins and grace give; None for unrated.
        since: Aware UTC instant from which the tier held counts.
        version: Version of the row that placed it last.
        metrics: What was known when it was placed last, as text.
        because: What spoke for it, as text.
        lacking: Metrics that matter and were missing.
        against: Tier that the limits alone would give, where a margin keeps this one.
        pending: A worse tier that waits, or None.
        override: What a person set against the criteria, or None.
        moves: The last moves, the oldest first; the journal has all.
    """

    scheme: str
    tier: str | None
    since: datetime
    version: str = ""
    metrics: Mapping[str, str] = attrs.field(factory=dict)
    because: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    against: str | None = None
    pending: Pending | None = None
    override: Override | None = None
    moves: tuple[Move, ...] = ()

    @property
    def held(self) -> str | None:
        """The tier that counts: the overriding one, else what the criteria give."""
        return self.tier if self.override is None else self.override.tier


@attrs.frozen
class TierState:
    """
    What the policy remembers of an entity.

    Attributes:
        standings: Where it stands, by scheme.
        series: Dated amounts that windows are read from.
    """

    standings: tuple[Standing, ...] = ()
    series: tuple[Series, ...] = ()

    def standing(self, scheme: str) -> Standing | None:
        """Return where it stands in a scheme, or None."""
        return next((one for one in self.standings if one.scheme == scheme), None)


def as_text(metrics: Metrics) -> dict[str, str]:
    """Return metrics as text; those that are missing are left out."""
    return {
        name: f"{value:f}" if isinstance(value, Decimal) else str(value)
        for name, value in metrics.items()
        if value is not None
    }


def noted(
    before: Standing | None, after: Standing, at: datetime, cause: Cause, keep: int
) -> Standing:
    """Return *after* with the move in its history, where the tier that counts has changed."""
    held = None if before is None else before.held
    if held == after.held:
        return after
    move = Move(at, held, after.held, cause, after.metrics)
    return attrs.evolve(after, since=at, moves=(*after.moves, move)[-keep:])


def settle(
    before: Standing | None,
    criteria: Criteria,
    placement: Placement,
    metrics: Metrics,
    at: datetime,
    until: datetime | None = None,
) -> Standing:
    """
    Return where an entity stands after a placement.

    A better tier counts at once, a worse one when its grace period is over and the
    metrics are still too low; the first placement counts at once.

    Args:
        before: Where it stood, or None.
        criteria: The scheme.
        placement: What its metrics give.
        metrics: The metrics.
        at: Aware UTC instant.
        until: When a grace period that begins now is over; None where there is none.
    """
    scheme = criteria.scheme
    after = attrs.evolve(
        before or Standing(scheme.name, None, at),
        version=scheme.version,
        metrics=as_text(metrics),
        lacking=placement.lacking,
        against=placement.against,
    )
    if placement.tier == after.tier and placement.against is not None:
        return attrs.evolve(after, pending=None)  # what spoke for the tier still does
    waiting = after.pending
    if placement.refused:
        still = waiting if waiting is not None and at < waiting.until else None
        return attrs.evolve(after, pending=still)
    placed = attrs.evolve(
        after, tier=placement.tier, because=tuple(map(str, placement.reasons)), pending=None
    )
    if before is None or not (before.moves or before.tier):
        return noted(before, placed, at, Cause.PLACED, scheme.keep)
    if not criteria.better(before.tier, placement.tier):
        return noted(before, placed, at, Cause.RAISED, scheme.keep)
    if waiting is None and until is not None:
        waiting = Pending(placement.tier, at, until)
    if waiting is None or waiting.until <= at:
        return noted(before, placed, at, Cause.LOWERED, scheme.keep)
    return attrs.evolve(after, pending=attrs.evolve(waiting, tier=placement.tier))


def overridden(before: Standing, override: Override, keep: int) -> Standing:
    """Return a standing whose tier a person sets until the override's end."""
    after = attrs.evolve(before, override=override)
    return noted(before, after, override.since, Cause.OVERRIDDEN, keep)


def finished(before: Standing, at: datetime, keep: int) -> Standing:
    """Return a standing in a scheme that counts no longer."""
    after = attrs.evolve(
        before, tier=None, because=(), lacking=(), against=None, pending=None, override=None
    )
    return noted(before, after, at, Cause.SCHEME_ENDED, keep)


def released(before: Standing, at: datetime, keep: int) -> Standing:
    """Return a standing in which the criteria count again."""
    after = attrs.evolve(before, override=None)
    return noted(before, after, at, Cause.OVERRIDE_ENDED, keep)
