"""Payloads that are made from the types of forms."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from crmflow.analysis.exploring.relevance import Relevance
from crmflow.analysis.exploring.samples import Sampling, is_timely, later, told_apart
from crmflow.core.form import structure
from crmflow.core.kinds import field_names
from tests.analysis.exploring.parcels import Form, Item, Sent, Size

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
EVERYTHING = frozenset({*field_names(Form), *field_names(Item)})


def sampling(*fields: str, numbers: tuple[int, ...] = (), most: int = 200) -> Sampling:
    """Return what makes payloads in which these fields are read."""
    read = frozenset(fields)
    relevance = Relevance(read, read, read, tuple(map(Decimal, numbers)))
    return Sampling(relevance, ("ann-1", "bob-1"), most)


def test_every_payload_fits_its_form() -> None:
    """Whatever the fields are of; none comes twice."""
    found = sampling(*EVERYTHING, most=60).payloads(Form, AT)
    assert len(found) > 30
    assert {structure(Form, one)[1] for one in found} == {()}
    assert all(one not in found[:place] for place, one in enumerate(found))


def test_what_nothing_reads_has_one_value() -> None:
    """It makes no difference."""
    (only,) = sampling().payloads(Sent, AT)
    assert only == {"size": "small", "weight": 1}


def test_few_choices_are_all_combined() -> None:
    """Each value of each, left out too where it may be."""
    found = sampling("size", "weight").payloads(Sent, AT)
    assert {one["size"] for one in found} == set(Size)
    assert len(found) == 2 * 3
    assert {"size": "large"} in found


def test_of_many_choices_each_comes_once() -> None:
    """The first ones together, the last ones together, and each other one among the first."""
    found = sampling("size", "weight", numbers=(5, 9, 20), most=12).payloads(Sent, AT)
    assert {one["size"] for one in found} == set(Size)
    assert {one.get("weight") for one in found} >= {None, 4, 5, 6, 8, 9, 10}


def test_numbers_lie_around_the_constants() -> None:
    """Below, at and above each; and beyond the last."""
    found = sampling("weight", numbers=(5, 30), most=50).payloads(Sent, AT)
    assert {one.get("weight") for one in found} == {None, 0, 1, 4, 5, 6, 29, 30, 31}


def test_numbers_of_forms_are_those_it_takes() -> None:
    """A whole number is no fraction; below zero there are constants too."""
    read = frozenset({"weight", "count"})
    relevance = Relevance(read, read, read, (Decimal(-7), Decimal("0.5"), Decimal(3)))
    found = Sampling(relevance, (), 90).payloads(Form, AT)
    assert {one["count"] for one in found} == {1, 0, -8, -7, -6, 2, 3, 4}
    assert {one["weight"] for one in found} >= {-7.0, -0.5, 0.5, 1.5, 3.0}


def test_texts_that_code_compares_a_field_with_are_tried() -> None:
    """Those of code that names it."""
    read = frozenset({"anything"})
    relevance = Relevance(read, read, read, (), texts={"anything": frozenset({"gold"})})
    found = Sampling(relevance, (), 90).payloads(Form, AT)
    assert {one["anything"] for one in found} == {"one", "gold"}


def test_what_samples_have_is_told_apart() -> None:
    """Texts and numbers, however deep, and numbers that are written as texts."""
    samples = {"send": [{"code": "gold", "few": (3, 0.5, True, None)}, {"price": "12.5 CNY"}]}
    known = {"gold", Decimal(3), Decimal("0.5"), "12.5 CNY", Decimal("12.5")}
    assert {*told_apart(samples)} == known


def test_spans_open_before_they_end() -> None:
    """What is valid from then, begins at, and is valid until, in this order."""
    (first, *_) = sampling().payloads(Form, AT)
    assert first["valid_from"] <= AT < first["starts_at"]  # type: ignore[operator]
    assert first["valid_until"] > first["starts_at"].date()  # type: ignore[attr-defined]


def test_people_and_well_known_forms_have_texts_of_their_own() -> None:
    """An owner is one of those who act; what is called an address of mail looks like one."""
    found = sampling("owner", most=50).payloads(Form, AT)
    assert {one.get("owner") for one in found} == {"ann-1", "bob-1", None}
    assert {one["email"] for one in found} == {"one@example.com"}


def test_what_takes_no_value_is_left_out() -> None:
    """A field with a check that nothing meets."""
    assert all("hopeless" not in one for one in sampling(*EVERYTHING).payloads(Form, AT))


def test_only_some_fields_can_be_asked_for() -> None:
    """Such as those that a machine shares."""
    assert sampling().payloads(Form, AT, ("count", "urgent")) == [{"count": 1, "urgent": True}]


def test_forms_with_days_are_timely() -> None:
    """Those of records in them too."""

    @attrs.frozen
    class Outer:
        items: tuple[Form, ...] = ()

    assert is_timely(Form)
    assert is_timely(Outer)
    assert not is_timely(Sent)


(FIRST, *_) = sampling().payloads(Form, AT)


@settings(max_examples=30)
@given(days=st.integers(0, 1000))
def test_a_later_payload_differs_in_its_days_alone(days: int) -> None:
    """And each of them is so much later."""
    first = FIRST
    moved = later(first, timedelta(days=days))
    assert isinstance(moved, dict)
    for name, value in first.items():
        by = timedelta(days=days) if isinstance(value, date) else None
        assert moved[name] == (value if by is None else value + by)  # type: ignore[operator]
