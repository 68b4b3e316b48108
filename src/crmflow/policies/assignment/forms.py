"""What people say to the policy: its reserved events and their forms."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs

from crmflow.core.form import Some, Text

NAME = "assignment"
TIMER = "$assignment"
PICK_UP, PUT_BACK, ASSIGN, LOCK, UNLOCK = "$pick_up", "$put_back", "$assign", "$lock", "$unlock"


@attrs.frozen
class PickUp:
    """
    Takes an entity out of the pool.

    Attributes:
        holding: Which of one's places it takes, from 1; left out, one by its digest.
        pick: Which of one's picks of the day, likewise.
    """

    holding: Some | None = None
    pick: Some | None = None


@attrs.frozen
class PutBack:
    """Gives an entity to the pool, and why."""

    reason: Text


@attrs.frozen
class Assign:
    """
    Gives an entity to somebody.

    Attributes:
        reason: Why.
        owner: Who gets it; left out, one of the candidates.
        candidates: Among whom the row's strategy chooses; left out, all the row names.
        turn: Whose turn it is, from 0, for round robin.
        loads: How many entities each person has, for the least loaded.
    """

    reason: Text
    owner: Text | None = None
    candidates: tuple[Text, ...] = ()
    turn: int | None = None
    loads: Mapping[str, int] | None = None


@attrs.frozen
class Lock:
    """
    Keeps an entity with its owner.

    Attributes:
        reason: Why.
        until_at: Aware UTC instant at which it ends by itself; left out, when unlocked.
    """

    reason: Text
    until_at: datetime | None = None


@attrs.frozen
class Unlock:
    """Ends a lock, and why."""

    reason: Text


RESERVED: Mapping[str, type | None] = {
    TIMER: None,
    PICK_UP: PickUp,
    PUT_BACK: PutBack,
    ASSIGN: Assign,
    LOCK: Lock,
    UNLOCK: Unlock,
}
"""Form of each reserved event."""
