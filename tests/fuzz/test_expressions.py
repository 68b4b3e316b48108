"""Expressions of tables: any text is refused at once or means something, and never takes long."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import attrs
from hypothesis import strategies as st

from crmflow.core.money import Money
from crmflow.core.reading import FieldError
from crmflow.expressions import Scope
from crmflow.testing.strategies import expressions
from tests.fuzz.hostile import TEXTS
from tests.fuzz.passes import bounded, fuzzed


@attrs.frozen
class Facts:
    """A fact of every kind that expressions know."""

    amount: Money | None = None
    share: Decimal | None = None
    visits: int | None = None
    owner: str | None = None
    tags: tuple[str, ...] = ()
    on: date | None = None
    until_at: datetime | None = None
    left: timedelta | None = None
    urgent: bool | None = None


SCOPE = Scope.of(Facts)
LARGEST = Facts(
    Money("9" * 30),
    Decimal("9" * 30),
    10**30,
    "x" * 10_000,
    ("x",) * 1000,
    date.max,
    datetime.max.replace(tzinfo=UTC),
    timedelta.max,
    urgent=True,
)
SMALLEST = Facts(
    Money("-" + "9" * 30),
    Decimal("1e-60"),
    0,
    "",
    (),
    date.min,
    datetime.min.replace(tzinfo=UTC),
    timedelta.min,
    urgent=False,
)
_WORDS = (
    *("amount", "share", "visits", "owner", "tags", "on", "until_at", "left", "urgent", "state"),
    *("at", "actor.roles", "amount.amount", "__class__", "null", "true", "false", "0", "12.50"),
    *("9" * 60, "1e9", "0x1", "'a'", '"客户"', "48h", "9999d", 'd"2026-03-01"', "and", "or", "not"),
    *(
        "in",
        "+",
        "-",
        "*",
        "/",
        "**",
        "<",
        "<=",
        "==",
        "!=",
        "??",
        "?",
        ":",
        "(",
        ")",
        "[",
        "]",
        ",",
    ),
    *("length", "days", "day", "months", "lower", "for", "if", "=~", "$", "\\", "\x00", "%", "&"),
)
SOUP = st.lists(st.sampled_from(_WORDS), max_size=40).map(" ".join)
LONG = st.builds(
    lambda part, sign, times: sign.join([part] * times),
    st.sampled_from(
        ("9999999999", "amount", "share", "(share)", "'a' in tags", "left", "not urgent")
    ),
    st.sampled_from((" * ", " / ", " + ", " - ", " and ", " ?? ", " == ", " not (")),
    st.integers(2, 300),
)
RIGHT = expressions.truths(SCOPE) | expressions.numbers(SCOPE)
KINDS = st.sampled_from((bool, Decimal, str, datetime, date, timedelta))
FACTS = st.sampled_from((Facts(), LARGEST, SMALLEST))


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Draw an expression, a heap of its words, a long one, or any text."""
    text = draw(st.one_of(RIGHT, SOUP, LONG, TEXTS))
    if draw(st.booleans()):
        cut = draw(st.integers(0, len(text)))
        text = text[:cut] + draw(st.sampled_from(_WORDS)) + text[cut:]
    return text


@fuzzed(short=80, long=600, text=texts(), kind=KINDS, facts=FACTS)
def test_expressions_are_refused_or_mean_something(text: str, kind: type, facts: Facts) -> None:
    """A text is refused with what would be right, or asked of any facts without an error."""
    with bounded():
        try:
            found = SCOPE.compile(text, kind)
        except FieldError as error:
            refused: FieldError | None = error
        else:
            refused = None
            value = found(facts, at=datetime(2026, 3, 2, tzinfo=UTC), state="open", event="step")
    if refused is not None:
        assert refused.code
        assert refused.expected
    else:
        assert value is None or isinstance(value, kind)
        assert not isinstance(value, Decimal) or len(str(value)) < 1000
