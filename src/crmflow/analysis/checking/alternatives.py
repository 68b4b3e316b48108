"""
Alternatives: rows of which the first whose condition holds is taken.

Between them lie faults that no row has by itself: one that is never first, two that overlap
and come to different things, a value that nobody takes although its neighbours are taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from enum import StrEnum
from itertools import combinations

import attrs

from crmflow.analysis.checking.space import Grid, Point, Space
from crmflow.analysis.fault import Fault, FaultKind

__all__ = ["Alternative", "Gaps", "compared", "told"]


@attrs.frozen
class Alternative:
    """
    One of several.

    Attributes:
        name: What it is called in messages.
        when: Its condition, or None where it always holds.
        outcome: What it comes to; equal outcomes do not contradict each other.
        fault: Makes a fault at its place, of the values of the message.
    """

    name: str
    when: str | None
    outcome: object
    fault: Callable[..., Fault]


class Gaps(StrEnum):
    """Where a value that no alternative takes is a fault."""

    NOWHERE = "nowhere"  # something else takes the rest
    BETWEEN = "between"  # between two neighbours that are taken
    ANYWHERE = "anywhere"


def compared(
    found: Sequence[Alternative], space: Space, gaps: Gaps = Gaps.BETWEEN
) -> Iterator[Fault]:
    """
    Yield what is wrong between alternatives, each with an example.

    Args:
        found: In the order in which they are tried.
        space: What their conditions are about.
        gaps: Where a value that none takes is a fault.
    """
    grid = space.grid([one.when for one in found])
    shadowed = set(_shadowed(grid))
    for place in sorted(shadowed):
        earlier = ", ".join(repr(one.name) for one in found[:place])
        yield found[place].fault(FaultKind.SHADOWED, earlier=earlier)
    yield from _overlaps(found, grid, shadowed)
    hole = _hole(grid, gaps) if all(grid.decided) else None
    if hole is not None:
        yield found[-1].fault(FaultKind.GAP, example=told(hole))


def _hole(grid: Grid, gaps: Gaps) -> Point | None:
    """Return an example of what no alternative takes though one should, or None."""
    if gaps is Gaps.NOWHERE:
        return None
    if gaps is Gaps.ANYWHERE:
        return next((point for point, said in grid.rows if not any(said)), None)
    names = grid.rows[0][0]
    return next((hole for name in names for hole in _between(grid, name)), None)


def _shadowed(grid: Grid) -> Iterator[int]:
    """Yield the alternatives that hold somewhere, and are never the first that does."""
    for place, decided in enumerate(grid.decided):
        holding = [said for _, said in grid.rows if said[place]]
        if decided and holding and all(any(said[:place]) for said in holding):
            yield place


def _overlaps(found: Sequence[Alternative], grid: Grid, shadowed: set[int]) -> Iterator[Fault]:
    """Yield pairs that partly overlap: neither is the exception of the other."""
    for one, other in combinations(range(len(found)), 2):
        if found[one].outcome == found[other].outcome or {one, other} & shadowed:
            continue
        said = {(row[one], row[other]) for _, row in grid.rows}
        if said >= {(True, True), (True, False), (False, True)}:
            point = next(point for point, row in grid.rows if row[one] and row[other])
            first, example = found[one].name, told(point)
            yield found[other].fault(FaultKind.OVERLAP, first=first, example=example)


def _between(grid: Grid, name: str) -> Iterator[Point]:
    """Yield what is left out between two values of a name that are taken, all else being equal."""
    lines: dict[tuple[object, ...], list[tuple[Point, bool]]] = {}
    for point, said in grid.rows:
        if not isinstance(point[name], str | bool | tuple | None):  # these have no order
            others = tuple(value for other, value in point.items() if other != name)
            lines.setdefault(others, []).append((point, any(said)))
    for line in lines.values():
        line.sort(key=lambda one: one[0][name])  # type: ignore[arg-type, return-value]
        taken = [place for place, (_, is_taken) in enumerate(line) if is_taken]
        inside = line[taken[0] : taken[-1]] if taken else []
        yield from (point for point, is_taken in inside if not is_taken)


def told(point: Point) -> str:
    """Return a point as people read it; a name without a value is said to be missing."""
    shown = (f"{name} = {_shown(value)}" for name, value in sorted(point.items()))
    return ", ".join(shown) or "…"


def _shown(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, tuple):
        return f"[{', '.join(map(str, value))}]"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
