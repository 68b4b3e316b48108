"""What people bring to a tier: an override, its end, a place in the population."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs

from crmflow.core.form import Text
from crmflow.policies.tiers.scheme import Count

TICK = "$tiers"
OVERRIDE = "$override_tier"
END_OVERRIDE = "$end_override"
PLACE = "$place"


@attrs.frozen(kw_only=True)
class Overriding:
    """
    A tier against the criteria; who fires the event gives it and needs the right.

    Attributes:
        scheme: Name of the scheme.
        tier: The tier.
        reason: Why.
        until: Aware instant at which the criteria count again.
        asked_by: Id of who asked for it; not the one who gives it.
    """

    scheme: Text
    tier: Text
    reason: Text
    until: datetime
    asked_by: Text | None = None


@attrs.frozen(kw_only=True)
class EndingOverride:
    """
    The end of an override before its time.

    Attributes:
        scheme: Name of the scheme.
        reason: Why.
    """

    scheme: Text
    reason: Text


@attrs.frozen(kw_only=True)
class PopulationPlace:
    """
    A place in the population, as a pass over all of it found; the policy makes the tier of it.

    Attributes:
        scheme: Name of the scheme.
        rank: Place from 1, the best first.
        population: How many were ranked.
    """

    scheme: Text
    rank: Count
    population: Count


FORMS: Mapping[str, type | None] = {
    TICK: None,
    OVERRIDE: Overriding,
    END_OVERRIDE: EndingOverride,
    PLACE: PopulationPlace,
}
"""The policy's reserved events and their forms."""
