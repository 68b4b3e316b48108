"""Strategies by annotation: every kind of field that a plugin may have, and what validators say."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, timedelta
from typing import Annotated, Any, Literal

import attrs
import msgspec
import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable

from crmflow.core.form import Check, Fault, structure
from crmflow.core.machine import Machine, Row, State
from crmflow.core.measure import Measure
from crmflow.core.plain import plain
from crmflow.core.ref import UNBORN
from crmflow.core.tables import Table, TableRow, Tables
from crmflow.expressions import Scope
from crmflow.hookspecs import hookimpl
from crmflow.testing import Faulty, Strategies
from crmflow.testing.strategies import mending
from crmflow.testing.strategies.calendars import DrawnCalendar
from crmflow.testing.strategies.expressions import truths
from crmflow.testing.strategies.faults import spots
from crmflow.testing.strategies.kinds import Kinds
from crmflow.testing.strategies.paths import GONE, reached, replaced, steps_of, told
from crmflow.testing.strategies.rows import Ground

Even = Annotated[int, Check("even", lambda value: value % 2 == 0, "an even number")]
Code = Annotated[
    str, Check("code", lambda value: str(value).startswith("AC-"), "a code such as 'AC-7'")
]


class Point(msgspec.Struct):
    """A struct."""

    x: int
    y: int = 0


@attrs.frozen
class Tree:
    """A class that holds itself."""

    name: str
    under: tuple["Tree", ...] = ()


@attrs.frozen
class Everything:
    """A field of each further kind."""

    even: Even
    code: Code
    kind: Literal["a", "b"]
    pair: tuple[int, str]
    names: AbstractSet[str]
    some: Sequence[Even]
    weights: Mapping[str, float]
    either: int | str
    point: Point
    tree: Tree
    grade: str = attrs.field(default="A", validator=attrs.validators.in_(["A", "B"]))
    number: str = attrs.field(default="12", validator=attrs.validators.matches_re("[0-9]{2}"))
    share: float | None = attrs.field(
        default=None, validator=attrs.validators.optional(attrs.validators.gt(0))
    )
    size: int | None = attrs.field(default=1, validator=attrs.validators.instance_of(int))
    drawn: bool = attrs.field(default=True, init=False)
    _hidden: int = 0

    def __attrs_post_init__(self) -> None:
        if self.grade == "B" and self.even == 0:
            raise ValueError("a claim of the whole")


DRAWN = Strategies()


@attrs.frozen
class Stay:
    """Fields of which one is judged, and others are made, by what another one holds."""

    since: date
    until: date = attrs.field()
    nights: int = attrs.field()
    room: str | None = attrs.field(default=None)
    long: bool = attrs.field(init=False)

    @until.validator
    def _in_order(self, _field: object, value: date) -> None:
        if value < self.since:
            raise ValueError("it ends before it begins")

    @nights.default
    def _counted(self) -> int:
        return (self.until - self.since).days

    @room.validator
    def _said(self, _field: object, value: str) -> None:
        if not value.strip():
            raise ValueError("no room")

    @long.default
    def _lasts(self) -> bool:
        return self.nights > 7


STAYS = DRAWN.of(Stay)


@given(STAYS, DRAWN.payloads(Stay))
def test_fields_that_know_of_each_other_are_drawn(stay: Stay, payload: Mapping[str, Any]) -> None:
    """Claims of several fields hold; what a field is made of others is told, or left to it."""
    assert stay.since <= stay.until
    assert stay.room is not None
    assert structure(Stay, plain(stay)) == structure(Stay, told(stay)) == (stay, ())  # type: ignore[arg-type]
    assert structure(Stay, payload)[1] == ()
    assert "long" not in payload
    assert told(stay)["nights"] == stay.nights


@given(DRAWN.of(Everything))
def test_every_kind_is_drawn(one: Everything) -> None:
    """Checks, validators and claims of the whole hold of what is drawn."""
    assert one.even % 2 == 0
    assert one.code.startswith("AC-")
    assert one.kind in {"a", "b"}
    assert [type(part) for part in one.pair] == [int, str]
    assert isinstance(one.names, frozenset)
    assert all(part % 2 == 0 for part in one.some)
    assert one.grade in {"A", "B"}
    assert len(one.number) == 2
    assert one.share is None or one.share > 0
    assert one.size is not None
    assert isinstance(one.point.x, int)


def test_what_is_drawn_shrinks_to_something_small() -> None:
    """The least value of each has the simplest parts and nothing that may be left out."""
    least = find(DRAWN.of(Tree), lambda _tree: True, settings=settings(database=None))
    assert least == Tree("")
    nested = find(DRAWN.of(Tree), lambda one: bool(one.under), settings=settings(database=None))
    assert nested == Tree("", (Tree(""),))


def test_an_unknown_kind_says_what_to_give() -> None:
    """A class that has no fields needs a strategy of one's own; with one it is drawn."""

    class Strange:
        """Nothing is known of it."""

    with pytest.raises(TypeError, match=r"give one in overrides=\{.*Strange"):
        DRAWN.of(Strange)
    strange = Strange()
    assert find(Strategies({Strange: st.just(strange)}).of(Strange | None), bool) is strange


@attrs.frozen
class Leaf:
    """A part of a form."""

    size: int
    names: tuple[str, ...] = ()


@attrs.frozen
class Form:
    """A form whose faults are of every kind."""

    many: tuple[Leaf, ...]
    own: str = ""
    waits: timedelta | None = None
    pair: tuple[int, Even, Leaf] | None = None


@given(Strategies({(Form, "own"): st.just("x"), bool: st.just(True)}).faulty(Form))
def test_faults_lie_at_any_depth(faulty: Faulty) -> None:
    """Each is told where it was put, within lists and records too."""
    _, faults = structure(Form, faulty.payload)
    assert [fault.path for fault in faults] == [faulty.path]
    assert faults[0].code in faulty.codes


def test_each_part_of_a_pair_is_made_wrong() -> None:
    """By its own kind."""
    payload = {"many": [], "pair": [1, 2, {"size": 3, "names": ["a"]}]}
    paths = {spot.path for spot in spots(Kinds(), Form, payload)}
    parts = {"$.pair", "$.pair[0]", "$.pair[1]", "$.pair[2]", "$.pair[2].size"}
    assert parts | {"$.pair[2].names[0]"} <= paths


def test_what_is_overridden_is_not_made_wrong() -> None:
    """Of a kind with a strategy of one's own, or of several kinds, nothing is known to be wrong."""

    @attrs.frozen
    class Own:
        name: str
        either: int | str

    found = spots(Kinds({str: st.just("a")}), Own, {"name": "a", "either": 1})
    assert {code for spot in found for code in spot.codes} == {"missing", "unknown"}


def test_paths_lead_to_what_is_there() -> None:
    """A place is read, replaced, left out; where nothing is, nothing is left out."""
    payload: dict[str, Any] = {"a": [{"b": "text"}], "m": {"7": 1}}
    assert steps_of("$.a[0].b") == ("a", 0, "b")
    assert reached(payload, ("a", 0, "b")) == "text"
    for steps in (("a", 1), ("a", "x"), ("a", 0, "b", 0), ("z",), ("m", 7)):
        assert reached(payload, steps) is GONE
    assert replaced(payload, ("a", 0, "b"), 7) == {**payload, "a": [{"b": 7}]}
    assert replaced(payload, ("a", 0), GONE) == {**payload, "a": []}
    assert replaced(payload, ("z",), GONE) == payload
    assert told({"m": Measure.parse("4h")}) == {"m": "4h"}


@attrs.frozen
class Lasting:
    """Facts of kinds that few machines have."""

    lasts: timedelta | None = None
    point: Tree | None = None
    open: bool = False


def test_expressions_speak_of_every_kind_of_name() -> None:
    """Spans, flags and values that can only be missing are asked about, and all of it compiles."""
    machine = Machine(
        "lasting", Lasting, (State("open", "开", "open"),), (Row(UNBORN, "make", "open"),),
        zh="续", en="lasting",
    )  # fmt: skip
    scope, names = Scope.about(machine, None, Tables()), set[str]()

    @given(truths(scope))
    def law(text: str) -> None:
        names.update(scope.compile(text).names)

    law()
    assert {"lasts", "point", "open", "actor.roles", "state"} <= names


def test_a_row_that_cannot_be_mended_is_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table that takes no row at all gives none."""
    monkeypatch.setattr(mending, "ROUNDS", 1)
    (missing,) = structure(Tree, {})[1]
    rows = mending.Mending(Kinds(), Tree, lambda _row: [missing]).rows()
    with pytest.raises(Unsatisfiable):
        find(rows, lambda _row: True, settings=settings(database=None, max_examples=5))


def test_what_a_row_does_to_others_is_its_own_fault() -> None:
    """A table may speak of all its rows: a row is drawn that nothing is said against."""

    @attrs.frozen
    class Plugin:
        @hookimpl
        def tables(self) -> Sequence[Table]:
            """Bring a table that asks for one row with a word, and names no place."""
            return (Table("words", Word, _worded),)

    rows = DRAWN.rows_for("words", "lead", profile="demo", plugins=[Plugin()])
    row = find(rows, lambda _row: True, settings=settings(database=None))
    assert row["word"]
    weights = row["weights"]
    assert isinstance(weights, Mapping)
    assert weights["total"] == 0


def test_what_is_no_row_is_told_by_its_columns() -> None:
    """A row without what it needs has the faults of its columns alone."""
    told_of = Ground.of("lead", (), "demo", None).faults("conditions")
    assert {fault.code for fault in told_of({"name": "a"})} == {"missing"}


@attrs.frozen
class Word(TableRow):
    """A row of a word."""

    word: str | None = None
    weights: Mapping[str, int] = attrs.field(factory=dict)


def _worded(rows: Sequence[Word], _tables: Tables, _machines: object) -> Sequence[Fault]:
    if not all("total" in row.weights for row in rows):
        return [Fault("$.words[0].weights.total", "missing", "the total")]
    known = any(row.word for row in rows)
    return [] if known or not rows else [Fault("$.words", "missing", "a row with a word")]


@settings(max_examples=20)
@given(DRAWN.calendars(), st.integers(0, 2000))
def test_calendars_are_open_at_some_time(drawn: DrawnCalendar, minute: int) -> None:
    """Working time that is added to an instant near the first day has passed then."""
    start = drawn.instant(minute)
    until = drawn.calendar.add(start, timedelta(minutes=30))
    assert drawn.calendar.elapsed(start, until) == timedelta(minutes=30)
