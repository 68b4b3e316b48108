"""What a change of policies would do to one open entity, and to all of them together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Self

import attrs

from crmflow.analysis.contrast import Pair, Topic
from crmflow.core.ref import EntityRef
from crmflow.policies.sla.run import Status

__all__ = ["Change", "Effect", "Impact", "Preview"]


class Effect(StrEnum):
    """What a change would do: begin something (new), end it (vanished), make it another, or not."""

    OTHER_DEADLINE = "other_deadline"
    NEW_DEADLINE = "new_deadline"
    VANISHED_DEADLINE = "vanished_deadline"
    KEPT_DEADLINE = "kept_deadline"
    OTHER_APPROVAL = "other_approval"
    NEW_APPROVAL = "new_approval"
    VANISHED_APPROVAL = "vanished_approval"
    OTHER_TIER = "other_tier"
    NEW_TIER = "new_tier"
    VANISHED_TIER = "vanished_tier"
    OTHER_TASK = "other_task"
    NEW_TASK = "new_task"
    VANISHED_TASK = "vanished_task"
    OTHER_TIMER = "other_timer"
    NEW_TIMER = "new_timer"
    VANISHED_TIMER = "vanished_timer"
    NEW_ACCESS = "new_access"
    VANISHED_ACCESS = "vanished_access"
    OTHER_ACCESS = "other_access"
    NEW_WAY = "new_way"
    VANISHED_WAY = "vanished_way"
    OTHER_WAY = "other_way"
    STUCK = "stuck"
    FAILED = "failed"


MISSED = "missed"
"""Why a deadline stays that was not met in time: another row does not undo that."""


@attrs.frozen
class Change:
    """
    One thing that a change would do to an entity.

    Attributes:
        effect: What it would do.
        name: What it is about: a deadline, an event, a person.
        then: How it is today, as plain values; None where it is not.
        now: How it would be; None where it would not.
        why: Why it stays although its row is another one, or what failed; else empty.
    """

    effect: Effect
    name: str
    then: Mapping[str, object] | None = None
    now: Mapping[str, object] | None = None
    why: str = ""

    @classmethod
    def of(cls, pair: Pair) -> Self:
        """Return what differs between today and then; a missed deadline stays what it is."""
        then, now = (None if one is None else one.told for one in (pair.then, pair.now))
        if pair.either.topic is Topic.DEADLINE and _stays_missed(then, now):
            return cls(Effect.KEPT_DEADLINE, pair.either.name, then, now, MISSED)
        effect = Effect(f"{pair.change}_{pair.either.topic.value}")
        return cls(effect, pair.either.name, then, now)

    def to_dict(self) -> dict[str, object]:
        """Return it as plain values."""
        then = None if self.then is None else dict(self.then)
        now = None if self.now is None else dict(self.now)
        return {
            "effect": self.effect.value,
            "name": self.name,
            "then": then,
            "now": now,
            "why": self.why,
        }


def _stays_missed(then: Mapping[str, object] | None, now: Mapping[str, object] | None) -> bool:
    """Say whether a deadline was missed at one instant under both sets."""
    if then is None or now is None or then["due_at"] is None:
        return False
    # One that is paused has a due instant only where it was missed before.
    is_running = Status.RUNNING in (then["status"], now["status"])
    return not is_running and then["due_at"] == now["due_at"]


@attrs.frozen
class Impact:
    """
    What a change would do to an entity.

    Attributes:
        ref: The entity.
        state: Where it is.
        changes: What would be otherwise, or stays although its row would be.
    """

    ref: EntityRef
    state: str
    changes: tuple[Change, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Return it as plain values."""
        return {
            "machine": self.ref.machine,
            "id": self.ref.id,
            "state": self.state,
            "changes": [one.to_dict() for one in self.changes],
        }


@attrs.define
class Preview:
    """
    What a change would do in all.

    Attributes:
        entities: How many open entities there are.
        changed: How many of them it would change in anything; that a deadline stays is no change.
        found: How often it would do what, by effect, machine and name.
    """

    entities: int = 0
    changed: int = 0
    found: Counter[tuple[Effect, str, str]] = attrs.field(factory=Counter)

    @classmethod
    def of(cls, impacts: Iterable[Impact]) -> Self:
        """Return the sum of what it would do to entities."""
        found = cls()
        for impact in impacts:
            found.add(impact)
        return found

    def add(self, impact: Impact) -> None:
        """Take one more entity."""
        self.entities += 1
        self.changed += any(one.effect is not Effect.KEPT_DEADLINE for one in impact.changes)
        for one in impact.changes:
            self.found[one.effect, impact.ref.machine, one.name] += 1

    def rows(self) -> list[dict[str, object]]:
        """Return the sum: effect, machine, name, how many entities."""
        order = list(Effect)
        found = sorted(self.found.items(), key=lambda one: (order.index(one[0][0]), *one[0][1:]))
        return [
            {"effect": effect.value, "machine": machine, "name": name, "entities": n}
            for (effect, machine, name), n in found
        ]

    def to_dict(self) -> dict[str, object]:
        """Return it as plain values."""
        return {"entities": self.entities, "changed": self.changed, "changes": self.rows()}
