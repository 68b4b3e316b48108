"""Placing: from metrics to a tier, with the reasons; pure, and the same for one or a million."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_CEILING, Decimal
from typing import cast

import attrs

from crmflow.expressions import Scope
from crmflow.policies.tiers.bands import EXACT, Band, Box, Limit, holds
from crmflow.policies.tiers.scheme import (
    REFUSE,
    UNRATED,
    Better,
    Hysteresis,
    Kind,
    Scheme,
    Value,
    shifted,
)

Metrics = Mapping[str, Decimal | str | bool | None]
"""Value by metric; None, or no entry, where it is missing."""

RANK, POPULATION = "rank", "population"
"""Metrics of a scheme of shares: place from 1, and how many were ranked."""
POINTS = "points"
KINDS: Mapping[Value, type] = {Value.NUMBER: Decimal, Value.TEXT: str, Value.FLAG: bool}


@attrs.frozen
class Reason:
    """
    One metric that speaks for a tier.

    Attributes:
        metric: Its name.
        value: What it is.
        criterion: What the tier asks of it.
    """

    metric: str
    value: object
    criterion: object = ""

    def __str__(self) -> str:
        value = f"{self.value:f}" if isinstance(self.value, Decimal) else str(self.value)
        return " ".join(filter(None, (self.metric, value, str(self.criterion))))


@attrs.frozen
class Placement:
    """
    Where metrics belong.

    Attributes:
        tier: Name of the tier; None for unrated.
        reasons: What speaks for it.
        lacking: Metrics that matter and are missing.
        refused: Whether the scheme places nobody whose metrics are missing.
        against: The tier the limits alone give, where a margin keeps the present one.
    """

    tier: str | None
    reasons: tuple[Reason, ...] = ()
    lacking: tuple[str, ...] = ()
    refused: bool = False
    against: str | None = None


Found = tuple[str | None, tuple[Reason, ...], tuple[str, ...]]
"""(tier, reasons, metrics that are missing)."""

Find = Callable[[Metrics], Found]


@attrs.frozen
class Criteria:
    """
    A scheme made ready to place.

    Attributes:
        scheme: The row.
        plain: Places by the limits as they stand.
        stricter: Places by limits that a better tier must pass.
        looser: Places by limits that a worse tier must fall below.
        order: Place of each tier, the best first; unrated comes last.
    """

    scheme: Scheme
    plain: Find = attrs.field(repr=False)
    stricter: Find = attrs.field(repr=False)
    looser: Find = attrs.field(repr=False)
    order: Mapping[str | None, int]

    def better(self, one: str | None, other: str | None) -> bool:
        """Say whether one tier is better than another."""
        last = self.order[None]  # of what the scheme no longer has, too
        return self.order.get(one, last) < self.order.get(other, last)


def criteria_of(scheme: Scheme) -> Criteria:
    """
    Return a scheme made ready to place: expressions compiled, margins worked in.

    Raises:
        FieldError: An expression does not fit; the table's check finds it before.
    """
    order = {name: place for place, name in enumerate((*scheme.names, None))}
    make = _MAKERS[scheme.kind]
    plain = make(scheme, lambda _name, _better: lambda limit: limit)
    if not scheme.hysteresis:
        return Criteria(scheme, plain, plain, plain, order)
    return Criteria(
        scheme, plain, make(scheme, _stricter(scheme)), make(scheme, _looser(scheme)), order
    )


def place(criteria: Criteria, metrics: Metrics, present: str | None = None) -> Placement:
    """
    Return where metrics belong.

    Args:
        criteria: The scheme made ready.
        metrics: What is known.
        present: The tier held now: a margin keeps it unless a limit is passed by more.

    Rule: TIE-035
    """
    found, reasons, lacking = criteria.plain(metrics)
    if lacking:
        word = criteria.scheme.missing
        tier = None if word in (UNRATED, REFUSE) else word
        return Placement(tier, (), lacking, word == REFUSE)
    if present is None or found == present:
        return Placement(found, reasons)
    rising = criteria.better(found, present)
    moved, why, unknown = (criteria.stricter if rising else criteria.looser)(metrics)
    one, other = (moved, present) if rising else (present, moved)
    if unknown or not criteria.better(one, other):
        return Placement(present, reasons, against=found)
    return Placement(moved, why)


Shifts = Callable[[str, Better], Limit]
"""(name, which values are better) -> where limits of that name stand."""


def _stricter(scheme: Scheme) -> Shifts:
    """Return the limits that a better tier must pass."""

    def limits(name: str, better: Better) -> Limit:
        margin = scheme.hysteresis.get(name, _NONE).up
        return lambda limit: shifted(limit, margin, upwards=better is Better.MORE)

    return limits


def _looser(scheme: Scheme) -> Shifts:
    """Return the limits that a worse tier must fall below."""

    def limits(name: str, better: Better) -> Limit:
        margin = scheme.hysteresis.get(name, _NONE).down
        return lambda limit: shifted(limit, margin, upwards=better is Better.LESS)

    return limits


_NONE = Hysteresis()


def _by_thresholds(scheme: Scheme, shifts: Shifts) -> Find:
    limits = {metric.name: shifts(metric.name, metric.better) for metric in scheme.metrics}
    boxes: list[tuple[str, Box]] = [
        (tier.name, {name: band.moved(limits[name]) for name, band in box.items()})
        for tier in scheme.tiers
        for box in tier.when
    ]

    def find(metrics: Metrics) -> Found:
        known = cast("Mapping[str, Decimal | None]", metrics)
        fits = _possible(boxes, known)
        tier, box = fits[0]
        if any(other != tier for other, _ in fits):
            named = {name for _, box in fits for name in box}
            return None, (), tuple(n for n in limits if n in named and known.get(n) is None)
        return tier, tuple(Reason(n, known.get(n), band) for n, band in box.items()), ()

    return find


def _possible(
    boxes: list[tuple[str, Box]], known: Mapping[str, Decimal | None]
) -> list[tuple[str, Box]]:
    """Return the boxes that may hold the metrics, up to the first that holds them for certain."""
    found = []
    for tier, box in boxes:
        if holds(box, known):
            found.append((tier, box))
            if all(known.get(name) is not None for name in box):
                break
    return found


def _by_points(scheme: Scheme, shifts: Shifts) -> Find:
    limit = shifts(POINTS, Better.MORE)
    bands = [(t.name, t.points.moved(limit)) for t in scheme.tiers if t.points is not None]

    def find(metrics: Metrics) -> Found:
        known = cast("Mapping[str, Decimal | None]", metrics)
        lacking = tuple(s.metric for s in scheme.sums if known.get(s.metric) is None)
        if lacking:
            return None, (), lacking
        total, reasons = Decimal(0), []
        for sums in scheme.sums:
            value = cast("Decimal", known[sums.metric])
            worth = next((b.points for b in sums.bands if b.holds(value)), value)
            points = EXACT.multiply(sums.weight, worth)
            total = EXACT.add(total, points)
            reasons.append(Reason(sums.metric, value, f"→ {points:f}"))
        tier, band = next((tier, band) for tier, band in bands if band.holds(total))
        return tier, (Reason(POINTS, total, band), *reasons), ()

    return find


def _by_shares(scheme: Scheme, shifts: Shifts) -> Find:
    limit, total = shifts(RANK, Better.LESS), Decimal(0)
    bounds = []
    for tier in scheme.tiers[:-1]:
        total = EXACT.add(total, tier.share or Decimal(0))
        bounds.append((tier.name, limit(total)))
    last = scheme.tiers[-1].name
    cuts: dict[Decimal, list[tuple[str, int]]] = {}

    def find(metrics: Metrics) -> Found:
        rank, population = metrics.get(RANK), metrics.get(POPULATION)
        if not isinstance(rank, Decimal) or not isinstance(population, Decimal):
            return None, (), (RANK,)
        if population not in cuts:
            cuts.clear()
            cuts[population] = [(name, seats(share, population)) for name, share in bounds]
        found = next(((n, cut) for n, cut in cuts[population] if rank <= cut), (last, None))
        upper = None if found[1] is None else Band(at_most=Decimal(found[1]))
        return found[0], (Reason(RANK, rank, upper or ""), Reason(POPULATION, population)), ()

    return find


def seats(share: Decimal, population: Decimal) -> int:
    """Return how many of a population a share is: what is over counts as one more."""
    part = EXACT.multiply(share, population)
    return int(part.to_integral_value(ROUND_CEILING, EXACT))


def scope_of(scheme: Scheme) -> Scope:
    """Return the names that expressions of a scheme may use: its metrics."""
    return Scope.of_names({metric.name: KINDS[metric.value] for metric in scheme.metrics})


def _by_expressions(scheme: Scheme, _shifts: Shifts) -> Find:
    scope, last = scope_of(scheme), scheme.names[-1]
    claims = [(t.name, scope.compile(t.expression)) for t in scheme.tiers if t.expression]
    names = [metric.name for metric in scheme.metrics]

    def find(metrics: Metrics) -> Found:
        lacking = tuple(name for name in names if metrics.get(name) is None)
        if lacking:
            return None, (), lacking
        read = tuple(Reason(name, metrics[name]) for name in names)
        for tier, claim in claims:
            if claim(metrics):
                return tier, (Reason(claim.text, ""), *read), ()
        return last, read, ()

    return find


def _by_statement(scheme: Scheme, _shifts: Shifts) -> Find:
    name, tiers = scheme.metrics[0].name, set(scheme.names)

    def find(metrics: Metrics) -> Found:
        said = metrics.get(name)
        if said not in tiers:
            return None, (), (name,)
        return cast("str", said), (Reason(name, said),), ()

    return find


_MAKERS: Mapping[Kind, Callable[[Scheme, Shifts], Find]] = {
    Kind.THRESHOLDS: _by_thresholds,
    Kind.POINTS: _by_points,
    Kind.SHARES: _by_shares,
    Kind.EXPRESSIONS: _by_expressions,
    Kind.STATED: _by_statement,
}
