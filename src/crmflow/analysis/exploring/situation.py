"""
Situations: what of an entity its future depends on.

Snapshots that are alike in it count as one situation. Kept are the state, which facts are
known, choices and flags themselves, numbers by the band between constants they lie in, who of
the people it is; instants only by whether they have passed; timers by name in due order, tasks,
links, holds, and the states of policies put the same way. Versions, lengths of time, texts and
what nothing reads are left out.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Hashable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

import attrs
from msgspec import Struct

from crmflow.analysis.exploring.relevance import Relevance
from crmflow.core.actor import Actor
from crmflow.core.entity import Attached, PolicyState, Snapshot
from crmflow.core.kinds import field_names
from crmflow.core.money import Money

__all__ = ["Abstraction"]

_MOST = 6
"""So many items of a list are told apart; a longer one counts as one of that length."""


_DIGEST = re.compile(r"[0-9a-f]{12,}")


@attrs.frozen
class _Read:
    """A value as it is told apart: what never changes, and instants that pass."""

    value: object
    told: Hashable
    instants: tuple[datetime, ...]

    def at(self, at: datetime) -> Hashable:
        """Return what is told apart at an instant."""
        return self.told, tuple(one > at for one in self.instants)


@attrs.define
class Abstraction:
    """
    How snapshots are told apart.

    Args:
        relevance: What facts and numbers anything reads.
        people: Ids of those who act; all other texts of facts are alike.
        counted: Up to where numbers are told apart that lie between no constants.
    """

    relevance: Relevance
    people: frozenset[str]
    counted: int
    _read: dict[int, _Read] = attrs.field(init=False, factory=dict)

    def key(self, snapshot: Snapshot[Any], opened: frozenset[str]) -> Hashable:
        """
        Return what two snapshots have in common where they are one situation.

        Args:
            snapshot: The entity.
            opened: Names of links it has opened.
        """
        facts = self._once(snapshot.facts, self._facts).at(snapshot.at)
        return snapshot.state, facts, opened, self._attached(snapshot.attached, snapshot.at)

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
            instants: list[datetime] = []
            found = _Read(value, flat(value, instants), tuple(instants))
            self._read[id(value)] = found
        return found

    def _facts(self, facts: object, instants: list[datetime]) -> Hashable:
        names = [one for one in _fields(facts) if one in self.relevance.facts]
        return tuple(self._flat(getattr(facts, name), instants, self._text) for name in names)

    def _told(self, facts: Mapping[str, object], instants: list[datetime]) -> Hashable:
        told = self.relevance.told
        return tuple(
            (k, self._flat(v, instants, self._text)) for k, v in facts.items() if k in told
        )

    def _policy(self, kept: PolicyState, instants: list[datetime]) -> Hashable:
        return kept.policy, self._flat(kept.value, instants, _name)

    def _text(self, text: str) -> str:
        """Return what is told apart of a text: whether it is one, and whose id it is."""
        return text if text in self.people or not text else "text"

    def _flat(
        self, value: object, instants: list[datetime], text: Callable[[str], str]
    ) -> Hashable:
        """Return what is told apart of a value; instants are put aside."""
        if value is None or isinstance(value, Enum | bool | timedelta):
            return None if isinstance(value, timedelta) else value
        if isinstance(value, str):
            return text(value)
        if isinstance(value, int | float | Decimal | Money):
            return self._band(Decimal(value.amount if isinstance(value, Money) else value))
        if isinstance(value, date):
            late = value if isinstance(value, datetime) else datetime.combine(value, time.max, UTC)
            instants.append(late)
            return "instant"
        return self._many(value, lambda one: self._flat(one, instants, text))

    def _many(self, value: object, inner: Callable[[object], Hashable]) -> Hashable:
        if isinstance(value, Actor):
            return value.id
        if isinstance(value, frozenset):
            return tuple(sorted(map(repr, value)))
        if isinstance(value, tuple | list):
            return tuple(inner(one) for one in value[:_MOST])
        if isinstance(value, Mapping):
            return tuple((str(k), inner(one)) for k, one in value.items())
        names = value.__struct_fields__ if isinstance(value, Struct) else _fields(value)
        return tuple(inner(getattr(value, name)) for name in names)

    def _band(self, number: Decimal) -> Hashable:
        """Return between which constants a number lies, the smallest told apart by themselves."""
        constants = self.relevance.numbers
        place = bisect.bisect_left(constants, number)
        exact = place < len(constants) and constants[place] == number
        return place, exact, number if abs(number) <= self.counted else None


def _name(text: str) -> str:
    """Return a text of a policy, which is a name of a row or a person; digests are alike."""
    return "digest" if _DIGEST.fullmatch(text) else text


def _fields(value: object) -> tuple[str, ...]:
    kind: type = type(value)
    return field_names(kind)
