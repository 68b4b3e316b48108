"""What is told apart is what something reads."""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping
from decimal import Decimal

import attrs
import pytest

from crmflow.analysis.exploring.reading import codes_of
from crmflow.analysis.exploring.relevance import relevance_of
from crmflow.core.machine import KEEP, Guard, Machine, Row
from crmflow.core.money import Money
from crmflow.core.tables import MachineRow, Table, TableRow, Tables
from tests.analysis.exploring import readers
from tests.analysis.exploring.parcels import PARCEL, Asked

LIMITS = {"limit": 7, "few": ("deep",)}


@attrs.frozen
class Ask:
    """A guard that is an object."""

    column: str

    def __call__(self, attempt: Asked) -> bool:
        """Compare."""
        return bool(getattr(attempt.facts, self.column) > 11)


def helped(attempt: Asked) -> bool:
    """Read by way of another function, and of this one again."""
    return _helps(attempt) or helped(attempt)


def _helps(attempt: Asked) -> bool:
    return bool(attempt.facts.weight > LIMITS["limit"])


def pair(name: str, attempt: Asked) -> bool:
    """Read what is given by name."""
    return getattr(attempt.facts, name) is not None


class Holder:
    """Whose method is a guard."""

    def reads(self, attempt: Asked) -> bool:
        """Read a note."""
        return bool(attempt.facts.note)


def words(value: object) -> set[str]:
    """Return all that a callable names."""
    return {word for code in codes_of(value) for word in code.words}


@pytest.mark.parametrize(
    ("guard", "word"),
    [
        (helped, "weight"),
        (functools.partial(pair, "due_at"), "due_at"),
        (Holder().reads, "note"),
        (Ask("size"), "facts"),
        ((helped, _helps), "weight"),
        (lambda attempt: [one for one in (1, 2) if one == attempt.facts.size], "size"),
    ],
)
def test_code_is_read_to_its_ground(guard: object, word: str) -> None:
    """Functions that others call, parts, methods, objects, and what is written within."""
    assert word in words(guard)


def test_numbers_and_texts_are_read_too() -> None:
    """Those of constants, of collections that are named, and of what is closed over."""
    found = codes_of(helped)
    assert Decimal(7) in frozenset().union(*(code.numbers for code in found))
    assert "deep" in frozenset().union(*(code.texts for code in found))


def given(attempt: Asked, *, least: int = 61, words: Mapping[str, object] = LIMITS) -> bool:
    """Compare with what is given by default."""
    return bool(attempt.facts.weight > least) and bool(words)


READS_NOTE = operator.attrgetter("facts.note")
RATES = [0.25, float("nan"), True]
FEE = Money("12.50")
MAKER = Ask("83")


@pytest.mark.parametrize(
    ("guard", "number"),
    [
        (given, "61"),
        (given, "7"),
        (lambda attempt: attempt.facts.weight > Decimal("5000.5"), "5000.5"),
        (lambda attempt: attempt.facts.weight == "70.5 CNY", "70.5"),
        (lambda attempt: attempt.facts.weight < -5, "-5"),
        (lambda attempt: attempt.facts.weight in RATES, "0.25"),
        (lambda attempt: attempt.facts.weight > FEE, "12.50"),
        (lambda attempt: attempt.facts.weight > MAKER.column, "83"),
        (lambda attempt: attempt.facts.weight > readers.Reader.most, "97"),
    ],
)
def test_numbers_of_every_kind_are_read(guard: object, number: str) -> None:
    """Defaults by name, texts that write one, below zero, fractions and amounts."""
    found = frozenset().union(*(code.numbers for code in codes_of(guard)))
    assert Decimal(number) in found
    assert all(one.is_finite() for one in found)


def test_what_explains_a_function_is_no_text_of_it() -> None:
    """Nothing compares with it."""
    (code, *_) = codes_of(helped)
    assert helped.__doc__ not in code.texts


@pytest.mark.parametrize(
    ("guard", "calculates"),
    [
        (lambda attempt: attempt.facts.weight > 3, False),
        (lambda attempt: attempt.facts.items[0] > 3, False),
        (lambda attempt: attempt.facts.weight % 3 == 0, True),
        (lambda attempt: [one for one in attempt.facts.items if one - 1], True),
    ],
)
def test_what_calculates_is_known(guard: object, *, calculates: bool) -> None:
    """Within what is written in it too; to look up is no calculation."""
    assert any(code.calculates for code in codes_of(guard)) is calculates


def test_what_cannot_be_read_may_name_anything() -> None:
    """Then all facts are told apart, and all fields."""
    (code,) = codes_of(READS_NOTE)
    assert code.opaque
    rows = (*PARCEL.rows, Row("late", "look", KEEP, guards=(Guard(READS_NOTE, "no"),)))
    found = relevance_of(attrs.evolve(PARCEL, rows=rows), Tables())
    assert {"size", "weight", "owner", "due_at", "note"} <= found.facts & found.fields
    assert found.calculates


def test_texts_are_known_by_what_is_named_beside_them() -> None:
    """A fact may be compared with them."""
    found = relevance_of(PARCEL, Tables())
    assert "closed" in found.texts["state"]
    assert "weight" in found.texts
    assert "closed" not in found.texts["weight"]
    assert not found.calculates


def test_rows_that_calculate_are_known() -> None:
    """Where they compare; a sign in what is only said makes no difference."""
    for when, calculates in (("weight % 2 == 0", True), ("note == 'x'", False), ("a + b", False)):
        rows = (Limit(name="one", machine=PARCEL.name, when=when),)
        assert relevance_of(PARCEL, Tables(rows={"limits": rows})).calculates is calculates


def test_what_is_not_filled_yet_is_passed_over() -> None:
    """A function that names itself before it is there."""

    def outer() -> object:
        def inner(attempt: Asked) -> bool:
            return bool(attempt.facts.size) and missing(attempt)

        if not LIMITS:
            missing = inner
        return inner

    assert "size" in words(outer())


def test_what_is_no_code_names_nothing() -> None:
    """A library's function neither, however deep it is."""
    assert codes_of(functools.reduce) == []
    assert codes_of(len) == []
    assert words(lambda attempt: functools.reduce(max, attempt.facts.items)) >= {"facts", "items"}


def test_of_a_machine_is_told_apart_what_its_guards_read() -> None:
    """And what updates read that write it; a note that nobody reads is not."""
    found = relevance_of(PARCEL, Tables())
    assert {"size", "weight"} <= found.facts
    assert "note" not in found.facts
    assert {"size", "weight"} <= found.fields
    assert "closed" in found.told
    assert Decimal(30) in found.numbers


@attrs.frozen
class Limit(MachineRow):
    """A row about a machine."""

    when: str = ""
    most: Money | None = None
    parts: tuple[str, ...] = ()
    by: Mapping[str, int] = attrs.field(factory=dict)


@attrs.frozen
class Other(TableRow):
    """A row about none."""

    when: str = ""


def with_rows(machine: Machine) -> Tables:
    """Return tables with rows about a machine, some of them not in use."""
    rows: tuple[TableRow, ...] = (
        Limit(
            name="one", machine=machine.name, when="note == 'x' and bill.size > 41",
            most=Money(17, "CNY"), parts=("owner",), by={"due_at": 3},
        ),
        Limit(name="two", machine="bill", when="strange > 99"),
        Limit(name="off", machine=machine.name, when="strange > 98", enabled=False),
        Other(name="three", when="strange > 97"),
    )  # fmt: skip
    told = (Limit(name="letter", machine=machine.name, when="strange"),)
    return Tables(rows={"limits": rows, "outputs": told})


def test_rows_about_a_machine_are_read() -> None:
    """Their texts and amounts; not those of others, nor what is only told."""
    assert Table("limits", Limit).name == "limits"
    found = relevance_of(PARCEL, with_rows(PARCEL))
    assert {"note", "owner", "due_at"} <= found.facts
    assert "strange" not in found.facts
    assert "size" in found.told
    assert {Decimal(41), Decimal(17)} <= {*found.numbers}
    assert not {Decimal(97), Decimal(98), Decimal(99)} & {*found.numbers}
