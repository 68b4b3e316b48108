"""Faults: payloads that are wrong in one place, which is known."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from itertools import repeat
from typing import Any, Union, get_args, get_origin

import attrs
from hypothesis import strategies as st

from crmflow.core.measure import Measure
from crmflow.core.money import Money
from crmflow.core.plain import plain
from crmflow.testing.strategies.kinds import Kinds, checks_of, fields_of
from crmflow.testing.strategies.paths import GONE, Payload, Step, path_of, replaced
from crmflow.testing.strategies.pieces import Values, broken

NOWHERE = "no_such_field"

_NOT_TEXT: tuple[object, ...] = (7, [], "\ud800")
WRONG: Mapping[object, tuple[object, ...]] = {
    str: _NOT_TEXT,
    bool: ("true", 1),
    int: ("1", 1.5, True),
    float: ("1.5", True),
    Decimal: (1.5, "a lot", "NaN", True),
    Money: (1.5, "12.50 yuan", "a lot", []),
    Measure: ("soon", 4, "0min"),
    date: ("2026-02-30", "tomorrow", 20260301),
    datetime: ("2026-03-01T09:00:00", "2026-03-01", 0),
    timedelta: ("soon", "0s", 60),
}
"""What is of the wrong type, by what a field holds: as JSON may say it."""


@attrs.frozen
class Faulty:
    """
    A payload that is wrong in one place.

    Attributes:
        payload: Plain values.
        path: Where it is wrong, from `$`, as a `Fault` has it.
        codes: Codes one of which the fault has.
    """

    payload: Payload
    path: str
    codes: frozenset[str]


@attrs.frozen
class Spot:
    """
    A place of a payload and how it can be made wrong.

    Attributes:
        steps: The names and numbers that lead there.
        codes: Codes one of which the fault then has.
        values: Draws what is put there; GONE where it is left out.
    """

    steps: tuple[Step, ...]
    codes: frozenset[str]
    values: Values

    @property
    def path(self) -> str:
        """Where it is, as a `Fault` has it."""
        return path_of(self.steps)

    def planted(self, payload: Payload) -> st.SearchStrategy[Faulty]:
        """Return a strategy for a payload that was right and is wrong here."""
        return self.values.map(
            lambda value: Faulty(replaced(payload, self.steps, value), self.path, self.codes)
        )


def spots(kinds: Kinds, form: type, payload: Any, at: tuple[Step, ...] = ()) -> Iterator[Spot]:  # noqa: ANN401 - any JSON
    """Yield every place of a form's payload that can be made wrong."""
    yield Spot((*at, NOWHERE), frozenset({"unknown"}), st.just("?"))
    for field in fields_of(form):
        here = (*at, field.name)
        if field.needed:
            yield Spot(here, frozenset({"missing"}), st.just(GONE))
        yield from _of_kind(kinds, field.kind, payload.get(field.name), here)


def _of_kind(kinds: Kinds, kind: Any, value: Any, at: tuple[Step, ...]) -> Iterator[Spot]:  # noqa: ANN401 - any JSON
    """Yield what can be made wrong of a value, and of what is in it."""
    if kind in kinds.overrides:  # what is legal there is not known
        return
    inner, claims = checks_of(kind)
    if get_origin(kind) in {Union, types.UnionType}:
        members = [one for one in get_args(kind) if one is not type(None)]
        if len(members) == 1:  # of several, what is wrong for one may be right for another
            yield from _of_kind(kinds, members[0], value, at)
    elif inner is not kind:
        for claim in claims:
            values = broken(kinds.pieces(inner), claim)
            if values is not None:
                yield Spot(at, frozenset({claim.code}), values.map(plain))
        yield from _of_kind(kinds, inner, value, at)
    else:
        yield from _of_plain(kinds, kind, value, at)


def _of_plain(kinds: Kinds, kind: Any, value: Any, at: tuple[Step, ...]) -> Iterator[Spot]:  # noqa: ANN401 - any JSON
    wrong = WRONG.get(kind)
    if wrong is not None:
        yield Spot(at, frozenset({"type"}), st.sampled_from(wrong))
    elif isinstance(kind, type) and issubclass(kind, Enum):
        yield Spot(at, frozenset({"choice"}), st.sampled_from(("no such choice", 1.5)))
    elif get_origin(kind) is tuple:
        parts = get_args(kind)
        alike = parts[1:] == (...,)
        # A text has as many parts as letters: where each part has its kind, those are wrong too.
        code, strange = ("type", ["a text", 7, {}]) if alike else ("invalid", [7, {}])
        yield Spot(at, frozenset({code}), st.sampled_from(strange))
        each = repeat(parts[0]) if alike else parts
        for number, (part, one) in enumerate(zip(each, value or (), strict=False)):
            yield from _of_kind(kinds, part, one, (*at, number))
    elif isinstance(kind, type) and attrs.has(kind):
        yield Spot(at, frozenset({"type"}), st.sampled_from(("a text", 7, [])))
        if value is not None:
            yield from spots(kinds, kind, value, at)
