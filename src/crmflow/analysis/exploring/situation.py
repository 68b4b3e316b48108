"""
Situations: what of an entity its future depends on.

Snapshots that are alike in it count as one situation. Kept are the state, which facts are
known, choices and flags themselves, numbers that are small or near a constant, others by the
band between constants they lie in, who of the people it is, texts that code or samples name;
instants only by whether they have passed; timers by name in due order, tasks, links, holds, and
the states of policies put the same way. Versions, lengths of time, other texts and what nothing
reads are left out. Numbers of one band may still have different futures, and so may long lists:
`Abstraction.hides` says where one was taken for another.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

import attrs
from msgspec import Struct

from crmflow.analysis.exploring.reading import number_of
from crmflow.analysis.exploring.relevance import Relevance
from crmflow.core.actor import Actor
from crmflow.core.entity import Attached, PolicyState, Snapshot
from crmflow.core.kinds import field_names
from crmflow.core.money import Money

__all__ = ["Abstraction"]

_MOST = 6
"""So many items of a list are told apart; a longer one counts as one of that length."""

_FEW = 20
"""All numbers up to a constant that is no larger are told apart: something may count to it."""

_DIGEST = re.compile(r"[0-9a-f]{12,}")


@attrs.frozen
class _Read:
    """A value as it is told apart: what never changes, instants that pass, and what it hides."""

    value: object
    told: Hashable
    instants: tuple[datetime, ...]
    rest: tuple[object, ...]

    def at(self, at: datetime) -> Hashable:
        """Return what is told apart at an instant."""
        return self.told, tuple(one > at for one in self.instants)


@attrs.frozen
class _Aside:
    """What is put aside of a value: its instants, numbers of bands, and what lists have more."""

    instants: list[datetime] = attrs.field(factory=list)
    rest: list[object] = attrs.field(factory=list)


@attrs.define
class Abstraction:
    """
    How snapshots are told apart.

    Args:
        relevance: What facts and numbers anything reads.
        people: Ids of those who act.
        counted: Up to where numbers are told apart that lie near no constant.
        own: Numbers and texts that are told apart besides.
    """

    relevance: Relevance
    people: frozenset[str]
    counted: int
    own: Collection[Decimal | str] = frozenset()
    _words: frozenset[str] = attrs.field(init=False)
    _exact: frozenset[Decimal] = attrs.field(init=False)
    _most: Decimal = attrs.field(init=False)
    _last: Decimal = attrs.field(init=False)
    _read: dict[int, _Read] = attrs.field(init=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        constants = self.relevance.numbers
        own = [one for one in self.own if isinstance(one, Decimal)]
        texts = [one for one in self.own if isinstance(one, str)]
        self._words = self.people.union(self.relevance.told, texts)
        self._exact = frozenset({*own, *(one + step for one in constants for step in (-1, 0, 1))})
        self._most = max((Decimal(self.counted), *(one for one in constants if one <= _FEW)))
        self._last = max((self._most, *constants[-1:], *own))

    def key(self, snapshot: Snapshot[Any], opened: frozenset[str]) -> Hashable:
        """
        Return what two snapshots have in common where they are one situation.

        Args:
            snapshot: The entity.
            opened: Names of links it has opened.
        """
        facts = self._once(snapshot.facts, self._facts).at(snapshot.at)
        return snapshot.state, facts, opened, self._attached(snapshot.attached, snapshot.at)

    def hides(self, kept: Snapshot[Any], come: Snapshot[Any]) -> bool:
        """
        Say whether snapshots with the same key differ in what code may tell apart nevertheless.

        A number that only grows, beyond all that it may be compared with, is alike where code
        does no more than compare.

        Args:
            kept: The one that stands for both.
            come: The other.
        """
        before, after = self._rest(kept), self._rest(come)
        for place, (one, other) in enumerate(zip(before, after, strict=True)):
            others = [*after[:place], *after[place + 1 :]]
            if one != other and not self._is_beyond(one, other, others):
                return True
        return False

    def _is_beyond(self, kept: object, come: object, others: Iterable[object]) -> bool:
        if self.relevance.calculates or not isinstance(kept, Decimal):
            return False
        known = (one for one in others if isinstance(one, Decimal))
        return isinstance(come, Decimal) and come > kept > max((self._last, *known))

    def _rest(self, snapshot: Snapshot[Any]) -> list[object]:
        """Return what the key of a snapshot leaves out of numbers and lists, in order."""
        attached = snapshot.attached
        read = [
            self._once(snapshot.facts, self._facts),
            *(self._once(link.facts, self._told) for link in attached.links),
            *(self._once(kept, self._policy) for kept in attached.policies),
        ]
        return [part for one in read for part in one.rest]

    def _attached(self, attached: Attached, at: datetime) -> Hashable:
        timers = sorted(attached.timers, key=lambda timer: (timer.due_at, timer.name))
        return (
            tuple(timer.name for timer in timers),
            tuple(sorted((task.name, task.role, task.assignee or "") for task in attached.tasks)),
            tuple(
                (link.name, link.state, self._once(link.facts, self._told).at(at))
                for link in attached.links
            ),
            tuple((hold.event, hold.policy, hold.asked_by) for hold in attached.holds),
            tuple(self._once(kept, self._policy).at(at) for kept in attached.policies),
            bool(attached.pauses),
        )

    def _once(self, value: object, flat: Any) -> _Read:  # noqa: ANN401 - a flattening
        """Return how a value is told apart, looked at once; the value is kept with it."""
        found = self._read.get(id(value))
        if found is None:
            aside = _Aside()
            told = flat(value, aside)
            found = _Read(value, told, tuple(aside.instants), tuple(aside.rest))
            self._read[id(value)] = found
        return found

    def _facts(self, facts: object, aside: _Aside) -> Hashable:
        names = [one for one in _fields(facts) if one in self.relevance.facts]
        return tuple(self._flat(getattr(facts, name), aside, self._text) for name in names)

    def _told(self, facts: Mapping[str, object], aside: _Aside) -> Hashable:
        told = self.relevance.told
        return tuple((k, self._flat(v, aside, self._text)) for k, v in facts.items() if k in told)

    def _policy(self, kept: PolicyState, aside: _Aside) -> Hashable:
        return kept.policy, self._flat(kept.value, aside, _name)

    def _text(self, text: str) -> str:
        """Return what is told apart of a text: whether it is one, whose id, and a known one."""
        return text if text in self._words or not text else "text"

    def _flat(self, value: object, aside: _Aside, text: Callable[[str], str]) -> Hashable:
        """Return what is told apart of a value; the rest is put aside."""
        if value is None or isinstance(value, Enum | bool | timedelta):
            return None if isinstance(value, timedelta) else value
        if isinstance(value, str):
            return text(value)
        if isinstance(value, int | float | Decimal | Money):
            return self._band(value, aside)
        if isinstance(value, date):
            late = value if isinstance(value, datetime) else datetime.combine(value, time.max, UTC)
            aside.instants.append(late)
            return "instant"
        return self._many(value, aside, lambda one: self._flat(one, aside, text))

    def _many(self, value: object, aside: _Aside, inner: Callable[[object], Hashable]) -> Hashable:
        if isinstance(value, Actor):
            return value.id
        if isinstance(value, frozenset):
            return tuple(sorted(map(repr, value)))
        if isinstance(value, tuple | list):
            aside.rest.append(tuple(value[_MOST:]))
            return tuple(inner(one) for one in value[:_MOST])
        if isinstance(value, Mapping):
            return tuple((str(k), inner(one)) for k, one in value.items())
        names = value.__struct_fields__ if isinstance(value, Struct) else _fields(value)
        return tuple(inner(getattr(value, name)) for name in names)

    def _band(self, value: object, aside: _Aside) -> Hashable:
        """Return a number that is told apart, or between which constants it lies."""
        number = number_of(value)
        if number is None or abs(number) <= self._most or number in self._exact:
            return str(value) if number is None else number
        aside.rest.append(number)
        return "between", bisect.bisect_left(self.relevance.numbers, number)


def _name(text: str) -> str:
    """Return a text of a policy, which is a name of a row or a person; digests are alike."""
    return "digest" if _DIGEST.fullmatch(text) else text


def _fields(value: object) -> tuple[str, ...]:
    kind: type = type(value)
    return field_names(kind)
