"""Laws of expressions: they mean what plain Python says, and no text breaks the reader."""

from __future__ import annotations

import decimal
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction

import attrs
import rule_engine  # type: ignore[import-untyped]
from hypothesis import example, given
from hypothesis import strategies as st

from crmflow.core.form import Text
from crmflow.core.money import Money
from crmflow.core.reading import FieldError
from crmflow.expressions import Scope


@attrs.frozen
class Facts:
    """What the expressions are about."""

    amount: Money | None = None
    share: Decimal | None = None
    visits: int | None = None
    owner: Text | None = None
    city: Text | None = None
    tags: tuple[Text, ...] = ()


SCOPE = Scope.of(Facts)

Known = Mapping[str, object]
"""The facts as the oracle sees them: numbers as fractions."""

Oracle = Callable[[Known], object]
Spoken = tuple[str, Oracle]
"""An expression and what plain Python says it means."""

# Money's whole range: thirty digits before the point, and some after it.
numbers = st.decimals(-(10**30) + 1, 10**30 - 1, places=4) | st.integers(-3, 3).map(Decimal)
texts = st.sampled_from(["bob", "ann", "bo", "Shanghai", "上海", ""])


def exact(value: object) -> object:
    """Return a number as a fraction, anything else as it is."""
    amount = value.amount if isinstance(value, Money) else value
    return Fraction(amount) if isinstance(amount, Decimal | int) else amount


some_tags = st.lists(texts.filter(bool), max_size=3).map(tuple)
present = [st.builds(Money, numbers), numbers, st.integers(-3, 3), *[texts.filter(bool)] * 2]
full_facts = st.builds(Facts, *present, some_tags)
facts = st.builds(Facts, *[st.none() | value for value in present], some_tags)


def written(value: Decimal) -> Spoken:
    """Return a number as it is written in a table."""
    sign, size = ("-", -value) if value < 0 else ("", value)
    meant = Fraction(value)
    return f"({sign}{size:f})" if sign else f"{size:f}", lambda _known: meant


def quoted(value: str) -> Spoken:
    """Return a text as it is written in a table."""
    return f"'{value}'", lambda _known: value


def named(name: str) -> Spoken:
    """Return a name."""
    return name, lambda known: known[name]


def computed(sign: str, left: Spoken, right: Spoken) -> Spoken:
    """Return a sum, difference or product, missing where a part is."""
    compute = {"+": Fraction.__add__, "-": Fraction.__sub__, "*": Fraction.__mul__}[sign]

    def means(known: Known) -> object:
        one, two = left[1](known), right[1](known)
        if isinstance(one, Fraction) and isinstance(two, Fraction):
            return compute(one, two)
        return None

    return f"({left[0]} {sign} {right[0]})", means


def compared(sign: str, left: Spoken, right: Spoken) -> Spoken:
    """Return a comparison; what is missing is only equal to what is missing."""
    order: Callable[[Fraction, Fraction], bool] = {
        "<": Fraction.__lt__,
        "<=": Fraction.__le__,
        ">": Fraction.__gt__,
        ">=": Fraction.__ge__,
    }.get(sign, lambda _one, _two: False)

    def means(known: Known) -> object:
        one, two = left[1](known), right[1](known)
        if sign in {"==", "!="}:
            return (one == two) is (sign == "==")
        return isinstance(one, Fraction) and isinstance(two, Fraction) and order(one, two)

    return f"({left[0]} {sign} {right[0]})", means


def found_in(sign: str, left: Spoken, values: tuple[Spoken, ...]) -> Spoken:
    """Return a search in a written list."""

    def means(known: Known) -> object:
        member = left[1](known)
        found = member is not None and member in [value[1](known) for value in values]
        return found is (sign == "in")

    return f"({left[0]} {sign} [{', '.join(value[0] for value in values)}])", means


def joined(word: str, left: Spoken, right: Spoken) -> Spoken:
    """Return two truths joined."""
    if word == "and":
        return f"({left[0]} and {right[0]})", lambda known: left[1](known) and right[1](known)
    return f"({left[0]} or {right[0]})", lambda known: left[1](known) or right[1](known)


def denied(truth: Spoken) -> Spoken:
    """Return the opposite of a truth."""
    return f"(not {truth[0]})", lambda known: not truth[1](known)


def chosen(asked: Spoken, left: Spoken, right: Spoken) -> Spoken:
    """Return one part or the other."""
    text = f"({asked[0]} ? {left[0]} : {right[0]})"
    return text, lambda known: (left if asked[1](known) else right)[1](known)


def instead(left: Spoken, right: Spoken) -> Spoken:
    """Return a part, or another where it is missing."""

    def means(known: Known) -> object:
        value = left[1](known)
        return right[1](known) if value is None else value

    return f"({left[0]} ?? {right[0]})", means


a_number = st.recursive(
    st.sampled_from(["amount", "share", "visits"]).map(named)
    | numbers.filter(lambda value: abs(value) < 10**30).map(written),
    lambda part: (
        st.builds(computed, st.sampled_from("+-*"), part, part) | st.builds(instead, part, part)
    ),
    max_leaves=4,
)
a_text = st.sampled_from(["owner", "city"]).map(named) | texts.map(quoted)
some_texts = st.lists(texts.map(quoted), min_size=1, max_size=3).map(tuple)
compares = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
a_comparison = (
    st.builds(compared, compares, a_number, a_number)
    | st.builds(compared, st.sampled_from(["==", "!="]), a_text, a_text)
    | st.builds(found_in, st.sampled_from(["in", "not in"]), a_text, some_texts)
)
a_truth = st.recursive(
    a_comparison,
    lambda part: (
        st.builds(joined, st.sampled_from(["and", "or"]), part, part)
        | part.map(denied)
        | st.builds(chosen, part, part, part)
    ),
    max_leaves=6,
)


@given(a_truth, facts)
def test_means_what_plain_python_says(spoken: Spoken, about: Facts) -> None:
    """A random typed expression gives what fractions and plain Python give, missing or not."""
    known = {name: exact(value) for name, value in attrs.asdict(about, recurse=False).items()}
    assert SCOPE.compile(spoken[0])(about) is spoken[1](known)


@given(a_number, facts)
def test_numbers_are_exact(spoken: Spoken, about: Facts) -> None:
    """Sums and products over money's whole range are exact."""
    known = {name: exact(value) for name, value in attrs.asdict(about, recurse=False).items()}
    assert exact(SCOPE.compile(spoken[0], Decimal)(about)) == spoken[1](known)


@given(a_truth, full_facts)
def test_means_what_the_library_means(spoken: Spoken, about: Facts) -> None:
    """Where nothing is missing, an expression gives what the library itself computes."""
    context = rule_engine.Context(decimal_context=decimal.Context(prec=400))
    with decimal.localcontext(prec=400):  # it computes what is written while it reads
        rule = rule_engine.Rule(spoken[0], context=context)
    thing = {**attrs.asdict(about), "amount": about.amount and about.amount.amount}
    assert SCOPE.compile(spoken[0])(about) is bool(rule.evaluate(thing))


_SPOKEN = """
( ) [ ] { } < > + - * / ? : , . & | ^ ~ $ # = ! " ' @ 1 0.5 9e9 0x1 inf nan 48h 'bob'
== != <= >= ?? ** // << >> =~ &. and or not in true false null for if amount share owner
tags at actor.roles d'2026-03-01' lower( __class__ \\
"""
PIECES = _SPOKEN.split()


def _refused_or_compiled(text: str) -> None:
    try:
        found = SCOPE.compile(text)
    except FieldError as fault:
        found = None
        told = fault.code and fault.expected
    assert told if found is None else isinstance(found(Facts()), bool)


@given(st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join) | st.text(max_size=40))
@example("[1](owner)")
@example("[] in []")
@example("amount" + "(" * 300)
def test_no_text_breaks_the_reader(text: str) -> None:
    """Any text at all is compiled to something that gives a truth, or refused with a reason."""
    _refused_or_compiled(text)


@given(a_truth, st.integers(0, 60), st.sampled_from(PIECES))
def test_no_change_breaks_the_reader(spoken: Spoken, at: int, piece: str) -> None:
    """An expression with something put in its midst is compiled or refused."""
    _refused_or_compiled(f"{spoken[0][:at]}{piece}{spoken[0][at:]}")
