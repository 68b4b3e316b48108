"""What goes into a message reads back as what it was."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from crmflow.core.form import structure
from crmflow.core.money import Money
from crmflow.core.plain import plain


class Mood(StrEnum):
    """A choice."""

    CALM = "calm"
    ANGRY = "angry"


@attrs.frozen
class Part:
    """A part of the form."""

    name: str
    amount: Money | None = None


@attrs.frozen
class Whole:
    """A form with a field of every kind."""

    number: int
    flag: bool
    share: float
    price: Decimal
    mood: Mood
    at: datetime
    on: date
    lasts: timedelta
    parts: tuple[Part, ...]
    marks: frozenset[str]
    more: Mapping[str, object]


finite = st.decimals("-1e20", "1e20", allow_nan=False, allow_infinity=False, places=6)
parts: SearchStrategy[Part] = st.builds(Part, st.text(), st.none() | finite.map(Money))
# Named zones have local times that no instant is equal to.
zones = st.integers(-12, 14).map(lambda hours: timezone(timedelta(hours=hours)))
wholes: SearchStrategy[Whole] = st.builds(
    Whole,
    st.integers(),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    finite,
    st.sampled_from(Mood),
    st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=zones),  # noqa: DTZ001 - bounds are local
    st.dates(),
    st.integers(1, 10**9).map(lambda seconds: timedelta(seconds=seconds)),
    st.lists(parts).map(tuple),
    st.frozensets(st.text()),
    st.dictionaries(st.text(), st.integers() | st.text()),
)


@given(wholes)
def test_a_form_reads_back(whole: Whole) -> None:
    """A value that went into a message is structured to the same value."""
    again, faults = structure(Whole, plain(whole))  # type: ignore[arg-type]
    assert faults == ()
    assert again == whole


def test_what_is_left_out_is_not_told() -> None:
    """None stays None by itself and leaves no field."""
    assert plain(None) is None
    assert plain(Part("x")) == {"name": "x"}


@attrs.frozen
class Doubled:
    """A form that makes one of its fields."""

    number: int
    double: int = attrs.field(init=False)

    @double.default
    def _made(self) -> int:
        return self.number * 2


@given(st.builds(Doubled, st.integers()))
def test_what_a_form_makes_is_not_told(doubled: Doubled) -> None:
    """It would be refused: no payload says what the form says itself."""
    assert structure(Doubled, plain(doubled)) == (doubled, ())  # type: ignore[arg-type]


def test_strangers_are_refused() -> None:
    """What no form can have is refused when the message is made."""
    with pytest.raises(TypeError, match="cannot be put in a message: give text"):
        plain({"x": [object()]})
    with pytest.raises(TypeError, match="nan cannot be put"):
        plain(float("nan"))
