"""What two lives of one entity have in common and what not, whatever it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Literal, TypeVar

import attrs

__all__ = ["Item", "Pair", "Topic", "paired"]

K = TypeVar("K")


class Topic(StrEnum):
    """What an item is about."""

    DEADLINE = "deadline"
    EVENT = "event"
    APPROVAL = "approval"
    TIER = "tier"
    TASK = "task"
    MESSAGE = "message"
    STATE = "state"
    TIMER = "timer"
    ACCESS = "access"
    WAY = "way"


@attrs.frozen
class Item:
    """
    One thing of a life.

    Attributes:
        topic: What it is about.
        name: What it is called: a deadline, an event, a task.
        at: Aware UTC instant at which it began.
        told: What is told of it, as plain values.
        beside: What is compared besides and never told, for it may be personal.
    """

    topic: Topic
    name: str
    at: datetime
    told: Mapping[str, object] = attrs.field(factory=dict)
    beside: object = None

    def to_dict(self) -> dict[str, object]:
        """Return what is told of it, with its instant."""
        return {"at": self.at.isoformat(), **self.told}


@attrs.frozen
class Pair:
    """
    The same thing in both lives, where it differs; None in the one that does not have it.

    Attributes:
        then: As it is in the first life.
        now: As it is in the second.
    """

    then: Item | None
    now: Item | None

    @property
    def at(self) -> datetime:
        """Aware UTC instant from which the lives differ in it."""
        return min(one.at for one in (self.then, self.now) if one is not None)

    @property
    def change(self) -> Literal["new", "vanished", "other"]:
        """Whether it is there now alone, was there alone, or is another one."""
        if self.then is None:
            return "new"
        return "vanished" if self.now is None else "other"

    @property
    def either(self) -> Item:
        """The thing as it is now, or as it was where it is no more."""
        found = self.now or self.then
        assert found is not None  # noqa: S101 - a pair has one of them
        return found


def paired(then: Iterable[Item], now: Iterable[Item]) -> list[Pair]:
    """
    Return what differs, in order of time.

    What has the same name and instant is one thing; of what is left over, things of one name
    are taken for each other in the order of their instants.
    """
    olds, news = list(then), list(now)
    found: list[Pair] = []
    for key in (_exactly, _named):
        pairs, olds, news = _matched(olds, news, key)
        found += [pair for pair in pairs if pair.then != pair.now]
    found += [Pair(one, None) for one in olds]
    found += [Pair(None, one) for one in news]
    return sorted(found, key=lambda pair: (pair.at, pair.either.topic, pair.either.name))


def _exactly(item: Item) -> tuple[Topic, str, datetime]:
    return item.topic, item.name, item.at


def _named(item: Item) -> tuple[Topic, str]:
    return item.topic, item.name


def _matched(
    olds: list[Item], news: list[Item], key: Callable[[Item], K]
) -> tuple[list[Pair], list[Item], list[Item]]:
    """Return items of one key in pairs, and those of either side that are left over."""
    waiting: dict[K, list[Item]] = {}
    for one in olds:
        waiting.setdefault(key(one), []).append(one)
    pairs, alone = [], []
    for one in news:
        first = waiting.get(key(one))
        if first:
            pairs.append(Pair(first.pop(0), one))
        else:
            alone.append(one)
    return pairs, [one for rest in waiting.values() for one in rest], alone
