from decimal import Decimal

import pytest

from crmflow.policies.tiers.bands import Band, holds, regions, sized

D = Decimal


def band(**limits: str) -> Band:
    """Return a band of limits written as text."""
    return Band(**{name: D(value) for name, value in limits.items()})


@pytest.mark.parametrize(
    ("limits", "inside", "outside"),
    [
        ({}, ["-1", "0", "1E+9"], []),
        ({"at_least": "2"}, ["2", "3"], ["1.99"]),
        ({"above": "2"}, ["2.01"], ["2"]),
        ({"below": "2"}, ["1.99"], ["2"]),
        ({"at_most": "2"}, ["2"], ["2.01"]),
        ({"at_least": "2", "at_most": "2"}, ["2", "2.00"], ["1", "3"]),
    ],
)
def test_limits(limits: dict[str, str], inside: list[str], outside: list[str]) -> None:
    """Each limit says whether it is itself included."""
    found = band(**limits)
    assert all(found.holds(D(value)) for value in inside)
    assert not any(found.holds(D(value)) for value in outside)


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"at_least": "1", "above": "2"}, "one lower limit"),
        ({"at_most": "1", "below": "2"}, "one upper limit"),
        ({"at_least": "3", "below": "2"}, "a lower limit below the upper one, not ≥ 3 < 2"),
        ({"above": "2", "at_most": "2"}, "a lower limit below the upper one"),
        ({"at_least": "1E+91"}, "a limit of at most 90 digits"),
        ({"at_most": "1E-91"}, "a limit of at most 90 digits"),
    ],
)
def test_limits_that_contradict(limits: dict[str, str], expected: str) -> None:
    """A band that cannot hold anything, or says a limit twice, is refused when it is made."""
    with pytest.raises(ValueError, match=expected):
        band(**limits)


def test_a_number_without_end_has_no_size() -> None:
    """Infinity and no number are never added up."""
    assert not sized(D("Infinity"))
    assert not sized(D("NaN"))
    assert sized(D("-12.50"))
    assert [sized(D(text)) for text in ("1E+90", "1E+91", "1E-90", "1E-91")] == [
        True, False, True, False,
    ]  # fmt: skip


def test_a_missing_metric_may_be_anything() -> None:
    """A box excludes only what is known to be outside."""
    box = {"turnover": band(at_least="10"), "potential": band(below="5")}
    assert holds(box, {"turnover": D(10), "potential": None})
    assert not holds(box, {"turnover": D(9), "potential": None})


def faulty(*boxes: tuple[str, dict[str, Band]]) -> dict[tuple[str, ...], str]:
    """Return an example of gaps and overlaps by those who claim it."""
    return {one.owners: str(one) for one in regions(boxes) if len(one.owners) != 1}


def test_a_gap_is_found_with_an_example() -> None:
    """A value between two limits that nobody claims is named."""
    assert faulty(("a", {"x": band(above="2")}), ("b", {"x": band(below="2")})) == {(): "x = 2"}


def test_an_overlap_is_found_with_an_example() -> None:
    """A value that two claim is named, and who they are."""
    found = faulty(("a", {"x": band(at_least="2")}), ("b", {"x": band(at_most="2")}))
    assert found == {("a", "b"): "x = 2"}


def test_gaps_hide_in_the_corner_of_two_metrics() -> None:
    """Boxes that look total along each metric alone leave a corner out."""
    found = faulty(
        ("high", {"x": band(at_least="5"), "y": band(at_least="5")}),
        ("low", {"x": band(below="5"), "y": band(below="5")}),
        ("odd", {"x": band(at_least="5"), "y": band(below="5")}),
    )
    assert found == {(): "x = 4, y = 5"}


def test_boxes_of_one_owner_may_overlap() -> None:
    """Who claims a value twice still claims it alone."""
    assert faulty(("a", {"x": band(at_least="1")}), ("a", {"x": band(below="3")})) == {}


def test_a_band_without_limits_holds_all() -> None:
    """It leaves no gap, and every other band overlaps it, which is told once."""
    assert faulty(("a", {"x": band()})) == {}
    boxes = [("a", {"x": band()}), ("b", {"x": band(above="5")}), ("b", {"x": band(below="1")})]
    assert [region.owners for region in regions(boxes)] == [("a", "b"), ("a",)]


def test_many_metrics_are_checked_quickly() -> None:
    """Twelve metrics of three bands each are half a million corners, and few questions."""
    names = [f"m{n}" for n in range(12)]
    rest: dict[str, Band] = {}
    boxes = []
    for name in names:
        boxes += [(f"{name}-top", {**rest, name: band(at_least="9")})]
        boxes += [(f"{name}-low", {**rest, name: band(below="3")})]
        rest = {**rest, name: band(at_least="3", below="9")}
    assert list(faulty(*boxes)) == [()]
    assert faulty(*boxes, ("middle", rest)) == {}
