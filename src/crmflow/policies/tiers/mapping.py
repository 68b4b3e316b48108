"""Schemes side by side: what a tier of one scheme is in another (AMB-11, AMB-38, AMB-40)."""

from __future__ import annotations

from collections.abc import Iterable

from crmflow.core.errors import did_you_mean
from crmflow.policies.tiers.scheme import SchemeMapping


def mapped(rows: Iterable[SchemeMapping], source: str, target: str, tier: str) -> str:
    """
    Return what a tier of one scheme is in another.

    Args:
        rows: Mappings that count.
        source: Name of the one scheme.
        target: Name of the other.
        tier: Tier of the one.

    Raises:
        LookupError: No mapping leads from the one to the other, or the tier is none of it.
    """
    known = {(row.source, row.target): row.tiers for row in rows}
    if (source, target) not in known:
        message = f"no mapping leads from {source!r} to {target!r}: schemes are mapped explicitly"
        raise LookupError(message)
    tiers = known[source, target]
    if tier not in tiers:
        message = f"{source!r} has no tier {tier!r}. {did_you_mean(tier, tiers)}"
        raise LookupError(message)
    return tiers[tier]
