"""What a tier of one scheme is in another (AMB-11, AMB-38, AMB-40), and what it is entitled to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from crmflow.core.errors import did_you_mean
from crmflow.core.tables import Tables
from crmflow.policies.tiers.scheme import Scheme, SchemeMapping


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


def entitled(tables: Tables, scheme: str, tier: str, on: date) -> Mapping[str, object]:
    """
    Return what a tier is entitled to on a day: channel, hotline, gifts, cadences and the like.

    Args:
        tables: The rows in use.
        scheme: Name of the scheme.
        tier: The tier.
        on: The company's day.

    Raises:
        LookupError: No scheme of that name counts on the day, or it has no such tier.

    Rules: TIE-012, TIE-037
    """
    rows = {row.name: row for row in tables.of("schemes", Scheme) if row.in_force(on)}
    if scheme not in rows:
        message = f"no scheme {scheme!r} counts on {on}. {did_you_mean(scheme, rows)}"
        raise LookupError(message)
    tiers = {one.name: one.gets for one in rows[scheme].tiers}
    if tier not in tiers:
        message = f"{scheme!r} has no tier {tier!r}. {did_you_mean(tier, tiers)}"
        raise LookupError(message)
    return tiers[tier]
