import pytest

from crmflow.analysis.simulation.payloads import Case, place_faults
from crmflow.analysis.simulation.streams import Streams
from tests.analysis.simulation.visits import local


def case(name: str = "visits-000007") -> Case:
    """Return the seventh of a hundred customers' cases."""
    return Case(name, "V-7", 7, 100, local("2026-01-05T09:00"), Streams(1))


def test_places_are_filled_however_deep_they_are() -> None:
    """In texts of lists and tables too; other values stay as they are."""
    payload = {
        "lines": [{"id": "{id}", "count": 2}],
        "by": ["{n}"],
        "at": "{at + 90s}",
        "now": "{at}",
    }
    assert case().filled("note", payload, {}) == {
        "lines": [{"id": "V-7", "count": 2}],
        "by": ["7"],
        "at": "2026-01-05T09:01:30+00:00",
        "now": "2026-01-05T09:00:00+00:00",
    }


@pytest.mark.parametrize(
    "place", ["{costumer}", "{}", "{n + 2h}", "{at + }", "{at + 2wh}", "{at+2h}", "{at - 2h}"]
)
def test_a_place_that_means_nothing_is_told(place: str) -> None:
    """However deep it is; what is meant as a place and right is none."""
    (fault,) = place_faults({"lines": [{"id": f"C-{place}", "for": "{customer} at {at + 2h}"}]})
    assert fault.startswith(f"{place!r}: expected '{{n}}'")


def test_fields_are_drawn_for_each_purpose() -> None:
    """The same for the same purpose; what is true or false is no text."""
    draws = {"claim": {"true": 1.0}, "rank": {"gold": 1.0, "plain": 1.0}}
    found = [case().filled(f"note {n}", {"rank": "x"}, draws) for n in range(20)]
    assert {one["claim"] for one in found} == {True}
    assert {one["rank"] for one in found} == {"gold", "plain"}
    assert found[0] == case().filled("note 0", {"rank": "x"}, draws)


def test_a_case_has_one_customer_whatever_it_causes() -> None:
    """Of as many as there are."""
    assert case().customer == case("visits-000007/errand 1").customer
    found = {case(f"visits-{n}").customer for n in range(400)}
    assert found <= set(range(1, 101))
    assert len(found) > 80
