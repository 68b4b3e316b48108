"""Laws of spaces: their grids show everything that conditions can say."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import attrs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crmflow.analysis.checking.space import MOST, Space
from crmflow.analysis.checking.values import ELSE
from crmflow.core.form import Check, Names, Text
from crmflow.core.machine import Kind, Machine, Row, State
from crmflow.core.money import Money
from crmflow.core.ref import UNBORN
from crmflow.core.tables import Tables
from crmflow.expressions import Scope


class Size(StrEnum):
    """How large it is."""

    SMALL = "small"
    LARGE = "large"


def _is_grade(value: object) -> bool:
    return isinstance(value, int) and 1 <= value <= 5


Grade = Annotated[int, Check("grade", _is_grade, "a grade from 1 to 5")]


@attrs.frozen
class Inner:
    """What lies within."""

    day: date | None = None


@attrs.frozen
class Facts:
    """What conditions are about."""

    price: Money
    size: Size
    grade: Grade
    share: Decimal | None = None
    new: bool = False
    word: Text | None = None
    tags: tuple[Text, ...] = ()
    inner: Inner | None = None


MACHINE = Machine(
    "box",
    Facts,
    zh="箱",
    en="box",
    states=(State("shut", "关", "shut", Kind.INITIAL), State("open", "开", "open")),
    rows=(Row(UNBORN, "put", "shut", form=Facts), Row("shut", "open", "open")),
)
TABLES = Tables()
SPACE = Space.about(MACHINE, TABLES, None)
SCOPE = Scope.about(MACHINE, None, TABLES)

HALVES = [Decimal(n) / 2 for n in range(-6, 14)]
WORDS = ["a", "b", "c", None]
TAGS = [(), ("a",), ("b",), ("a", "b"), ("c",)]


def worlds(names: frozenset[str]) -> Iterator[Facts]:
    """Yield facts that differ in everything conditions of the law can tell apart."""
    axes: dict[str, Sequence[Any]] = {
        "price": [Money(n) for n in HALVES],
        "size": list(Size),
        "grade": [1, 2, 3, 4, 5],
        "share": [*HALVES, None],
        "new": [True, False],
        "word": WORDS,
        "tags": TAGS,
    }
    some = {name: values if name in names else values[:1] for name, values in axes.items()}
    for values in itertools.product(*some.values()):
        yield Facts(**dict(zip(some, values, strict=True)))


cuts = st.integers(0, 5)
signs = st.sampled_from(["<", "<=", "==", "!=", ">=", ">"])
atoms = st.one_of(
    st.builds("{} {} {}".format, st.sampled_from(["price", "grade", "share"]), signs, cuts),
    st.builds("(share ?? {}) > {}".format, cuts, cuts),
    st.builds("(share ?? price) > {}".format, cuts),
    st.builds("size {} '{}'".format, st.sampled_from(["==", "!="]), st.sampled_from(Size)),
    st.builds("word in ['{}', 'b']".format, st.sampled_from("ac")),
    st.builds("'{}' in tags".format, st.sampled_from("ab")),
    st.sampled_from(["new", "word == null", "share != null", "price > -1", "(new ?? true)"]),
)
conditions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("not ({})".format, inner),
        st.builds("(new ? {} : {})".format, inner, inner),
    ),
    max_leaves=3,
)


@settings(max_examples=50)
@given(conditions)
@example("grade > 2 and grade < 3")
@example("price > 2 and price < 3")
@example("(share ?? 5) > 4 and share == null")
@example("grade < 1 or grade > 5")
def test_a_grid_shows_all_that_a_condition_can_say(text: str) -> None:
    """No more and no less than it says of every value there is."""
    asked = SCOPE.compile(text)
    grid = SPACE.grid([text])
    assert grid.decided == (True,)
    said = {asked(facts, state="shut") for facts in worlds(asked.names)}
    assert {row[0] for _, row in grid.rows} == said


@pytest.mark.parametrize(
    "text",
    [
        "price > share",
        "share == share",
        "share * 2 > 4",
        "length(tags) > 2",
        "'x' in word",
        "lower(word) == 'x'",
        "day(at) == inner.day",
    ],
)
def test_what_is_computed_or_held_against_names_is_not_decided(text: str) -> None:
    """Beside it others are: it says nothing itself."""
    grid = SPACE.grid([text, "new"])
    assert grid.decided == (False, True)
    assert {row for _, row in grid.rows} == {(None, True), (None, False)}


def test_a_grid_that_is_too_large_is_not_decided() -> None:
    """Rather than looked at in part."""
    names = [f"n{number}" for number in range(20)]
    space = Space.of(Scope.of_names(dict.fromkeys(names, bool)))
    assert 2 ** len(names) > MOST
    assert space.grid([" and ".join(names)]).decided == (False,)
    assert space.grid([None, names[0]]).decided == (True, True)


def test_too_many_items_of_a_list_are_not_decided() -> None:
    """Each would be there or not."""
    ten, eleven = (" and ".join(f"'t{n}' in tags" for n in range(many)) for many in (10, 11))
    assert SPACE.grid([ten]).decided == (True,)
    assert SPACE.grid([eleven]).decided == (False,)


def test_states_and_links_have_values_too() -> None:
    """Of states those that are asked for; a day within a value may be missing."""
    space = Space.about(MACHINE, TABLES, Facts, ["open"])
    assert [said for _, said in space.grid(["state == 'open'"]).rows] == [(True,)]
    days = space.grid(['inner.day > d"2026-03-01"', "form.price_currency == 'EUR'"])
    assert {said for _, said in days.rows} == set(itertools.product([True, False], repeat=2))
    given = {point["form.price_currency"] for point, _ in days.rows}
    assert given == {"EUR", ELSE}


def test_times_have_values_on_both_sides_of_each_cut() -> None:
    """Instants and spans of time as well as days."""
    space = Space.about(MACHINE, TABLES, None)
    text = 'at >= d"2026-03-01T00:00:00Z" and at < d"2026-04-01T00:00:00Z"'
    assert {said[0] for _, said in space.grid([text]).rows} == {True, False}
    spans = Space.of(Scope.of_names({"length": type(date.max - date.min)}))
    assert {said[0] for _, said in spans.grid(["length > 30min"]).rows} == {True, False}
    assert {said[0] for _, said in spans.grid(["length > -30min or length == null"]).rows} == {
        True,
        False,
    }


@pytest.mark.parametrize("text", ["share == null", "inner.day != null", "inner == null"])
def test_a_value_that_is_only_asked_whether_it_is_missing_has_one_example(text: str) -> None:
    """Whatever kind it is of."""
    assert sorted(said for _, said in SPACE.grid([text]).rows) == [(False,), (True,)]


def _is_round(value: object) -> bool:
    return isinstance(value, int) and value % 10 == 0


def test_what_few_values_are_allowed_is_looked_at_with_those() -> None:
    """Numbers that are round, lists that are not empty: a condition on them can hold and fail."""

    @attrs.frozen
    class Rare:
        tens: Annotated[int, Check("round", _is_round, "a multiple of ten")]
        names: Names

    machine = attrs.evolve(MACHINE, facts=Rare, rows=(Row(UNBORN, "put", "shut", form=Rare),))
    space = Space.about(machine, TABLES, None)
    for text in ("tens > 15", "tens < -3", "tens > 15 and tens < 25", "'a' in names"):
        assert {said[0] for _, said in space.grid([text]).rows} == {True, False}, text
    assert {said[0] for _, said in space.grid(["tens > 11 and tens < 19"]).rows} == {False}


def test_an_axis_whose_every_value_is_refused_is_looked_at_all_the_same() -> None:
    """A check that takes none of the examples says nothing of what it takes."""

    @attrs.frozen
    class Odd:
        code: Annotated[int, Check("odd", lambda value: value == 77, "77")]

    machine = attrs.evolve(MACHINE, facts=Odd, rows=(Row(UNBORN, "put", "shut", form=Odd),))
    space = Space.about(machine, TABLES, None)
    assert {said[0] for _, said in space.grid(["code > 5"]).rows} == {True, False}
