"""Laws of outputs: whatever people wrote is data, and templates can do nothing but tell it."""

from __future__ import annotations

import html
import string
from datetime import UTC
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from crmflow.core.money import Money
from crmflow.core.reading import FieldError
from crmflow.policies.outputs.shapes import Items, Shape, shape_of, view
from crmflow.policies.outputs.templates import MOST, check, render
from crmflow.policies.outputs.wording import LONGEST, Wording
from crmflow.texts import LANGUAGES, Texts
from tests.policies.letters import AT, Matter, Mood, Opened, Part

SHAPE: dict[str, Shape] = {"facts": shape_of(Matter), "form": shape_of(Opened), "tags": Items(None)}
TEMPLATE = (
    "<{{ facts.text }}>{% for p in facts.parts %}[{{ p.name }}]{% endfor %}"
    "{% if form.text %}({{ form.text }}){% endif %}"
)
HOSTILE = st.one_of(
    st.text(),
    st.sampled_from(
        [
            "{{ 7 * 7 }}", "{% for i in range(10**9) %}x{% endfor %}", "{# #}", "{{ self }}",
            "{{ ''.__class__.__mro__ }}", "<script>alert(1)</script>", "\r\nBcc: all", "%s%n",
            "\u202eevil", "\x00", "=HYPERLINK()", "${7*7}", "..", "'; DROP TABLE",
        ]
    ),
)  # fmt: skip


def refused(source: str) -> FieldError | None:
    """Return why a template is refused, or None."""
    try:
        check(source, SHAPE)
    except FieldError as fault:
        return fault
    return None


def data(text: str, parts: list[str]) -> dict[str, object]:
    """Return what a matter with these words tells."""
    matter = Matter(text=text, parts=tuple(Part(name) for name in parts))
    return {
        "facts": view(SHAPE["facts"], matter),
        "form": view(SHAPE["form"], None),
        "tags": (),
    }


@given(HOSTILE, st.lists(HOSTILE, max_size=4))
def test_what_people_wrote_is_told_as_they_wrote_it(text: str, parts: list[str]) -> None:
    """Nothing in a value is run, whatever it looks like."""
    check(TEMPLATE, SHAPE)
    told = render(TEMPLATE, data(text, parts), str, html=False)
    assert told == f"<{text}>" + "".join(f"[{one}]" for one in parts)


@given(HOSTILE, st.lists(HOSTILE, max_size=4))
def test_in_html_no_value_is_markup(text: str, parts: list[str]) -> None:
    """Each is escaped whole, and reads as it was."""
    check(TEMPLATE, SHAPE)
    told = render(TEMPLATE, data(text, parts), str, html=True)
    values = told.removeprefix("<").replace(">", "", 1)
    assert "<" not in values
    assert html.unescape(told) == f"<{text}>" + "".join(f"[{one}]" for one in parts)


NAMES = st.sampled_from(
    ["facts", "facts.text", "facts.parts", "form.text", "tags", "p", "p.name", "p.pieces", "q",
     "facts.__class__", "facts.text.upper", "self", "loop", "range", "say", "facts.parts.name"]
)  # fmt: skip
PIECES = st.recursive(
    st.one_of(
        st.text(string.ascii_letters + " \n", max_size=5),
        NAMES.map(lambda name: f"{{{{ {name} }}}}"),
        st.sampled_from(["{{ 9 ** 9 }}", "{{ facts.text * 99 }}", "{{ tags[0] }}", "{{ f() }}"]),
    ),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.builds(lambda name, body: f"{{% for p in {name} %}}{body}{{% endfor %}}", NAMES, inner),
        st.builds(lambda name, body: f"{{% for q in {name} %}}{body}{{% endfor %}}", NAMES, inner),
        st.builds(lambda name, body: f"{{% if {name} %}}{body}{{% endif %}}", NAMES, inner),
    ),
    max_leaves=8,
)


@given(PIECES, st.lists(st.text(max_size=5), max_size=3))
def test_a_template_that_was_checked_always_tells(source: str, parts: list[str]) -> None:
    """Either it is refused when it is loaded, or it never fails, whatever is known."""
    if refused(source) is not None:
        return
    for known in (data("x", parts), data("", [])):
        told = render(source, known, lambda value: "" if value is None else str(value), html=False)
        assert len(told) <= MOST


@given(st.text())
def test_no_source_breaks_the_check(source: str) -> None:
    """Whatever a file holds, its author is told what is wrong, or nothing is."""
    fault = refused(source)
    assert fault is None or fault.code in {"syntax", "template", "unknown", "too_long"}


VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.text(), st.dates(), st.timedeltas(),
        st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12),
                    max_value=10**12),
        st.integers(-(10**9), 10**9).map(lambda cents: Money(Decimal(cents) / 100)),
        st.just(AT), st.sampled_from(Mood),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.sampled_from(["name", "price"]), inner, max_size=2),
    ),
    max_leaves=6,
)  # fmt: skip


@given(VALUES, st.sampled_from(LANGUAGES))
def test_every_value_has_words(value: object, lang: str) -> None:
    """In either language, of one shape each time, without what is not seen, never too long."""
    words = Wording(Texts(lang), UTC, "complaint")
    said = words.say(value)
    assert said == words.say(value)
    assert len(said) <= LONGEST
    assert not {*said} & {*map(chr, range(32))} - {"\n", "\t"}


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**9),
                   max_value=10**9))  # fmt: skip
def test_an_amount_is_told_exactly(amount: Decimal) -> None:
    """No cent is lost on the way into words."""
    said = Wording(Texts("en"), UTC, "complaint").say(Money(amount))
    number, currency = said.split(" ")
    assert (Decimal(number.replace(",", "")), currency) == (amount, "CNY")
