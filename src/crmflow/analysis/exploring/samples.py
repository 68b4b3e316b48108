"""Payloads that stand for all that a form can bring."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import attrs

from crmflow.analysis.exploring.reading import number_of
from crmflow.analysis.exploring.relevance import Relevance
from crmflow.core.form import read_value
from crmflow.core.kinds import hints_of
from crmflow.core.measure import Measure
from crmflow.core.money import Money

__all__ = ["ANY_ID", "Payload", "Sampling", "is_timely", "later", "told_apart"]

ANY_ID = "one"
"""The text of every field that may hold any; also the id of every linked entity."""

Payload = dict[str, object]

_NAMED = {
    "mobile": "13800138000",
    "phone": "010-62345678",
    "fax": "010-62345678",
    "email": "one@example.com",
    "mailbox": "one@example.com",
    "tax_id": "91350100M000100Y43",
}
_TEXTS = (ANY_ID, *_NAMED.values(), "2026", "2026-03")
_DAY = timedelta(days=1)
_LONG_AGO = 60 * _DAY
_BOUNDARIES = 4
"""So many constants of the code are taken for the numbers of one field."""


@attrs.frozen
class Sampling:
    """
    What payloads are made of.

    Attributes:
        relevance: What is told apart: only fields that are read get more than one value.
        people: Ids that a field for a person takes.
        most: How many payloads of one form at most.
    """

    relevance: Relevance
    people: tuple[str, ...]
    most: int

    def payloads(
        self, form: type, at: datetime, only: Collection[str] | None = None
    ) -> list[Payload]:
        """
        Return payloads of a form, the one with every field first; none twice.

        Args:
            form: An attrs class.
            at: Aware UTC instant; days and instants lie around its day.
            only: Names of the fields that are brought; None for all.
        """
        choices = self._fields(form, at.replace(hour=0, minute=0, second=0, microsecond=0))
        choices = {name: one for name, one in choices.items() if only is None or name in only}
        combined = 1
        for values in choices.values():
            combined *= len(values)
        rows = _every(choices) if combined <= self.most else _each(choices)
        found: list[Payload] = []
        for row in rows:
            payload = {name: value for name, value in row.items() if value is not None}
            if payload not in found:
                found.append(payload)
        return found[: self.most]

    def _fields(self, form: type, day: datetime) -> dict[str, list[object]]:
        """Return the values of each field, None where it may be left out."""
        found: dict[str, list[object]] = {}
        for place, field in enumerate(attrs.fields(form)):
            hint = hints_of(form).get(field.name, object)
            values = _fitting(hint, self._values(field.name, hint, day, place))
            if field.name not in self.relevance.fields:
                values = values[:1]  # what nothing reads makes no difference
            elif field.default is not attrs.NOTHING:
                values = [*values, None]
            found[field.name] = values or [None]
        return found

    def _values(self, name: str, hint: object, day: datetime, place: int) -> Iterator[object]:
        """Yield values of an annotation, the one to be taken first in front."""
        origin, args = get_origin(hint), get_args(hint)
        if origin is Annotated:
            yield from self._values(name, args[0], day, place)
        elif origin in {Union, UnionType}:
            for one in args:
                if one is not type(None):
                    yield from self._values(name, one, day, place)
        elif origin is Literal:
            yield from args
        elif origin is tuple:
            items = _fitting(args[0], self._values(name, args[0], day, place))
            yield from ([one] for one in items)
            yield []
        elif origin is Mapping:
            yield {}
            yield from ({ANY_ID: one} for one in self._values(name, args[1], day, place))
        else:
            yield from self._plain(name, hint if isinstance(hint, type) else object, day, place)

    def _plain(self, name: str, kind: type, day: datetime, place: int) -> Iterator[object]:
        """Yield values of a class."""
        if issubclass(kind, Enum):
            yield from (member.value for member in kind)
        elif issubclass(kind, bool):
            yield from (True, False)
        elif issubclass(kind, int | float | Decimal | Money):
            yield from self._numbers(kind)
        elif issubclass(kind, datetime | date):
            yield from _days(kind, name, day, place)
        elif issubclass(kind, timedelta | Measure):
            yield "1d"
        elif attrs.has(kind):
            yield from self.payloads(kind, day)
        else:
            yield from self.people if name == "owner" else _named(name)
            yield from sorted(self.relevance.texts.get(name, ()))[:_BOUNDARIES]

    def _numbers(self, kind: type) -> Iterator[object]:
        """Yield a number that is rather large, then those around what code compares with."""
        known = [n for n in self.relevance.numbers if abs(n) > 1 or n % 1]
        chosen = sorted(known, key=abs)[:_BOUNDARIES]
        near = sorted({n + step for n in chosen for step in (-1, 0, 1)})
        numbers = [Decimal(1), *near, Decimal(0), *([known[-1] + 1] if known else [])]
        if issubclass(kind, int):
            numbers = [number for number in numbers if not number % 1]
        for number in dict.fromkeys(numbers):
            if issubclass(kind, int):
                yield int(number)
            elif issubclass(kind, Money):
                yield f"{number} CNY"
            else:
                yield float(number) if issubclass(kind, float) else str(number)


def _named(name: str) -> Iterator[str]:
    """Yield texts, the one of a well-known form first that a field's name asks for."""
    yield from (text for known, text in _NAMED.items() if name.endswith(known))
    yield from _TEXTS


def _ends(name: str) -> bool:
    return name.startswith("end") or name.endswith(("until", "until_at", "until_on"))


def _days(kind: type, name: str, day: datetime, place: int) -> Iterator[object]:
    """
    Yield days or instants: what opens a span comes before what ends it.

    Of other fields the later ones lie later, so that spans between them have a length.
    """
    behind = 30 * _DAY if _ends(name) else place * _DAY
    if name.startswith("start") or name.endswith(("from", "since")):
        behind = -_DAY if name.endswith(("from", "since")) else timedelta(0)
    instants = (day + behind + _DAY, day, day + 2 * _DAY, day - _LONG_AGO + behind)
    if issubclass(kind, datetime):
        yield from instants
    else:
        # A day that was, before one that will be: most are told afterwards.
        was = () if _ends(name) else (day,)
        yield from (one.date() for one in (*was, *instants))


def _fitting(hint: object, values: Iterable[object]) -> list[object]:
    """Return the values that a field takes; of the texts that stand for any, the first."""
    found: list[object] = []
    texts = 0
    for value in values:
        if read_value(hint, value) is not None:
            texts += value in _TEXTS
            if texts <= 1 or value not in _TEXTS:
                found.append(value)
    return found


def _every(choices: Mapping[str, list[object]]) -> Iterator[Payload]:
    """Yield every combination, the first values first."""
    for values in itertools.product(*choices.values()):
        yield dict(zip(choices, values, strict=True))


def _each(choices: Mapping[str, list[object]]) -> Iterator[Payload]:
    """Yield the first values, the last ones, and each other value once."""
    first = {name: values[0] for name, values in choices.items()}
    yield first
    yield {name: values[-1] for name, values in choices.items()}
    longest = max(map(len, choices.values()), default=0)
    for place in range(1, longest):
        for name, values in choices.items():
            if place < len(values):
                yield {**first, name: values[place]}


def is_timely(form: type) -> bool:
    """Say whether a form has days or instants, so that its payloads are others every day."""
    return any(_is_time(kind) for kind in _kinds(hints_of(form).values()))


def _is_time(kind: Any) -> bool:  # noqa: ANN401 - any annotation
    return isinstance(kind, type) and (
        issubclass(kind, date) or (attrs.has(kind) and is_timely(kind))
    )


def _kinds(hints: Iterable[object]) -> Iterator[object]:
    for hint in hints:
        yield hint
        yield from _kinds(one for one in get_args(hint) if not isinstance(one, str))


def told_apart(value: object) -> Iterator[Decimal | str]:
    """Yield the texts of samples, and their numbers, those that are texts too."""
    if isinstance(value, Mapping):
        value = [*value.values()]
    if isinstance(value, list | tuple):
        yield from (one for part in value for one in told_apart(part))
    if isinstance(value, str):
        yield value
    number = number_of(value)
    if number is not None:
        yield number


def later(value: object, by: timedelta) -> object:
    """Return a payload, or a part of one, with all its days and instants so much later."""
    if isinstance(value, date):
        return value + by
    if isinstance(value, dict):
        return {name: later(one, by) for name, one in value.items()}
    return [later(one, by) for one in value] if isinstance(value, list) else value
