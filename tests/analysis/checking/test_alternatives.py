"""Laws of alternatives: what is found between bands is what a walk over all numbers finds."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hypothesis import example, given, settings
from hypothesis import strategies as st

from crmflow.analysis.checking.alternatives import Alternative, Gaps, compared, told
from crmflow.analysis.checking.space import Space
from crmflow.analysis.fault import Fault, FaultKind
from crmflow.expressions import Scope

SPACE = Space.of(Scope.of_names({"amount": Decimal}))
NUMBERS = [Decimal(n) / 2 for n in range(-4, 26)]

Band = tuple[int, int, bool, bool]
"""A lower and an upper limit, and whether each is included."""


def text(band: Band) -> str:
    """Return a band as a condition."""
    low, high, with_low, with_high = band
    below = f"amount {'<=' if with_high else '<'} {high}"
    return f"amount {'>=' if with_low else '>'} {low} and {below}"


def holds(band: Band, number: Decimal) -> bool:
    """Say whether a number lies in a band."""
    low, high, with_low, with_high = band
    above = number >= low if with_low else number > low
    return above and (number <= high if with_high else number < high)


def found(bands: Sequence[Band], outcomes: Sequence[int] | None = None) -> dict[str, list[Fault]]:
    """Return the faults between bands by their kind, each named by its place."""

    def alternative(place: int, band: Band) -> Alternative:
        name = f"band {place}"

        def fault(kind: FaultKind, **values: object) -> Fault:
            return Fault(kind, name, values=values)

        outcome = place if outcomes is None else outcomes[place]
        return Alternative(name, text(band), outcome, fault)

    faults = compared([alternative(*one) for one in enumerate(bands)], SPACE)
    told: dict[str, list[Fault]] = {}
    for one in faults:
        told.setdefault(str(one.kind), []).append(one)
    return told


limits = st.integers(0, 10)
bands = st.lists(
    st.tuples(limits, limits, st.booleans(), st.booleans()).filter(lambda b: b[0] < b[1]),
    min_size=1,
    max_size=4,
)


@settings(max_examples=25)
@given(bands)
@example([(1, 5, True, False), (5, 9, False, True)])
@example([(1, 5, True, True), (6, 9, True, True)])
def test_a_gap_is_found_where_a_number_between_two_taken_ones_is_not(given: list[Band]) -> None:
    """And nowhere else: what lies beyond all bands is meant to."""
    taken = [number for number in NUMBERS if any(holds(band, number) for band in given)]
    between = [number for number in NUMBERS if min(taken) < number < max(taken)]
    holes = [number for number in between if number not in taken]
    gaps = found(given).get("gap", [])
    assert len(gaps) == bool(holes)
    for gap in gaps:
        assert gap.where == f"band {len(given) - 1}"
        number = Decimal(str(gap.values["example"]).removeprefix("amount = "))
        assert not any(holds(band, number) for band in given)


@settings(max_examples=25)
@given(bands)
@example([(0, 9, True, True), (2, 5, True, True)])
@example([(0, 3, True, True), (3, 6, True, True), (1, 5, False, False)])
def test_a_band_is_shadowed_where_each_of_its_numbers_is_taken_before(given: list[Band]) -> None:
    """By those before it together."""
    shadowed = [
        place
        for place, band in enumerate(given)
        if all(
            any(holds(other, number) for other in given[:place])
            for number in NUMBERS
            if holds(band, number)
        )
    ]
    assert [one.where for one in found(given).get("shadowed", [])] == [
        f"band {place}" for place in shadowed
    ]


@settings(max_examples=25)
@given(bands.filter(lambda bands: len(bands) > 1), st.lists(st.integers(0, 1), min_size=4))
@example([(0, 5, True, True), (4, 9, True, True)], [0, 1, 0, 0])
def test_bands_overlap_where_neither_lies_in_the_other(
    given: list[Band], outcomes: list[int]
) -> None:
    """And they come to different things, and none of them is shadowed anyway."""
    faults = found(given, outcomes)
    shadowed = {one.where for one in faults.get("shadowed", [])}
    pairs = set()
    for other in range(len(given)):
        for one in range(other):
            said = {(holds(given[one], n), holds(given[other], n)) for n in NUMBERS}
            partly = said >= {(True, True), (True, False), (False, True)}
            names = {f"band {one}", f"band {other}"}
            if partly and outcomes[one] != outcomes[other] and not names & shadowed:
                pairs.add((f"band {one}", f"band {other}"))
    overlaps = faults.get("overlap", [])
    assert {(one.values["first"], one.where) for one in overlaps} == pairs


def test_a_gap_is_told_of_any_name_that_has_an_order() -> None:
    """All others being equal; choices have no neighbours."""
    scope = Scope.of_names({"amount": Decimal, "vip": bool})

    def fault(kind: FaultKind, **values: object) -> Fault:
        return Fault(kind, "here", values=values)

    texts = ["vip and amount < 3", "vip and amount > 3"]
    given = [Alternative(one, one, one, fault) for one in texts]
    (gap,) = compared(given, Space.of(scope))
    assert gap.values["example"] == "amount = 3, vip = true"
    # Where something must be taken always, what nobody takes is a gap wherever it lies.
    assert [one.kind for one in compared(given[:1], Space.of(scope))] == []
    (gap,) = compared(given[:1], Space.of(scope), Gaps.ANYWHERE)
    assert gap.kind is FaultKind.GAP


def test_a_gap_is_looked_for_along_every_name() -> None:
    """Whichever of them has taken values on both sides."""
    names = dict.fromkeys("abc", Decimal)

    def fault(kind: FaultKind, **values: object) -> Fault:
        return Fault(kind, "here", values=values)

    steps = " or ".join(f"{name} == {number}" for name in "abc" for number in range(3))
    given = [Alternative(one, one, one, fault) for one in (steps, "a > 9 and b > 9 and c > 9")]
    (gap,) = compared(given, Space.of(Scope.of_names(names)))
    assert gap.kind is FaultKind.GAP


def test_what_is_not_decided_is_not_told() -> None:
    """Neither a gap nor an overlap can be shown; what others say still counts."""
    scope = Scope.of_names({"amount": Decimal, "limit": Decimal})

    def fault(kind: FaultKind, **values: object) -> Fault:
        return Fault(kind, "here", values=values)

    texts = ["amount > limit", "amount > 3", "amount > 5"]
    given = [Alternative(one, one, one, fault) for one in texts]
    assert [one.kind for one in compared(given, Space.of(scope))] == [FaultKind.SHADOWED]


def test_a_point_is_told_as_it_is_written_in_conditions() -> None:
    """So that it can be tried."""
    point = {"b": True, "a": None, "n": Decimal("1E+3"), "tags": ("x", "y"), "c": "word"}
    assert told(point) == "a = null, b = true, c = word, n = 1000, tags = [x, y]"
    assert told({}) == "…"
