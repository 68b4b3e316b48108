"""
Bands of numbers: limits of one metric, boxes of several, and who claims which points.

Boxes are total where every possible point lies in one, disjoint where it lies in no two.
Between two neighbouring limits nothing changes, so it is enough to look at each limit, at
one point between each two, and beyond the first and the last: the check is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Context, Decimal, Inexact
from itertools import pairwise

import attrs

# A context of its own: a host that rounds by its own does not move a limit.
EXACT = Context(prec=400, traps=[Inexact])
"""Arithmetic of metrics: no digit is lost."""
_DIGITS = 90

Limit = Callable[[Decimal], Decimal]
"""Where a limit stands once a margin has moved it."""

Box = Mapping[str, "Band"]
"""Bands by metric; a metric that is not named has any value."""


def sized(value: Decimal) -> bool:
    """Say whether a number is of a size that sums of it stay exact."""
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and value.adjusted() <= _DIGITS and exponent >= -_DIGITS


def _limits(band: Band) -> None:
    """Raise ValueError where the limits of a band contradict each other."""
    if band.at_least is not None and band.above is not None:
        message = "one lower limit: at_least (included) or above (not included)"
        raise ValueError(message)
    if band.at_most is not None and band.below is not None:
        message = "one upper limit: below (not included) or at_most (included)"
        raise ValueError(message)
    low, high = band.lower, band.upper
    if not all(sized(limit) for limit in (low, high) if limit is not None):
        message = f"a limit of at most {_DIGITS} digits"
        raise ValueError(message)
    closed = band.above is None and band.below is None
    if low is not None and high is not None and (low > high or (low == high and not closed)):
        message = f"a lower limit below the upper one, not {band}"
        raise ValueError(message)


@attrs.frozen(kw_only=True)
class Band:
    """
    Values between two limits, each optional.

    Attributes:
        at_least: Lower limit, itself included.
        above: Lower limit, itself not included.
        below: Upper limit, itself not included.
        at_most: Upper limit, itself included.

    Raises:
        ValueError: Two lower limits, two upper ones, or no value lies between them.
    """

    at_least: Decimal | None = None
    above: Decimal | None = None
    below: Decimal | None = None
    at_most: Decimal | None = None

    def __attrs_post_init__(self) -> None:
        _limits(self)

    @property
    def lower(self) -> Decimal | None:
        """The lower limit, or None."""
        return self.above if self.at_least is None else self.at_least

    @property
    def upper(self) -> Decimal | None:
        """The upper limit, or None."""
        return self.at_most if self.below is None else self.below

    def holds(self, value: Decimal) -> bool:
        """Say whether a value lies in it."""
        return (
            (self.at_least is None or value >= self.at_least)
            and (self.above is None or value > self.above)
            and (self.below is None or value < self.below)
            and (self.at_most is None or value <= self.at_most)
        )

    def moved(self, limit: Limit) -> Band:
        """Return the band with each limit where *limit* puts it."""
        edges = (self.at_least, self.above, self.below, self.at_most)
        at_least, above, below, at_most = [None if e is None else limit(e) for e in edges]
        return Band(at_least=at_least, above=above, below=below, at_most=at_most)

    def __str__(self) -> str:
        signs = (("≥", self.at_least), (">", self.above), ("<", self.below), ("≤", self.at_most))
        return " ".join(f"{sign} {value:f}" for sign, value in signs if value is not None)


def holds(box: Box, metrics: Mapping[str, Decimal | None]) -> bool:
    """Say whether metrics may lie in a box: a metric that is missing could have any value."""
    for name, band in box.items():
        value = metrics.get(name)
        if value is not None and not band.holds(value):
            return False
    return True


@attrs.frozen
class Region:
    """
    A place, and whose boxes hold it.

    Attributes:
        point: An example, value by metric.
        owners: Those who claim it, in their order; nobody in a gap.
    """

    point: Mapping[str, Decimal]
    owners: tuple[str, ...]

    def __str__(self) -> str:
        return ", ".join(f"{name} = {value:f}" for name, value in self.point.items())


def samples(bands: Iterable[Band]) -> tuple[Decimal, ...]:
    """Return a value for every stretch in which none of the bands begins or ends."""
    cuts = sorted({cut for band in bands for cut in (band.lower, band.upper) if cut is not None})
    if not cuts:
        return (Decimal(0),)
    add, half = EXACT.add, Decimal("0.5")
    between = (EXACT.multiply(add(a, b), half) for a, b in pairwise(cuts))
    return tuple(sorted([add(cuts[0], Decimal(-1)), *cuts, *between, add(cuts[-1], Decimal(1))]))


def regions(boxes: Sequence[tuple[str, Box]]) -> Iterator[Region]:
    """
    Yield an example of each gap, of each owner alone and of each group that overlaps.

    Args:
        boxes: (owner, box); boxes of one owner may overlap.
    """
    names = list(dict.fromkeys(name for _, box in boxes for name in box))
    axes = [(n, samples(box[n] for _, box in boxes if n in box)) for n in names]
    told: set[tuple[str, ...]] = set()
    for region in _regions(boxes, axes, {}, set()):
        if region.owners not in told:
            told.add(region.owners)
            yield region


def _regions(
    boxes: Sequence[tuple[str, Box]],
    axes: Sequence[tuple[str, tuple[Decimal, ...]]],
    point: Mapping[str, Decimal],
    seen: set[tuple[int, tuple[int, ...]]],
) -> Iterator[Region]:
    """Yield regions among the boxes that still hold the point, axis by axis."""
    # The same boxes on the same axes give the same regions: each set is looked at once.
    here = len(axes), tuple(map(id, boxes))
    if here in seen:
        return
    seen.add(here)
    if not boxes or not axes:
        yield Region(point, tuple(dict.fromkeys(owner for owner, _ in boxes)))
        return
    (name, values), *rest = axes
    for value in values:
        left = [one for one in boxes if name not in one[1] or one[1][name].holds(value)]
        yield from _regions(left, rest, {**point, name: value}, seen)
