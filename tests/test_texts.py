"""Labels and reason texts in both languages."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum, StrEnum
from pathlib import Path
from typing import get_args, get_type_hints

import attrs
import pytest

from crmflow import texts as texts_module
from crmflow.core.form import Check, Fault, Names, Text, structure
from crmflow.core.machine import Machine, Row
from crmflow.core.money import Money
from crmflow.core.refusal import Because
from crmflow.flow.telling import tell_faults
from crmflow.states import EVERY, load
from crmflow.texts import LANGUAGES, Section, Table, Texts, shipped

SPEC = Path(__file__).parents[2] / "shared" / "spec" / "rules.md"
FAULTS = ("missing", "unknown", "blank", "empty", "choice", "type", "invalid", "number")
KEPT = ("roles.", "phrases.", "expected.")
"""Sections that no machine uses up: roles of the whole catalogue, words to tell refusals with."""
SRC = Path(texts_module.__file__).parent
LOCALE = SRC / "profiles" / "locale"
HAN = re.compile(r"[\u4e00-\u9fff]")


def keys(table: Table, prefix: str = "") -> list[str]:
    """Return the dotted keys of a table, in order."""
    found: list[str] = []
    for name, value in table.items():
        path = f"{prefix}{name}"
        found += keys(value, f"{path}.") if isinstance(value, Mapping) else [path]
    return found


def choices(kind: type) -> Iterator[str]:
    """Yield the values of every enum among a class's fields."""
    for hint in get_type_hints(kind).values():
        for part in (hint, *get_args(hint)):
            if isinstance(part, type) and issubclass(part, Enum):
                yield from (str(member.value) for member in part)


def checks(hint: object) -> Iterator[Check]:
    """Yield the claims about a value of this type, and about what it is made of."""
    yield from (one for one in getattr(hint, "__metadata__", ()) if isinstance(one, Check))
    for part in get_args(hint):
        yield from checks(part)


def row_codes(row: Row) -> Iterator[tuple[Section, str]]:
    """Yield every code one row needs a text for."""
    yield "events", row.event
    yield from (("reasons", guard.reason) for guard in row.guards)
    yield from (("tasks", task.name) for task in row.tasks)
    yield from (("timers", start.name) for start in row.start)
    yield from (("roles", role) for role in row.who)
    yield from (("roles", role) for guard in row.guards for role in guard.roles)
    yield from (("roles", task.role) for task in row.tasks if isinstance(task.role, str))
    for kind in (row.form,) if row.form else ():
        yield from (("fields", field.name) for field in attrs.fields(kind))
        yield from (("choices", value) for value in choices(kind))
        hints = get_type_hints(kind, include_extras=True).values()
        yield from (("faults", check.code) for hint in hints for check in checks(hint))


def codes(machine: Machine) -> Iterator[tuple[Section, str]]:
    """Yield every code a machine needs a text for."""
    for row in machine.rows:
        yield from row_codes(row)
    yield from (("fields", field.name) for field in attrs.fields(machine.facts))
    yield from (("choices", value) for value in choices(machine.facts))
    yield from (("roles", role) for role in machine.adopters)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", EVERY)
def test_every_code_of_a_machine_has_a_text(name: str, lang: str) -> None:
    """Events, reasons, fields, choices, faults, tasks, timers and roles, without falling back."""
    texts, machine = Texts(lang), load(name)
    assert [code for code in codes(machine) if not texts.find(*code, machine.name)] == []
    assert all(texts.state(state) for state in machine.states)
    assert texts.machine(machine)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_code_of_the_core_has_a_text(lang: str) -> None:
    """Kinds of refusals, the two reasons of its own, and faults of forms."""
    texts = Texts(lang)
    assert all(texts.find("reasons", code) for code in ("role", "needs_form", *Because))
    assert all(texts.find("faults", code) for code in FAULTS)


def test_both_languages_have_the_same_keys() -> None:
    """In the same order, so that they can be read side by side."""
    assert keys(shipped("en")) == keys(shipped("zh"))


def test_no_text_is_left_over() -> None:
    """What no machine uses is in no table."""
    used = {f"{section}.{name}" for m in EVERY for section, name in codes(load(m))}
    used |= {f"reasons.{code}" for code in ("role", "needs_form", *Because)}
    used |= {f"faults.{code}" for code in FAULTS}
    table = tomllib.loads((LOCALE / "en" / "machines.toml").read_text("utf-8"))
    found = {re.sub(r"^machine\.\w+\.", "", key) for key in keys(table)}
    assert {key for key in found - used if not key.startswith(KEPT)} == set()


def policy_keys() -> list[tuple[str, str]]:
    """Return (file, key) of every text of a policy."""
    files = sorted(path for path in (LOCALE / "en").glob("*.toml") if path.stem != "machines")
    return [
        (path.stem, key) for path in files for key in keys(tomllib.loads(path.read_text("utf-8")))
    ]


@functools.cache
def written() -> tuple[frozenset[str], tuple[str, ...]]:
    """Return every word of the source and of the shipped rows, and how composed codes begin."""
    files = [*SRC.glob("**/*.py"), *(SRC / "profiles").glob("*/*.toml")]
    text = "\n".join(path.read_text("utf-8") for path in files)
    return frozenset(re.findall(r"[\w$]+", text)), tuple(re.findall(r'f"(\w+_)\{', text))


@pytest.mark.parametrize(("file", "key"), policy_keys())
def test_no_text_of_a_policy_is_left_over(file: str, key: str) -> None:
    """Its code is written in the source or in a shipped row, whole or composed."""
    code = key.rpartition(".")[2]
    words, beginnings = written()
    assert words.issuperset(code.split(":")) or code.startswith(beginnings)


def test_every_line_of_a_policy_has_its_texts() -> None:
    """What policies say of an entity is said in both languages."""
    sources = "".join(path.read_text("utf-8") for path in (SRC / "policies").glob("**/*.py"))
    codes = set(re.findall(r'\bLine\(\s*"(\w+)"', sources))
    assert codes
    for lang in LANGUAGES:
        assert [code for code in sorted(codes) if not Texts(lang).find("lines", code)] == []


def test_chinese_texts_are_chinese_and_english_ones_are_not() -> None:
    """No text landed in the wrong table."""
    assert all(HAN.search(text) for text in leaves(shipped("zh")))
    assert not any(HAN.search(text) for text in leaves(shipped("en")))
    machines = [load(name) for name in EVERY]
    assert all(HAN.search(state.zh) for machine in machines for state in machine.states)


def leaves(table: Table) -> Iterator[str]:
    """Yield all texts of a table."""
    for value in table.values():
        if isinstance(value, Mapping):
            yield from leaves(value)
        else:
            assert isinstance(value, str)
            yield value


def test_roles_are_those_of_the_catalogue() -> None:
    """Part 7, the timers' own role and the one that may adopt."""
    if not SPEC.is_file():
        pytest.skip(f"no catalogue of rules: {SPEC} is no file")
    part = SPEC.read_text("utf-8").partition("## 7 Roles")[2].partition("## 8 ")[0]
    listed = set(re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE))
    known = {key.partition(".")[2] for key in keys(shipped("en")) if key.startswith("roles.")}
    assert known == listed | {"system", "administrator"}


@pytest.mark.parametrize(("tag", "lang"), [("zh", "zh"), ("zh-CN", "zh"), ("en_US", "en")])
def test_a_tag_counts_as_its_language(tag: str, lang: str) -> None:
    """Regions do not matter."""
    assert Texts(tag).lang == lang


def test_an_unknown_language_is_refused() -> None:
    """The error names those there are."""
    with pytest.raises(ValueError, match=r"unknown language 'fr'.*'en', 'zh'"):
        Texts("fr")


def test_a_machine_has_its_own_word_first() -> None:
    """Then the general one."""
    texts = Texts("zh")
    assert texts.text("fields", "owner", "complaint") == "责任角色"
    assert texts.text("fields", "owner", "deal") == "负责人"
    assert texts.text("fields", "owner") == "负责人"


def test_what_a_language_lacks_is_told_in_english() -> None:
    """And what English lacks is the code with spaces."""
    assert Texts("zh").text("reasons", "so_it_is") == "so it is"
    assert Texts().text("reasons", "so_it_is") == "so it is"
    assert Texts("zh").find("reasons", "so_it_is") is None


def test_plugins_bring_texts() -> None:
    """Merged key by key, the last one winning, crmflow's own left as they are."""
    first = {"reasons": {"final": "over"}, "machine": {"acme": {"events": {"go": "go on"}}}}
    texts = Texts("en", (first,)).with_tables([{"reasons": {"final": "done", "late": "too late"}}])
    assert texts.text("reasons", "final") == "done"
    assert texts.text("reasons", "late") == "too late"
    assert texts.text("events", "go", "acme") == "go on"
    assert texts.text("reasons", "held") == Texts().text("reasons", "held")
    assert Texts().text("reasons", "final") == "it has ended"


def test_a_section_is_no_text() -> None:
    """A code that names a section falls through."""
    assert Texts("en", ({"reasons": {"odd": {"deeper": "x"}}},)).text("reasons", "odd") == "odd"


def test_tables_are_read_once() -> None:
    """Per language."""
    assert shipped("zh") is shipped("zh")


class Mood(StrEnum):
    """A choice."""

    CALM = "calm"


@attrs.frozen
class Everything:
    """A form with a field of every kind that a reader can refuse."""

    name: Text
    count: int
    share: float
    flag: bool
    price: Decimal
    total: Money
    at: datetime
    on: date
    lasts: timedelta
    names: Names
    more: Mapping[str, object]
    mood: Mood
    missing: str


WRONG: dict[str, object] = dict.fromkeys((f.name for f in attrs.fields(Everything)), object())
ANSWERS = [
    {**WRONG, "lots": 1},
    {**WRONG, "nme": 1},
    {"name": " ", "names": [], "mood": "mad"},
    {"name": "\ud800", "names": "x", "count": 1},
]


@pytest.mark.parametrize("payload", ANSWERS)
def test_what_would_be_right_is_told_in_both_languages(payload: dict[str, object]) -> None:
    """No fault a form can have is told half in Chinese."""
    faults = structure(Everything, payload)[1]
    assert len(faults) > 9
    for told in tell_faults(faults, Texts("zh")):
        wanted = told.split("应为: ", 1)[1]
        assert not wanted.isascii(), told
    english = list(tell_faults(faults, Texts("en")))
    assert all(fault.expected in told for fault, told in zip(faults, english, strict=True))


def test_an_expectation_of_ones_own_is_told_as_it_is() -> None:
    """A check of a company's own form has the words its author gave it."""
    fault = Fault("$.x", "odd", "an odd number")
    (told,) = tell_faults([fault], Texts("zh"))
    assert told.endswith("an odd number")
