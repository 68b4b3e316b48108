"""Templates: what may stand in them, what they may reach, and values in words."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import attrs
import pytest

from crmflow.core.link import Link
from crmflow.core.measure import Measure
from crmflow.core.money import Money
from crmflow.core.reading import FieldError
from crmflow.core.ref import EntityRef
from crmflow.policies.outputs import templates
from crmflow.policies.outputs.shapes import MOST, Items, Linked, Shape, Sight, read, shape_of, view
from crmflow.policies.outputs.templates import LONGEST, check, render
from crmflow.policies.outputs.wording import Wording
from crmflow.states import load
from crmflow.texts import Texts
from tests.policies.letters import Matter, Mood, Part

SHAPE: dict[str, Shape] = {
    "facts": {"name": None, "parts": Items({"name": None, "pieces": Items(None)})},
    "tags": Items(None),
}
DATA = {
    "facts": {
        "name": "<b>Ann</b>",
        "parts": ({"name": "pump", "pieces": ("a", "b")}, {"name": "pipe", "pieces": ()}),
    },
    "tags": ("x",),
}


NESTED = (
    "{% for p in facts.parts %}{{ p.name }}{% for s in p.pieces %}{{ s }}{% endfor %};{% endfor %}"
)


def say(value: object) -> str:
    """Return a value in brackets, so that each is seen to be written this way."""
    return "" if value is None else f"[{value}]"


def made(source: str, *, html: bool = False) -> str:
    """Return what a checked template says."""
    check(source, SHAPE)
    return render(source, DATA, say, html=html)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Hello {{ facts.name }}", "Hello [<b>Ann</b>]"),
        ("{% if facts.name == 'x' %}a{% elif not tags %}b{% else %}c{% endif %}", "c"),
        ("{% if facts.name and tags or facts.parts %}yes{% endif %}", "yes"),
        ("{{ 'a' if facts.name != 'x' else 'b' }}", "[a]"),
        ("{% for one in tags %}{{ one }}{% else %}none{% endfor %}", "[x]"),
        (NESTED, "[pump][a][b];[pipe];"),
        ("{% for p in facts.parts if p.name == 'pipe' %}{{ p.name }}{% endfor %}", "[pipe]"),
        ("{# nobody sees this #}seen", "seen"),
    ],
)  # fmt: skip
def test_what_a_template_may_do(source: str, text: str) -> None:
    """Names, conditions and loops over lists that are there."""
    assert made(source) == text


@pytest.mark.parametrize(
    ("source", "code", "expected"),
    [
        ("{{ facts.nam }}", "unknown", "Did you mean 'name'? (line 1)"),
        ("\n{{ fact }}", "unknown", "(line 2)"),
        ("{{ facts.parts.name }}", "unknown", "'name'"),
        ("{{ facts.name.upper }}", "unknown", "'upper'"),
        ("{{ facts.name.upper() }}", "template", "no call"),
        ("{{ facts.__class__ }}", "unknown", "__class__"),
        ("{{ ''.__class__ }}", "template", "a name before the dot"),
        ("{{ facts['name'] }}", "template", "no getitem"),
        ("{{ facts.name|upper }}", "template", "no filter"),
        ("{{ 9 ** 9 ** 9 ** 9 }}", "template", "no pow"),
        ("{{ 'a' * 999999999 }}", "template", "no mul"),
        ("{{ facts.name ~ 'x' }}", "template", "no concat"),
        ("{{ facts.name < 'x' }}", "template", "== or !="),
        ("{{ facts.name is none }}", "template", "no test"),
        ("{% set x = 1 %}", "template", "no assign"),
        ("{% include 'other' %}", "template", "no include"),
        ("{% extends 'other' %}", "template", "no extends"),
        ("{% macro m() %}{{ m() }}{% endmacro %}", "template", "no macro"),
        ("{% for i in range(9) %}{% endfor %}", "template", "over a list that is there"),
        ("{% for c in facts.name %}{% endfor %}", "template", "this is none"),
        ("{% for a, b in tags %}{% endfor %}", "template", "one name"),
        ("{% for a in tags recursive %}{% endfor %}", "template", "without recursion"),
        ("{% for a in tags %}{% for b in tags %}{% endfor %}{% endfor %}", "template",
         "a list of 'a'"),
        ("{{ loop }}", "unknown", "loop"),
        ("{{ say }}", "unknown", "say"),
        ("{{ facts.name", "syntax", "line 1"),
        ("{% if %}", "syntax", "line 1"),
        ("{% if tags %}" * 20 + "{% endif %}" * 20, "template", "within each other"),
        ("{{ " + "(" * 2000 + "1" + ")" * 2000 + " }}", "syntax", "less within each other"),
        ("x" * (LONGEST + 1), "too_long", str(LONGEST)),
    ],
)  # fmt: skip
def test_what_a_template_may_not_do(source: str, code: str, expected: str) -> None:
    """It is refused before anything of it runs, with the line and what would be right."""
    with pytest.raises(FieldError) as caught:
        check(source, SHAPE)
    assert caught.value.code == code
    assert expected in caught.value.expected


def test_values_are_escaped_in_html_and_nowhere_else() -> None:
    """What people wrote is no markup."""
    assert made("<p>{{ facts.name }}</p>", html=True) == "<p>[&lt;b&gt;Ann&lt;/b&gt;]</p>"
    assert made("<p>{{ facts.name }}</p>") == "<p>[<b>Ann</b>]</p>"


def test_what_a_template_says_is_not_a_template() -> None:
    """A value that looks like one is told as it is."""
    hostile = {"facts": {**DATA["facts"], "name": "{{ 7 * 7 }}{% for %}"}, "tags": ()}  # type: ignore[dict-item]
    assert render("{{ facts.name }}", hostile, str, html=False) == "{{ 7 * 7 }}{% for %}"


def test_a_text_ends_somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the data is."""
    monkeypatch.setattr(templates, "MOST", 10)
    assert made("{{ facts.name }}{{ facts.name }}") == "[<b>Ann</b"
    assert made("{{ facts.name }}" * 2) == made("{{ facts.name }}")[:10]


def test_the_sandbox_reads_nothing_but_mappings() -> None:
    """Even where a template was not checked."""
    from jinja2 import UndefinedError

    with pytest.raises(UndefinedError):
        render("{{ facts.at.year }}", {"facts": {"at": date(2026, 3, 2)}}, str, html=False)


def test_without_jinja_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """A company that has no outputs needs none."""
    templates._environments.cache_clear()
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(ImportError, match=r"crmflow\[templates\]"):
        check("not read before {{ facts.name }}", SHAPE)
    monkeypatch.undo()


# ---- Words ------------------------------------------------------------------------------------

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 3, 2, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "en", "zh"),
    [
        (None, "", ""),
        (True, "yes", "是"),
        (False, "no", "否"),
        (Mood.ANGRY, "angry", "愤怒"),
        (Money("12345.50"), "12,345.50 CNY", "12,345.50 元"),
        (Money("12345.00", "USD"), "12,345 USD", "12,345 USD"),
        (Decimal("1E+3"), "1,000", "1,000"),
        (7, "7", "7"),
        (NOON, "2 March 2026 12:05", "2026年3月2日 12:05"),
        (date(2026, 12, 31), "31 December 2026", "2026年12月31日"),
        (timedelta(days=1, hours=2, minutes=1), "1 day 2 hours 1 minute", "1 天 2 小时 1 分钟"),
        (timedelta(seconds=20), "0 minutes", "0 分钟"),
        (timedelta(hours=-2), "-2 hours", "-2 小时"),
        (Measure.parse("1wd"), "1 working day", "1 个工作日"),
        (Measure.parse("90wmin"), "90 working minutes", "90 个工作分钟"),
        (Measure.parse("through 7d"), "through 7d", "through 7d"),
        (("a", None, "b"), "a; b", "a、b"),
        (frozenset({"b", "a"}), "a; b", "a、b"),
        ({"name": "pump", "reason": None}, "name: pump", "名称：pump"),
        ("a\u202eb\x00c\u3000d\ne", "abc\u3000d\ne", "abc\u3000d\ne"),
        ("x" * 3000, "x" * 1999 + "…", "x" * 1999 + "…"),
    ],
)
def test_values_are_written_as_the_language_writes_them(value: object, en: str, zh: str) -> None:
    """In the company's zone; without characters that are not seen (CMP-018)."""
    assert Wording(Texts("en"), ZONE, "complaint").say(value) == en
    assert Wording(Texts("zh"), ZONE, "complaint").say(value) == zh


def test_a_field_is_called_by_the_last_part_of_its_path() -> None:
    """As forms call it."""
    words = Wording(Texts("zh"), ZONE, "complaint")
    assert words.label("form.reason") == words.label("reason") == "原因"


# ---- Shapes -----------------------------------------------------------------------------------


def test_a_view_has_every_name_of_its_shape() -> None:
    """Where nothing is known there is None, and no list is an empty one."""
    shape = shape_of(Matter)
    empty = view(shape, None)
    assert isinstance(empty, Mapping)
    assert empty["parts"] == ()
    assert empty["part"] == {"name": None, "price": None, "pieces": ()}
    parts = tuple(Part(str(number)) for number in range(MOST + 5))
    full = view(shape, Matter(parts=parts))
    assert isinstance(full, Mapping)
    assert len(full["parts"]) == MOST


@attrs.frozen
class Mixed:
    """A value of two kinds is told as one."""

    either: Part | Mood | None = None
    one: Part | None = None


def test_a_value_of_several_kinds_has_no_names() -> None:
    """Nobody knows which of them it is."""
    shape = shape_of(Mixed)
    assert shape["either"] is None
    assert shape["one"] == shape_of(Part)


def test_what_linked_entities_told_is_read_as_it_was() -> None:
    """A tier of the customer record, its id and its state; nothing where nothing was heard."""
    linked = Linked.of(load("customer"))
    ref = EntityRef("main", "customer", "C-1")
    link = Link("customer", ref, 3, "active", {"name": "Harbour Mill", "tier": "strategic"})
    told = linked.data(link)
    assert (told["name"], told["tier"], told["owner"]) == ("Harbour Mill", "strategic", None)
    assert (told["id"], told["state"]) == ("C-1", "active")
    assert set(linked.data(None).values()) == {None}


@pytest.mark.parametrize(
    ("path", "way"),
    [
        ("customer", ("facts", "customer")),
        ("customer.name", ("links", "customer", "name")),
        ("part.name", ("facts", "part", "name")),
        ("form.text", ("form", "text")),
        ("self", ("entity",)),
        ("state", ("state",)),
        ("parts.name", None),
        ("form.nothing", None),
        ("customer.nothing", None),
        ("nothing", None),
        ("form", None),
    ],
)
def test_a_path_leads_to_one_thing(path: str, way: tuple[str, ...] | None) -> None:
    """A fact, a field of the form, or what a link told, as in expressions."""
    links = {"customer": Linked.of(load("customer"))}
    sight = Sight(shape_of(Matter), {"text": None}, links)
    assert sight.way(path) == way
    assert bool([*sight.faults("$", path)]) == (way is None)
    if way is not None:
        assert read(sight_data(sight), way) is None


def sight_data(sight: Sight) -> dict[str, object]:
    """Return what is told where nothing is known."""
    links = {name: one.data(None) for name, one in sight.links.items()}
    return {"facts": view(sight.facts, None), "form": view(sight.form, None), "links": links,
            "entity": None, "state": None}  # fmt: skip
