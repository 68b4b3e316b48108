"""What a value of a blank is, and how it is read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time, timedelta

import attrs
import pytest

from crmflow.core.machine import Blank
from crmflow.core.reading import FieldError
from crmflow.core.tables import Tables
from crmflow.profiles.blanks import (
    BLANKS,
    BlankKind,
    BlankRow,
    described,
    filled,
    keys_in,
    nested,
    of_machine,
    read,
)

ROW = BlankRow(name="a", kind=BlankKind.TEXT, meaning_en="What.", meaning_zh="什么。", feature="x")


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("text", "x", "x"),
        ("role", "clerk", "clerk"),
        ("predicate", "amount > 3", "amount > 3"),
        ("flag", False, False),
        ("count", 0, 0),
        ("days", 3, 3),
        ("days", "5wd", "5wd"),
        ("duration", "90min", timedelta(minutes=90)),
        ("measure", "2wd", "2wd"),
        ("time", "17:30", "17:30"),
        ("time", time(9), "09:00"),
        ("money", "12.50", "12.50 CNY"),
        ("zone", "Asia/Shanghai", "Asia/Shanghai"),
        ("list", ["a"], ["a"]),
        ("map", {"a": 1}, {"a": 1}),
        ("measures", {"a": "1d"}, {"a": "1d"}),
        ("predicates", {"a": "x"}, {"a": "x"}),
    ],
)
def test_values_that_fit(kind: str, value: object, expected: object) -> None:
    """Each is kept as settings show it."""
    assert read(BlankKind(kind), value) == expected


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        ("text", " ", "blank"),
        ("role", 3, "blank"),
        ("predicate", "", "blank"),
        ("flag", 1, "type"),
        ("count", True, "type"),
        ("count", -1, "type"),
        ("count", "3", "type"),
        ("days", 0, "type"),
        ("days", True, "type"),
        ("days", "soon", "type"),
        ("duration", "soon", "type"),
        ("measure", 3, "type"),
        ("measure", "wd", "type"),
        ("time", "late", "type"),
        ("time", "17:30+08:00", "type"),
        ("time", 3, "type"),
        ("money", "much", "type"),
        ("zone", "Asia/Shangai", "zone"),
        ("zone", "Asia", "zone"),
        ("zone", "../etc", "zone"),
        ("zone", 3, "zone"),
        ("list", [], "type"),
        ("list", "a", "type"),
        ("map", ["a"], "type"),
        ("measures", "a", "type"),
        ("predicates", 3, "type"),
        (None, None, "missing"),
        ("text", None, "missing"),
    ],
)
def test_values_that_do_not_fit(kind: str | None, value: object, code: str) -> None:
    """There is no guess: what would be right is told."""
    with pytest.raises(FieldError) as caught:
        read(None if kind is None else BlankKind(kind), value)
    assert caught.value.code == code
    assert caught.value.expected


def test_a_choice_is_one_of_those_listed() -> None:
    """And no other."""
    assert read(BlankKind.CHOICE, "year", ("year", "month")) == "year"
    with pytest.raises(FieldError, match="one of year, month"):
        read(BlankKind.CHOICE, "week", ("year", "month"))


def test_a_machines_own_blank_is_read_by_its_kind() -> None:
    """As its functions read it."""
    blank = Blank("box.limit", "duration", "How long.", "BOX-001")
    assert of_machine(blank, "2d") == timedelta(days=2)
    with pytest.raises(FieldError, match="missing"):
        of_machine(blank, None)


def test_blanks_stand_at_any_depth() -> None:
    """A table with another key beside is a value like any other."""
    value = {"a": {"blank": "x"}, "b": [1, {"c": {"blank": "y"}}], "d": {"blank": "z", "e": 1}}
    assert list(keys_in(value)) == ["x", "y"]
    assert filled(value, {"x": 7}) == {
        "a": 7,
        "b": [1, {"c": {"blank": "y"}}],
        "d": {"blank": "z", "e": 1},
    }
    assert list(keys_in({"blank": 3})) == []


def test_a_key_below_a_table_of_values_is_described_by_it() -> None:
    """And its kind is that of the entries; a text has nothing below it."""
    rows = {
        "m": attrs.evolve(ROW, name="m", kind=BlankKind.MEASURES),
        "p": attrs.evolve(ROW, name="p", kind=BlankKind.PREDICATES),
        "any": attrs.evolve(ROW, name="any", kind=BlankKind.MAP),
        "t": ROW,
    }
    kinds = {key: described(key, rows) for key in ("m", "m.a", "p.a.b", "any.a", "t.a", "no")}
    assert {key: found and found[1] for key, found in kinds.items()} == {
        "m": BlankKind.MEASURES,
        "m.a": BlankKind.MEASURE,
        "p.a.b": BlankKind.PREDICATE,
        "any.a": None,
        "t.a": None,
        "no": None,
    }
    assert kinds["any.a"] == (rows["any"], None)
    assert kinds["t.a"] is None


def test_settings_below_a_key_are_its_table() -> None:
    """Whatever they were nested in."""
    given = {"a.b.c": 1, "a.b.d": 2, "a.e": 3, "ab": 4}
    said = nested(given)
    assert said["a"] == {"b": {"c": 1, "d": 2}, "e": 3}
    assert said["a.b"] == {"c": 1, "d": 2}
    assert said["ab"] == 4
    assert "a.x" not in said


@pytest.mark.parametrize("keys", [("a.b", "a.b.c"), ("a.b.c", "a.b")])
def test_a_value_hides_what_is_written_below_it(keys: tuple[str, str]) -> None:
    """In whatever order the two were written."""
    said = nested(dict.fromkeys(keys, 1))
    assert (said["a"], said["a.b"], said["a.b.c"]) == ({"b": 1}, 1, 1)


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, []),
        ({"choices": ("a",)}, ["choices"]),
        ({"kind": BlankKind.CHOICE}, ["choices"]),
        ({"kind": BlankKind.CHOICE, "choices": ("a",)}, []),
    ],
)
def test_choices_belong_to_the_kind_choice(changes: Mapping[str, object], codes: list[str]) -> None:
    """It needs them, and no other has them."""
    row = attrs.evolve(ROW, **changes)  # type: ignore[arg-type]
    found = list(BLANKS.check([row], Tables(), {}))
    assert [fault.code for fault in found] == codes
    assert all(fault.path == "$.blanks[0].choices" for fault in found)


def test_a_blank_has_its_meaning_in_both_languages() -> None:
    """English where a language has none."""
    assert (ROW.meaning("zh"), ROW.meaning("en")) == ("什么。", "What.")
