"""Pauses: why an entity stands still, and what its deadlines are once it goes on."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import attrs

from crmflow.core.working_time import WorkingCalendar


class PauseScope(StrEnum):
    """What was paused: the entity alone, or all there are of its machine."""

    ENTITY = "entity"
    MACHINE = "machine"


@attrs.frozen
class Pause:
    """
    A pause that is not lifted.

    Attributes:
        of: What was paused; one of each may be open at a time.
        reason: Why.
        by: Id of who paused it.
        at: Aware UTC instant.
        since: Aware UTC instant since when the entity stands still: that of the first of
            pauses that overlap.
    """

    of: PauseScope
    reason: str
    by: str
    at: datetime
    since: datetime


def kept(
    due_at: datetime, since: datetime, at: datetime, calendar: WorkingCalendar | None = None
) -> datetime:
    """
    Return when something is due after a pause: what remained of its time is kept.

    Never before it was due: of two instants with no working time between them, a calendar counts
    to the first, and a pause takes nothing away.

    Args:
        due_at: When it was due; what was past before the pause stays there.
        since: Beginning of the pause.
        at: Its end.
        calendar: The calendar it is counted on; None for time by the clock.
    """
    if due_at <= since:
        return due_at
    if calendar is None:
        return due_at + (at - since)
    return max(due_at, calendar.add(at, calendar.elapsed(since, due_at)))
