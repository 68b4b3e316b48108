"""One thing that would have been different, and whether that is known or only supposed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum

import attrs

from crmflow.analysis.contrast import Item, Pair, Topic
from crmflow.core.journal import Entry

__all__ = ["Difference", "Kind", "differences", "diverged"]


class Kind(StrEnum):
    """What is different: only under the other policies (new), only before (vanished), or else."""

    NEW_BREACH = "new_breach"
    VANISHED_BREACH = "vanished_breach"
    NEW_DEADLINE = "new_deadline"
    VANISHED_DEADLINE = "vanished_deadline"
    OTHER_DEADLINE = "other_deadline"
    NEW_HOLD = "new_hold"
    VANISHED_HOLD = "vanished_hold"
    NEW_REFUSAL = "new_refusal"
    VANISHED_REFUSAL = "vanished_refusal"
    NEW_EVENT = "new_event"
    VANISHED_EVENT = "vanished_event"
    OTHER_EVENT = "other_event"
    NEW_APPROVAL = "new_approval"
    VANISHED_APPROVAL = "vanished_approval"
    OTHER_APPROVAL = "other_approval"
    NEW_TIER = "new_tier"
    VANISHED_TIER = "vanished_tier"
    OTHER_TIER = "other_tier"
    NEW_TASK = "new_task"
    VANISHED_TASK = "vanished_task"
    OTHER_TASK = "other_task"
    NEW_MESSAGE = "new_message"
    VANISHED_MESSAGE = "vanished_message"
    OTHER_MESSAGE = "other_message"
    OTHER_STATE = "other_state"


@attrs.frozen
class Difference:
    """
    One thing that differs.

    Attributes:
        kind: What is different.
        name: What it is about: a deadline, an event, a scheme, a task.
        at: Aware UTC instant from which it differs.
        then: How it was, as plain values; None where it was not.
        now: How it would have been; None where it would not.
        conditional: Whether it comes after the entity has gone another way, so that people
            would not have done what the journal has.
    """

    kind: Kind
    name: str
    at: datetime
    then: Mapping[str, object] | None
    now: Mapping[str, object] | None
    conditional: bool = False

    def to_dict(self) -> dict[str, object]:
        """Return it as plain values."""
        then = None if self.then is None else dict(self.then)
        now = None if self.now is None else dict(self.now)
        return {
            "kind": self.kind.value,
            "name": self.name,
            "at": self.at.isoformat(),
            "then": then,
            "now": now,
            "conditional": self.conditional,
        }


HELD = frozenset({Entry.HELD.value})
REFUSED = frozenset({"refused", Entry.RAISE_REFUSED.value, Entry.TIMER_REFUSED.value})


def differences(
    pairs: Iterable[Pair], diverged_at: datetime | None, waits: Collection[str] = ()
) -> Iterator[Difference]:
    """
    Yield what differs, in the order of the pairs.

    Args:
        pairs: What is not the same in both lives.
        diverged_at: Aware UTC instant at which the entity first goes another way, or None.
        waits: Deadlines that promise nothing, and are never missed.
    """
    for pair in pairs:
        kind = _kind(pair, waits)
        at = _instant(kind, pair)
        conditional = diverged_at is not None and at > diverged_at
        then, now = (None if one is None else one.to_dict() for one in (pair.then, pair.now))
        yield Difference(kind, pair.either.name, at, then, now, conditional)


def diverged(pairs: Iterable[Pair]) -> datetime | None:
    """Return the aware UTC instant at which an entity first goes another way, None if never."""
    return min((pair.at for pair in pairs if pair.either.topic is Topic.EVENT), default=None)


def _kind(pair: Pair, waits: Collection[str]) -> Kind:
    topic = pair.either.topic
    if topic is Topic.DEADLINE and pair.either.name not in waits:
        was, is_now = (bool(_told(one, "breached_at")) for one in (pair.then, pair.now))
        if was != is_now:
            return Kind.NEW_BREACH if is_now else Kind.VANISHED_BREACH
    if topic is Topic.EVENT:
        for word, answers in (("hold", HELD), ("refusal", REFUSED)):
            was, is_now = (_told(one, "answer") in answers for one in (pair.then, pair.now))
            if was != is_now:
                return Kind(f"new_{word}" if is_now else f"vanished_{word}")
    return Kind(f"{pair.change}_{topic.value}")


def _told(item: Item | None, name: str) -> object:
    return None if item is None else item.told.get(name)


def _instant(kind: Kind, pair: Pair) -> datetime:
    """Return from when on a pair differs: a breach at its own instant, not from its beginning."""
    if kind in {Kind.NEW_BREACH, Kind.VANISHED_BREACH}:
        missed = _told(pair.now if kind is Kind.NEW_BREACH else pair.then, "breached_at")
        return datetime.fromisoformat(str(missed))
    return pair.at
