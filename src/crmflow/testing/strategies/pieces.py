"""
Pieces: where the values of a kind lie, so that a claim about them is met without luck.

A claim is a predicate and cannot be read. It is tried on the ends of each piece: the pieces
that hold it are drawn from, the others are where faults are found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs
from hypothesis import strategies as st

from crmflow.core.actor import SYSTEM, Actor
from crmflow.core.measure import Measure, Unit
from crmflow.core.money import Money
from crmflow.core.ref import EntityRef

Values = st.SearchStrategy[Any]

FIRST, LAST = date(2024, 1, 1), date(2030, 12, 31)
"""Days between which business happens: statutory holidays are known for some of them."""

WORDS = ("a", "quality", "13800000000", "客户", "质量投诉", "O'Neill & Söhne", "x" * 40)
IDS = ("ann", "bob", "王芳", "C-1001")
FRACTIONS = tuple(map(Decimal, ("0", "0.5", "0.01", "0.99", "0.333333")))
CURRENCIES = ("CNY", "CNY", "USD")


@attrs.frozen
class Piece:
    """
    Some of a kind's values.

    Attributes:
        values: Draws them.
        ends: Values that stand for all of them; none where nothing can be said beforehand.
    """

    values: Values
    ends: tuple[object, ...] = ()


@attrs.frozen
class Claim:
    """
    What has to hold of a value.

    Attributes:
        holds: Whether it does.
        code: Code of the fault where it does not; empty for a claim of the class itself.
        values: Draws values of which it holds, where the claim says which; else None.
    """

    holds: Callable[[Any], bool]
    code: str = ""
    values: Values | None = None


def narrowed(pieces: Sequence[Piece], claims: Iterable[Claim] = ()) -> Values:
    """Return a strategy for the values of pieces that hold every claim."""
    needed = tuple(claims)
    told = [one.values for one in needed if one.values is not None]
    fit = [one.values for one in pieces if all(_all_hold(needed, end) for end in one.ends)]
    found = st.one_of(told or fit or [one.values for one in pieces])
    return found.filter(lambda value: _all_hold(needed, value)) if needed else found


def broken(pieces: Sequence[Piece], claim: Claim) -> Values | None:
    """Return a strategy for values that do not hold a claim; None where no piece has any."""
    faulty = [
        one.values for one in pieces if one.ends and not any(claim.holds(end) for end in one.ends)
    ]
    return st.one_of(faulty).filter(lambda value: not claim.holds(value)) if faulty else None


def _all_hold(claims: Iterable[Claim], value: object) -> bool:
    return all(claim.holds(value) for claim in claims)


def _said(text: str) -> bool:
    return bool(text.strip())


def _decimals(low: int, high: int) -> Values:
    """Draw decimals from *low* to *high*, whole ones first."""
    whole = st.integers(low, high - 1)
    return whole | st.builds(lambda n, part: n + part, whole, st.sampled_from(FRACTIONS))


def _numbers(make: Callable[[Any], Any], kinds: Callable[[int, int], Values]) -> list[Piece]:
    """Return the pieces of a line of numbers, simplest first."""
    edges = ((1, 2), (2, 100), (101, 10**6), (-(10**6), -1))
    line = [Piece(kinds(*ends).map(make), tuple(map(make, ends))) for ends in edges]
    return [Piece(st.just(make(0)), (make(0),)), *line]


def _money(amount: Decimal | int) -> Money:
    return Money(Decimal(amount))


_text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
_days = st.dates(FIRST, LAST)
_instants = st.datetimes(
    datetime.combine(FIRST, datetime.min.time()),
    datetime.combine(LAST, datetime.min.time()),
    timezones=st.just(UTC),
)
_amounts = st.integers(1, 90)
_measures = st.builds(Measure, _amounts, st.sampled_from(Unit)) | st.sampled_from(
    [Measure.parse(text) for text in ("through 7d", "by 18:00 in 1wd", "by 09:30 in 0wd")]
)
_names = st.sampled_from(("boss", "clerk", "customer_service"))

PIECES: Mapping[object, Sequence[Piece]] = {
    str: [
        Piece(st.sampled_from(WORDS) | _text.filter(_said), WORDS),
        Piece(st.just(""), ("",)),
        Piece(st.sampled_from((" ", "\n", "\u3000")), (" ", "\u3000")),
    ],
    bool: [Piece(st.just(False), (False,)), Piece(st.just(True), (True,))],
    int: _numbers(int, st.integers),
    float: _numbers(float, _decimals),
    Decimal: _numbers(Decimal, _decimals),
    Money: [
        *_numbers(_money, _decimals),
        Piece(st.builds(Money, _decimals(1, 1000), st.sampled_from(CURRENCIES))),
    ],
    Measure: [Piece(_measures)],
    date: [
        Piece(_days.map(lambda day: day.replace(day=1)), (FIRST, date(2026, 2, 1))),
        Piece(_days, (date(2026, 2, 2), LAST)),
    ],
    datetime: [Piece(_instants)],
    # As `core.plain` tells them: whole seconds, or minutes.
    timedelta: [Piece(st.integers(1, 90 * 86_400).map(lambda found: timedelta(seconds=found)))],
    type(None): [Piece(st.none(), (None,))],
    EntityRef: [
        Piece(st.builds(EntityRef, st.just("acme"), st.just("deal"), st.sampled_from(IDS)))
    ],
    Actor: [
        Piece(st.builds(Actor, st.sampled_from(IDS), st.frozensets(_names, max_size=2))),
        Piece(st.just(SYSTEM)),
    ],
    object: [
        Piece(
            st.recursive(
                st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(WORDS),
                lambda inner: (
                    st.lists(inner, max_size=2)
                    | st.dictionaries(st.sampled_from(WORDS), inner, max_size=2)
                ),
                max_leaves=4,
            )
        )
    ],
}
"""The pieces of each kind of value that is made of no others, the simplest first."""
