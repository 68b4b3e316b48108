"""Timers: events that wait for their instant."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

import attrs


class Duration(Protocol):
    """A length of time by some measure: elapsed here, working time on a calendar."""

    def due_at(self, start_at: datetime) -> datetime:
        """Return the aware UTC instant by which the duration has passed since *start_at*."""
        ...


def _positive(_elapsed: Elapsed, _field: object, value: timedelta) -> None:
    if value <= timedelta(0):
        message = f"a duration is longer than nothing, not {value}"
        raise ValueError(message)


@attrs.frozen
class Elapsed:
    """
    Clock time, day and night (AMB-19: hours are clock hours).

    Raises:
        ValueError: *span* is not longer than nothing.
    """

    span: timedelta = attrs.field(validator=_positive)

    def due_at(self, start_at: datetime) -> datetime:
        """Return *start_at* plus the span."""
        return start_at + self.span


@attrs.frozen
class Until:
    """A duration that ends at a known instant, whenever it begins."""

    at: datetime

    def due_at(self, start_at: datetime) -> datetime:
        """Return the instant, or the start where that has passed."""
        return max(self.at, start_at)


@attrs.frozen
class Timer:
    """
    An event waiting for its instant.

    Attributes:
        name: Unique within the entity; starting it again replaces it.
        event: Event it fires, by the actor SYSTEM.
        due_at: Aware UTC instant.
        generation: Version whose decision started it; a fired timer whose
            generation the snapshot no longer has is dropped.
        calendar: Name of the calendar whose working time it waits for; empty for clock time.
    """

    name: str
    event: str
    due_at: datetime
    generation: int
    calendar: str = ""
