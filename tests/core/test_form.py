"""Forms: a value, or every fault of the payload with its path."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Annotated

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.core.form import Check, Count, Fault, Names, Some, Text, read_value, structure
from crmflow.core.money import Money
from crmflow.core.reading import FieldError, instant, span


class Mood(enum.StrEnum):
    """A choice by text."""

    CALM = "calm"
    ANGRY = "angry"


class Grade(enum.IntEnum):
    """A choice by number."""

    LOW = 1
    HIGH = 2


class Channel(enum.Enum):
    """A choice of mixed kinds."""

    PHONE = "phone"
    DESK = 3


def _is_small(value: object) -> bool:
    return isinstance(value, int) and value < 10


@attrs.frozen
class Line:
    """A part of the form that comes several times."""

    amount: Money
    note: Text = "none"


def _not_seven(_order: Order, _field: object, value: int) -> None:
    if value == 7:
        message = "anything but seven"
        raise ValueError(message)


@attrs.frozen
class Order:
    """A form with a field of every kind."""

    name: Text
    count: int = attrs.field(default=0, validator=_not_seven)
    urgent: bool = False
    share: float = 0.0
    price: Decimal = Decimal(0)
    total: Money | None = None
    mood: Mood | None = None
    grade: Grade = Grade.LOW
    channel: Channel | None = None
    since: datetime | None = None
    on: date | None = None
    lasts: timedelta | None = None
    names: Names | None = None
    lines: tuple[Line, ...] = ()
    first: Line | None = None
    more: Mapping[str, object] | None = None
    small: Annotated[int, "a note", Check("small", _is_small, "less than ten")] = 0


FULL: dict[str, object] = {
    "name": "n",
    "count": 3,
    "urgent": True,
    "share": 0.25,
    "price": "1.5",
    "total": "12.50 USD",
    "mood": "angry",
    "grade": 2,
    "channel": 3,
    "since": "2026-03-01T09:00:00+08:00",
    "on": "2026-03-01",
    "lasts": "2d",
    "names": ["a", "b"],
    "lines": [{"amount": "1"}, {"amount": {"amount": 2, "currency": "EUR"}, "note": "x"}],
    "first": {"amount": 3},
    "more": {"anything": [1, None]},
    "small": 9,
}


def test_every_kind_of_field() -> None:
    """A payload with all fields becomes a value with all fields."""
    value, faults = structure(Order, FULL)
    assert faults == ()
    assert value == Order(
        name="n", count=3, urgent=True, share=0.25, price=Decimal("1.5"),
        total=Money("12.5", "USD"),
        mood=Mood.ANGRY, grade=Grade.HIGH, channel=Channel.DESK,
        since=datetime(2026, 3, 1, 1, tzinfo=UTC), on=date(2026, 3, 1), lasts=timedelta(days=2),
        names=("a", "b"), lines=(Line(Money(1)), Line(Money(2, "EUR"), "x")),
        first=Line(Money(3)), more={"anything": [1, None]}, small=9,
    )  # fmt: skip


def test_values_may_be_given_as_such() -> None:
    """Python values in a payload are taken as they are."""
    given_so = {
        "name": "n",
        "price": Decimal("1.5"),
        "total": Money(1),
        "mood": Mood.CALM,
        "grade": Grade.HIGH,
        "since": datetime(2026, 3, 1, 8, tzinfo=timezone(timedelta(hours=8))),
        "on": date(2026, 3, 1),
        "lasts": timedelta(minutes=1),
        "names": ("a",),
    }
    value, faults = structure(Order, given_so)
    assert faults == ()
    assert isinstance(value, Order)
    assert value.since == datetime(2026, 3, 1, tzinfo=UTC)
    assert (value.total, value.grade, value.names) == (Money(1), Grade.HIGH, ("a",))


DURATION = "a duration such as '30min', '48h' or '10d'"
DAY = "a date such as '2026-03-01'"
INSTANT = "an instant with its offset, such as '2026-03-01T09:00:00+08:00'"
NUMBER = "a finite number; for amounts use a decimal"
DECIMAL = "a decimal as text, such as '12.50'"
AMOUNT = "an amount such as '12.50 CNY'"


@pytest.mark.parametrize(
    ("field", "value", "code", "expected"),
    [
        ("name", 3, "type", "text"),
        ("name", " \t", "blank", "text that is not blank"),
        ("name", None, "type", "text"),
        ("name", "\ud800", "type", "text of whole characters"),
        ("count", True, "type", "a whole number"),
        ("count", 1.0, "type", "a whole number"),
        ("count", "1", "type", "a whole number"),
        ("urgent", 1, "type", "true or false"),
        ("share", "1", "type", NUMBER),
        ("share", True, "type", NUMBER),
        ("share", float("nan"), "type", NUMBER),
        ("price", 1.5, "type", DECIMAL),
        ("price", "much", "type", DECIMAL),
        ("price", "Infinity", "type", DECIMAL),
        ("price", "1e999999999", "size", "a decimal of at most 1000 digits"),
        ("price", "1e-1001", "size", "a decimal of at most 1000 digits"),
        ("total", 1.5, "type", AMOUNT),
        ("total", True, "type", AMOUNT),
        ("total", "1 yuan", "type", AMOUNT),
        ("total", {"amount": 1, "in": "CNY"}, "type", AMOUNT),
        ("total", {"currency": "CNY"}, "type", AMOUNT),
        ("total", {"amount": 1, "currency": 5}, "type", AMOUNT),
        ("mood", "sad", "choice", "one of calm, angry"),
        ("mood", [], "choice", "one of calm, angry"),
        ("grade", 3, "choice", "one of 1, 2"),
        ("grade", True, "choice", "one of 1, 2"),
        ("channel", 3.0, "choice", "one of phone, 3"),
        ("since", "2026-03-01T09:00:00", "type", INSTANT),
        ("since", "0001-01-01T00:00:00+10:00", "type", INSTANT),
        ("since", "soon", "type", INSTANT),
        ("since", 3, "type", INSTANT),
        ("on", "soon", "type", DAY),
        ("on", 3, "type", DAY),
        ("on", datetime(2026, 3, 1, tzinfo=UTC), "type", DAY),
        ("lasts", "2 weeks", "type", DURATION),
        ("lasts", "-2d", "type", DURATION),
        ("lasts", "0d", "type", DURATION),
        ("lasts", "1000000d", "type", DURATION),
        ("lasts", "²d", "type", DURATION),
        ("lasts", timedelta(0), "type", DURATION),
        ("lasts", 3, "type", DURATION),
        ("names", [], "empty", "at least one entry"),
        ("names", "abc", "type", "a list"),
        ("lines", {}, "type", "a list"),
        ("lines", 3, "type", "a list"),
        ("first", [], "type", "a mapping of Line's fields"),
        ("more", [], "type", "a mapping"),
        ("small", 10, "small", "less than ten"),
        ("small", "x", "type", "a whole number"),
    ],
)
def test_each_fault(field: str, value: object, code: str, expected: str) -> None:
    """A field that does not fit is the one fault, and it says what would be right."""
    found, faults = structure(Order, FULL | {field: value})
    assert found is None
    assert faults == (Fault(f"$.{field}", code, expected),)


def test_all_faults_at_once() -> None:
    """Missing, unknown and wrong fields, at any depth, are told together, by path."""
    payload = {
        "nme": "n",
        "names": ["", "x", 3],
        "lines": [{"amount": 1.5, "note": ""}, 3, {"extra": 1}],
        "mood": "sad",
    }
    _, faults = structure(Order, payload)
    assert [(fault.path, fault.code) for fault in faults] == [
        ("$.lines[0].amount", "type"),
        ("$.lines[0].note", "blank"),
        ("$.lines[1]", "type"),
        ("$.lines[2].amount", "missing"),
        ("$.lines[2].extra", "unknown"),
        ("$.mood", "choice"),
        ("$.name", "missing"),
        ("$.names[0]", "blank"),
        ("$.names[2]", "type"),
        ("$.nme", "unknown"),
    ]
    assert faults[-1].expected == "Did you mean 'name'?"
    assert str(faults[5]) == "$.mood: choice, expected one of calm, angry"


def test_the_root_is_a_mapping() -> None:
    """A payload that is no mapping is a fault of the root."""
    _, faults = structure(Order, [])  # type: ignore[arg-type]
    assert faults == (Fault("$", "type", "a mapping of Order's fields"),)


def test_a_forms_own_validator_speaks() -> None:
    """What the form class itself refuses is a fault in its words."""
    _, faults = structure(Order, FULL | {"count": 7})
    assert faults == (Fault("$", "invalid", "anything but seven"),)


@pytest.mark.parametrize("read", [instant, span])
def test_a_value_alone_says_its_fault(read: Callable[[object], object]) -> None:
    """Read outside a form, an instant or a span raises with what would be right."""
    with pytest.raises(FieldError, match="type: expected a"):
        read("soon")


def test_a_value_is_read_back_where_it_fits() -> None:
    """What another release wrote and this one cannot read counts as not known."""
    assert read_value(Money | None, {"amount": "10", "currency": "CNY"}) == Money("10", "CNY")
    assert read_value(tuple[Mood, ...], ["calm"]) == (Mood.CALM,)
    assert read_value(Mood, "calm") is Mood.CALM
    for kind, value in ((Mood, "mild"), (date, "soon"), (Text, " "), (tuple[Mood, ...], ["mild"])):
        assert read_value(kind, value) is None
    assert read_value(Mood, None) is None


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
json = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)
fields = st.sampled_from([field.name for field in attrs.fields(Order)]) | st.text()


@given(st.dictionaries(fields, json, max_size=4))
def test_no_payload_raises_and_no_fault_is_lost(payload: dict[str, object]) -> None:
    """
    Any JSON gives a value or faults; a field wrong alone is wrong in company.

    The form's own validators speak only where all fields are of their types.
    """
    value, faults = structure(Order, payload)
    assert (value is None) == bool(faults)
    expected: set[Fault] = set()
    for name, part in payload.items():
        _, alone = structure(Order, {"name": "n", name: part})
        expected |= set(alone)
    if "name" not in payload:
        expected.add(Fault("$.name", "missing", "a value"))
    own = {fault for fault in expected if fault.code == "invalid"}
    assert expected - own <= set(faults) <= expected


@given(json)
def test_any_value_in_any_field(value: object) -> None:
    """Every kind of field takes any JSON value, or says why not under its own path."""
    for name in ("total", "mood", "grade", "since", "on", "lasts", "lines", "first", "more"):
        _, faults = structure(Order, {"name": "n", name: value})
        assert all(fault.path.startswith(f"$.{name}") for fault in faults)


@attrs.frozen
class Labelled:
    """A form that has labels."""

    labels: Mapping[str, object]


@attrs.frozen
class Marked:
    """Another form with a field of the same type."""

    marks: Mapping[str, object]


def test_two_forms_may_have_mappings_of_one_type() -> None:
    """What is no mapping is told of the second form as of the first."""
    for form, name in ((Labelled, "labels"), (Marked, "marks"), (Labelled, "labels")):
        _, (fault,) = structure(form, {name: 4})
        assert (fault.path, fault.code) == (f"$.{name}", "type")


@attrs.frozen
class Counted:
    """How many of what."""

    some: Some
    count: Count = 0


@pytest.mark.parametrize(
    ("payload", "faults"),
    [
        ({"some": 1, "count": 0}, []),
        ({"some": 0}, [Fault("$.some", "number", "a whole number from 1")]),
        ({"some": 1, "count": -1}, [Fault("$.count", "number", "a whole number from 0")]),
    ],
)
def test_numbers_of_things_have_a_least(payload: dict[str, object], faults: list[Fault]) -> None:
    """Some are one at least; a count may be none."""
    assert list(structure(Counted, payload)[1]) == faults
