"""What the policy remembers of an entity's owner."""

from __future__ import annotations

from datetime import date, datetime

import attrs

from crmflow.core.form import Text


@attrs.frozen
class Heard:
    """When an event that a limit waits for last came: the limit's name, an aware UTC instant."""

    limit: Text
    at: datetime


@attrs.frozen
class Holding:
    """The claim on one of somebody's places: its value, and whose it is."""

    value: Text
    by: Text


@attrs.frozen
class Pick:
    """The claim on one of somebody's picks of a day, kept until that day is over."""

    value: Text
    on: date


@attrs.frozen
class Locked:
    """
    A freeze: meanwhile the entity stays where it is.

    Attributes:
        by: Id of who locked it.
        reason: Why.
        until_at: Aware UTC instant at which it ends by itself, or None. No edit moves it.
    """

    by: Text
    reason: Text
    until_at: datetime | None = None


@attrs.frozen
class Ownership:
    """
    Who owns an entity since when, and until when without what is awaited.

    Attributes:
        owned_at: Aware UTC instant since when its owner has it; the entity's beginning
            where nobody has changed it yet.
        owner: Id of the owner, the pool's keeper, or None.
        heard: Last events the limits wait for.
        stays: Whether it is exempt or locked, so that no limit runs.
        free_at: Aware UTC instant since when it is no longer so, or None.
        due_at: Aware UTC instant at which it goes to the pool, or None.
        limit: Name of the limit that is reached then.
        lock: The freeze, or None.
        last_owner: Who had it before it went to the pool, or None.
        cooling_until_at: Until when that person may not pick it up again.
        holding: The claim on one of the owner's places, or None.
        picks: Claims on somebody's picks of a day, the last one last.
        picking: Whether somebody is picking it up in this commit.
        asked: Whether a person was asked to name an owner.
    """

    owned_at: datetime
    owner: str | None = None
    heard: tuple[Heard, ...] = ()
    stays: bool = False
    free_at: datetime | None = None
    due_at: datetime | None = None
    limit: str = ""
    lock: Locked | None = None
    last_owner: str | None = None
    cooling_until_at: datetime | None = None
    holding: Holding | None = None
    picks: tuple[Pick, ...] = ()
    picking: bool = False
    asked: bool = False

    def heard_at(self, limit: str) -> datetime | None:
        """Return when what a limit waits for last came, or None."""
        return next((one.at for one in self.heard if one.limit == limit), None)
