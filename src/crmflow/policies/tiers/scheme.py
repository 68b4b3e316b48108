"""Schemes as rows: the tiers of a scheme, what places an entity in one, and what each gets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import attrs

from crmflow.core.form import Check, Names, Text
from crmflow.core.measure import Measure
from crmflow.core.tables import MachineRow, TableRow
from crmflow.policies.tiers.bands import EXACT, Band
from crmflow.policies.tiers.metrics import Window

CUSTOMER = "customer"
UNRATED = "unrated"
"""Word of a row for no tier at all."""
REFUSE = "refuse"
"""Word of a row for no placement at all: the tier one has is kept."""


class Kind(StrEnum):
    """How a scheme places."""

    THRESHOLDS = "thresholds"
    POINTS = "points"
    SHARES = "shares"
    EXPRESSIONS = "expressions"
    STATED = "stated"


class Better(StrEnum):
    """Which values of a metric speak for a better tier."""

    MORE = "more"
    LESS = "less"


class Value(StrEnum):
    """What a metric's value is; only expressions read text and flags."""

    NUMBER = "number"
    TEXT = "text"
    FLAG = "flag"


@attrs.frozen(kw_only=True)
class Metric:
    """
    One thing a scheme measures.

    Attributes:
        name: Its name in criteria.
        value: Number, text or flag.
        better: Whether more of it speaks for a better tier, or less.
        fact: Fact it is read from; its own name where left out. A sum of money counts by
            its amount, a length of time by its days, a date by the days since.
        window: Where it is no fact but gathered from events.
    """

    name: Text
    value: Value = Value.NUMBER
    better: Better = Better.MORE
    fact: Text | None = None
    window: Window | None = None


_MARGIN = re.compile(r"(\d{1,30}(?:\.\d{1,30})?)(%?)", re.ASCII)


def _is_margin(value: object) -> bool:
    found = _MARGIN.fullmatch(str(value))
    return found is not None and (not found[2] or Decimal(found[1]) < 100)  # noqa: PLR2004 - percent


Margin = Annotated[
    str, Check("margin", _is_margin, "a margin such as '500', or '5%' of the limit (below 100%)")
]
"""How far beyond a limit counts: an amount, or a share of the limit."""


def _from_one(value: object) -> bool:
    return isinstance(value, int) and value >= 1


Count = Annotated[int, Check("count", _from_one, "a whole number from 1")]
"""How many, one at least."""


@attrs.frozen(kw_only=True)
class Hysteresis:
    """
    How far a value must pass a limit before the tier changes.

    Attributes:
        up: For a better tier.
        down: For a worse one.
    """

    up: Margin = "0"
    down: Margin = "0"


def shifted(limit: Decimal, margin: str, *, upwards: bool) -> Decimal:
    """Return a limit moved by a margin; the order of limits is kept."""
    by = Decimal(margin.rstrip("%"))
    if margin.endswith("%"):
        by = EXACT.multiply(EXACT.multiply(by, Decimal("0.01")), limit.copy_abs())
    return EXACT.add(limit, by if upwards else -by)


@attrs.frozen(kw_only=True)
class Points:
    """
    What one metric is worth.

    Attributes:
        metric: Name of the metric.
        weight: Factor of its points.
        bands: Points by band of the metric; left out, the value itself is the points.
    """

    metric: Text
    weight: Decimal = Decimal(1)
    bands: tuple[PointBand, ...] = ()


@attrs.frozen(kw_only=True)
class PointBand(Band):
    """
    A band of a metric and what it is worth.

    Attributes:
        points: The points.
    """

    points: Decimal


@attrs.frozen(kw_only=True)
class Lead:
    """
    An event that leads an entity to where its tier says it belongs.

    Attributes:
        states: States from which it leads there.
        event: Event of the machine; its form may take what a move tells (`tier`, `scheme`,
            `before`, `reason`), and what the tier gets, under the same names.
        when: Expression over the facts that must hold besides.
    """

    states: Names
    event: Text
    when: Text | None = None


@attrs.frozen(kw_only=True)
class Tier:
    """
    One tier of a scheme.

    Attributes:
        name: Unique in its scheme.
        zh: Label in Chinese.
        en: Label in English.
        gets: What it is entitled to: `channel`, `hotline`, `gifts`, `prices`, `priority`,
            `cadences`, `response`, `access` or a word of one's own, and what that is.
        rules: Rule ids.
        when: For thresholds: boxes, of which any holds the metrics.
        points: For points: the band of the sum.
        share: For shares: part of the population, from 0 to 1; the last tier takes the rest.
        expression: For expressions: a claim about the metrics; the last tier has none.
        leads: Events that lead there, for entities whose state is to follow their tier: after
            each change the first is raised whose states and expression fit (LIF-003).
    """

    name: Text
    zh: Text
    en: Text
    gets: Mapping[str, object] = attrs.field(factory=dict)
    rules: tuple[Text, ...] = ()
    when: tuple[Mapping[str, Band], ...] = ()
    points: Band | None = None
    share: Decimal | None = None
    expression: Text | None = None
    leads: tuple[Lead, ...] = ()


@attrs.frozen(kw_only=True)
class Scheme(MachineRow):
    """
    A scheme: its tiers from the best to the last, and what places an entity in one.

    Attributes:
        machine: Machine whose entities it places.
        kind: How it places.
        care: Whether it is the care scheme, which drives care; exactly one is (AMB-40).
        metrics: What it measures; for a stated scheme the one fact that names the tier.
        tiers: The tiers, the best first.
        ordered: For thresholds: whether the first tier that fits is taken, so that a later
            one needs not exclude what an earlier one takes; else no two may fit.
        sums: For points: what each metric is worth.
        ranked_by: For shares: the metric by which the population is ranked.
        missing: A tier's name, `unrated` or `refuse`: what is done where a metric that
            matters is missing.
        hysteresis: Margins by metric, or by `points` or `rank`.
        currency: Currency of its sums of money; another one counts as missing.
        grace: How long a worse placement must last before it takes effect.
        recompute: How often an entity is placed anew without an event.
        calendar: Working calendar of `grace` and `recompute`.
        raises: Event of the machine raised on each move; its form takes `tier` and may
            take `scheme`, `before`, `reason` and what the tier gets, under the same names.
        gives: Fields of an event's form, by event, in which whatever the tier gets under the
            same name must be brought.
        approvers: Roles that override a tier.
        placers: Roles that bring placements of a population.
        keep: How many moves the entity itself remembers; the journal has all.
    """

    kind: Kind = Kind.THRESHOLDS
    care: bool = False
    metrics: tuple[Metric, ...] = ()
    tiers: tuple[Tier, ...]
    ordered: bool = False
    sums: tuple[Points, ...] = ()
    ranked_by: Text | None = None
    missing: Text = UNRATED
    hysteresis: Mapping[str, Hysteresis] = attrs.field(factory=dict)
    currency: Text = "CNY"
    grace: Measure | None = None
    recompute: Measure | None = None
    calendar: Text | None = None
    raises: Text | None = None
    gives: Mapping[str, tuple[Text, ...]] = attrs.field(factory=dict)
    approvers: Names = ("administrator",)
    placers: Names = ("administrator",)
    keep: Count = 12

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the tiers, the best first."""
        return tuple(tier.name for tier in self.tiers)

    def tier(self, name: str) -> Tier:
        """Return the tier of that name; KeyError where there is none."""
        return {tier.name: tier for tier in self.tiers}[name]


@attrs.frozen(kw_only=True)
class SchemeMapping(TableRow):
    """
    What the tiers of one scheme are in another.

    Attributes:
        source: Name of the one scheme.
        target: Name of the other.
        tiers: The other's tier by the one's; every tier of the source is named.
    """

    source: Text
    target: Text
    tiers: Mapping[str, Text]
